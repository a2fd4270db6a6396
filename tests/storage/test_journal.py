"""A journal is replayed up to where its writer died, and damage before that is an error."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from tests.storage.samples import append, contents, expected, new_manifest
from vecstore.errors import CorruptStoreError, FormatVersionError
from vecstore.storage import Manifest, commit, read_generation
from vecstore.storage.disk.names import journal_name
from vecstore.storage.journal import JOURNAL_HEADER_BYTES, Journal, read_journal
from vecstore.storage.journal_records import Record, encode


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return commit(tmp_path, new_manifest())


@pytest.fixture
def path(tmp_path: Path, manifest: Manifest) -> Path:
    """A journal of three commits."""
    append(tmp_path, manifest, [(["a", "ä"], []), (["", "b"], [0]), ([], [1])])
    return tmp_path / journal_name(manifest.generation)


def places(path: Path) -> list[int]:
    """Where the records begin, and where the last one ends."""
    data, found = path.read_bytes(), [JOURNAL_HEADER_BYTES]
    while found[-1] < len(data):
        found.append(found[-1] + struct.unpack_from("<Q", data, found[-1] + 8)[0])
    return found


def test_what_was_appended_is_replayed(tmp_path: Path, manifest: Manifest, path: Path) -> None:
    replay = read_journal(tmp_path, manifest)
    assert [record.generation for record in replay.records] == [2, 3, 4]
    assert [list(record.keys) for record in replay.records] == [["a", "ä"], ["", "b"], []]
    assert [record.dead.tolist() for record in replay.records] == [[], [0], [1]]
    assert replay.end == replay.size == path.stat().st_size
    assert contents(read_generation(tmp_path)) == expected(["", "b"])


def test_integer_keys_and_halves_come_back(tmp_path: Path) -> None:
    manifest = Manifest(dim=3, metric="dot", dtype="float16", key_kind="int")
    manifest = commit(tmp_path, manifest)
    vectors = np.array([[1, 2, 3], [4, 5, 6]], np.float16)
    journal = Journal(tmp_path, manifest, read_journal(tmp_path, manifest), durable=True)
    keys = np.array([-7, 2**62])
    journal.append(Record(2, keys, vectors, np.array([0]), b"attributes"))
    journal.close()
    (record,) = read_journal(tmp_path, manifest).records
    assert list(record.keys) == [-7, 2**62]
    assert record.vectors.tolist() == vectors.tolist()
    assert record.vectors.dtype == np.float16
    assert record.attributes == b"attributes"


def test_replay_goes_on_where_it_stopped(tmp_path: Path, manifest: Manifest, path: Path) -> None:
    before = read_journal(tmp_path, manifest)
    append(tmp_path, manifest, [(["late"], [])])
    after = read_journal(tmp_path, manifest, before.end, before.records[-1].generation)
    assert [list(record.keys) for record in after.records] == [["late"]]


def test_every_cut_leaves_the_records_before_it(
    tmp_path: Path, manifest: Manifest, path: Path
) -> None:
    data, ends = path.read_bytes(), places(path)
    for size in range(JOURNAL_HEADER_BYTES, len(data)):
        path.write_bytes(data[:size])
        replay = read_journal(tmp_path, manifest)
        whole = sum(end <= size for end in ends) - 1
        assert (len(replay.records), replay.end) == (whole, ends[whole])


@pytest.mark.parametrize("tail", [bytes(4096), b"vrec", b"vrec" + bytes(200), b"\xff" * 100])
def test_what_follows_the_records_and_is_none_is_not_read(
    tmp_path: Path, manifest: Manifest, path: Path, tail: bytes
) -> None:
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() + tail)
    replay = read_journal(tmp_path, manifest)
    assert (len(replay.records), replay.end, replay.size) == (3, size, size + len(tail))


def test_the_next_writer_cuts_off_half_a_record(
    tmp_path: Path, manifest: Manifest, path: Path
) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    append(tmp_path, manifest, [(["late"], [])])
    records = read_journal(tmp_path, manifest).records
    assert [list(record.keys) for record in records] == [["a", "ä"], ["", "b"], ["late"]]
    assert records[-1].generation == 4


def test_a_flipped_bit_in_the_midst_is_damage(
    tmp_path: Path, manifest: Manifest, path: Path
) -> None:
    """Its record was acknowledged: stopping there would lose it without a word."""
    data, ends = path.read_bytes(), places(path)
    for place in range(JOURNAL_HEADER_BYTES, ends[2]):
        flipped = bytearray(data)
        flipped[place] ^= 0x10
        path.write_bytes(flipped)
        with pytest.raises(CorruptStoreError, match="is not as it was written"):
            read_journal(tmp_path, manifest)


def test_records_that_nobody_waited_for_may_be_lost_in_any_order(
    tmp_path: Path, manifest: Manifest
) -> None:
    append(tmp_path, manifest, [(["a"], []), (["b"], []), (["c"], [])], durable=False)
    path = tmp_path / journal_name(manifest.generation)
    data, ends = bytearray(path.read_bytes()), places(path)
    data[ends[1] : ends[2]] = bytes(ends[2] - ends[1])  # a page that never reached the device
    path.write_bytes(data)
    assert contents(read_generation(tmp_path)) == expected(["a"])


def test_the_first_bytes_are_checked(tmp_path: Path, manifest: Manifest, path: Path) -> None:
    data = path.read_bytes()
    for place in range(JOURNAL_HEADER_BYTES):
        flipped = bytearray(data)
        flipped[place] ^= 0x40
        path.write_bytes(flipped)
        with pytest.raises((CorruptStoreError, FormatVersionError)):
            read_journal(tmp_path, manifest)
    path.write_bytes(data[:63])
    with pytest.raises(CorruptStoreError, match="does not begin as a journal does"):
        read_journal(tmp_path, manifest)
    path.unlink()
    with pytest.raises(CorruptStoreError, match="the file is missing"):
        read_journal(tmp_path, manifest)


def test_the_journal_of_another_store_is_refused(tmp_path: Path, path: Path) -> None:
    folder = tmp_path / "other.vecs"
    folder.mkdir()
    other = commit(folder, new_manifest())
    (folder / path.name).write_bytes(path.read_bytes())
    with pytest.raises(CorruptStoreError, match=r"with id \w+ expected, .* with id \w+ found"):
        read_journal(folder, other)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [(16, 9, "generation 2 expected, 9 found"), (32, 3, "does not hold 3 rows"), (56, 8, "rows")],
)
def test_a_record_with_a_right_checksum_that_contradicts_itself_is_damage(
    tmp_path: Path, manifest: Manifest, place: int, value: int, message: str
) -> None:
    seed = zlib.crc32(bytes.fromhex(manifest.journal))
    record = Record(2, ["a"], np.ones((1, 4), np.float32), np.zeros(0, np.int64))
    data = bytearray(encode(record, seed, synced=True))
    struct.pack_into("<Q", data, place, value)
    struct.pack_into("<I", data, 4, zlib.crc32(data[8:], seed))
    path = tmp_path / journal_name(manifest.generation)
    path.write_bytes(path.read_bytes() + data)
    with pytest.raises(CorruptStoreError, match=message):
        read_journal(tmp_path, manifest)
