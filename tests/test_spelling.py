import pytest

from vecstore.spelling import near_spellings

WORDS = [
    "the",
    "King",
    "king",
    "kind",
    "knight",
    "Paris",
    "new york",
    "straße",
    "κόσμος",
    "elephant",
    "form",
]


def near(key: str, words: list[str] = WORDS) -> list[str]:
    return near_spellings(key, "".join(words), lambda tried: [w for w in words if w in set(tried)])


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("KING", "king"),
        ("paris", "Paris"),
        (" the", "the"),
        ("kinng", "king"),
        ("kng", "king"),
        ("kimg", "king"),
        ("knig", "king"),
        ("knigth", "knight"),
        ("newyork", "new york"),
        ("strase", "straße"),
        ("κοσμος", "κόσμος"),
        ("knighttt", "knight"),
        ("tteh", "the"),
        ("elefant", "elephant"),
        ("phorm", "form"),
    ],
)
def test_a_slip_finds_the_key_that_was_meant(slip: str, meant: str) -> None:
    assert meant in near(slip)


def test_another_case_comes_before_another_letter() -> None:
    assert near("KIND", ["kine", "kind", "KINE"]) == ["kind", "KINE"]


def test_equals_come_in_the_order_of_the_store() -> None:
    assert near("bat", ["rat", "cat", "bad"]) == ["rat", "cat", "bad"]


def test_no_more_than_asked_for() -> None:
    words = [letter + "at" for letter in "bcfhmprsv"]
    assert near_spellings("xat", "", lambda tried: [w for w in words if w in tried], most=2) == []
    assert len(near("xat", words)) == 3


def test_nothing_alike_is_nothing_suggested() -> None:
    assert near("zebra") == []


@pytest.mark.parametrize("key", ["", "x" * 100_000])
def test_extreme_keys_are_answered(key: str) -> None:
    assert near(key) == []
