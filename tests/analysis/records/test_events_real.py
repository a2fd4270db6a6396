"""Events of real tables, which lie beside a checkout or do not."""

from pathlib import Path

import numpy as np
import polars as pl

import vecstore
from tests.real_data import real
from vecstore import ingest
from vecstore.analysis import Events, Field, found_by_parts
from vecstore.analysis.records.event_fields import words


def test_wines_are_found_by_taster_variety_and_country(tmp_path: Path) -> None:
    """The vectors of the categories come from which of them go together."""
    fields = ["taster_name", "variety", "country"]
    table = pl.read_csv(real("wine-reviews/wine130k_categorical.csv.gz")).drop_nulls(fields)
    table = table.sample(8000, seed=0)
    known = [f"{field}={value}" for field in fields for value in table[field].unique().sort()]
    place = {key: row for row, key in enumerate(known)}
    together = np.zeros((len(known), len(known)))
    for row in table.select(fields).iter_rows():
        ids = [place[f"{field}={value}"] for field, value in zip(fields, row, strict=True)]
        together[np.ix_(ids, ids)] += 1
    left, values, _ = np.linalg.svd(np.log1p(together))
    factors = vecstore.from_arrays(left[:, :32] * np.sqrt(values[:32]), keys=known)
    events = Events({field: Field(factors, key="{field}={value}") for field in fields})
    with events.to_store(tmp_path / "wines.vecs", table, "id") as store:
        asked = factors.compose({"variety=Pinot Noir": 1, "taster_name=Paul Gregutt": 1})
        nearest = store.search(asked, k=10).to_frame()
        assert nearest.select("variety", "taster_name").unique().rows() == [
            ("Pinot Noir", "Paul Gregutt")
        ]
        recall = found_by_parts(events, store, table, "id")
        without = {
            left: found_by_parts(
                events, store, table, "id", parts=[one for one in fields if one != left]
            )
            for left in fields
        }
    print(f"recall@10 of {len(table):,} wines by all parts {recall:.3f}, without one: {without}")
    assert recall == 1
    assert without["country"] > 0.9  # all of them are from one


def test_films_are_found_by_words_of_their_titles(tmp_path: Path) -> None:
    table = pl.read_csv(real("movielens-latest-small/movies.csv.gz"))
    glove = real("glove-6b-100d-text/glove.6B.100d.first50k.txt.gz")
    ingest.import_into(glove, tmp_path / "glove.vecs")
    parts = vecstore.open(tmp_path / "glove.vecs")
    events = Events(
        {"title": Field(parts, split=words), "genres": Field(parts, split="|")}, missing="ignore"
    )
    with events.to_store(tmp_path / "films.vecs", table, "movieId") as store:
        asked = parts.compose({"toy": 1, "story": 1, "animation": 1})
        titles = store.search(asked, k=5).to_frame()["title"].to_list()
        assert {"Toy Story (1995)", "Toy Story 2 (1999)"} <= set(titles)
        all_parts = found_by_parts(events, store, table, "movieId")
        titles_only = found_by_parts(events, store, table, "movieId", parts=["title"])
    print(f"recall@10 of films by all parts {all_parts}, by their titles {titles_only}")
    assert all_parts == 1
    assert titles_only > 0.85
