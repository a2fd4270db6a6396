"""The main job on 50,000 real word vectors: what every engine and level answers is what NumPy says.

The vectors are GloVe's (6B tokens, 100 dimensions), which a checkout has beside it or has not.
"""

import gzip
from collections.abc import Iterator

import numpy as np
import pytest

import vecstore
from tests.real_data import real
from vecstore.store.store import Store


@pytest.fixture(scope="module")
def words() -> dict[str, np.ndarray]:
    path = real("glove-6b-100d-text/glove.6B.100d.first50k.txt.gz")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = (line.rstrip("\n").rsplit(" ", 100) for line in lines)
        return {row[0]: np.array(row[1:], np.float32) for row in rows}


@pytest.fixture(scope="module")
def store(
    words: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("real") / "glove.vecs"
    keys, vectors = list(words), np.stack(list(words.values()))
    with vecstore.create(path, dim=100) as store:
        # Three segments, so that an answer comes from several.
        for rows in (slice(20_000), slice(20_000, 20_001), slice(20_001, None)):
            store.add(keys[rows], vectors[rows])
    with vecstore.open(path) as store:
        yield store


@pytest.fixture(scope="module")
def unit(words: dict[str, np.ndarray]) -> np.ndarray:
    wide = np.stack(list(words.values())).astype(np.float64)
    return wide / np.linalg.norm(wide, axis=1)[:, None]


def nearest(
    unit: np.ndarray, query: np.ndarray, without: list[int]
) -> tuple[list[int], np.ndarray]:
    """Ten rows and their cosine distances, in float64."""
    distances = 1 - unit @ (query / np.linalg.norm(query))
    distances[without] = np.inf
    rows = np.argsort(distances, kind="stable")[:10]
    return rows.tolist(), distances[rows]


@pytest.mark.usefixtures("engine")
def test_neighbours_of_frog(store: Store, words: dict[str, np.ndarray], unit: np.ndarray) -> None:
    keys = list(words)
    frog = keys.index("frog")
    rows, distances = nearest(unit, unit[frog], [frog])
    matches = store.similar("frog", k=10)
    assert matches.keys.tolist() == [keys[row] for row in rows]
    np.testing.assert_allclose(matches.distances, distances, rtol=0, atol=1e-6)


@pytest.mark.usefixtures("engine")
def test_king_minus_man_plus_woman(
    store: Store, words: dict[str, np.ndarray], unit: np.ndarray
) -> None:
    keys = list(words)
    king, man, woman = (keys.index(word) for word in ("king", "man", "woman"))
    rows, distances = nearest(unit, unit[king] - unit[man] + unit[woman], [king, man, woman])
    matches = store.analogy(positive=["king", "woman"], negative=["man"], k=10)
    assert matches.keys.tolist() == [keys[row] for row in rows]
    assert matches.keys[0] == "queen"
    np.testing.assert_allclose(matches.distances, distances, rtol=0, atol=1e-6)


@pytest.mark.usefixtures("engine")
def test_king_to_man_as_what_to_woman_by_products(
    store: Store, words: dict[str, np.ndarray], unit: np.ndarray
) -> None:
    keys = list(words)
    inputs = [keys.index(word) for word in ("king", "woman", "man")]
    king, woman, man = ((1 + unit @ unit[row]) / 2 for row in inputs)
    scores = king * woman / (man + 1e-6)
    scores[inputs] = -np.inf
    rows = np.argsort(-scores, kind="stable")[:10]
    matches = store.analogy(positive=["king", "woman"], negative=["man"], k=10, method="mul")
    assert matches.keys.tolist() == [keys[row] for row in rows]
    np.testing.assert_allclose(-matches.distances, scores[rows], rtol=0, atol=1e-6)


def test_a_batch_of_words_is_answered_as_each_alone(store: Store) -> None:
    some = store.keys()[::500].tolist()
    together = store.similar(some, k=10)
    for word, matches in zip(some, together, strict=True):
        alone = store.similar(word, k=10)
        assert matches.keys.tolist() == alone.keys.tolist()
        np.testing.assert_array_equal(matches.distances, alone.distances)


def test_a_misspelt_word_is_answered_with_the_one_meant(store: Store) -> None:
    with pytest.raises(vecstore.KeyNotFoundError, match="Did you mean") as caught:
        store.similar("elefant")
    assert "elephant" in caught.value.suggestions
