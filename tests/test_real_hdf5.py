"""Files of the ann-benchmarks kind, opened in place: our neighbours are the published ones.

A checkout has them beside it or has not.
"""

import h5py
import numpy as np
import pytest

import vecstore
from tests.real_data import real

FILES = {
    "minilm-wordnet-384-angular-10k.hdf5": "cosine",
    "bigann10k-128-euclidean.hdf5": "euclidean",
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.usefixtures("engine")
def test_neighbours_are_the_published_ones(name: str) -> None:
    path = real(f"ann-hdf5/{name}")
    with h5py.File(path) as file:
        queries, published = file["test"][:50], file["neighbors"][:50, :10]
        distances = file["distances"][:50, :10].astype(np.float64)
    with vecstore.open(path, dataset="train") as store:
        assert store.metric == FILES[name]
        matches = store.search(queries, k=10)
    np.testing.assert_array_equal(matches.keys, published)
    np.testing.assert_allclose(matches.distances, distances, rtol=1e-6, atol=1e-6)
