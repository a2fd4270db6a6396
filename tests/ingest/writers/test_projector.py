"""What TensorBoard's Embedding Projector finds beside the vectors, read as it reads them."""

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vecstore
from vecstore.errors import StoreExistsError
from vecstore.ingest import export, read

COLUMNS = {
    "tag\tor so": ["a\tb", None, "c\r\nd"],
    "x": [1.5, None, 1e-9],
    "day": [datetime.date(2020, 1, 2)] * 3,
    "good": [True, False, None],
}


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with vecstore.create(tmp_path / "a.vecs", dim=2, keys="int") as store:
        store.add([7, -1, 5], [[0, 1], [1, 0], [1, 1]], COLUMNS)
        yield store


def as_the_projector(metadata: str) -> tuple[list[str], list[dict[str, str | None]]]:
    """Read metadata by its rules: a first line with a tab is a header, blank lines do not count."""
    lines = [line for line in metadata.split("\n") if line.strip()]
    names = lines.pop(0).split("\t") if "\t" in lines[0] else ["label"]
    rows = [dict(zip(names, line.split("\t"), strict=True)) for line in lines]
    return names, [{name: value or None for name, value in row.items()} for row in rows]


def test_attributes_are_columns_under_a_line_of_names(store: vecstore.Store) -> None:
    vectors, _, metadata = export(store, store.path.parent / "vectors.tsv", "projector")
    names, rows = as_the_projector(metadata.read_text(encoding="utf-8"))
    assert names == ["key", "tag or so", "x", "day", "good"]
    assert [list(row.values()) for row in rows] == [
        ["7", "a b", "1.5", "2020-01-02", "true"],
        ["-1", None, None, "2020-01-02", "false"],
        ["5", "c d", "1e-9", "2020-01-02", None],
    ]
    [(keys, found)] = read(vectors, key_kind="int")
    assert keys.tolist() == [7, -1, 5]
    np.testing.assert_array_equal(found, store[keys.tolist()])


def test_keys_alone_have_no_line_of_names(tmp_path: Path) -> None:
    store = vecstore.from_arrays(np.eye(2), keys=["key", "a b"])
    _, _, metadata = export(store, tmp_path / "vectors.tsv", "projector")
    assert metadata.read_text(encoding="utf-8") == "key\na b\n"


@pytest.mark.parametrize("name", ["vectors.tsv", 'été "1".tsv'])
def test_the_configuration_is_what_protobuf_reads(tmp_path: Path, name: str) -> None:
    """The message is declared here as TensorBoard's projector_config.proto declares it."""
    pytest.importorskip("google.protobuf")
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

    file = descriptor_pb2.FileDescriptorProto(name="config.proto", syntax="proto3", package="p")
    single, many = 1, 3
    text, number, message = 9, 13, 11
    info = file.message_type.add(name="EmbeddingInfo")
    for field, place, label, kind in (
        ("tensor_name", 1, single, text),
        ("metadata_path", 2, single, text),
        ("tensor_shape", 4, many, number),
        ("tensor_path", 6, single, text),
    ):
        info.field.add(name=field, number=place, label=label, type=kind)
    config = file.message_type.add(name="ProjectorConfig")
    config.field.add(
        name="embeddings", number=2, label=many, type=message, type_name=".p.EmbeddingInfo"
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    made = message_factory.GetMessageClass(pool.FindMessageTypeByName("p.ProjectorConfig"))()

    store = vecstore.from_arrays(np.ones((3, 2)))
    vectors, written, metadata = export(store, tmp_path / name, "projector")
    assert written.name == "projector_config.pbtxt"
    text_format.Parse(written.read_text(encoding="utf-8"), made)
    [found] = made.embeddings
    assert written.parent / found.tensor_path == vectors
    assert written.parent / found.metadata_path == metadata
    assert list(found.tensor_shape) == [3, 2]
    assert found.tensor_name == vectors.stem


def test_a_folder_has_one_configuration(tmp_path: Path) -> None:
    store = vecstore.from_arrays(np.ones((3, 2)))
    export(store, tmp_path / "a.tsv", "projector")
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(StoreExistsError, match=r"projector_config.pbtxt exists already; remove"):
        export(store, tmp_path / "b.tsv", "projector")
    assert sorted(path.name for path in tmp_path.iterdir()) == before
