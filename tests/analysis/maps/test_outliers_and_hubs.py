"""Outliers and hubs against what they are by definition."""

import numpy as np
import pytest

import vecstore
from tests.analysis.spaces import glove, large_glove
from vecstore.analysis import hubness, outliers


def test_outliers_have_the_largest_mean_distance(rng: np.random.Generator) -> None:
    vectors = rng.standard_normal((80, 6))
    vectors[17] += 30
    keys = [f"key {place}" for place in range(80)]
    store = vecstore.from_arrays(vectors, keys=keys, metric="euclidean")
    found = outliers(store, k=5, n=10)
    wide = vectors.astype(np.float32).astype(np.float64)
    distances = np.linalg.norm(wide[:, None] - wide, axis=2)
    mean = np.sort(distances, axis=1)[:, 1:6].mean(axis=1)
    order = np.argsort(-mean)[:10]
    assert found["key"].to_list() == [keys[place] for place in order]
    assert found["key"][0] == "key 17"
    np.testing.assert_allclose(found["distance"], mean[order], rtol=1e-12)


def test_hubs_are_among_the_nearest_of_many(rng: np.random.Generator) -> None:
    store = vecstore.from_arrays(rng.standard_normal((120, 40)), metric="euclidean")
    found = hubness(store, k=4)
    near = [match.key for some in store.similar(list(store), k=4) for match in some]
    expected = {key: near.count(key) for key in store}
    assert dict(found.counts.rows()) == expected
    assert found.counts["count"].is_sorted(descending=True)
    assert found.counts["count"].mean() == found.k == 4
    assert found.skewness > 0


def test_skewness_is_the_third_standardised_moment() -> None:
    star = vecstore.from_arrays([[0, 0], [3, 0], [-3, 0], [0, 3]], metric="euclidean")
    found = hubness(star, k=1)
    assert found.counts.rows() == [(0, 3), (1, 1), (2, 0), (3, 0)]
    assert found.skewness == pytest.approx((2 / 3) ** 0.5)


def test_where_all_are_alike_no_key_is_preferred() -> None:
    found = hubness(vecstore.from_arrays(np.eye(3)), k=9)
    assert (found.k, found.skewness) == (2, 0.0)
    assert found.counts.rows() == [(0, 2), (1, 2), (2, 2)]


def test_words_have_hubs() -> None:
    found = hubness(glove())
    assert found.skewness > 1
    assert found.counts["count"][0] > 50


def test_real_words_that_no_others_are_near(rng: np.random.Generator) -> None:
    store = large_glove()
    found = outliers(store, k=5, n=8)
    keys = [*found["key"], *rng.choice(store.keys(), 300)]
    vectors, asked = store[store.keys()].astype(np.float64), store[keys].astype(np.float64)
    vectors, asked = (rows / np.linalg.norm(rows, axis=1)[:, None] for rows in (vectors, asked))
    nearest = np.partition(1 - asked @ vectors.T, 5)[:, :6]
    mean = np.sort(nearest)[:, 1:].mean(axis=1)
    np.testing.assert_allclose(found["distance"], mean[:8], atol=1e-6)
    assert found["distance"].is_sorted(descending=True)
    assert mean[8:].max() <= found["distance"][-1] + 1e-6


@pytest.mark.parametrize("ask", [outliers, hubness])
def test_one_key_has_no_neighbours(ask: type) -> None:
    with pytest.raises(ValueError, match="`store` must have at least two keys; it has 1"):
        ask(vecstore.from_arrays([[1, 2]]))


@pytest.mark.parametrize("name", ["k", "n"])
def test_counts_are_positive(name: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1; got 0"):
        outliers(glove(), **{name: 0})
