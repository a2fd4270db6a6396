"""Rows that are taken out of a graph take nothing else with them."""

import numpy as np
import pytest

from tests.search.test_approximate import block_of
from vecstore.index.building import grown_graph
from vecstore.index.graph import reached
from vecstore.index.joining import joined
from vecstore.index.twins import first_copies, with_copies
from vecstore.search.holding import held_out, without


@pytest.mark.parametrize("copies", [2, 3, 40])
def test_the_copies_of_a_row_that_is_taken_out_alone_are_still_found(copies: int) -> None:
    rows = np.random.default_rng(0).standard_normal((400, 8)).astype(np.float32)
    rows = np.tile(rows, (copies, 1))
    first = first_copies(rows)
    heads = grown_graph(rows[:400], "euclidean", M=8, ef_construction=40)
    graph = joined(with_copies(heads, first))
    (queries, alone), _ = held_out(graph, block_of(rows, "euclidean"), "euclidean", 0, 1)
    assert (first[alone] != alone).all()
    assert set(map(bytes, rows[alone])) == set(map(bytes, queries))
    assert np.delete(reached(without(graph, alone)), alone).all()
