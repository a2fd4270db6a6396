"""Text files as tables: streamed, in parallel, the same whatever the blocks and threads."""

import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vecstore.errors import IngestError
from vecstore.ingest import read
from vecstore.ingest.text import line_blocks as blocks
from vecstore.ingest.text import vector_lines as text
from vecstore.ingest.text.parsing import parse_block


def everything(path: Path, **options: object) -> tuple[list[str], np.ndarray]:
    with read(path, **options) as reader:
        batches = list(reader)
    keys = [key for batch, _ in batches for key in batch]
    return keys, np.concatenate([vectors for _, vectors in batches])


@pytest.fixture
def words(tmp_path: Path, rng: np.random.Generator) -> tuple[Path, list[str], np.ndarray]:
    """A file of 3,000 x 20, and what is in it."""
    keys = [f"word {i}-" for i in range(3000)]
    vectors = rng.standard_normal((3000, 20)).astype(np.float32)
    path = tmp_path / "words.txt"
    lines = (f"{k} {' '.join(map(str, v))}\n" for k, v in zip(keys, vectors, strict=True))
    path.write_text("".join(lines), encoding="utf-8")
    return path, keys, vectors


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize("block_bytes", [500, 4096, 1 << 20])
def test_rows_do_not_depend_on_blocks_or_threads(
    words: tuple[Path, list[str], np.ndarray],
    monkeypatch: pytest.MonkeyPatch,
    threads: int,
    block_bytes: int,
) -> None:
    path, keys, vectors = words
    monkeypatch.setattr(blocks.line_blocks, "__defaults__", (block_bytes,))
    found_keys, found = everything(path, threads=threads)
    assert found_keys == keys
    assert found.tobytes() == vectors.tobytes()


def test_line_numbers_are_those_of_the_file(
    words: tuple[Path, list[str], np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _, _ = words
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1234] = "ragged 1 2"
    path.write_text("2999 20\n" + "\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(blocks.line_blocks, "__defaults__", (1000,))
    with pytest.raises(IngestError, match=r"words.txt, line 1236: it has 2 numbers where 20 are"):
        everything(path)


def test_reading_without_the_compiled_core_gives_the_same(
    words: tuple[Path, list[str], np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, keys, vectors = words
    monkeypatch.setattr(text, "parser", lambda: parse_block)
    found_keys, found = everything(path)
    assert found_keys == keys
    assert found.tobytes() == vectors.tobytes()


def test_no_thread_survives_a_reader_that_stops_early(
    words: tuple[Path, list[str], np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks.line_blocks, "__defaults__", (1000,))
    before = threading.active_count()
    with read(words[0], limit=10) as reader:
        assert sum(len(keys) for keys, _ in reader) == 10
    batches = iter(read(words[0]))
    next(batches)
    batches.close()
    assert threading.active_count() == before


@pytest.mark.parametrize("end", ["\n", "\r\n", " \n", "\t\r\n"])
@pytest.mark.parametrize("header", ["", "2 2"])
def test_line_ends(tmp_path: Path, end: str, header: str) -> None:
    path = tmp_path / "a.txt"
    lines = [*([header] if header else []), "the 1 2", "of 3 4"]
    path.write_bytes(end.join(lines).encode())
    keys, vectors = everything(path)
    assert keys == ["the", "of"]
    assert vectors.tolist() == [[1, 2], [3, 4]]


def test_header_gives_the_count_up_front(tmp_path: Path) -> None:
    path = tmp_path / "a.vec"
    path.write_text("3 2\na 1 2\nb 3 4\nc 5 6\n")
    with read(path) as reader:
        assert (reader.format, reader.count, reader.dim) == ("word2vec-text", 3, 2)
    with read(path, limit=2) as reader:
        assert reader.count == 2


@pytest.mark.parametrize("promised", [2, 4])
def test_header_that_promises_another_number_is_an_error(tmp_path: Path, promised: int) -> None:
    path = tmp_path / "a.vec"
    path.write_text(f"{promised} 2\na 1 1\nb 2 2\nc 3 3\n")
    message = rf"a.vec, line 1: the header promises {promised} lines of vectors, the file has 3\."
    with pytest.raises(IngestError, match=message):
        everything(path)
    keys, _ = everything(path, errors="skip")
    assert keys == ["a", "b", "c"]
    keys, _ = everything(path, limit=2)
    assert keys == ["a", "b"]


def test_empty_table_has_a_dimension(tmp_path: Path) -> None:
    path = tmp_path / "a.vec"
    path.write_text("0 7\n")
    with read(path) as reader:
        assert reader.dim == 7
        assert list(reader) == []


def test_formats_can_be_insisted_on(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a 1 2\n")
    with pytest.raises(IngestError, match=r'does not begin with a line.*format="glove"'):
        read(path, "word2vec-text")
    path.write_text("just some words\nand some more\n")
    with pytest.raises(IngestError, match="is not a text file of vectors"):
        read(path, "glove")


def test_memory_does_not_grow_with_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    monkeypatch.setattr(blocks.line_blocks, "__defaults__", (1 << 16,))
    path = tmp_path / "large.txt"
    lines = [" ".join(map(str, row)) for row in rng.standard_normal((100, 100)).astype("f4")]
    with path.open("w") as file:
        file.writelines(f"word{i} {lines[i % 100]}\n" for i in range(10_000))
    assert path.stat().st_size > 10e6
    tracemalloc.start()
    assert sum(len(keys) for keys, _ in read(path, threads=2)) == 10_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Mostly the set of the keys, and the bytes that told the format.
    assert peak < 4e6


good_keys = st.text(
    st.characters(codec="utf-8", exclude_characters="\n\t\r "), min_size=1, max_size=8
)
floats = st.floats(width=32, allow_nan=False, allow_infinity=False)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(1, 5).flatmap(
        lambda dim: st.dictionaries(
            good_keys, st.lists(floats, min_size=dim, max_size=dim), min_size=1, max_size=20
        )
    ),
    st.sampled_from([" ", "\t", "  "]),
)
def test_what_is_written_is_read(tmp_path: Path, table: dict[str, list[float]], blank: str) -> None:
    dim = len(next(iter(table.values())))
    path = tmp_path / "any.vec"
    lines = [blank.join([key, *(str(np.float32(x)) for x in row)]) for key, row in table.items()]
    path.write_bytes("\n".join([f"{len(table)} {dim}", *lines]).encode())
    keys, vectors = everything(path)
    assert keys == list(table)
    assert vectors.tobytes() == np.float32(list(table.values())).tobytes()


@pytest.mark.parametrize("end", ["\r", "\r\r\n", "\n\r", "\r\n"])
@pytest.mark.parametrize("header", ["", "3000 20"])
def test_lines_of_every_system_come_back(
    words: tuple[Path, list[str], np.ndarray],
    monkeypatch: pytest.MonkeyPatch,
    end: str,
    header: str,
) -> None:
    path, keys, vectors = words
    lines = [*([header] if header else []), *path.read_text(encoding="utf-8").splitlines()]
    path.write_bytes((end.join(lines) + end).encode())
    monkeypatch.setattr(blocks.line_blocks, "__defaults__", (1000,))
    found_keys, found = everything(path)
    assert found_keys == keys
    assert found.tobytes() == vectors.tobytes()


def test_a_bad_line_between_returns_has_its_number(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"a 1 2\rb 3 4\rc 5\rd 7 8\r")
    with pytest.raises(IngestError, match=r"a.txt, line 3: it has 1 number where 2 are required"):
        everything(path)


def test_line_ends_may_be_mixed(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"a 1 2\nb 3 4\r\nc 5 6\rd 7 8\n\n" + b"e 9 9\r" * 1)
    assert everything(path)[0] == ["a", "b", "c", "d", "e"]


ENCODED = ["käsi 1 2", "naïve 3 4", "b 5 6"]


@pytest.mark.parametrize(
    "encoding", ["latin-1", "cp1252", "utf-16", "utf-16-be", "utf-32", "utf-7"]
)
@pytest.mark.parametrize("header", ["", "3 2"])
def test_text_in_any_encoding(tmp_path: Path, encoding: str, header: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("\n".join([*([header] if header else []), *ENCODED]).encode(encoding))
    keys, vectors = everything(path, encoding=encoding)
    assert keys == ["käsi", "naïve", "b"]
    assert vectors.tolist() == [[1, 2], [3, 4], [5, 6]]
    if encoding in ("utf-16", "utf-32"):  # a mark tells
        assert everything(path)[0] == keys


def test_utf16_without_a_mark_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("\n".join(ENCODED).encode("utf-16-le"))
    with pytest.raises(IngestError, match=r'text in utf-16-le .*Pass encoding="utf-16-le"'):
        read(path)


def test_what_the_encoding_lacks_is_a_fault_of_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"a 1\nb\x81 2\n\x93c\x94 3\n")
    with pytest.raises(IngestError, match=r"line 2: its key is not valid cp1252"):
        everything(path, encoding="cp1252")
    keys, _ = everything(path, encoding="cp1252", errors="skip")
    assert keys == ["a", "“c”"]


def test_an_unknown_encoding_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"a 1\n")
    with pytest.raises(ValueError, match=r'`encoding` must be the name .* got "nonsense"'):
        read(path, encoding="nonsense")


def test_a_line_without_key_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"2 3\nking 4 5 6\n 1 2 3\n")
    with pytest.raises(IngestError, match=r"line 3: it has no key"):
        everything(path)
