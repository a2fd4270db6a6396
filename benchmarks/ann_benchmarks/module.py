"""vecstore in ann-benchmarks: copy this folder to ``ann_benchmarks/algorithms/vecstore`` there."""

import tempfile
from typing import Any

import numpy as np

import vecstore

from ..base.module import BaseANN

_METRICS = {"angular": "cosine", "euclidean": "euclidean"}


class VecstoreExact(BaseANN):
    """The certified scan: no index, no knob, recall 1."""

    def __init__(self, metric: str) -> None:
        self.name = "vecstore"
        self._metric = _METRICS[metric]

    def fit(self, X: np.ndarray) -> None:
        self._store = vecstore.from_arrays(np.asarray(X, np.float32), metric=self._metric)
        self._store.prepare()

    def query(self, q: np.ndarray, n: int) -> np.ndarray:
        return self._store.search(q, k=n, threads=1).rows

    def batch_query(self, X: np.ndarray, n: int) -> None:
        self._found = self._store.search(X, k=n).rows

    def get_batch_results(self) -> np.ndarray:
        return self._found

    def get_additional(self) -> dict[str, Any]:
        return {}

    def done(self) -> None:
        self._store.close()


class VecstoreHnsw(VecstoreExact):
    """The graph, walked on 8-bit codes; candidates scored from the float vectors."""

    def __init__(self, metric: str, parameters: dict[str, int]) -> None:
        super().__init__(metric)
        self._parameters = parameters
        self._ef = 0

    def fit(self, X: np.ndarray) -> None:
        self._folder = tempfile.TemporaryDirectory()
        path = f"{self._folder.name}/ann.vecs"
        X = np.asarray(X, np.float32)
        with vecstore.create(path, X.shape[1], metric=self._metric, keys="int") as store:
            store.add(range(len(X)), X)
            store.compact()
            store.build_index(**self._parameters)
        self._store = vecstore.open(path)

    def set_query_arguments(self, ef: int) -> None:
        self._ef = ef
        self.name = f"vecstore-hnsw({self._parameters}, ef={ef})"

    def query(self, q: np.ndarray, n: int) -> np.ndarray:
        return self._store.search(q, k=n, approximate={"ef": self._ef}, threads=1).rows

    def batch_query(self, X: np.ndarray, n: int) -> None:
        self._found = self._store.search(X, k=n, approximate={"ef": self._ef}).rows

    def get_additional(self) -> dict[str, Any]:
        return {"ef": self._ef}

    def done(self) -> None:
        super().done()
        self._folder.cleanup()
