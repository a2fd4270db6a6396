"""What a person sees in a terminal."""

from collections.abc import Callable
from pathlib import Path

import vecstore

Watch = Callable[..., str]

CYAN = "\x1b[36m"


def test_neighbours_are_a_table(directions: str, watch: Watch) -> None:
    assert watch("similar", directions, "east", "--k", "2").splitlines() == [
        "east    similarity  distance",
        "mañana      0.9487    0.0513",
        "-5          0.8944    0.1056",
        "",
    ]


def test_tables_stand_side_by_side_where_there_is_room(directions: str, watch: Watch) -> None:
    headings = ["east", "similarity", "distance", "north", "similarity", "distance"]
    wide = watch("similar", directions, "east", "north", "-k", "1", columns=80)
    assert wide.splitlines()[0].split() == headings
    narrow = watch("similar", directions, "east", "north", "-k", "1", columns=40)
    assert narrow.splitlines()[0].split() == headings[:3]


def test_no_line_is_wider_than_the_terminal(directions: str, watch: Watch) -> None:
    for command in (["similar", "new york"], ["get", "new york", "west"], ["info"]):
        seen = watch(command[0], directions, *command[1:], columns=50)
        assert max(map(len, seen.splitlines())) <= 50


def test_keys_are_not_markup(directions: str, watch: Watch) -> None:
    assert "[red]a=b" in watch("similar", directions, "new york")


def test_colour_only_where_the_terminal_has_it(directions: str, watch: Watch) -> None:
    assert CYAN in watch("similar", directions, "east", raw=True)
    assert CYAN not in watch("similar", directions, "east", raw=True, NO_COLOR="1")
    assert "\x1b" not in watch("similar", directions, "east", raw=True, TERM="dumb")


def test_distances_alone_where_there_are_no_similarities(numbered: str, watch: Watch) -> None:
    assert watch("similar", numbered, "7", "-k", "1").split() == ["7", "distance", "-5", "1.0000"]


def test_vector_is_shown_by_its_beginning(tmp_path: Path, watch: Watch) -> None:
    path = str(tmp_path / "long.vecs")
    with vecstore.create(path, dim=8) as store:
        store.add(["ramp"], [range(8)])
    seen = watch("get", path, "ramp")
    assert "first of 8 values" in seen
    assert seen.split()[-7:] == ["0.0000", "1.0000", "2.0000", "3.0000", "4.0000", "5.0000", "..."]
    assert "11.8322" in seen  # the norm


def test_info_groups_thousands_and_lists_files(directions: str, watch: Watch) -> None:
    seen = watch("info", directions)
    with vecstore.open(directions) as store:
        files = store.info()["files"]
    for name, size in files.items():
        assert f"{name}  {size:,}\n" in seen
