"""Rows that no walk would reach get a link from somewhere."""

import numpy as np

from vecstore.index.graph import NOBODY, Graph, reached
from vecstore.index.joining import joined


def graph_of(links: list[list[int]]) -> Graph:
    return Graph(np.array(links, np.uint32), (), 0)


def test_a_row_that_only_links_to_lost_ones_is_taken_in_where_there_is_room() -> None:
    lonely = graph_of([[1, NOBODY], [0, NOBODY], [3, NOBODY], [2, NOBODY]])
    assert reached(lonely).tolist() == [True, True, False, False]
    assert reached(joined(lonely)).all()


def test_where_no_place_is_free_a_row_stays_lost() -> None:
    full = graph_of([[1], [0], [3], [2]])
    assert reached(joined(full)).tolist() == [True, True, False, False]


def test_a_graph_that_reaches_all_stays_as_it_is() -> None:
    whole = graph_of([[1, 2], [0, NOBODY], [0, NOBODY]])
    np.testing.assert_array_equal(joined(whole).links, whole.links)


def test_random_graphs_come_out_whole_if_there_is_room() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        links = rng.integers(0, 200, (200, 6)).astype(np.uint32)
        links[:, 2:] = NOBODY
        assert reached(joined(Graph(links, (), 0))).all()
