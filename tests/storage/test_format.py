"""What `FORMAT.md` says is what is written: its own reader, and its own examples, prove it."""

import re
from pathlib import Path

import numpy as np
import pytest

from tests.storage.samples import add_segment, append, contents, new_manifest
from vecstore import storage
from vecstore.storage import Subwords, commit, read_generation, write_subwords
from vecstore.storage.disk.versions import FORMAT
from vecstore.storage.keys.hashing import hash_bytes
from vecstore.storage.segments.tombstones import write_tombstones

TEXT = (Path(storage.__file__).parent / "FORMAT.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("key_kind", "batches"), [("str", [["b", "ä"], ["", "c\0"]]), ("int", [[3, -1], [2**62]])]
)
def test_its_reader_reads_a_store(
    tmp_path: Path, key_kind: str, batches: list[list[object]]
) -> None:
    manifest = new_manifest(key_kind=key_kind)
    for keys in batches:
        manifest = commit(tmp_path, manifest.adding(add_segment(tmp_path, manifest, keys)))
    subwords = Subwords(np.ones((5, manifest.dim), np.float32), 3, 6)
    entry = write_subwords(tmp_path, manifest.next_number, subwords)
    segment = manifest.segments[0]
    grave = write_tombstones(tmp_path, segment, manifest.generation + 1, np.array([1], np.uint64))
    manifest = commit(tmp_path, manifest.adding(entry, grave))
    # The deleted key comes again, and the last row of the segments is replaced.
    first, last = batches[0][0], batches[-1][-1]
    append(tmp_path, manifest, [([first], []), ([last], [manifest.rows - 1])])

    scope: dict[str, object] = {}
    exec(TEXT.partition("```python")[2].partition("```")[0], scope)
    store = scope["read_store"](tmp_path)
    expected = contents(read_generation(tmp_path))
    assert {key: bytes(vector) for key, vector in store.items()} == expected
    old = [key for keys in batches for key in keys][1:-1]
    assert list(store) == [*old, first, last]


def test_its_hashes_are_ours() -> None:
    examples = re.findall(r"^\| (`.*`|\(empty\)) \| `([0-9a-f]{16})` \|$", TEXT, re.MULTILINE)
    assert len(examples) == 3
    for key, value in examples:
        data = b"" if key == "(empty)" else key.strip("`").encode()
        assert f"{hash_bytes(data):016x}" == value


def test_it_names_every_field_of_a_manifest() -> None:
    manifest = new_manifest().to_json()
    table = TEXT.partition("| field | type | meaning |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == set(manifest)


def test_it_is_the_text_of_the_version_that_is_written() -> None:
    assert TEXT.startswith(f"# The vecstore format, version {FORMAT}\n")
