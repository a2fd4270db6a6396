"""Lines of text files, of any system, compressed or not, out of files and pipes."""

import gzip
import os
import threading
from pathlib import Path

import pytest

from vecstore.analysis.word_tests.lines import numbered_lines, read_lines
from vecstore.errors import IngestError

LINES = ["king queen", "été", "man woman"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n", "\n\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("packed", [False, True])
def test_lines_come_back(tmp_path: Path, end: str, encoding: str, packed: bool) -> None:
    path = tmp_path / "words.txt"
    content = (end.join(LINES) + end).encode(encoding)
    path.write_bytes(gzip.compress(content) if packed else content)
    assert read_lines(path) == LINES
    assert [line for _, line in numbered_lines(path) if line] == LINES


def test_lines_are_numbered_and_errors_name_them(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes(b"\xef\xbb\xbfa\r\n\r\nb\nk\xe4si\n")
    lines = numbered_lines(path)
    assert [next(lines) for _ in range(3)] == [(1, "a"), (2, ""), (3, "b")]
    with pytest.raises(IngestError, match=r"words.txt: line 4 is not UTF-8 text"):
        next(lines)
    with pytest.raises(IngestError, match=r"words.txt: line 4 is not UTF-8 text"):
        read_lines(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFOs")
@pytest.mark.parametrize("read", [read_lines, lambda path: [x for _, x in numbered_lines(path)]])
@pytest.mark.parametrize("packed", [False, True])
def test_a_pipe_is_read_once(tmp_path: Path, read: object, packed: bool) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    content = "\n".join(LINES).encode()
    content = gzip.compress(content) if packed else content
    thread = threading.Thread(target=path.write_bytes, args=(content,), daemon=True)
    thread.start()
    assert read(path) == LINES  # type: ignore[operator]
    thread.join()
