"""Stores that older versions wrote, committed with what they hold, are read as they were."""

import json
import shutil
from pathlib import Path

import pytest

import vecstore
from tests.storage.compat.make_store import LIBRARY, holds

V1 = Path(__file__).parent / "compat" / "v1"
STORES = ["cosine.vecs", "euclidean.vecs"]


def expected(name: str) -> dict[str, object]:
    text = (V1 / f"{name}.json").read_text(encoding="utf-8")
    found: dict[str, object] = json.loads(text)
    return found


@pytest.fixture
def v1(tmp_path: Path) -> Path:
    """Return a folder with the stores of version 1."""
    shutil.unpack_archive(V1 / "stores.zip", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", STORES)
def test_a_store_of_this_format_is_read(v1: Path, name: str) -> None:
    with vecstore.open(v1 / name) as store:
        assert holds(store) == expected(name)
    assert list(vecstore.check(v1 / name, full=True)) == []


def test_a_single_file_of_this_format_is_read(v1: Path) -> None:
    with vecstore.open(v1 / "cosine.h5") as store:
        assert holds(store) == expected("cosine.vecs")
    assert list(vecstore.check(v1 / "cosine.h5", full=True)) == []


@pytest.mark.parametrize("name", STORES)
def test_a_store_of_this_format_is_written_on(v1: Path, name: str) -> None:
    path = v1 / name
    with vecstore.open(path, mode="a") as store:
        keys = store.keys().tolist()
        store.compact()
        assert holds(store) == expected(name)
        store.delete(keys)
    assert list(vecstore.check(path, full=True)) == []
    with vecstore.open(path) as store:
        assert len(store) == 0


@pytest.mark.parametrize("name", STORES)
def test_it_has_one_of_everything(v1: Path, name: str) -> None:
    files = {path.name.partition("-")[0] for path in (v1 / name).iterdir()}
    assert files == {"manifest", "segment", "tombstones", "subwords", "journal", "writer.lock"}
    with vecstore.open(v1 / name) as store:
        info = store.info()
    assert info["library"] in (LIBRARY, "unknown")
    assert info["journal_rows"] > 0
    assert info["segments"] > 1
    assert info["deleted"] > 0
    assert sum(path.stat().st_size for path in V1.rglob("*") if path.is_file()) < 200_000
