"""Lines of text: the specification in Python, and the compiled parser, which must agree with it."""

import io
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vecstore.ingest.text.line_blocks import line_blocks
from vecstore.ingest.text.parsing import ParsedBlock, complaint, nearest_float32, parse_block

_native = pytest.importorskip("vecstore._native", reason="the compiled core is not there")

LARGEST = float(np.finfo(np.float32).max)
PARSERS = {"native": _native.parse_text, "python": parse_block}


@pytest.fixture(params=PARSERS)
def parse(request: pytest.FixtureRequest) -> Callable[..., ParsedBlock]:
    """Parses bytes, with either parser."""
    parser = PARSERS[request.param]

    def run(text: bytes, dim: int, *, keyed: bool = True, certain: bool = False) -> ParsedBlock:
        block = np.frombuffer(text, np.uint8)
        return ParsedBlock(*parser(block, dim, keyed=keyed, certain=certain))

    return run


def keys_of(parsed: ParsedBlock) -> list[str]:
    return parsed.keys.tobytes().decode().split("\n")[:-1]


def test_a_line_is_a_key_and_numbers(parse: Callable[..., ParsedBlock]) -> None:
    parsed = parse(b"the 0.5 -1\nof\t2e3  .25 \t \r\nto 1. +3", 2)
    assert keys_of(parsed) == ["the", "of", "to"]
    np.testing.assert_array_equal(parsed.vectors, np.float32([[0.5, -1], [2000, 0.25], [1, 3]]))
    assert parsed.lines.tolist() == [0, 1, 2]
    assert parsed.n_lines == 3


@pytest.mark.parametrize("key", [". . .", "at name@domain.com", "2010", "not nan", "a\tb", "a\0b"])
def test_keys_may_hold_blanks_and_odd_characters(
    parse: Callable[..., ParsedBlock], key: str
) -> None:
    parsed = parse(f"{key} 0.5 -1\n".encode(), 2)
    assert keys_of(parsed) == [key]


def test_blank_lines_count_but_are_nothing(parse: Callable[..., ParsedBlock]) -> None:
    parsed = parse(b"\n \t\r\na 1\n\n\nb 2\n", 1)
    assert parsed.lines.tolist() == [2, 5]
    assert parsed.n_lines == 6
    assert parsed.bad.shape == (0, 3)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"a 1", "it has 1 number where 2 are required"),
        (b"a 1 2 3", "it has 3 numbers where 2 are required"),
        (b"a b c", '"b" is not a number'),
        (b"a 1 0x10", '"0x10" is not a number'),
        (b"a 1 1_0", '"1_0" is not a number'),
        (b"a 1 2\0", '"2\0" is not a number'),
        (b" 1 2", "it has no key"),
        (b"word", "it has 0 numbers where 2 are required"),
        (b"\xff 1 2", "its key is not valid UTF-8"),
        (b"\xed\xa0\x80 1 2", "its key is not valid UTF-8"),
        (b"a\xc3 b 1 2", "its key is not valid UTF-8"),
    ],
)
def test_bad_lines_are_found_and_explained(
    parse: Callable[..., ParsedBlock], line: bytes, reason: str
) -> None:
    parsed = parse(b"good 1 2\n" + line + b"\ngood too 3 4", 2)
    assert keys_of(parsed) == ["good", "good too"]
    assert parsed.bad.tolist() == [[1, 9, 9 + len(line)]]
    assert complaint(line, 2, keyed=True) == reason


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n", "\n\r", " \r", "\r\r"])
def test_lines_of_every_system(parse: Callable[..., ParsedBlock], end: str) -> None:
    parsed = parse(end.join(["the 1", "of 2", "to 3 4", "a 5", ""]).encode(), 1)
    assert keys_of(parsed) == ["the", "of", "a"]
    assert parsed.lines.tolist() == [0, 1, 3]
    [[line, begin, stop]] = parsed.bad.tolist()
    assert (line, stop - begin) == (2, 6 + end.startswith(" "))


def test_a_lone_return_ends_a_line(parse: Callable[..., ParsedBlock]) -> None:
    parsed = parse(b"x 1\ry 2\nz 3\r4\n", 1)
    assert keys_of(parsed) == ["x", "y", "z"]
    assert parsed.bad[:, 0].tolist() == [3]


@pytest.mark.parametrize("end", ["\v", "\f", "\x85", "\u2028"])
def test_other_controls_are_no_line_ends(parse: Callable[..., ParsedBlock], end: str) -> None:
    assert keys_of(parse(f"a{end}b 1\n".encode(), 1)) == [f"a{end}b"]


def test_where_the_dimension_is_certain_keys_may_end_in_digits(
    parse: Callable[..., ParsedBlock],
) -> None:
    parsed = parse(b"boeing 747 1 2\nking .5 1 2\nqueen 1 2\n", 2, certain=True)
    assert keys_of(parsed) == ["boeing 747", "queen"]
    assert parsed.bad[:, 0].tolist() == [1]
    assert keys_of(parse(b"boeing 747 1 2\n", 2)) == []


@settings(deadline=None)
@given(st.lists(st.sampled_from([b"\r", b"\n", b"a 1", b" ", b"b"]), max_size=40).map(b"".join))
def test_line_ends_never_reach_keys_and_blocks_change_nothing(text: bytes) -> None:
    whole = _native.parse_text(np.frombuffer(text, np.uint8), 1, keyed=True)
    assert b"\r" not in whole[0].tobytes()
    for size in (1, 3, 7):
        parts = [
            ParsedBlock(*_native.parse_text(block, 1, keyed=True))
            for block in line_blocks(io.BytesIO(text), "a.txt", size)
        ]
        assert b"".join(part.keys.tobytes() for part in parts) == whole[0].tobytes()
        assert sum(part.n_lines for part in parts) == whole[4]


def test_lines_without_keys_hold_numbers_and_nothing_else(
    parse: Callable[..., ParsedBlock],
) -> None:
    parsed = parse(b"1\t2\n3 4\nword 5 6\n7\n", 2, keyed=False)
    assert keys_of(parsed) == []
    assert parsed.vectors.tolist() == [[1, 2], [3, 4]]
    assert parsed.bad[:, 0].tolist() == [2, 3]
    assert complaint(b"word 5 6", 2, keyed=False) == "it has 3 fields where 2 are required"


def nearest(text: str) -> np.float32:
    """The definition: of all floats the nearest, the even one of two."""
    exact = Fraction(text)
    guess = np.float32(np.clip(float(text), -LARGEST, LARGEST))
    with np.errstate(over="ignore"):
        near = [guess, *(np.nextafter(guess, np.float32(end)) for end in (np.inf, -np.inf))]

    def rank(value: np.float32) -> tuple[Fraction, int]:
        finite = np.isfinite(value)
        as_exact = Fraction(float(value)) if finite else Fraction(2) ** 128 * int(np.sign(value))
        return abs(as_exact - exact), int(value.view(np.uint32)) & 1

    return min(near, key=rank)


decimals = st.one_of(
    st.floats(width=32, allow_nan=False, allow_infinity=False).map(lambda x: f"{x:.9g}"),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e40, max_value=1e40).map(repr),
    st.from_regex(r"\A-?[0-9]{1,25}\.[0-9]{0,25}(e-?[0-4][0-9])?\Z"),
    # On, just above and just below the middle of two floats.
    st.tuples(
        st.floats(width=32, min_value=2.0**-120, max_value=2.0**120),
        st.sampled_from(["", "1", "000000000000000000000000001"]),
    ).map(lambda pair: f"{middle_after(pair[0])}{pair[1]}"),
)


def middle_after(value: float) -> str:
    above = np.nextafter(np.float32(value), np.float32(np.inf))
    return f"{(value + float(above)) / 2:.200f}"


@settings(deadline=None)
@given(decimals)
@example("1.0000000596046447753906251")
@example("3.4028235677973366e38")
@example("3.40282356779733661637539395458142568448e38")
@example("7.0064923216240854e-46")
@example("1e-400")
@example("-0.0")
def test_numbers_become_the_nearest_float(text: str) -> None:
    expected = nearest(text)
    [[native]] = _native.parse_text(np.frombuffer(f"k {text}".encode(), np.uint8), 1, keyed=True)[1]
    [[python]] = parse_block(np.frombuffer(f"k {text}".encode(), np.uint8), 1, keyed=True).vectors
    assert native == python == expected
    assert np.signbit(native) == np.signbit(python) == text.startswith("-")


@settings(deadline=None)
@given(st.floats(width=32, allow_nan=False))
def test_every_float_survives_its_shortest_decimal(value: float) -> None:
    text = str(np.float32(value))
    [[parsed]] = _native.parse_text(np.frombuffer(f"k {text}".encode(), np.uint8), 1, keyed=True)[1]
    assert parsed.tobytes() == np.float32(value).tobytes()


def test_python_alone_would_round_twice() -> None:
    text = "1.0000000596046447753906251"
    assert np.float32(text) != nearest_float32(text) == nearest(text)


line_bytes = st.lists(
    st.sampled_from(
        [*b"0123456789.-+eE  \t\n\r\r\0nainfity", 0xC3, 0xA9, 0xE2, 0xFF, *b"\n\n  11"]
    ),
    max_size=80,
).map(bytes)


@settings(deadline=None)
@given(
    st.one_of(line_bytes, st.binary(max_size=200)), st.integers(1, 4), st.booleans(), st.booleans()
)
def test_both_parsers_agree_on_any_bytes(text: bytes, dim: int, keyed: bool, certain: bool) -> None:
    block = np.frombuffer(text, np.uint8)
    native = ParsedBlock(*_native.parse_text(block, dim, keyed=keyed, certain=certain))
    python = parse_block(block, dim, keyed=keyed, certain=certain)
    np.testing.assert_array_equal(native.vectors, python.vectors)
    for name in ("keys", "lines", "bad", "n_lines"):
        np.testing.assert_array_equal(getattr(native, name), getattr(python, name))


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(min_size=1), st.integers(0, 99)), max_size=5))
def test_every_bad_line_has_a_reason(rows: list[tuple[str, int]]) -> None:
    text = "\n".join(f"{key} {number}" for key, number in rows).encode()
    parsed = parse_block(np.frombuffer(text, np.uint8), 2, keyed=True)
    for _, begin, end in parsed.bad:
        assert complaint(text[begin:end], 2, keyed=True)


@pytest.mark.parametrize(
    ("block", "dim", "message"),
    [
        (np.zeros((2, 2), np.uint8), 1, "`block` must have one axis"),
        (np.zeros(2, np.uint8), 0, "`dim` must be at least 1"),
    ],
)
def test_compiled_parser_checks_what_it_is_given(block: np.ndarray, dim: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _native.parse_text(block, dim, keyed=True)
    with pytest.raises(TypeError):
        _native.parse_text(block.astype(np.int64), dim, keyed=True)


def test_a_block_of_newlines_asks_for_little_memory() -> None:
    block = np.full(1 << 16, ord("\n"), np.uint8)
    parsed = ParsedBlock(*_native.parse_text(block, 1 << 14, keyed=True))
    assert parsed.n_lines == 1 << 16
    assert parsed.vectors.base.nbytes <= 4 * (len(block) // 2 + (1 << 14))
