"""Archives of Keras that are not as Keras writes them: bounded, and named."""

import json
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from tests.ingest.keras_models import archive, sequential
from vecstore import ingest
from vecstore.errors import IngestError
from vecstore.ingest.keras import read_embedding

EYE = np.eye(3)


def packed(path: Path, config: bytes, method: int = zipfile.ZIP_DEFLATED, times: int = 1) -> Path:
    """An archive whose configuration is compressed, or comes more than once."""
    plain = archive(path.with_name("plain.keras"), EYE)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w") as new:
        new.writestr("model.weights.h5", old.read("model.weights.h5"))
        new.writestr("metadata.json", "{}")
        for _ in range(times):
            new.writestr("config.json", config, method)
    return path


def test_a_configuration_that_unpacks_to_too_much_is_not_read(tmp_path: Path) -> None:
    bomb = packed(tmp_path / "m.keras", b'["' + b" " * (1 << 26) + b'"]')
    assert bomb.stat().st_size < 1 << 18
    with pytest.raises(IngestError, match=r'"config\.json" in it claims 67,108,868 bytes in'):
        ingest.read(bomb)


def test_a_vocabulary_that_unpacks_to_too_much_is_not_read(tmp_path: Path) -> None:
    path = archive(tmp_path / "m.keras", EYE, {})
    with zipfile.ZipFile(path, "a") as members:
        name = "assets/layers/string_lookup/vocabulary.txt"
        members.writestr(name, b"\n" * (1 << 26), zipfile.ZIP_DEFLATED)
    with pytest.raises(
        IngestError, match=r'string_lookup/vocabulary\.txt" in it claims 67,108,864'
    ):
        ingest.read(path)


def test_weights_that_unpack_to_too_much_are_not_unpacked(tmp_path: Path) -> None:
    deflate = zlib.compressobj(wbits=-15)
    zeros = bytes(1 << 24)
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as members:
        members.writestr("metadata.json", "{}")
        members.writestr("model.weights.h5", b"")
    path = tmp_path / "m.keras"
    data = b"".join(deflate.compress(zeros) for _ in range(8)) + deflate.flush()
    claimed = 1 << 31
    with zipfile.ZipFile(path, "w") as members:
        members.writestr("metadata.json", "{}")
        info = zipfile.ZipInfo("model.weights.h5")
        members.writestr(info, data)
    raw = path.read_bytes()
    # Both headers of the member: deflated, and of two gigabytes.
    for magic, method, size in ((b"PK\x03\x04", 8, 22), (b"PK\x01\x02", 10, 24)):
        at = raw.index(
            b"model.weights.h5", raw.index(magic) if magic[2] == 3 else raw.rindex(magic)
        )
        at -= 30 if magic[2] == 3 else 46
        raw = (
            raw[: at + method]
            + (8).to_bytes(2, "little")
            + raw[at + method + 2 : at + size]
            + claimed.to_bytes(4, "little")
            + raw[at + size + 4 :]
        )
    path.write_bytes(raw)
    with pytest.raises(IngestError, match=r'"model\.weights\.h5" in it claims 2,147,483,648 bytes'):
        ingest.read(path)


def test_other_compression_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "m.keras", b"{}", zipfile.ZIP_BZIP2)
    with pytest.raises(IngestError, match="compressed in a way that Keras does not use"):
        ingest.read(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_comes_twice_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "m.keras", b"{}", times=2)
    with pytest.raises(IngestError, match=r'damaged: it holds "config\.json" 2 times'):
        ingest.read(path)


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "m.keras", b"{}")
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"config.json") - 46
    raw[at + 8] |= 1
    path.write_bytes(raw)
    with pytest.raises(IngestError, match=r'"config\.json" in it is encrypted'):
        ingest.read(path)


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"config":' * 100_000, "1" * 10_000, "\xff"])
def test_json_that_python_cannot_read_is_refused(tmp_path: Path, deep: str) -> None:
    path = archive(tmp_path / "m.keras", EYE, deep)
    with pytest.raises(IngestError, match=r"m\.keras cannot be read as a file of Keras"):
        ingest.read(path)


@pytest.mark.parametrize("config", ["[]", "3", "null", '{"config": [3]}', '{"class_name": 3}'])
def test_json_of_something_else_has_no_vocabulary(tmp_path: Path, config: str) -> None:
    path = archive(tmp_path / "m.keras", EYE, config)
    np.testing.assert_array_equal(read_embedding(path), EYE)
    assert [keys.tolist() for keys, _ in ingest.read(path)] == [[0, 1, 2]]


def test_a_graph_that_names_itself_ends(tmp_path: Path) -> None:
    around = [["loop", 0, 0], ["embedding", 0, 0]]
    layer = {"class_name": "Reshape", "config": {"name": "loop"}, "inbound_nodes": around}
    config = {"name": "m", "layers": [layer] * 50, "input_layers": [], "output_layers": around}
    path = archive(tmp_path / "m.keras", EYE, {"class_name": "Functional", "config": config})
    assert [keys.tolist() for keys, _ in ingest.read(path)] == [[0, 1, 2]]


def test_names_that_lead_out_of_the_archive_touch_nothing(tmp_path: Path) -> None:
    config = sequential(("StringLookup", {"name": "words"}), ("Embedding", {"name": "embedding"}))
    assets = {"../../../words": "[UNK]\na\nb"}
    (tmp_path / "in").mkdir()
    path = archive(tmp_path / "in" / "m.keras", EYE, config, assets)
    assert [keys.tolist() for keys, _ in ingest.read(path)] == [["a", "b"]]
    assert sorted(one.name for one in tmp_path.rglob("*")) == ["in", "m.h5", "m.keras"]


def test_a_truncated_archive_is_named(tmp_path: Path) -> None:
    path = archive(tmp_path / "m.keras", EYE, {})
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(IngestError, match=r"m\.keras is damaged"):
        ingest.read(path)


def test_folders_of_models_are_named_with_advice(tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    with pytest.raises(IngestError, match="saved is a folder, and vectors are read from a file"):
        ingest.read(tmp_path / "saved")
    (tmp_path / "saved" / "model.weights.h5").touch()
    with pytest.raises(IngestError, match=r"not zipped\. Import .*model\.weights\.h5"):
        ingest.read(tmp_path / "saved")
    (tmp_path / "saved" / "saved_model.pb").touch()
    with pytest.raises(IngestError, match=r'is a SavedModel.* model\.save\("model\.keras"\)'):
        ingest.read(tmp_path / "saved")
    with pytest.raises(IngestError, match="SavedModel"):
        read_embedding(tmp_path / "saved")


def test_the_metadata_of_an_archive_is_no_configuration(tmp_path: Path) -> None:
    path = archive(tmp_path / "m.keras", EYE, json.loads("{}"))
    assert ingest.read(path).format == "keras"
