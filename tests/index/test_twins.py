"""Rows that come more than once: which are found, and that a graph leads to all of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecstore.index.building import grown_graph
from vecstore.index.graph import problems, reached
from vecstore.index.joining import joined
from vecstore.index.twins import first_copies, with_copies


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@given(kinds=st.lists(st.integers(0, 6), max_size=60))
def test_the_first_copy_of_each_row(dtype: type, kinds: list[int]) -> None:
    rows = np.random.default_rng(0).standard_normal((7, 5)).astype(dtype)[kinds]
    wanted = [kinds.index(kind) for kind in kinds]
    assert first_copies(rows.reshape(-1, 5)).tolist() == wanted


def test_rows_that_differ_in_one_bit_are_no_copies() -> None:
    rows = np.ones((3, 4), np.float32)
    rows[1, 2] = np.nextafter(np.float32(1), np.float32(2))
    assert first_copies(rows).tolist() == [0, 1, 0]


@pytest.mark.parametrize("copies", [1, 2, 7, 400])
def test_a_graph_leads_to_every_copy(copies: int) -> None:
    rows = np.random.default_rng(1).standard_normal((60, 8)).astype(np.float32)
    kinds = np.random.default_rng(2).permutation(np.repeat(np.arange(60), copies))
    first = first_copies(rows[kinds])
    heads = rows[kinds][first == np.arange(len(first))]
    graph = joined(with_copies(grown_graph(heads, "euclidean", M=4, ef_construction=20), first))
    assert reached(graph).all()
    assert list(problems(graph, len(kinds))) == []


def test_one_row_a_thousand_times() -> None:
    first = first_copies(np.ones((1000, 3), np.float32))
    assert not first.any()
    one = grown_graph(np.ones((1, 3), np.float32), "euclidean", M=4, ef_construction=20)
    assert reached(joined(with_copies(one, first))).all()
