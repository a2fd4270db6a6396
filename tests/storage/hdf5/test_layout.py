"""Opening by the manifest's layout gives what HDF5 gives, and only what fits is believed."""

import copy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.storage.samples import add_segment, new_manifest
from vecstore.errors import CorruptStoreError, FormatVersionError
from vecstore.storage import FileEntry, commit
from vecstore.storage.checks.whole import check
from vecstore.storage.segments.array_files import open_arrays

ROOT = Path(__file__).parents[3]


@pytest.fixture
def entry(tmp_path: Path) -> FileEntry:
    manifest = new_manifest()
    return commit(tmp_path, manifest.adding(add_segment(tmp_path, manifest, ["a", "b"]))).files[0]


def test_a_layout_says_what_hdf5_says(tmp_path: Path, entry: FileEntry) -> None:
    path = tmp_path / entry.name
    by_layout = open_arrays(path, "segment", entry)
    by_hdf5 = open_arrays(path, "segment", replace(entry, layout=None))
    assert by_layout.attributes == by_hdf5.attributes
    assert by_layout.arrays.keys() == by_hdf5.arrays.keys()
    for name, array in by_hdf5.arrays.items():
        assert by_layout.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(by_layout.arrays[name], array)


def test_opening_loads_no_hdf5(tmp_path: Path, entry: FileEntry) -> None:
    program = (
        "import sys, vecstore\n"
        "with vecstore.open(sys.argv[1]) as store:\n"
        "    assert 'a' in store\n"
        "    store.similar('a', k=1)\n"
        "assert 'h5py' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, cwd=ROOT)


WRONG: list[tuple[tuple[str, ...], Any]] = [
    (("arrays", "vectors"), ["float32", [2, 4], 1 << 40]),
    (("arrays", "vectors"), ["float32", [2, 4], 4097]),
    (("arrays", "vectors"), ["float32", [2, 4], -4096]),
    (("arrays", "vectors"), ["float32", [-2, -4], 4096]),
    (("arrays", "vectors"), ["float32", [1 << 62, 4], 4096]),
    (("arrays", "vectors"), ["object", [2, 4], 4096]),
    (("arrays", "vectors"), ["float32", [2, 4]]),
    (("arrays", "vectors"), None),
    (("arrays",), []),
    (("attributes",), 3),
    (("attributes", "version"), 2),
    (("attributes", "rows"), 3),
    (("id_at",), 0),
    (("id_at",), -1),
    (("id_at",), 1.5),
    (("id_at",), 1 << 70),
]


@pytest.mark.parametrize(("where", "value"), WRONG, ids=str)
def test_a_layout_that_does_not_fit_is_an_error(
    tmp_path: Path, entry: FileEntry, where: tuple[str, ...], value: Any
) -> None:
    layout: Any = copy.deepcopy(entry.layout)
    inner = layout
    for name in where[:-1]:
        inner = inner[name]
    inner[where[-1]] = value
    with pytest.raises(
        (CorruptStoreError, FormatVersionError), match=r"segment-00000001\.h5 (is|uses)"
    ):
        open_arrays(tmp_path / entry.name, "segment", replace(entry, layout=layout))


def test_check_compares_it_with_hdf5(tmp_path: Path) -> None:
    manifest = new_manifest()
    entry = add_segment(tmp_path, manifest, ["a", "b"])
    layout: Any = copy.deepcopy(entry.layout)
    layout["arrays"]["vectors"][2] += 4096
    commit(tmp_path, manifest.adding(replace(entry, layout=layout)))
    assert any(one.what == "where its arrays lie" for one in check(tmp_path))
