"""What the first lines say about all of them."""

import pytest

from vecstore.ingest.text.sniff import TextShape, sniff_bare, sniff_text


@pytest.mark.parametrize(
    ("head", "shape"),
    [
        (b"the 1 2\nof 3 4\n", TextShape(2, None, 0)),
        (b"the 1 2", TextShape(2, None, 0)),
        (b"\xef\xbb\xbfthe 1 2\nof 3 4\n", TextShape(2, None, 3)),
        (b"2 2\nthe 1 2\nof 3 4\n", TextShape(2, 2, 4)),
        (b"2 2 \r\nthe 1 2 \r\nof 3 4 \r\n", TextShape(2, 2, 6)),
        (b"\xef\xbb\xbf2 2\nthe 1 2\nof 3 4\n", TextShape(2, 2, 7)),
        (b"0 100\n", TextShape(100, 0, 6)),
        # The header decides, whatever keys end in.
        (b"2 1\nApollo 11 0.5\nApollo 13 0.25\n", TextShape(1, 2, 4)),
        # A first line of two numbers that the others do not agree with is data.
        (b"5 3\n6 4\n7 5\n", TextShape(1, None, 0)),
        # The odd ones are outvoted.
        (b"junk\n. . 1 2\nnumber 5 3 4\na 5 6\nb 7 8\n", TextShape(2, None, 0)),
        (b"a 1 2\nb 1\n", TextShape(2, None, 0)),
        (b"junk\na 1 2\n", TextShape(2, None, 0)),
        (b"2010 1 2\n2011 3 4\n", TextShape(2, None, 0)),
        (b"Hundreds of people\nhave been forced to\n", None),
        (b"a 1\nb 1 2\nc 1 2 3\n", None),
        (b"3 0\n", TextShape(1, None, 0)),
        # Of one dimension, a first line that promises another number of lines is data.
        (b"12 1\n-7 2\n", TextShape(1, None, 0)),
        (b"2 1\n12 1\n\n-7 2\n", TextShape(1, 2, 4)),
        (b"\n\n", None),
    ],
)
def test_shape_of_text(head: bytes, shape: TextShape | None) -> None:
    assert sniff_text(head, complete=True) == shape


def test_a_line_that_is_cut_off_has_no_vote() -> None:
    assert sniff_text(b"the 1 2\nof 3\nto 4", complete=False) == TextShape(2, None, 0)
    assert sniff_text(b"the 1 2\nof 3\nto 4", complete=True) == TextShape(1, None, 0)


@pytest.mark.parametrize(
    ("head", "dim"),
    [(b"1\t2\n3\t4\n", 2), (b"1\n2\n", 1), (b"a\t1\nb\t2\n", None), (b"1 2\n3\n4 5 6\n", None)],
)
def test_lines_of_numbers_alone(head: bytes, dim: int | None) -> None:
    assert sniff_bare(head, complete=True) == dim
