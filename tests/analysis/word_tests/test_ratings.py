"""Files of pairs that people rated: what is a pair, and what is not."""

from pathlib import Path

import numpy as np
import pytest

from tests.analysis.spaces import glove
from vecstore.analysis import word_pairs
from vecstore.errors import IngestError


def test_ratings_that_are_all_the_same_go_with_nothing(tmp_path: Path) -> None:
    path = tmp_path / "p.tsv"
    path.write_text("king\tqueen\t0.1\ndog\tcat\t0.1\noil\tpiano\t0.1\n")
    scores = word_pairs(glove(), path)
    assert np.isnan([scores.spearman, scores.pearson]).all()


def test_a_quote_in_a_line_between_commas_ends_with_it(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text('king,queen,8\n"dog,cat,7\noil,piano,1\nman,woman,9\n')
    scores = word_pairs(glove(), path)
    assert (scores.ratings.tolist(), scores.skipped) == ([8, 1, 9], 1)


def test_a_table_of_several_ratings_needs_a_column(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(
        "one,two,mood,eng\nking,queen,1,7\ndog,cat,2,9\noil,piano,3,1\ndog,gotham,4,1\n"
    )
    with pytest.raises(IngestError, match="pass `column`, one of mood, eng"):
        word_pairs(glove(), path)
    scores = word_pairs(glove(), path, column="eng")
    assert scores.ratings.tolist() == [7, 9, 1]
    assert (scores.unknown, scores.coverage, scores.spearman) == (1, 0.75, 1.0)
