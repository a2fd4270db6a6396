"""Policies: what happens to rows that cannot be read, limits, dtypes, kinds of keys."""

from pathlib import Path

import numpy as np
import pytest

from vecstore.errors import IngestError
from vecstore.ingest import Fault, read

LINES = b"""good 1 2
ragged 1
good 3 4
bad 1 nan
worse inf 2
b\xffd 1 2
late 5 6
zero 0 -0
word x 7
"""


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    """A file with one of everything that can be wrong with a line."""
    path = tmp_path / "messy.txt"
    path.write_bytes(LINES)
    return path


def test_skipping_leaves_out_and_counts(messy: Path) -> None:
    with read(messy, errors="skip") as reader:
        [(keys, vectors)] = reader
    assert keys.tolist() == ["good", "late", "zero"]
    assert vectors.tolist() == [[1, 2], [5, 6], [0, 0]]
    report = reader.report
    assert (report.rows, report.skipped, report.duplicates) == (3, 6, 1)
    assert report.examples == [
        Fault(2, "it has 1 number where 2 are required", "ragged 1"),
        Fault(3, "the key came before", "good"),
        Fault(4, "the vector holds nan", "bad"),
        Fault(5, "the vector holds inf", "worse"),
        Fault(6, "its key is not valid UTF-8", r"b\xffd 1 2"),
        Fault(9, '"x" is not a number', "word x 7"),
    ]


def test_raising_names_the_first_line_and_the_way_out(messy: Path) -> None:
    message = (
        f'{messy}, line 2: it has 1 number where 2 are required ("ragged 1"). '
        f'Correct it, or pass errors="skip" to leave such lines out.'
    )
    with pytest.raises(IngestError) as caught:
        list(read(messy))
    assert str(caught.value) == message


@pytest.mark.parametrize("wrong", [1, 2, 3, 4, 5, 8])
def test_the_first_wrong_line_is_raised_whatever_is_wrong_with_it(
    tmp_path: Path, wrong: int
) -> None:
    lines = LINES.splitlines()
    path = tmp_path / "one.txt"
    path.write_bytes(b"\n".join([lines[0], b"other 7 8", lines[wrong], lines[1]]))
    with pytest.raises(IngestError, match=r"one.txt, line 3: "):
        list(read(path))


def test_report_reads_as_text(messy: Path) -> None:
    reader = read(messy, errors="skip")
    assert str(reader.report) == f"{messy} (glove): 0 vectors read."
    list(reader)
    first, second, *_ = str(reader.report).splitlines()
    assert (
        first == f"{messy} (glove): 3 vectors read, 6 lines skipped (1 for a key that came before)."
    )
    assert second == '  line 2: it has 1 number where 2 are required ("ragged 1")'


def test_every_iteration_starts_anew(messy: Path) -> None:
    reader = read(messy, errors="skip")
    first, second = list(reader), list(reader)
    assert [keys.tolist() for keys, _ in first] == [keys.tolist() for keys, _ in second]
    assert reader.report.rows == 3


def test_only_the_first_few_wrong_lines_are_quoted(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("".join(f"a{i} 1 2\nb{i} 1 2\nragged{i} 1\n" for i in range(50)))
    reader = read(path, errors="skip")
    list(reader)
    assert reader.report.skipped == 50
    assert [fault.place for fault in reader.report.examples] == list(range(3, 33, 3))


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_limit_counts_good_rows_and_looks_no_further(messy: Path, limit: int) -> None:
    reader = read(messy, errors="skip", limit=limit)
    assert sum(len(keys) for keys, _ in reader) == limit == reader.report.rows
    assert reader.report.skipped == [0, 5, 5][limit - 1]


def test_limit_stops_before_a_wrong_line(messy: Path) -> None:
    [(keys, _)] = read(messy, limit=1)
    assert keys.tolist() == ["good"]


def test_zeros_can_be_left_out(messy: Path) -> None:
    reader = read(messy, errors="skip", allow_zero=False)
    [(keys, _)] = reader
    assert keys.tolist() == ["good", "late"]
    assert Fault(8, "the vector is all zeros", "zero") in reader.report.examples


def test_half_floats(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a 0.1 1\nbig 1e5 1\ntiny 1e-20 1\n")
    with pytest.raises(
        IngestError, match=r"line 2: the vector holds 1e\+?0?5|100000.0, which float16 cannot hold"
    ):
        list(read(path, dtype="float16"))
    [(keys, vectors)] = read(path, dtype=np.float16, errors="skip")
    assert keys.tolist() == ["a", "tiny"]
    assert vectors.dtype == np.float16
    assert vectors.tolist() == np.array([[0.1, 1], [0, 1]], np.float16).tolist()


def test_keys_can_become_integers(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("12 1\n-7 2\n9223372036854775808 3\nword 4\n012 5\n")
    reader = read(path, key_kind="int", errors="skip")
    assert reader.key_kind == "int"
    [(keys, _)] = reader
    assert keys.dtype == np.int64
    assert keys.tolist() == [12, -7]
    assert [fault.place for fault in reader.report.examples] == [3, 4, 5]
    assert reader.report.examples[0].reason == "the key is not an integer of 64 bits"
    assert reader.report.duplicates == 1


def test_integers_can_become_strings(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.eye(3))
    reader = read(tmp_path / "a.npy", key_kind="str")
    [(keys, _)] = reader
    assert keys.tolist() == ["0", "1", "2"]
    assert reader.key_kind == "str"


def test_progress_is_a_share_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("".join(f"k{i} 1 2\n" for i in range(1000)))
    reader = read(path)
    shares = [reader.progress for _ in reader]
    assert shares == sorted(shares)
    assert reader.progress == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "xlsx"}, r'`format` must be "auto" or one of glove, .*; got "xlsx"\.'),
        ({"errors": "ignore"}, r'`errors` must be "raise" or "skip"; got "ignore"\.'),
        ({"limit": 0}, r"`limit` must be at least 1; got 0\."),
        ({"dtype": "int8"}, r'`dtype` must be one of "float32", "float16"; got "int8"\.'),
        ({"key_kind": "bytes"}, r'`key_kind` must be None, "str" or "int"; got "bytes"\.'),
        ({"threads": 0}, r"`threads` must be at least 1; got 0\."),
        ({"member": "a"}, "`member` is for zip archives"),
    ],
)
def test_wrong_arguments(messy: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(messy, **options)
