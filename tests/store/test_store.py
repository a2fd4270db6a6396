import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vecstore
from vecstore.storage import Subwords
from vecstore.store.store import Store
from vecstore.writing import segments as sealing

WORDS = ["king", "queen", "man", "woman", "naïve", "東京", "", "two words", "tab\there", "\0"]
VECTORS = np.random.default_rng(3).standard_normal((len(WORDS), 6)).astype(np.float32)


def raises(error: type[Exception], message: str) -> Any:
    return pytest.raises(error, match=re.escape(message))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "words.vecs"


@pytest.fixture
def written(path: Path) -> Path:
    """The path of a store with the ten words, closed."""
    with vecstore.create(path, dim=6) as store:
        store.add(WORDS, VECTORS)
    return path


@pytest.fixture
def store(written: Path) -> Iterator[Store]:
    """The ten words, open for reading."""
    with vecstore.open(written) as opened:
        yield opened


@pytest.fixture
def writer(written: Path) -> Iterator[Store]:
    """The ten words, open for writing."""
    with vecstore.open(written, mode="a") as opened:
        yield opened


# Adding.


def test_rows_of_several_adds_are_searched_together(writer: Store) -> None:
    writer.add(["king's twin"], VECTORS[:1])
    writer.add(["another"], VECTORS[1:2] * 3)
    assert writer.similar("king", k=1).keys.tolist() == ["king's twin"]
    assert writer.similar("queen", k=1)[0] == ("another", 0.0)
    np.testing.assert_array_equal(writer[["another", "king"]], [VECTORS[1] * 3, VECTORS[0]])


def test_what_was_added_is_there_after_reopening(written: Path) -> None:
    with vecstore.open(written, mode="a") as store:
        store.add(["late"], VECTORS[:1] * 2)
        before = store.search(VECTORS, k=11)
    with vecstore.open(written) as store:
        after = store.search(VECTORS, k=11)
        assert len(store) == 11
    np.testing.assert_array_equal(before.distances, after.distances)
    assert before.keys.tolist() == after.keys.tolist()


def test_adding_nothing_commits_nothing(writer: Store) -> None:
    generation = writer.generation
    writer.add([], np.empty((0, 6)))
    assert writer.generation == generation


def test_generations_count_commits(path: Path) -> None:
    with vecstore.create(path, dim=2) as store:
        created = store.generation
        store.add(["a"], [[1, 0]])
        assert store.generation == created + 1


def test_integer_keys(path: Path) -> None:
    with vecstore.create(path, dim=2, keys="int") as store:
        store.add(np.array([10, -7], np.int32), [[1, 0], [0, 1]])
        store.add([2**40], [[1, 1]])
        assert store.keys().tolist() == [10, -7, 2**40]
        assert -7 in store
        assert np.int64(10) in store
        assert "10" not in store
        assert store.similar(10, k=3).keys.tolist() == [2**40, -7, -1]
        with raises(vecstore.KeyNotFoundError, "No key 11 in this store (3 keys)."):
            store[11]


def test_float16_is_what_float16_can_hold(path: Path) -> None:
    with vecstore.create(path, dim=6, dtype="float16") as store:
        store.add(WORDS, VECTORS)
        half = VECTORS.astype(np.float16)
        assert store.dtype == np.float16
        np.testing.assert_array_equal(store[WORDS], half)
        wide = half.astype(np.float64)
        cosines = wide @ wide[0] / np.linalg.norm(wide, axis=1) / np.linalg.norm(wide[0])
        nearest = np.argsort(-cosines[1:], kind="stable") + 1
        assert store.similar("king", k=9).keys.tolist() == [WORDS[row] for row in nearest]


REFUSED: list[tuple[Any, Any, type[Exception], str]] = [
    (["a", "b"], VECTORS[:1], ValueError, "must have a row for each of the 2 keys; got 1."),
    (["a"], VECTORS[:1, :5], ValueError, "`vectors` must have shape (n, 6); got (1, 5)."),
    (["a"], VECTORS[0], ValueError, "`vectors` must have shape (n, 6); got (6,)."),
    (["a"], [["x"] * 6], TypeError, "`vectors` must be numeric; got dtype <U1."),
    (["a", "b"], [[1] * 6, [0] * 6], ValueError, 'under cosine; row 1 (key "b") is all zeros.'),
    (["a"], [[np.nan] * 6], ValueError, '`vectors` must be finite; row 0 (key "a") holds nan.'),
    (["a"], [[1e39] * 6], ValueError, "`vectors` must fit float32; row 0 holds 1e+39."),
    (["a", "b", "a"], VECTORS[:3], vecstore.DuplicateKeyError, '"a"'),
    (["a", "queen"], VECTORS[:2], vecstore.DuplicateKeyError, 'Key "queen" is in the store'),
    (["a", 1], VECTORS[:2], TypeError, "`keys` must all be str; place 1 holds int 1."),
    (["\ud800"], VECTORS[:1], ValueError, "`keys` must be valid Unicode"),
    ("a", VECTORS[:1], TypeError, "`keys` must be a sequence of keys; got one str."),
]


@pytest.mark.parametrize(("keys", "vectors", "error", "message"), REFUSED)
def test_what_is_refused_leaves_the_store_as_it_was(
    written: Path, writer: Store, keys: Any, vectors: Any, error: type[Exception], message: str
) -> None:
    before = sorted(written.iterdir())
    with raises(error, message):
        writer.add(keys, vectors)
    assert len(writer) == 10
    assert sorted(written.iterdir()) == before
    writer.add(["still works"], VECTORS[:1])
    assert "still works" in writer


def test_zero_vectors_are_welcome_where_they_have_distances(path: Path) -> None:
    with vecstore.create(path, dim=2, metric="euclidean") as store:
        store.add(["origin"], [[0, 0]])
        assert store.search([3, 4])[0] == ("origin", 5.0)


def test_a_value_too_large_for_float16_is_refused(path: Path) -> None:
    store = vecstore.create(path, dim=2, dtype="float16")
    with store, raises(ValueError, "`vectors` must fit float16; row 0 holds 70000.0."):
        store.add(["a"], [[1.0, 70000.0]])


# Many batches.


def test_batches_are_one_commit_of_several_segments(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "SEGMENT_BYTES", 200)
    with vecstore.create(path, dim=6) as store:
        generation = store.generation
        added = store.add_batches(([word], VECTORS[i : i + 1]) for i, word in enumerate(WORDS))
        assert added == 10
        assert store.generation == generation + 1
        assert store.info()["segments"] == 5
        np.testing.assert_array_equal(store[WORDS], VECTORS)


@pytest.mark.parametrize("place", [1, 5, 9])
def test_batches_come_all_or_not_at_all(
    path: Path, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    monkeypatch.setattr(sealing, "SEGMENT_BYTES", 200)
    keys = [*WORDS[:place], WORDS[0], *WORDS[place:]]
    with vecstore.create(path, dim=6) as store:
        before = sorted(path.iterdir())
        with raises(vecstore.DuplicateKeyError, '"king"'):
            store.add_batches(([key], VECTORS[:1]) for key in keys)
        assert len(store) == 0
        assert sorted(path.iterdir()) == before


def test_a_source_that_fails_leaves_nothing_behind(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "SEGMENT_BYTES", 1)

    def source() -> Iterator[tuple[list[str], np.ndarray]]:
        yield WORDS, VECTORS
        raise OSError("the network is gone")

    with vecstore.create(path, dim=6) as store:
        before = sorted(path.iterdir())
        with pytest.raises(OSError, match="the network is gone"):
            store.add_batches(source())
        assert sorted(path.iterdir()) == before


def test_provenance_is_kept_per_commit(path: Path) -> None:
    with vecstore.create(path, dim=6) as store:
        store.add_batches([(WORDS[:5], VECTORS[:5])], provenance={"source": "a.txt"})
        store.add_batches([(WORDS[5:], VECTORS[5:])], provenance={"source": "b.txt"})
    first, second = vecstore.open(path).info()["provenance"]
    assert (first["source"], second["source"]) == ("a.txt", "b.txt")
    assert (first["generation"], second["generation"]) == (2, 3)
    assert first["committed"] <= second["committed"]
    assert first["packages"]["numpy"] == np.__version__


def test_provenance_names_the_packages_of_the_caller_too(path: Path) -> None:
    with vecstore.create(path, dim=6) as store:
        model = {"model": "encoder", "layer": "pool", "packages": {"keras": "3.11", "numpy": "1.0"}}
        store.add_batches([(WORDS, VECTORS)], provenance=model)
        store.upsert(WORDS[:1], VECTORS[:1])
        store.compact()
        (entry,) = store.info()["provenance"]
    assert {name: entry[name] for name in ("model", "layer")} == {
        "model": "encoder",
        "layer": "pool",
    }
    assert {*entry["packages"]} == {"keras", "numpy", "python", "vecstore"}
    assert entry["packages"]["numpy"] == "1.0"


def test_packages_must_have_versions(writer: Store) -> None:
    with raises(ValueError, "`provenance` must map packages to versions; got packages='keras'"):
        writer.add_batches([(["a"], VECTORS[:1])], provenance={"packages": "keras"})
    assert len(writer) == 10


def test_provenance_that_json_cannot_hold_is_refused_before_anything_is_written(
    writer: Store,
) -> None:
    with raises(TypeError, "`provenance` must be what JSON can hold"):
        writer.add_batches([(["a"], VECTORS[:1])], provenance={"model": object()})
    assert len(writer) == 10


def test_a_batch_has_provenance_too(path: Path) -> None:
    with vecstore.create(path, dim=6) as store:
        store.add(WORDS, VECTORS)
        with store.batch(provenance={"epoch": 1}) as batch:
            batch.upsert(WORDS[:2], VECTORS[2:4])
            batch.delete(WORDS[5:6])
    with vecstore.open(path) as store:
        (entry,) = store.info()["provenance"]
        assert (entry["epoch"], entry["generation"]) == (1, store.generation)
        np.testing.assert_array_equal(store[WORDS[:2]], VECTORS[2:4])
        assert len(store) == 9
        assert list(store.check(full=True)) == []


def test_a_batch_that_changes_nothing_or_fails_leaves_no_provenance(writer: Store) -> None:
    with writer.batch(provenance={"epoch": 1}):
        before = writer.generation
    with raises(RuntimeError, "no"), writer.batch(provenance={"epoch": 2}) as batch:
        batch.delete(WORDS[:1])
        raise RuntimeError("no")
    assert (writer.generation, writer.info()["provenance"]) == (before, [])


def test_provenance_of_a_batch_is_refused_before_the_block(writer: Store) -> None:
    with (
        raises(TypeError, "`provenance` must be what JSON can hold"),
        writer.batch(provenance={"model": object()}) as batch,
    ):
        batch.delete(WORDS[:1])
    assert len(writer) == 10


# Words out of the vocabulary.


def test_unknown_words_are_the_mean_of_their_ngrams(path: Path) -> None:
    subwords = Subwords(VECTORS, minn=3, maxn=4)
    with vecstore.create(path, dim=6) as store:
        store.add_batches([(WORDS, VECTORS)], subwords=subwords)
    with vecstore.open(path) as store:
        np.testing.assert_array_equal(store.oov("kingly"), subwords.vector("kingly"))
        both = store.oov(["kingly", "king"])
        np.testing.assert_array_equal(both, [subwords.vector("kingly"), VECTORS[0]])


def test_a_store_without_subwords_says_so(store: Store) -> None:
    with raises(vecstore.VecstoreError, "has no subwords"):
        store.oov("kingly")


def test_subwords_have_the_dimension_of_the_store(writer: Store) -> None:
    with raises(ValueError, "`subwords` must have dim 6; got 5."):
        writer.add_batches([], subwords=Subwords(VECTORS[:, :5].copy(), minn=3, maxn=4))


# Living.


def test_a_reader_cannot_add(store: Store) -> None:
    message = f'{store.path} is open for reading; open it with mode="a" to change it.'
    with raises(vecstore.ReadOnlyError, message):
        store.add(["a"], VECTORS[:1])


def test_a_store_in_memory_cannot_be_added_to() -> None:
    with raises(vecstore.ReadOnlyError, "This store is in memory and cannot be added to"):
        vecstore.from_arrays(VECTORS).add([11], VECTORS[:1])


def test_a_reader_keeps_its_snapshot_until_it_refreshes(written: Path, store: Store) -> None:
    with vecstore.open(written, mode="a") as other:
        other.add(["late"], VECTORS[:1])
    assert "late" not in store
    assert len(store) == 10
    store.refresh()
    assert "late" in store
    assert len(store) == 11


def test_a_closed_store_says_so(written: Path) -> None:
    store = vecstore.open(written)
    store.close()
    message = f"The store {written} is closed; open it again to use it."
    for use in (lambda: len(store), lambda: store.similar("king"), store.info, store.refresh):
        with raises(ValueError, message):
            use()
    store.close()


def test_answers_outlive_the_store(written: Path) -> None:
    with vecstore.open(written) as store:
        matches = store.search(VECTORS[:2], k=1)
    assert matches.keys.tolist() == [["king"], ["queen"]]


def test_a_store_shows_what_it_is(written: Path) -> None:
    with vecstore.open(written) as store:
        assert repr(store) == f"<Store {written}: 10 x 6 float32, cosine>"
    assert repr(store) == f"<Store {written}: closed>"


def test_info_is_plain_json(store: Store, written: Path) -> None:
    info = json.loads(json.dumps(store.info()))
    assert info["path"] == str(written)
    assert (info["rows"], info["dim"], info["metric"]) == (10, 6, "cosine")
    assert (info["dtype"], info["key_kind"], info["segments"]) == ("float32", "str", 1)
    assert info["files"] == {
        path.name: path.stat().st_size for path in written.iterdir() if path.name != "writer.lock"
    }


# Threads.


def test_threads_may_add_and_ask_at_once(path: Path) -> None:
    with vecstore.create(path, dim=6) as store, ThreadPoolExecutor(4) as threads:
        store.add(["first"], VECTORS[:1])

        def work(number: int) -> int:
            store.add([f"{number} {word}" for word in WORDS], VECTORS)
            matches = store.search(VECTORS[:3], k=1000)
            assert (matches.counts == matches.counts[0]).all()
            return int(matches.counts[0])

        counts = list(threads.map(work, range(8)))
        assert len(store) == 81
        assert all((count - 1) % 10 == 0 for count in counts)
        assert max(counts) == 81


# Any sequence of adds.


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.text(max_size=3), max_size=4), max_size=4))
def test_a_store_is_a_dict_of_what_was_added(
    tmp_path_factory: pytest.TempPathFactory, adds: list[list[str]]
) -> None:
    path = tmp_path_factory.mktemp("model") / "words.vecs"
    expected: dict[str, list[float]] = {}
    with vecstore.create(path, dim=2) as store:
        for number, keys in enumerate(adds):
            values = [[number + 1.0, place] for place in range(len(keys))]
            known = [key for key in keys if key in expected]
            if known or len(set(keys)) < len(keys):
                with pytest.raises(vecstore.DuplicateKeyError):
                    store.add(keys, np.reshape(values, (-1, 2)))
            else:
                store.add(keys, np.reshape(values, (-1, 2)))
                expected.update(zip(keys, values, strict=True))
    with vecstore.open(path) as store:
        assert list(store) == list(expected)
        assert store[list(expected)].tolist() == list(expected.values())
