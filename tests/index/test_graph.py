"""Graphs as arrays and back, and what is said of one that is damaged."""

import numpy as np
import pytest

from vecstore.index.graph import NOBODY, Graph, Level, as_arrays, from_arrays, problems, reached

LINKS = np.array([[1, 2], [0, NOBODY], [3, 0], [2, NOBODY]], np.uint32)
UPPER = Level(np.array([[1], [0]], np.uint32), np.array([3, 0], np.uint32))
TOP = Level(np.array([[NOBODY]], np.uint32), np.array([1], np.uint32))
GRAPH = Graph(LINKS, (TOP, UPPER), 0)


def without(name: str) -> dict[str, np.ndarray]:
    return {key: array for key, array in as_arrays(GRAPH).items() if key != name}


def test_a_graph_survives_being_taken_apart() -> None:
    again = from_arrays(as_arrays(GRAPH))
    assert again.entry == 0
    assert again.links is LINKS
    assert [level.down.tolist() for level in again.levels] == [[1], [3, 0]]


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        (without("links"), "`links` must be among the arrays; got entry, "),
        (without("entry"), "`entry` must be among the arrays"),
        (without("level1_down"), "`level1_down` must be among the arrays"),
        (as_arrays(GRAPH) | {"links": LINKS.astype(np.int32)}, "`links` must be uint32"),
        (as_arrays(GRAPH) | {"links": LINKS[:, ::2]}, "in C order with 2 axes"),
        (as_arrays(GRAPH) | {"entry": np.array([0, 1])}, r"`entry` must have shape \(1,\)"),
        (as_arrays(GRAPH) | {"level1_down": UPPER.down[:1]}, r"must have shape \(2,\); got \(1,\)"),
    ],
)
def test_arrays_that_are_no_graph_are_refused(arrays: dict[str, np.ndarray], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        from_arrays(arrays)


def test_nothing_is_wrong_with_a_sound_graph() -> None:
    assert list(problems(GRAPH, 4)) == []
    assert list(problems(Graph(LINKS[:0], (), 0), 0)) == []


def changed(links: np.ndarray, row: int, place: int, to: int) -> np.ndarray:
    copy = links.copy()
    copy[row, place] = to
    return copy


@pytest.mark.parametrize(
    ("graph", "sentence"),
    [
        (Graph(LINKS[:3], (), 0), "The graph has 3 rows; the segment has 4."),
        (GRAPH._replace(entry=1), "The walk starts at 1, which is not among 1 nodes."),
        (GRAPH._replace(entry=-1), "The walk starts at -1, which is not among 1 nodes."),
        (
            GRAPH._replace(levels=(TOP, UPPER._replace(down=np.array([3, 4], np.uint32)))),
            "On level 1 from the top, 1 nodes are not among those below.",
        ),
        (
            GRAPH._replace(levels=(TOP, UPPER._replace(links=UPPER.links + 7))),
            "2 links on level 1 from the top lead nowhere.",
        ),
        (GRAPH._replace(links=changed(LINKS, 2, 1, 4)), "1 links of rows lead nowhere."),
        (
            GRAPH._replace(links=changed(LINKS, 2, 0, NOBODY)),
            "1 links of rows stand behind the end of their list.",
        ),
        (
            GRAPH._replace(links=changed(LINKS, 2, 1, NOBODY), levels=(), entry=3),
            "2 rows cannot be reached from where a walk starts.",
        ),
    ],
)
def test_each_kind_of_damage_has_its_sentence(graph: Graph, sentence: str) -> None:
    assert sentence in list(problems(graph, 4))


def test_reached_is_what_links_lead_to() -> None:
    assert reached(GRAPH._replace(levels=(), entry=1)).tolist() == [True, True, True, True]
    cut = Graph(changed(LINKS, 2, 1, NOBODY), (), 2)
    assert reached(cut).tolist() == [False, False, True, True]
