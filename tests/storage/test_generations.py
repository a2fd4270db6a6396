"""A reader sees one generation, whole, whatever the writer does meanwhile."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.storage.samples import add_segment, contents, expected, new_manifest
from vecstore.errors import CorruptStoreError
from vecstore.storage import (
    Manifest,
    Subwords,
    commit,
    read_generation,
    read_latest,
    reclaim,
    write_subwords,
)


def add(folder: Path, manifest: Manifest, keys: list[str]) -> Manifest:
    return commit(folder, manifest.adding(add_segment(folder, manifest, keys)))


def test_segments_come_in_the_order_in_which_they_were_added(tmp_path: Path) -> None:
    manifest = add(tmp_path, add(tmp_path, new_manifest(), ["b", "a"]), ["c"])
    generation = read_generation(tmp_path)
    assert generation.manifest == manifest
    assert [segment.n for segment in generation.segments] == [2, 1]
    assert contents(generation) == expected(["b", "a", "c"])
    assert generation.subwords is None


def test_an_empty_store_has_no_segments(tmp_path: Path) -> None:
    commit(tmp_path, new_manifest())
    assert read_generation(tmp_path).segments == ()


def test_subwords_are_opened_with_it(tmp_path: Path) -> None:
    manifest = new_manifest()
    buckets = np.random.default_rng(0).normal(size=(20, manifest.dim)).astype(np.float32)
    subwords = Subwords(buckets, 3, 6)
    commit(tmp_path, manifest.adding(write_subwords(tmp_path, 1, subwords)))
    found = read_generation(tmp_path).subwords
    assert found is not None
    np.testing.assert_array_equal(found.vector("cat"), subwords.vector("cat"))


def test_moving_on_maps_only_what_is_new(tmp_path: Path) -> None:
    manifest = add(tmp_path, new_manifest(), ["a"])
    before = read_generation(tmp_path)
    add(tmp_path, manifest, ["b"])
    after = read_generation(tmp_path, before)
    assert after.segments[0] is before.segments[0]
    assert contents(after) == expected(["a", "b"])
    assert contents(before) == expected(["a"])


def test_readers_overtaken_by_the_writer_start_over(tmp_path: Path) -> None:
    """Every commit removes the only segment of the one before, under the readers' hands."""
    manifest = add(tmp_path, new_manifest(), ["key 1"])
    done = threading.Event()

    def read_until_done() -> list[int]:
        seen = []
        while not done.is_set():
            generation = read_generation(tmp_path)
            seen.append(generation.manifest.generation)
            assert contents(generation) == expected([f"key {seen[-1]}"])
            seen.extend(read_latest(tmp_path).generation for _ in range(10))
        return seen

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read_until_done) for _ in range(2)]
        for number in range(2, 101):
            entry = add_segment(tmp_path, manifest, [f"key {number}"])
            manifest = commit(tmp_path, replace(manifest.adding(entry), files=(entry,)))
            reclaim(tmp_path, manifest)
        done.set()
    for reader in readers:
        assert reader.result() == sorted(reader.result())
        assert reader.result()[-1] <= 100


def test_a_segment_missing_from_the_newest_generation_is_damage(tmp_path: Path) -> None:
    manifest = add(tmp_path, new_manifest(), ["a"])
    (tmp_path / manifest.files[0].name).unlink()
    with pytest.raises(CorruptStoreError, match=r"segment-00000001\.h5 is damaged: .* is missing"):
        read_generation(tmp_path)


@pytest.mark.parametrize(
    "change", [{"dim": 5}, {"metric": "dot"}, {"dtype": "float16"}, {"key_kind": "int"}], ids=str
)
def test_a_segment_that_does_not_fit_the_manifest_is_refused(
    tmp_path: Path, change: dict[str, object]
) -> None:
    """Engines trust the dimension of the store: one wrong segment would be read past its end."""
    manifest = new_manifest()
    entry = add_segment(tmp_path, manifest, ["a"])
    commit(tmp_path, replace(manifest.adding(entry), **change))
    with pytest.raises(CorruptStoreError, match="expected as in the manifest"):
        read_generation(tmp_path)


def test_subwords_of_another_dimension_are_refused(tmp_path: Path) -> None:
    entry = write_subwords(tmp_path, 1, Subwords(np.ones((2, 3), np.float32), 3, 6))
    commit(tmp_path, new_manifest().adding(entry))
    with pytest.raises(CorruptStoreError, match="vectors of 4 expected, 3 found"):
        read_generation(tmp_path)
