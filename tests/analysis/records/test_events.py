"""Records as the sums of their parts, and whether they are found by these."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vecstore
from vecstore.analysis import Events, Field, found_by_parts
from vecstore.analysis.records.event_fields import words
from vecstore.errors import DuplicateKeyError, KeyNotFoundError, StoreExistsError
from vecstore.store.store import Store

RNG = np.random.default_rng(8)
WORDS = ["air force", "army", "new york", "paris", "1944", "1980", "bombing", "parade"]
VECTORS = RNG.standard_normal((8, 6)).astype(np.float32)
UNIT = {
    word: vector / np.linalg.norm(vector)
    for word, vector in zip(WORDS, VECTORS.astype(np.float64), strict=True)
}
TABLE = {
    "who": ["army", "air force", "air force", None],
    "where": ["paris", "paris", "new york", "new york"],
    "year": [1944, 1980, 1980, None],
}


@pytest.fixture
def parts() -> Store:
    return vecstore.from_arrays(VECTORS, keys=WORDS)


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


# Composing.


def test_an_event_is_the_sum_of_its_parts(parts: Store) -> None:
    composed = Events(dict.fromkeys(TABLE, parts)).compose(TABLE)
    expected = [
        parts.compose({"army": 1, "paris": 1, "1944": 1}),
        parts.compose({"air force": 1, "paris": 1, "1980": 1}),
        parts.compose({"air force": 1, "new york": 1, "1980": 1}),
        parts.compose({"new york": 1}),
    ]
    np.testing.assert_allclose(composed.vectors, expected, atol=1e-7)
    assert composed.vectors.dtype == np.float32
    assert composed.rows.tolist() == [0, 1, 2, 3]
    assert composed.missing == {"who": 0, "where": 0, "year": 0}


def test_fields_have_weights(parts: Store) -> None:
    events = Events({"who": Field(parts, 3), "where": Field(parts, 0.5)})
    expected = parts.compose({"army": 3, "paris": 0.5})
    np.testing.assert_allclose(events.compose(TABLE).vectors[0], expected, atol=1e-7)


def test_under_another_metric_a_mean_is_not_a_sum() -> None:
    parts = vecstore.from_arrays(VECTORS, keys=WORDS, metric="euclidean")
    fields = {"who": Field(parts, 3), "where": parts}
    army, paris, york = VECTORS[1], VECTORS[3], VECTORS[2]
    total = Events(fields, method="sum").compose(TABLE).vectors
    mean = Events(fields, method="mean").compose(TABLE).vectors
    np.testing.assert_allclose(total[0], 3 * army + paris, atol=1e-6)
    np.testing.assert_allclose(mean[0], (3 * army + paris) / 4, atol=1e-6)
    np.testing.assert_allclose([total[3], mean[3]], [york, york], atol=1e-6)


def test_a_text_is_the_mean_of_its_words_and_counts_as_one_field(parts: Store) -> None:
    events = Events({"what": Field(parts, split=words), "year": parts}, missing="ignore")
    composed = events.compose({"what": ["The ARMY, the parade: Paris!"], "year": [1944]})
    text = unit(UNIT["army"] + UNIT["parade"] + UNIT["paris"])
    np.testing.assert_allclose(composed.vectors[0], unit(text + UNIT["1944"]), atol=1e-7)
    assert composed.missing == {"what": 2, "year": 0}


def test_parts_may_stand_between_signs(parts: Store) -> None:
    events = Events({"where": Field(parts, split="|")})
    (vector,) = events.compose({"where": ["new york | paris|"]}).vectors
    np.testing.assert_allclose(vector, unit(UNIT["new york"] + UNIT["paris"]), atol=1e-7)


def test_vectors_may_come_from_several_stores(parts: Store) -> None:
    years = vecstore.from_arrays(VECTORS[::-1], keys=list(range(1944, 1952)))
    events = Events({"who": parts, "year": years})
    (vector,) = events.compose({"who": ["army"], "year": [1951]}).vectors
    np.testing.assert_allclose(vector, unit(UNIT["army"] + UNIT["air force"]), atol=1e-7)


def test_keys_may_be_made_of_field_and_value() -> None:
    factors = vecstore.from_arrays(VECTORS[:2], keys=["who=army", "where=army"])
    fields = {name: Field(factors, key="{field}={value}") for name in ("who", "where")}
    (vector,) = Events({"where": fields["where"]}).compose({"where": ["army"]}).vectors
    np.testing.assert_allclose(vector, unit(VECTORS[1]), atol=1e-7)


def test_whole_numbers_are_keys_even_where_others_are_missing(parts: Store) -> None:
    composed = Events({"year": parts}).compose(pl.DataFrame({"year": [1980.0, None, float("nan")]}))
    assert composed.rows.tolist() == [0]
    np.testing.assert_allclose(composed.vectors[0], UNIT["1980"], atol=1e-7)


def test_records_without_parts_or_whose_parts_cancel_out_have_no_vector() -> None:
    opposites = vecstore.from_arrays([[1, 2], [-3, -6], [1, 0]], keys=["n", "s", "e"])
    events = Events({"a": opposites, "b": Field(opposites, split="+")}, missing="ignore")
    table = {"a": ["n", "n", None, "x", "e"], "b": ["s", "e", "n+s", None, "n+s"]}
    composed = events.compose(table)
    assert composed.rows.tolist() == [1, 4]
    np.testing.assert_allclose(composed.vectors[1], [1, 0], atol=1e-7)
    assert composed.missing == {"a": 1, "b": 0}


@settings(deadline=None, max_examples=40)
@given(
    rows=st.lists(
        st.lists(st.sampled_from([None, *WORDS, "?"]), min_size=2, max_size=2), min_size=1
    ),
    weight=st.floats(0.1, 10),
    metric=st.sampled_from(["cosine", "dot"]),
)
def test_any_records_are_composed_as_store_compose_does(
    rows: list[list[str | None]], weight: float, metric: str
) -> None:
    parts = vecstore.from_arrays(VECTORS, keys=WORDS, metric=metric)
    events = Events({"a": Field(parts, weight), "b": parts}, method="sum", missing="ignore")
    composed = events.compose(pl.DataFrame(rows, schema={"a": str, "b": str}, orient="row"))
    recipes = []
    for a, b in rows:
        recipe: dict[Any, float] = {}
        for key, factor in ((a, weight), (b, 1.0)):
            if key in UNIT:
                recipe[key] = recipe.get(key, 0) + factor
        recipes.append(recipe)
    assert composed.rows.tolist() == [row for row, recipe in enumerate(recipes) if recipe]
    expected = parts.compose([recipe for recipe in recipes if recipe])
    np.testing.assert_allclose(composed.vectors, expected, rtol=1e-5, atol=1e-6)


# Into a store, and found again.


def test_records_become_rows_with_their_fields_as_attributes(parts: Store, tmp_path: Path) -> None:
    table = pl.DataFrame({**TABLE, "id": ["a", "b", "c", "d"], "dead": [3, 0, 5, 1]})
    events = Events(dict.fromkeys(TABLE, parts))
    with events.to_store(tmp_path / "e.vecs", table, "id") as store:
        assert store.metric == "cosine"
        near = store.search(parts.compose({"air force": 1, "new york": 1, "1980": 1}), k=2)
        assert near.keys[0] == "c"
        assert near.distances[0] == pytest.approx(0, abs=1e-6)
        assert store.frame(["c"]).rows() == [("c", "air force", "new york", 1980, 5)]
        assert store.search(near.keys.size * np.ones(6), k=4, where="dead > 2").counts == 2
    with vecstore.open(tmp_path / "e.vecs") as store:
        (entry,) = store.info()["provenance"]
    assert (entry["records"], entry["left_out"]) == (4, 0)
    assert entry["composed_of"]["who"] == {
        "store": None,
        "weight": 1.0,
        "split": None,
        "key": "{value}",
    }


def test_what_one_knows_of_a_record_finds_it(parts: Store, tmp_path: Path) -> None:
    events = Events(dict.fromkeys(TABLE, parts))
    with events.to_store(tmp_path / "e.vecs", TABLE) as store:
        assert store.search(events.query({"where": "paris", "year": 1980}), k=1).keys == [1]
        assert store.search(events.query({"who": "army"}), k=1).keys == [0]


def test_records_are_added_to_a_store(parts: Store, tmp_path: Path) -> None:
    events = Events({"where": parts}, missing="ignore")
    with vecstore.create(tmp_path / "e.vecs", dim=6) as store:
        store.add(["z"], [np.ones(6)])
        assert events.to_store(store, {"where": ["paris", "?"], "id": ["a", "b"]}, "id") is store
        assert store.keys().tolist() == ["z", "a"]
        assert store.info()["provenance"][0]["missing_parts"] == {"where": 1}
        with pytest.raises(DuplicateKeyError, match='"a" is in the store already'):
            events.to_store(store, {"where": ["paris"], "id": ["a"]}, "id")


def test_all_parts_find_every_record_and_fewer_find_fewer(parts: Store, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = {name: rng.choice(WORDS, 300).tolist() for name in ("a", "b", "c")}
    events = Events(
        {name: Field(parts, weight) for name, weight in zip("abc", (1, 2, 4), strict=True)}
    )
    with events.to_store(tmp_path / "e.vecs", table) as store:
        assert found_by_parts(events, store, table, k=1) == 1
        some = found_by_parts(events, store, table, parts=["b", "c"], k=3)
        fewer = found_by_parts(events, store, table, parts=["c"], k=3)
        assert 0 < fewer < some < 1
    other = Events(dict.fromkeys("abc", vecstore.from_arrays(VECTORS[::-1], keys=WORDS)))
    with events.to_store(tmp_path / "f.vecs", table) as store:
        assert found_by_parts(other, store, table, k=1) < 0.5


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
@pytest.mark.parametrize("asked", [["who"], ["who", "year"]])
def test_a_record_is_found_if_it_is_no_farther_than_the_kth(
    tmp_path: Path, metric: str, asked: list[str]
) -> None:
    parts = vecstore.from_arrays(VECTORS, keys=WORDS, metric=metric)
    events = Events(dict.fromkeys(TABLE, parts), method="sum")
    rows = events.compose(TABLE).vectors.astype(np.float64)
    found = []
    for row, query in enumerate(events.compose(TABLE, asked).vectors.astype(np.float64)):
        products = rows @ query
        distances = {
            "cosine": 1 - products / np.linalg.norm(rows, axis=1) / np.linalg.norm(query),
            "euclidean": np.linalg.norm(rows - query, axis=1),
            "dot": -products,
        }[metric]
        found.append(distances[row] <= np.sort(distances)[1] + 1e-9)
    with events.to_store(tmp_path / "e.vecs", TABLE) as store:
        assert found_by_parts(events, store, TABLE, parts=asked, k=2) == np.mean(found)


@pytest.mark.parametrize("metric", ["euclidean", "dot"])
def test_the_share_does_not_depend_on_the_unit(
    tmp_path: Path, metric: str, rng: np.random.Generator
) -> None:
    vectors = rng.standard_normal((12, 30)).astype(np.float32)
    keys = [str(place) for place in range(12)]
    table = {name: rng.integers(0, 12, 80) for name in "abc"}
    shares = []
    for unit in (1, 2.0**-30, 2.0**30):
        events = Events(dict.fromkeys("abc", vecstore.from_arrays(unit * vectors, keys, metric)))
        with events.to_store(tmp_path / f"{unit}.vecs", table) as store:
            shares.append(found_by_parts(events, store, table, parts=["a"], k=3))
    assert 0 < shares[0] < 1
    assert shares == [shares[0]] * 3


def test_records_that_cannot_be_asked_for_are_no_share(parts: Store, tmp_path: Path) -> None:
    events = Events(dict.fromkeys(TABLE, parts))
    nobody = {**TABLE, "who": [None] * 4}
    with events.to_store(tmp_path / "e.vecs", nobody) as store:
        assert np.isnan(found_by_parts(events, store, nobody, parts=["who"]))


# What is refused, and when.


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"fields": {}}, ValueError, "`fields` must name a column; it names none"),
        ({"fields": {"who": 3}}, TypeError, 'a Store or a Field for "who"; got int'),
        ({"weight": 0}, ValueError, 'weights above 0; that of "who" is 0'),
        ({"weight": np.inf}, ValueError, 'weights above 0; that of "who" is inf'),
        ({"weight": "2"}, ValueError, "that of \"who\" is '2'"),
        ({"key": "who"}, ValueError, "keys with {value} in them"),
        ({"method": "max"}, ValueError, '`method` must be "mean" or "sum"; got'),
        ({"missing": "skip"}, ValueError, '`missing` must be "raise" or "ignore"; got'),
    ],
)
def test_wrong_arguments_are_refused(
    parts: Store, arguments: Mapping[str, Any], error: type[Exception], message: str
) -> None:
    options = {name: arguments[name] for name in ("weight", "key") if name in arguments}
    others = {name: value for name, value in arguments.items() if name not in options}
    with pytest.raises(error, match=message):
        Events(**{"fields": {"who": Field(parts, **options)}, **others})


def test_stores_must_go_together(parts: Store) -> None:
    for other in (
        vecstore.from_arrays(VECTORS[:, :5], keys=WORDS),
        vecstore.from_arrays(VECTORS, keys=WORDS, metric="dot"),
    ):
        with pytest.raises(ValueError, match=r'one dim and metric; that of "b" has [56] and'):
            Events({"a": parts, "b": other})


@pytest.mark.parametrize(
    ("table", "error", "message"),
    [
        ({"what": ["army"]}, ValueError, '`table` must have the column "who"; it has what'),
        ({"who": []}, ValueError, "`table` must have rows; it has none"),
        ([1, 2], TypeError, "`table` must be a table: a frame of polars or pandas.* got list"),
        ({"who": ["army"], "b": [1, 2]}, ValueError, "`table` cannot be read as a table"),
        ("nothing.csv", FileNotFoundError, r"nothing\.csv"),
        ("table.txt", ValueError, r"table\.txt must be a table, and be named for what it is"),
        ({"who": ["navy"]}, KeyNotFoundError, 'Field "who": No key "navy" .*Pass missing="ignore"'),
        ({"who": [None]}, ValueError, "records with parts that have vectors; none of 1 has one"),
    ],
)
def test_wrong_tables_are_refused_and_nothing_is_left(
    parts: Store, tmp_path: Path, table: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Events({"who": parts}).to_store(tmp_path / "e.vecs", table)
    assert not (tmp_path / "e.vecs").exists()


def test_a_wrong_key_is_refused(parts: Store, tmp_path: Path) -> None:
    events = Events({"who": parts})
    table = {"who": ["army", "army"], "id": ["a", "a"], "gap": ["a", None]}
    for key, error, message in (
        ("ids", ValueError, '`key` must be a column of the table, who, id, gap; got "ids"'),
        ("gap", ValueError, 'in which nothing is missing; "gap" lacks 1 of 2'),
        ("id", DuplicateKeyError, "a"),
    ):
        with pytest.raises(error, match=message):
            events.to_store(tmp_path / "e.vecs", table, key)
    events.to_store(tmp_path / "e.vecs", table).close()
    with pytest.raises(StoreExistsError):
        events.to_store(tmp_path / "e.vecs", table)


def test_a_wrong_question_is_refused(parts: Store) -> None:
    events = Events({"who": parts, "where": parts}, missing="ignore")
    with pytest.raises(ValueError, match='`parts` must be of who, where; got "when"'):
        events.query({"when": 1980})
    with pytest.raises(ValueError, match="`parts` must be of who, where; got none"):
        events.query({})
    with pytest.raises(ValueError, match=r"have a part that has a vector; got \{'who': 'navy'\}"):
        events.query({"who": "navy"})


def test_a_key_that_no_store_of_integers_has_is_named() -> None:
    years = vecstore.from_arrays(VECTORS, keys=list(range(8)))
    with pytest.raises(
        KeyNotFoundError, match='Field "year": "late" is not a key of a store of int'
    ):
        Events({"year": years}).query({"year": "late"})
