from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from vecstore.storage.hdf5.distance_labels import file_metric, metric_of_label

SPELLINGS = {
    "cosine": ["angular", "Angular", "cosine", "COS", "cosine_similarity"],
    "euclidean": ["euclidean", "Euclidean", "l2", "L2", "METRIC_L2", "sqeuclidean", "L2-squared"],
    "dot": ["ip", "IP", "inner_product", "InnerProduct", "inner product", "dot", "dot_product"],
}


@pytest.mark.parametrize(
    ("label", "metric"), [(label, metric) for metric, all_ in SPELLINGS.items() for label in all_]
)
def test_spellings_mean_a_metric(label: str, metric: str) -> None:
    assert metric_of_label(label, Path("f.hdf5")) == metric


@pytest.mark.parametrize("label", ["hamming", "Jaccard", "manhattan", "l1", "what\x1b[31m", "12"])
def test_what_there_is_not_is_refused_by_name(label: str) -> None:
    with pytest.raises(
        ValueError, match=r"f\.hdf5 says that its `distance` is .*metric="
    ) as raised:
        metric_of_label(label, Path("f.hdf5"))
    assert ascii(label) in str(raised.value)


@pytest.mark.parametrize(
    ("value", "metric"),
    [
        ("l2", "euclidean"),
        (np.bytes_("ip"), "dot"),
        (np.array(["angular"], object), "cosine"),
        (np.array(b"l2 \0\0"), "euclidean"),
        ("", None),
    ],
)
def test_the_attribute_comes_in_many_types(tmp_path: Path, value: Any, metric: str | None) -> None:
    path = tmp_path / "f.hdf5"
    with h5py.File(path, "w") as file:
        assert file_metric(file, path) is None
        file.attrs["distance"] = value
        assert file_metric(file, path) == metric


@pytest.mark.parametrize(
    "value", [7, 2.5, h5py.Empty("f4"), np.array(["l2", "ip"], object), np.full(8000, b"x" * 7)]
)
def test_what_is_no_label_is_refused(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "f.hdf5"
    with h5py.File(path, "w") as file:
        file.attrs["distance"] = value
        with pytest.raises(ValueError, match="which vecstore does not compute"):
            file_metric(file, path)
