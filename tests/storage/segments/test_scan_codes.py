"""Codes in a file: what was written is mapped, and what does not fit is damage."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from vecstore.arrays import Codes
from vecstore.errors import CorruptStoreError
from vecstore.kernels import reference
from vecstore.storage import Segment, build_keys, write_segment

VECTORS = np.random.default_rng(7).normal(size=(40, 6)).astype(np.float32)
CODES = reference.encode(VECTORS, "dot", np.full(6, 0.5, np.float32))


def written(folder: Path, codes: Codes | None) -> Path:
    keys = build_keys(np.arange(40), "int")
    entry = write_segment(folder, 1, keys, VECTORS, dim=6, metric="dot", codes=codes)
    return folder / entry.name


def test_codes_come_back_mapped(tmp_path: Path) -> None:
    found = Segment.open(written(tmp_path, CODES)).codes
    assert found is not None
    for array, expected in zip(found, CODES, strict=True):
        np.testing.assert_array_equal(array, expected, strict=True)
        assert not array.flags.writeable
        assert not array.flags.owndata


def test_a_segment_need_not_have_codes(tmp_path: Path) -> None:
    assert Segment.open(written(tmp_path, None)).codes is None


def test_every_array_begins_at_a_page(tmp_path: Path) -> None:
    with h5py.File(written(tmp_path, CODES)) as file:
        offsets = {name: file["scan"][name].id.get_offset() for name in file["scan"]}
    assert sorted(offsets) == ["bounds", "center", "codes", "errors", "norms"]
    assert [name for name, offset in offsets.items() if offset % 4096] == []


def test_h5py_alone_decodes_the_rows(tmp_path: Path) -> None:
    with h5py.File(written(tmp_path, CODES)) as file:
        scan = {name: dataset[()] for name, dataset in file["scan"].items()}
    scales = np.repeat(scan["bounds"][:, 0], 16)[:40].astype(np.float64)
    decoded = scales[:, None] * (scan["codes"][:, :6].astype(np.float64) - 128) + scan["center"]
    distances = np.linalg.norm(VECTORS.astype(np.float64) - decoded, axis=1)
    assert (distances <= scan["errors"]).all()
    assert scan["errors"].max() < 0.03


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"codes": CODES.codes[:, :4]}, '"scan/codes" must be uint8 of shape (40, 8)'),
        ({"codes": CODES.codes.view(np.int8)}, '"scan/codes" must be uint8'),
        ({"bounds": CODES.bounds[:2]}, '"scan/bounds" must be float32 of shape (3, 3)'),
        ({"errors": CODES.errors[1:]}, '"scan/errors" must be float32 of shape (40,)'),
        ({"norms": CODES.norms.astype(float)}, '"scan/norms" must be float32'),
        ({"center": CODES.center[:5]}, '"scan/center" must be float32 of shape (6,)'),
    ],
    ids=str,
)
def test_codes_that_do_not_fit_the_vectors_are_damage(
    tmp_path: Path, change: dict[str, np.ndarray], complaint: str
) -> None:
    path = written(tmp_path, CODES._replace(**change))
    with pytest.raises(CorruptStoreError) as caught:
        Segment.open(path)
    assert complaint in str(caught.value)


def test_codes_without_their_bounds_are_damage(tmp_path: Path) -> None:
    keys, extra = build_keys(np.arange(40), "int"), {"scan/codes": CODES.codes}
    entry = write_segment(tmp_path, 1, keys, VECTORS, dim=6, metric="dot", extra=extra)
    with pytest.raises(CorruptStoreError, match='"scan/bounds" is missing'):
        Segment.open(tmp_path / entry.name)


def test_at_dim_100_codes_cost_less_than_35_percent_of_the_vectors(tmp_path: Path) -> None:
    vectors = np.random.default_rng(8).normal(size=(5000, 100)).astype(np.float32)
    keys, sizes = build_keys(np.arange(5000), "int"), []
    for number, codes in enumerate([None, reference.encode(vectors, "dot", vectors[0])], 1):
        entry = write_segment(tmp_path, number, keys, vectors, dim=100, metric="dot", codes=codes)
        sizes.append(entry.size)
    assert (sizes[1] - sizes[0]) / vectors.nbytes < 0.35
