"""A segment gives back exactly what was written, or says what is wrong with it."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.storage.samples import names_in
from vecstore.errors import CorruptStoreError, FormatVersionError
from vecstore.storage import FileEntry, IntKeys, Segment, StrKeys, write_segment

ROOT = Path(__file__).parents[3]
KEYS = ["king", "", "dronning på is", "a\0b"]
VECTORS = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
NORMS = np.array([1, 2, 3, 4], np.float32)


def write(folder: Path, **changes: object) -> FileEntry:
    arguments = {
        "keys": StrKeys.build(KEYS),
        "vectors": VECTORS,
        "dim": 3,
        "metric": "cosine",
        "inverse_norms": NORMS,
        **changes,
    }
    return write_segment(folder, 3, **arguments)


def test_a_segment_comes_back(tmp_path: Path) -> None:
    entry = write(tmp_path)
    segment = Segment.open(tmp_path / entry.name, entry)
    assert (segment.n, segment.dim, segment.metric) == (4, 3, "cosine")
    assert segment.path == tmp_path / "segment-00000003.h5"
    np.testing.assert_array_equal(segment.vectors, VECTORS, strict=True)
    np.testing.assert_array_equal(segment.inverse_norms, NORMS, strict=True)
    assert segment.keys.take(np.arange(4)).tolist() == KEYS
    assert [segment.keys.find_one(key) for key in KEYS] == [0, 1, 2, 3]
    assert segment.keys.find(["no", *KEYS]).tolist() == [-1, 0, 1, 2, 3]


def test_the_entry_describes_the_file(tmp_path: Path) -> None:
    entry = write(tmp_path)
    assert (entry.name, entry.kind, entry.rows) == ("segment-00000003.h5", "segment", 4)
    assert entry.size == (tmp_path / entry.name).stat().st_size
    assert names_in(tmp_path) == [entry.name]


@pytest.mark.parametrize("metric", ["euclidean", "dot"])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_other_metrics_dtypes_and_keys(tmp_path: Path, metric: str, dtype: type) -> None:
    vectors = VECTORS.astype(dtype)
    keys = IntKeys.build([7, -1, 2**62, 0])
    entry = write(
        tmp_path, keys=keys, vectors=vectors, metric=metric, dtype=dtype, inverse_norms=None
    )
    segment = Segment.open(tmp_path / entry.name, entry)
    np.testing.assert_array_equal(segment.vectors, vectors, strict=True)
    assert segment.inverse_norms is None
    assert (segment.keys.kind, segment.keys.find_one(2**62)) == ("int", 2)


def test_vectors_may_come_in_pieces_that_fill_the_norms_on_the_way(tmp_path: Path) -> None:
    norms = np.zeros(4, np.float32)

    def pieces():
        for start in (0, 1, 3):
            piece = VECTORS[start : start + 2] if start else VECTORS[:1]
            norms[start : start + len(piece)] = start + 1
            yield piece

    entry = write(tmp_path, vectors=pieces(), inverse_norms=norms)
    segment = Segment.open(tmp_path / entry.name, entry)
    np.testing.assert_array_equal(segment.vectors, VECTORS)
    assert segment.inverse_norms.tolist() == [1, 2, 2, 4]


def test_optional_arrays_are_found_by_name(tmp_path: Path) -> None:
    extra = {"notes/a": np.ones((4, 64), np.int8), "notes/b": np.array([0.5], np.float32)}
    entry = write(tmp_path, extra=extra)
    segment = Segment.open(tmp_path / entry.name, entry)
    for name, array in extra.items():
        np.testing.assert_array_equal(segment.arrays[name], array, strict=True)
    assert segment.arrays.get("notes/c") is None


def test_h5py_alone_reads_a_segment(tmp_path: Path) -> None:
    entry = write(tmp_path)
    with h5py.File(tmp_path / entry.name) as file:
        assert file.attrs["format"] == b"vecstore segment"
        assert (file.attrs["version"], file.attrs["rows"], file.attrs["dim"]) == (1, 4, 3)
        assert (file.attrs["metric"], file.attrs["key_kind"]) == (b"cosine", b"str")
        utf8, offsets = file["keys/utf8"][()].tobytes(), file["keys/offsets"][()]
        keys = [utf8[a:b].decode() for a, b in pairwise(offsets)]
        assert keys == KEYS
        np.testing.assert_array_equal(file["vectors"][()], VECTORS)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"keys": StrKeys.build([])}, "`keys` must not be empty"),
        ({"vectors": VECTORS[:3]}, "`vectors` must have 4 rows; got 3"),
        ({"vectors": VECTORS[:, :2]}, r"`vectors` must come as float32 of shape \('m', 3\)"),
        ({"vectors": VECTORS.astype(float)}, "`vectors` must come as float32 .* got float64"),
        ({"inverse_norms": None}, "`inverse_norms` belong to"),
        ({"metric": "dot"}, '`inverse_norms` belong to "cosine" only; the metric is "dot"'),
        ({"inverse_norms": NORMS[:3]}, r"`inverse_norms` must be float32 of shape \(4,\)"),
        ({"inverse_norms": NORMS.astype(float)}, "`inverse_norms` must be float32"),
        ({"extra": {"vectors": NORMS}}, '`extra` must not name "vectors"'),
        ({"extra": {"notes/a": np.empty((0, 3))}}, "`notes/a` must not be empty"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_arguments_that_do_not_fit_leave_nothing(
    tmp_path: Path, changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        write(tmp_path, **changes)
    assert names_in(tmp_path) == []


def test_a_truncated_segment_says_both_sizes(tmp_path: Path) -> None:
    entry = write(tmp_path)
    path = tmp_path / entry.name
    os.truncate(path, entry.size - 4096)
    with pytest.raises(CorruptStoreError) as error:
        Segment.open(path, entry)
    assert str(error.value) == (
        f"{path} is damaged: {entry.size} bytes expected, {entry.size - 4096} found. "
        'Restore it from a copy; to find all damage, run "vecstore check".'
    )


def test_another_segment_in_its_place_is_noticed(tmp_path: Path) -> None:
    """Same keys, same shapes, same size: only the id tells."""
    entry = write(tmp_path)
    (tmp_path / "other").mkdir()
    other = write(tmp_path / "other", vectors=-VECTORS)
    assert (other.name, other.size, other.rows) == (entry.name, entry.size, entry.rows)
    shutil.copy(tmp_path / "other" / other.name, tmp_path / entry.name)
    told_apart = f"id {entry.id} expected, (.* )?id {other.id} found"
    with pytest.raises(CorruptStoreError, match=told_apart):
        Segment.open(tmp_path / entry.name, entry)


def test_another_number_of_rows_is_noticed(tmp_path: Path) -> None:
    entry = write(tmp_path)
    with pytest.raises(CorruptStoreError, match=r"5 rows with .* expected, 4 rows with"):
        Segment.open(tmp_path / entry.name, replace(entry, rows=5))


def rewrite(path: Path, change) -> None:
    with h5py.File(path, "a") as file:
        change(file)


def replace_attribute(name: str, value: object):
    return lambda file: file.attrs.create(name, value)


def replace_dataset(name: str, data: object):
    def change(file: h5py.File) -> None:
        del file[name]
        file.create_dataset(name, data=data)

    return change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda f: f.attrs.__delitem__("format"), "does not say that it is a vecstore segment"),
        (lambda f: f.attrs.__delitem__("version"), "does not say its version"),
        (
            replace_attribute("rows", np.bytes_(b"4")),
            "does not say its version and its rows",
        ),
        (lambda f: f.attrs.modify("rows", 2**62), '"vectors" must be'),
        (lambda f: f.attrs.modify("rows", -1), '"vectors" must be'),
        (
            lambda f: f.attrs.modify("dim", 4),
            r'"vectors" must be .* of shape \(4, 4\); got float32',
        ),
        (lambda f: f.attrs.modify("metric", np.bytes_(b"near")), "for the metric near"),
        (lambda f: f.attrs.modify("key_kind", np.bytes_(b"int")), '"keys/ids" is missing'),
        (lambda f: f.__delitem__("vectors"), '"vectors" is missing'),
        (lambda f: f.__delitem__("inverse_norms"), '"inverse_norms" is missing'),
        (replace_dataset("vectors", VECTORS.astype(float)), "got float64"),
        (replace_dataset("keys/utf8", np.zeros(7, np.uint8)), "at least 8 bytes; got 7"),
        (replace_dataset("keys/offsets", np.zeros(4, np.uint64)), r"of shape \(5,\); got uint64"),
        (replace_dataset("keys/hash_table", np.zeros((2, 3), np.uint64)), r"of shape \(2, 4\)"),
        (replace_dataset("keys/hash_table", np.zeros(8, np.uint64)), r"of shape \(2, 4\)"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(tmp_path: Path, change, sentence: str) -> None:
    path = tmp_path / write(tmp_path).name
    rewrite(path, change)
    with pytest.raises(CorruptStoreError, match=sentence):
        Segment.open(path)


def test_a_segment_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / write(tmp_path).name
    rewrite(path, lambda file: file.attrs.modify("version", 2))
    with pytest.raises(FormatVersionError, match="uses format 2"):
        Segment.open(path)


def test_offsets_of_keys_outside_the_file_are_an_error_when_they_are_used(tmp_path: Path) -> None:
    path = tmp_path / write(tmp_path).name
    hostile = replace_dataset("keys/offsets", np.full(5, 2**63, np.uint64))
    rewrite(path, hostile)
    segment = Segment.open(path)
    with pytest.raises(CorruptStoreError, match=f"{path} is damaged"):
        segment.keys.take(np.array([0]))
    with pytest.raises(CorruptStoreError, match=f"{path} is damaged"):
        segment.keys.find_one("king")


@pytest.mark.skipif(os.name == "nt", reason="needs the resource limits of POSIX")
def test_a_full_disk_is_an_ordinary_error(tmp_path: Path) -> None:
    """For every size at which the disk may be full, and without a word from HDF5."""
    program = """
import os, resource, signal, sys
from pathlib import Path
import numpy as np
from vecstore.storage import StrKeys, write_segment
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder = Path(sys.argv[1])
keys = StrKeys.build([str(i) for i in range(2000)])
vectors = np.zeros((2000, 8), np.float32)
refused = 0
for limit in [0, 1, 100, 5_000, 20_000, 50_000, 90_000, 120_000, 150_000]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        write_segment(folder, 1, keys, vectors, dim=8, metric="dot")
    except OSError:
        refused += 1
    assert os.listdir(folder) == []
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
write_segment(folder, 1, keys, vectors, dim=8, metric="dot")
print(refused, os.listdir(folder))
"""
    run = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert (run.stderr, run.returncode) == ("", 0)
    assert run.stdout == "9 ['segment-00000001.h5']\n"


def test_opening_reads_no_data(tmp_path: Path) -> None:
    """The file is mapped, and of its data pages none is in memory."""
    if not Path("/proc/self/smaps").exists():
        pytest.skip("needs /proc")
    n = 50_000
    keys = StrKeys.build([f"key {i}" for i in range(n)])
    entry = write_segment(tmp_path, 1, keys, np.zeros((n, 16), np.float32), dim=16, metric="dot")
    segment = Segment.open(tmp_path / entry.name, entry)
    mapped = Path("/proc/self/smaps").read_text().partition(entry.name)[2]
    size, resident = (int(mapped.partition(f"{field}:")[2].split()[0]) for field in ("Size", "Rss"))
    assert (size, resident) == (-(-entry.size // 4096) * 4, 0)
    assert segment.keys.find_one("key 49999") == 49_999


def test_a_fork_and_a_thread_read_the_same_mapping(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    entry = write(tmp_path)
    segment = Segment.open(tmp_path / entry.name, entry)
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(segment.keys.find_one, KEYS * 50))
    assert rows == [0, 1, 2, 3] * 50
