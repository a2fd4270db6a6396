"""The map between two spaces: found again, written with its provenance, refined."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import vecstore
from tests.analysis.spaces import common_words, concepts, glove, rotation
from tests.real_data import real
from vecstore.analysis import Alignment, align, precision, read_dictionary, split_pairs
from vecstore.errors import StoreExistsError, VecstoreError

N = 3000


@pytest.fixture(scope="module")
def turned() -> tuple[vecstore.Store, vecstore.Store, np.ndarray]:
    """Bundled words, the same turned and a little shaken under other names, and the way back."""
    rng = np.random.default_rng(5)
    turn = rotation(100, rng)
    keys = glove().keys()[:N].tolist()
    vectors = glove()[keys]
    shaken = vectors + 0.05 * vectors.std() * rng.standard_normal(vectors.shape)
    source = vecstore.from_arrays(vectors, keys)
    names = [key if place % 30 == 0 else f"{key}~" for place, key in enumerate(keys)]
    return source, vecstore.from_arrays(shaken @ turn, names), turn.T


def dictionary(source: vecstore.Store, target: vecstore.Store) -> list[tuple[str, str]]:
    return list(zip(source.keys().tolist(), target.keys().tolist(), strict=True))


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
def test_a_rotation_is_found_again(metric: str, rng: np.random.Generator) -> None:
    turn, vectors = rotation(20, rng), rng.standard_normal((50, 20))
    source = vecstore.from_arrays(vectors, metric=metric)
    target = vecstore.from_arrays(vectors @ turn, metric=metric)
    alignment = align(source, target, [(row, row) for row in range(30)])
    np.testing.assert_allclose(alignment.map, turn.T, atol=1e-6)
    np.testing.assert_allclose(alignment.move(target[40]), vectors[40], atol=1e-5)
    np.testing.assert_allclose(alignment.move(target[[40, 41]]), vectors[40:42], atol=1e-5)


def test_the_map_is_orthogonal_and_no_other_is_better(
    turned: tuple[vecstore.Store, vecstore.Store, np.ndarray], rng: np.random.Generator
) -> None:
    source, target, _ = turned
    pairs = dictionary(source, target)[:500]
    learned = align(source, target, pairs).map
    np.testing.assert_allclose(learned @ learned.T, np.eye(100), atol=1e-12)
    near, far = source[[a for a, _ in pairs]], target[[b for _, b in pairs]]
    near, far = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (near, far))
    best = np.linalg.norm(far @ learned - near)
    for _ in range(5):
        nudge = np.linalg.qr(np.eye(100) + 0.01 * rng.standard_normal((100, 100)))[0]
        nudge *= np.sign(np.diag(nudge))
        assert np.linalg.norm(far @ learned @ nudge - near) > best


def test_identical_keys_and_refinement_need_no_dictionary(
    turned: tuple[vecstore.Store, vecstore.Store, np.ndarray],
) -> None:
    source, target, back = turned
    rounds: list[tuple[int, int | None]] = []
    alignment = align(source, target, refine=3, progress=lambda *done: rounds.append(done))
    assert rounds == [(1, 3), (2, 3), (3, 3)]
    np.testing.assert_allclose(alignment.map, back, atol=0.02)
    parameters = alignment.provenance["parameters"]
    assert parameters["pairs"] == "identical keys"
    assert parameters["known_pairs"] == N // 30
    assert parameters["mutual_pairs"][-1] > 0.95 * N


def test_refinement_mends_a_map_from_few_pairs(
    turned: tuple[vecstore.Store, vecstore.Store, np.ndarray],
) -> None:
    source, target, back = turned
    few = dictionary(source, target)[:150]
    once, refined = (align(source, target, few, refine=refine).map for refine in (0, 2))
    assert np.linalg.norm(refined - back) < 0.5 * np.linalg.norm(once - back)


def test_an_aligned_store_has_all_that_the_target_had_and_says_where_it_comes_from(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    turn, vectors = rotation(4, rng), rng.standard_normal((6, 4))
    keys = list("abcdef")
    source = vecstore.from_arrays(vectors, keys)
    with vecstore.create(tmp_path / "fr.vecs", 4, dtype="float16") as target:
        target.add(keys, vectors @ turn, {"rank": list(range(6)), "kind": ["x", None] * 3})
    with vecstore.open(tmp_path / "fr.vecs") as target:
        alignment = align(source, target, [(key, key) for key in keys])
        with alignment.write(target, tmp_path / "fr-in-en.vecs") as moved:
            assert (moved.dim, moved.metric, moved.dtype) == (4, "cosine", np.float16)
            np.testing.assert_allclose(moved[keys], vectors, atol=0.01)
            assert moved.frame().equals(target.frame())
            [entry] = moved.info()["provenance"]
            assert moved.search(source["c"], k=1).keys.tolist() == ["c"]
        with pytest.raises(StoreExistsError, match=r"fr-in-en\.vecs"):
            alignment.write(target, tmp_path / "fr-in-en.vecs")
    assert (entry["model"], entry["source"]) == ("orthogonal map", str(tmp_path / "fr.vecs"))
    assert entry["parameters"] == {
        "space_of": "in memory",
        "pairs": "given",
        "known_pairs": 6,
        "refine": 0,
        "mutual_pairs": [],
    }


def test_a_map_is_kept_and_read(tmp_path: Path, rng: np.random.Generator) -> None:
    turn, vectors = rotation(3, rng), rng.standard_normal((9, 3))
    alignment = align(
        vecstore.from_arrays(vectors),
        vecstore.from_arrays(vectors @ turn),
        [(row, row) for row in range(9)],
    )
    alignment.save(tmp_path / "map.vecs")
    again = Alignment.load(tmp_path / "map.vecs")
    np.testing.assert_array_equal(again.map, alignment.map.astype(np.float32))
    assert again.provenance.items() >= alignment.provenance.items()
    with pytest.raises(StoreExistsError):
        alignment.save(tmp_path / "map.vecs")
    vecstore.create(tmp_path / "other.vecs", 3).close()
    with pytest.raises(VecstoreError, match=r"other\.vecs is not a map; Alignment\.save makes one"):
        Alignment.load(tmp_path / "other.vecs")


def test_a_map_knows_its_dim(tmp_path: Path) -> None:
    alignment = Alignment(np.eye(3))
    with pytest.raises(
        ValueError, match=r"`vectors` must have shape \(3,\) or \(n, 3\); got \(2,\)"
    ):
        alignment.move([1, 2])
    with pytest.raises(ValueError, match="`target` must have dim 3, as the map has; got 2"):
        alignment.write(vecstore.from_arrays(np.eye(2)), tmp_path / "no.vecs")
    assert list(tmp_path.iterdir()) == []


def test_spaces_that_cannot_be_aligned_are_refused(tmp_path: Path) -> None:
    plane, space = vecstore.from_arrays(np.eye(2)), vecstore.from_arrays(np.eye(3))
    with pytest.raises(ValueError, match="`target` must have dim 2, as `source` has; got 3"):
        align(plane, space)
    flat = vecstore.from_arrays(np.eye(2), metric="euclidean")
    with pytest.raises(ValueError, match='the metric "cosine", as `source` has; got "euclidean"'):
        align(plane, flat)
    with pytest.raises(VecstoreError, match="None of the 1 pairs is known: the first key in"):
        align(plane, plane, [(7, 8)])
    with pytest.raises(ValueError, match="`refine` must be at least 0; got -1"):
        align(plane, plane, refine=-1)
    with pytest.raises(FileNotFoundError):
        align(plane, plane, tmp_path / "missing.txt")


def test_nothing_is_left_of_a_map_that_cannot_be_written(tmp_path: Path) -> None:
    plane, path = vecstore.from_arrays(np.eye(2)), tmp_path / "a.vecs"
    with pytest.raises(ValueError, match="zero"):
        Alignment(np.zeros((2, 2))).write(plane, path)
    with pytest.raises(ValueError, match="finite"):
        Alignment(np.full((2, 2), np.nan)).save(path)
    assert not path.exists()
    align(plane, plane).save(path)
    assert Alignment.load(path).map.tolist() == [[1, 0], [0, 1]]


def test_too_few_pairs_are_warned_about() -> None:
    space = vecstore.from_arrays(np.eye(3))
    with pytest.warns(UserWarning, match="2 pairs are fewer than the 3 dimensions"):
        align(space, space, [(0, 0), (1, 1)])


# Real data


@pytest.fixture(scope="module")
def french(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[vecstore.Store, list[tuple[str, str]], list[tuple[str, str]]]]:
    """French words in the space of the English, the pairs learned from, and those held out."""
    train, test = split_pairs(real("dictionaries/en-fr.txt.gz"))
    path = tmp_path_factory.mktemp("aligned") / "fr-in-en.vecs"
    french = common_words("fr")
    with align(common_words("en"), french, train).write(french, path) as moved:
        yield moved, train, test


def test_csls_translates_held_out_words_better_than_nearest_neighbours(
    french: tuple[vecstore.Store, list[tuple[str, str]], list[tuple[str, str]]],
) -> None:
    moved, _, test = french
    nn, csls = (
        precision(common_words("en"), moved, test, retrieval=retrieval)
        for retrieval in ("nn", "csls")
    )
    print(f"{nn.words} words; nn {nn.at}; csls {csls.at}")
    assert nn.at[1] > 0.70
    assert csls.at[1] > nn.at[1] + 0.02
    assert csls.at[5] > nn.at[5]


def test_numpy_translates_alike(
    french: tuple[vecstore.Store, list[tuple[str, str]], list[tuple[str, str]]],
) -> None:
    """The whole once more, plainly, in float64: the map, the scores, the figures."""
    moved, train, test = french
    english = common_words("en")
    near, far = units(english), units(common_words("fr"))
    row, other_row = ({key: n for n, key in enumerate(store.keys())} for store in (english, moved))

    pairs = [(row[a], other_row[b]) for a, b in train if a in row and b in other_row]
    ours, theirs = (list(side) for side in zip(*pairs, strict=True))
    u, _, v = np.linalg.svd(far[theirs].T @ near[ours])
    far = far @ (u @ v)
    some = (far[first : first + 500] @ near.T for first in range(0, len(far), 500))
    crowding = np.concatenate([np.partition(one, -10)[:, -10:].mean(axis=1) for one in some])

    right: dict[str, set[str]] = {}
    for a, b in test:
        if a in row and b in other_row:
            right.setdefault(a, set()).add(b)
    cosines = near[[row[word] for word in right]] @ far.T
    for retrieval, scores in (("nn", cosines), ("csls", 2 * cosines - crowding)):
        best = moved.keys()[np.argsort(-scores, axis=1)[:, :5]]
        hits = np.array(
            [[key in some for key in keys] for keys, some in zip(best, right.values(), strict=True)]
        )
        found = precision(english, moved, test, retrieval=retrieval)
        assert found.words == len(right)
        assert found.at == {1: hits[:, 0].mean(), 5: hits.any(axis=1).mean()}


def units(store: vecstore.Store) -> np.ndarray:
    rows = store[store.keys()].astype(np.float64)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.slow
def test_english_and_french_words_without_a_dictionary(tmp_path: Path) -> None:
    english, french = common_words("en"), common_words("fr")
    pairs, _ = read_dictionary(real("dictionaries/en-fr.txt.gz"))
    found = {}
    for refine in (0, 5):
        path = tmp_path / f"{refine}.vecs"
        with align(english, french, refine=refine).write(french, path) as moved:
            found[refine] = precision(english, moved, pairs).at[1]
    print(found)
    assert found[5] > found[0] + 0.03
    assert found[5] > 0.75


def test_concepts_of_three_languages(tmp_path: Path) -> None:
    english = concepts("english")
    for language in ("french", "spanish"):
        other = concepts(language)
        pairs = [(key, key) for key in english.keys().tolist() if key in other]
        train, test = split_pairs(pairs, 0.2)
        with align(english, other, train).write(other, tmp_path / f"{language}.vecs") as moved:
            nn, csls = (precision(english, moved, test, retrieval=one) for one in ("nn", "csls"))
        print(f"{language}: nn {nn.at}, csls {csls.at}, {nn.words} concepts")
        assert nn.at[1] > 0.4
        assert csls.at[5] >= nn.at[5]
