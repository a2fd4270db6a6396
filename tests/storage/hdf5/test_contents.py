import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import vecstore
from vecstore import ingest
from vecstore.errors import IngestError
from vecstore.storage.hdf5.contents import check_claims, datasets, groups, hard_path

VECTORS = np.arange(1, 7, dtype=np.float32).reshape(3, 2)


def deep(file: h5py.File) -> None:
    group = file.id
    for _ in range(100):
        group = h5py.h5g.create(group, b"g")


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((3, 2), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "v", shape=(3, 2))
    file.create_virtual_dataset("v", layout)


def with_keys(**options: Any) -> Callable[[h5py.File], None]:
    def fill(file: h5py.File) -> None:
        file["v"] = VECTORS
        file.create_dataset("keys", (3,), "S500000000", **options)

    return fill


def rows(file: h5py.File) -> None:
    file.create_dataset("v", (10**12, 4), "f4", chunks=(1000, 4), fillvalue=1.0)


def outside(file: h5py.File) -> None:
    file.create_dataset("v", (3, 2), "f4", external=[("raw.bin", 0, 24)])


def linked(file: h5py.File) -> None:
    file["v"] = h5py.ExternalLink("other.h5", "/v")


HOSTILE = {
    "deep": (deep, "its groups are nested more than 64 deep"),
    "virtual": (virtual, "is kept in other files, which are not read from here"),
    "outside": (outside, "is kept in other files, which are not read from here"),
    "linked": (linked, '"v" of {path} lies in another file, which is not read from here.'),
    "strings": (with_keys(), "claims 1,500,000,000 bytes, of which the file has 0"),
    "chunked strings": (with_keys(chunks=(1,)), "claims 1,500,000,000 bytes"),
    "rows": (rows, "claims 16,000,000,000,000 bytes"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_are_refused_on_import(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "hostile.h5"
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["v"] = VECTORS
    (tmp_path / "raw.bin").write_bytes(VECTORS.tobytes())
    fill, message = HOSTILE[kind]
    with h5py.File(path, "w") as file:
        fill(file)
    assert path.stat().st_size < 1 << 18
    with pytest.raises(IngestError, match=re.escape(message.format(path=path))):
        ingest.import_into(path, tmp_path / "made.vecs", dataset="v")
    assert not (tmp_path / "made.vecs").exists()


@pytest.mark.parametrize("kind", ["deep", "virtual", "outside", "linked", "rows"])
def test_hostile_files_are_refused_on_open(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "hostile.h5"
    with h5py.File(path, "w") as file:
        HOSTILE[kind][0](file)
    for dataset in (None, "v"):
        with pytest.raises((vecstore.VecstoreError, ValueError), match=re.escape(str(path))):
            vecstore.open(path, dataset=dataset)


def test_a_forged_length_is_not_allocated(tmp_path: Path) -> None:
    path = tmp_path / "forged.h5"
    with h5py.File(path, "w") as file:
        file["v"], file["keys"] = VECTORS, np.array(["a", "b", "c"], object)
        offset = file["keys"].id.get_offset()
    content = bytearray(path.read_bytes())
    content[offset : offset + 4] = (500_000_000).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(IngestError, match=r'strings of dataset "keys" of .* claim 500,000,002'):
        ingest.import_into(path, tmp_path / "made.vecs")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"chunks": (7,)},
        {"chunks": (64,), "compression": "gzip"},
        {"chunks": (64,), "compression": "gzip", "shuffle": True},
        {"chunks": (64,), "compression": "lzf"},
    ],
)
def test_honest_strings_are_read(tmp_path: Path, options: dict[str, Any]) -> None:
    path, words = tmp_path / "honest.h5", [f"{'x' * (n % 7)}{n}" for n in range(100)]
    with h5py.File(path, "w") as file:
        file["v"] = np.ones((100, 2), np.float32)
        file.create_dataset("keys", data=np.array(words, object), **options)
    with ingest.read(path) as reader:
        assert [key for keys, _ in reader for key in keys.tolist()] == words


def test_compressed_zeros_are_no_lie(tmp_path: Path) -> None:
    path = tmp_path / "zeros.h5"
    options: dict[str, Any] = {"chunks": (256, 1 << 11), "compression": 1}
    with h5py.File(path, "w") as file:
        file.create_dataset("v", data=np.zeros((9000, 1 << 11), "f4"), **options)  # 74 MB
    with h5py.File(path) as file:
        check_claims(file["v"], path)


def test_each_thing_is_met_once_and_links_are_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "links.h5"
    with h5py.File(path, "w") as file:
        file["d"] = VECTORS
        file["g/up"] = file["/"]
        file["g/again"] = file["d"]
        file["soft"] = h5py.SoftLink("/d")
        file["g/soft"] = h5py.SoftLink("/soft")
        file["out"] = h5py.ExternalLink("nowhere.h5", "/")
        file["circle"] = h5py.SoftLink("/circle")
    with h5py.File(path) as file:
        assert list(datasets(file)) == ["d"]
        assert [one.name for one in groups(file)] == ["/g"]
        assert [hard_path(file, path, name) for name in ("/d", "soft", "g/soft")] == ["d"] * 3
        assert hard_path(file, path, "no/such") == "no/such"
        for name, what in (("out/d", "lies in another file"), ("circle", "leads in a circle")):
            with pytest.raises(IngestError, match=what):
                hard_path(file, path, name)
    assert len(vecstore.open(path, dataset="g/soft")) == 3
