import re
from typing import Any

import numpy as np
import pytest

import vecstore
from vecstore.store.store import Store

RNG = np.random.default_rng(5)
WORDS = [f"w{i}" for i in range(60)]
VECTORS = RNG.standard_normal((60, 9)).astype(np.float32)
UNIT = VECTORS.astype(np.float64) / np.linalg.norm(VECTORS.astype(np.float64), axis=1)[:, None]


@pytest.fixture(params=["cosine", "euclidean", "dot"])
def store(request: pytest.FixtureRequest) -> Store:
    return vecstore.from_arrays(VECTORS, keys=WORDS, metric=request.param)


@pytest.fixture
def cosine() -> Store:
    return vecstore.from_arrays(VECTORS, keys=WORDS)


def rows(keys: Any) -> list[int]:
    return [int(key[1:]) for key in keys]


def best(scores: np.ndarray, without: list[int], k: int) -> list[int]:
    scores = scores.copy()
    scores[without] = -np.inf
    return np.argsort(-scores, kind="stable")[:k].tolist()


# Sums.


@pytest.mark.usefixtures("engine")
def test_composing_adds_unit_vectors_under_cosine(cosine: Store) -> None:
    composed = cosine.compose({"w3": 1, "w4": -0.5})
    total = UNIT[3] - 0.5 * UNIT[4]
    assert composed.dtype == np.float32
    np.testing.assert_allclose(composed, total / np.linalg.norm(total), atol=1e-7)


@pytest.mark.parametrize("metric", ["euclidean", "dot"])
def test_composing_adds_plain_vectors_elsewhere(metric: str) -> None:
    store = vecstore.from_arrays(VECTORS, keys=WORDS, metric=metric)
    composed = store.compose({"w3": 1, "w4": -0.5})
    np.testing.assert_allclose(composed, VECTORS[3] - 0.5 * VECTORS[4], atol=1e-6)


def test_several_recipes_are_a_batch(store: Store) -> None:
    recipes = [{"w1": 1}, {"w2": 2, "w3": 1}, {"w4": -1}]
    composed = store.compose(recipes)
    assert composed.shape == (3, 9)
    for recipe, vector in zip(recipes, composed, strict=True):
        np.testing.assert_array_equal(vector, store.compose(recipe))
    assert store.compose([]).shape == (0, 9)


@pytest.mark.usefixtures("engine")
def test_a_mean_is_the_sum_over_the_sum_of_weights() -> None:
    store = vecstore.from_arrays(VECTORS, keys=WORDS, metric="euclidean")
    mean = store.compose({"w3": 3, "w4": 1}, method="mean")
    np.testing.assert_allclose(mean, 0.75 * VECTORS[3] + 0.25 * VECTORS[4], atol=1e-6)


def test_cosine_does_not_tell_a_mean_from_a_sum(cosine: Store) -> None:
    recipe = {"w3": 3, "w4": 0.5}
    mean, total = cosine.compose(recipe, method="mean"), cosine.compose(recipe)
    np.testing.assert_allclose(mean, total, atol=1e-7)


def test_a_missing_key_in_a_recipe_is_named(store: Store) -> None:
    with pytest.raises(vecstore.KeyNotFoundError, match='No key "w99" in this store'):
        store.compose({"w1": 1, "w99": 1})


@pytest.mark.parametrize(
    ("recipe", "error", "message"),
    [
        ({}, ValueError, "`recipe` must hold a key; recipe 0 has none."),
        ([{"w1": 1}, {}], ValueError, "recipe 1 has none."),
        ({"w1": np.inf}, ValueError, "`recipe` must have finite weights; got inf."),
        ({"w1": "2"}, TypeError, "must have numbers for weights; 'w1' has str '2'."),
        ({"w1": None}, TypeError, "'w1' has NoneType None."),
        ({"w1": [1.0]}, TypeError, "'w1' has list [1.0]."),
        ({"w1": 1j}, TypeError, "'w1' has complex 1j."),
    ],
)
def test_wrong_recipes_are_refused(
    store: Store, recipe: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        store.compose(recipe)


@pytest.mark.parametrize("weight", [1, 1.5, np.float32(2), np.int64(3), True])
def test_weights_are_numbers_of_any_kind(store: Store, weight: Any) -> None:
    np.testing.assert_array_equal(
        store.compose({"w1": weight}), store.compose({"w1": float(weight)})
    )


@pytest.mark.parametrize("scale", [-1.0, -3.0, -0.1])
def test_vectors_that_cancel_out_have_no_direction(scale: float) -> None:
    """At the scale 3 their unit vectors add up to 1e-17 instead of 0."""
    opposites = np.concatenate((VECTORS[:2], scale * VECTORS[:1])).astype(np.float32)
    keys = ["north", "east", "south"]
    store = vecstore.from_arrays(opposites, keys=keys)
    with pytest.raises(ValueError, match="must have vectors that do not cancel out; those of"):
        store.compose([{"east": 1}, {"north": 1, "south": 1}])
    with pytest.raises(ValueError, match=re.escape("those of recipe 0 do.")):
        store.compose({"north": 0})
    tilted = store.compose({"north": 1, "south": 1, "east": 1e-4})
    np.testing.assert_allclose(tilted, store.compose({"east": 1}), atol=1e-3)
    plain = vecstore.from_arrays(opposites, keys=keys, metric="dot")
    assert not plain.compose({"north": 0}).any()


def test_weights_that_cancel_out_have_no_mean(store: Store) -> None:
    with pytest.raises(ValueError, match="do not cancel out in a mean; those of recipe 0 do"):
        store.compose({"w1": 0.1, "w2": 0.2, "w3": -0.3}, method="mean")


def test_an_unknown_way_to_compose_is_refused(store: Store) -> None:
    message = '`method` must be "sum" or "mean"; got \'max\'.'
    with pytest.raises(ValueError, match=re.escape(message)):
        store.compose({"w1": 1}, method="max")


@pytest.mark.parametrize("recipe", [["w1", "w2"], [("w1", 1)]])
def test_a_recipe_is_a_mapping(store: Store, recipe: Any) -> None:
    with pytest.raises(TypeError, match="`recipe` must be a mapping of keys to weights"):
        store.compose(recipe)


# Analogies.


@pytest.mark.usefixtures("engine")
def test_analogy_searches_near_the_sum_of_unit_vectors(cosine: Store) -> None:
    total = UNIT[1] - UNIT[2] + UNIT[3]
    cosines = UNIT @ (total / np.linalg.norm(total))
    matches = cosine.analogy(positive=["w1", "w3"], negative=["w2"], k=5)
    nearest = best(cosines, [1, 2, 3], 5)
    assert rows(matches.keys) == nearest
    np.testing.assert_allclose(matches.distances, 1 - cosines[nearest], atol=1e-6)


@pytest.mark.usefixtures("engine")
def test_multiplied_analogy_ranks_by_products_of_cosines(cosine: Store) -> None:
    shifted = (1 + UNIT @ UNIT.T) / 2
    scores = shifted[:, 1] * shifted[:, 3] / (shifted[:, 2] + 1e-6)
    matches = cosine.analogy(positive=["w1", "w3"], negative=["w2"], k=5, method="mul")
    nearest = best(scores, [1, 2, 3], 5)
    assert rows(matches.keys) == nearest
    np.testing.assert_allclose(matches.distances, -scores[nearest], rtol=1e-6)
    np.testing.assert_array_equal(matches.similarities, -matches.distances)


def test_analogy_under_another_metric_is_a_parallelogram() -> None:
    store = vecstore.from_arrays(
        [[0, 0], [0, 5], [4, 0], [4, 5.5], [9, 9]], keys=list("abcde"), metric="euclidean"
    )
    assert store.analogy(positive=["b", "c"], negative=["a"], k=2).keys.tolist() == ["d", "e"]


@pytest.mark.parametrize("method", ["add", "mul"])
def test_a_batch_is_its_questions_one_by_one(cosine: Store, method: str) -> None:
    positive = [["w1", "w2"], ["w5"], ["w7", "w7", "w8"], ["w9", "w10"]]
    negative = [["w3"], [], ["w9"], ["w11", "w12"]]
    together = cosine.analogy(positive, negative, k=4, method=method)
    assert together.keys.shape == (4, 4)
    for i, (plus, minus) in enumerate(zip(positive, negative, strict=True)):
        alone = cosine.analogy(plus, minus, k=4, method=method)
        assert together[i].keys.tolist() == alone.keys.tolist()
        np.testing.assert_array_equal(together[i].distances, alone.distances)


@pytest.mark.usefixtures("engine")
def test_a_batch_about_few_words_has_the_answers_of_its_questions() -> None:
    """So many that engines which can share the cosines of these words do."""
    vectors = np.random.default_rng(3).standard_normal((60, 32)).astype(np.float32)
    store = vecstore.from_arrays(vectors, keys=WORDS)
    a, b, c = np.indices((8, 8, 8)).reshape(3, -1)
    positive = [[f"w{i}", f"w{j}"] for i, j in zip(b, c, strict=True)]
    negative = [[f"w{i + 8}"] for i in a]
    together = store.analogy(positive, negative, k=3)
    for i in range(0, len(positive), 23):
        alone = store.analogy(positive[i], negative[i], k=3)
        assert together[i].keys.tolist() == alone.keys.tolist()
        np.testing.assert_array_equal(together[i].distances, alone.distances)
    if together.plan.engine == "native" and together.plan.level != "amx":
        assert together.plan.path == "sums"


def test_a_batch_may_have_only_one_side(cosine: Store) -> None:
    assert cosine.analogy([["w1"], ["w2"]], k=1).keys.shape == (2, 1)
    assert cosine.analogy([], [["w1"], ["w2"]], k=1).keys.shape == (2, 1)


@pytest.mark.parametrize("method", ["add", "mul"])
def test_the_keys_that_ask_are_left_out(cosine: Store, method: str) -> None:
    matches = cosine.analogy(["w1", "w3"], ["w2"], k=60, method=method)
    assert matches.counts == 57
    assert not {"w1", "w2", "w3"} & set(matches.keys.tolist())


def test_a_key_given_twice_counts_twice(cosine: Store) -> None:
    total = 2 * UNIT[1] - UNIT[2]
    nearest = best(UNIT @ total, [1, 2], 3)
    assert rows(cosine.analogy(["w1", "w1"], ["w2"], k=3).keys) == nearest


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((["w1"], ["w1"]), ValueError, "must not cancel out; those of question 0 do."),
        (([["w2"], ["w1"]], [[], ["w1"]]), ValueError, "those of question 1 do."),
        (([], []), ValueError, "`positive` must hold a key; question 0 has none at all."),
        (([["w1"], []], [[], []]), ValueError, "question 1 has none at all."),
        (([["w1"]], [["w2"], ["w3"]]), ValueError, "the same number of questions; got 1 and 2."),
        ((["w1"], [["w2"]]), TypeError, "must both be lists of lists in a batch."),
        (("w1", ["w2"]), TypeError, "must be lists of keys; got a single key."),
        (([3], []), TypeError, "`positive` must all be str; place 0 holds int 3."),
    ],
)
def test_wrong_questions_are_refused(
    cosine: Store, arguments: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        cosine.analogy(*arguments)


def test_an_unknown_method_is_refused(cosine: Store) -> None:
    with pytest.raises(
        ValueError, match=re.escape('`method` must be "add" or "mul"; got \'sum\'.')
    ):
        cosine.analogy(["w1"], method="sum")


def test_products_of_cosines_need_the_metric_cosine() -> None:
    store = vecstore.from_arrays(VECTORS, keys=WORDS, metric="dot")
    message = '`method` "mul" must have the metric "cosine"; the store has "dot".'
    with pytest.raises(ValueError, match=re.escape(message)):
        store.analogy(["w1"], method="mul")
