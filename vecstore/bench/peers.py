"""Libraries that search nearest neighbours, vecstore among them, behind one interface.

Each is called as its own documentation recommends, with the parameters that ann-benchmarks starts
from. Under cosine every library gets unit vectors, so that none is timed while it normalises.
"""

import importlib
import shutil
import tempfile
import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vecstore.arrays import Rows
from vecstore.store import create, from_arrays
from vecstore.store import open as open_store

__all__ = ["PEERS", "Peer", "PeerMissingError", "Search", "imported", "unit"]

Floats = npt.NDArray[np.float32]
#: ``search(queries, k, knob)`` returns the rows found, nearest first.
Search = Callable[[Floats, int, Any], Rows]

_M, _EF_CONSTRUCTION = 16, 200
_EFS = (10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
_PROBES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Peer(NamedTuple):
    """One library, or one index type of it."""

    name: str  # in tables and in ``--algorithms``
    # build(vectors, metric, threads); raises PeerMissingError if the library cannot be imported.
    build: Callable[[Floats, str, int], Search]
    knobs: tuple[Any, ...] = (None,)  # from fast to thorough
    knob: str = ""  # the name of the setting


class PeerMissingError(ImportError):
    """A library is missing, or its import fails in any way."""


def imported(name: str) -> Any:
    """Import a peer's module; any failure becomes PeerMissingError: only this peer is left out."""
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # a broken library may raise anything
        said = str(error).strip().partition("\n")[0] or "no reason given"
        raise PeerMissingError(f"{type(error).__name__}: {said}") from error


def unit(vectors: Floats, metric: str) -> Floats:
    """Return the vectors, scaled to unit length under cosine; none may be zero."""
    if metric != "cosine":
        return vectors
    scaled: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled


def _exact(vectors: Floats, metric: str, threads: int) -> Search:
    store = from_arrays(vectors, metric=metric)
    store.prepare(threads=threads)
    return lambda queries, k, _: store.search(queries, k=k, threads=threads).rows


def _graph(vectors: Floats, metric: str, threads: int) -> Search:
    folder = tempfile.mkdtemp(prefix="vecstore-bench-")
    path = f"{folder}/bench.vecs"
    with create(path, vectors.shape[1], metric=metric, keys="int") as store:
        store.add(range(len(vectors)), vectors)
        store.build_index(M=_M, ef_construction=_EF_CONSTRUCTION, threads=threads)
    reader = open_store(path)

    def search(queries: Floats, k: int, ef: int) -> Rows:
        return reader.search(queries, k=k, approximate={"ef": ef}, threads=threads).rows

    weakref.finalize(search, shutil.rmtree, folder, ignore_errors=True)
    return search


def _hnswlib(vectors: Floats, metric: str, threads: int) -> Search:
    hnswlib = imported("hnswlib")

    graph = hnswlib.Index("l2" if metric == "euclidean" else "ip", vectors.shape[1])
    graph.init_index(len(vectors), ef_construction=_EF_CONSTRUCTION, M=_M, random_seed=1)
    graph.set_num_threads(threads)
    graph.add_items(unit(vectors, metric))

    def search(queries: Floats, k: int, ef: int) -> Rows:
        graph.set_ef(max(k, ef))
        return np.asarray(graph.knn_query(queries, k)[0], np.int64)

    return search


def _faiss_measure(metric: str) -> int:
    faiss = imported("faiss")

    return int(faiss.METRIC_L2 if metric == "euclidean" else faiss.METRIC_INNER_PRODUCT)


def _faiss_hnsw(vectors: Floats, metric: str, threads: int) -> Search:
    faiss = imported("faiss")

    faiss.omp_set_num_threads(threads)
    graph = faiss.IndexHNSWFlat(vectors.shape[1], _M, _faiss_measure(metric))
    graph.hnsw.efConstruction = _EF_CONSTRUCTION
    graph.add(unit(vectors, metric))

    def search(queries: Floats, k: int, ef: int) -> Rows:
        graph.hnsw.efSearch = ef
        return np.asarray(graph.search(queries, k)[1], np.int64)

    return search


def _faiss_ivf(vectors: Floats, metric: str, threads: int) -> Search:
    faiss = imported("faiss")

    faiss.omp_set_num_threads(threads)
    rows, dim, measure = unit(vectors, metric), vectors.shape[1], _faiss_measure(metric)
    coarse = faiss.IndexFlat(dim, measure)
    lists = max(1, int(4 * np.sqrt(len(rows))))
    inverted = faiss.IndexIVFFlat(coarse, dim, lists, measure)
    inverted.train(rows)
    inverted.add(rows)

    def search(queries: Floats, k: int, probes: int) -> Rows:
        inverted.nprobe = probes
        return np.asarray(inverted.search(queries, k)[1], np.int64)

    return search


def _scann(vectors: Floats, metric: str, threads: int) -> Search:
    scann = imported("scann")

    measure = "squared_l2" if metric == "euclidean" else "dot_product"
    leaves = max(1, int(np.sqrt(len(vectors))))
    builder = scann.scann_ops_pybind.builder(unit(vectors, metric), 10, measure)
    tree = builder.tree(num_leaves=leaves, num_leaves_to_search=leaves // 10 or 1)
    hashed = tree.score_ah(2, anisotropic_quantization_threshold=0.2)
    searcher = hashed.reorder(100).build()
    searcher.set_num_threads(threads)

    def search(queries: Floats, k: int, leaves: int) -> Rows:
        options = {"final_num_neighbors": k, "leaves_to_search": leaves}
        if len(queries) == 1:
            found = searcher.search(queries[0], **options)[0][None]
        elif threads == 1:
            found = searcher.search_batched(queries, **options)[0]
        else:
            found = searcher.search_batched_parallel(queries, **options)[0]
        return np.asarray(found, np.int64)

    return search


def _svs(vectors: Floats, metric: str, threads: int) -> Search:
    svs = imported("svs")

    measure = svs.DistanceType.L2 if metric == "euclidean" else svs.DistanceType.MIP
    alpha = 1.2 if metric == "euclidean" else 0.95
    parameters = svs.VamanaBuildParameters(
        alpha=alpha, graph_max_degree=2 * _M, window_size=_EF_CONSTRUCTION
    )
    graph = svs.Vamana.build(parameters, unit(vectors, metric), measure, num_threads=threads)

    def search(queries: Floats, k: int, width: int) -> Rows:
        graph.search_window_size = max(k, width)
        return np.asarray(graph.search(queries, k)[0], np.int64)

    return search


def _usearch(vectors: Floats, metric: str, threads: int) -> Search:
    Index = imported("usearch.index").Index

    kind = "l2sq" if metric == "euclidean" else "ip"
    graph: Any = Index(
        ndim=vectors.shape[1],
        metric=kind,
        dtype="i8" if metric == "cosine" else "f32",
        connectivity=_M,
        expansion_add=_EF_CONSTRUCTION,
    )
    graph.add(np.arange(len(vectors)), unit(vectors, metric), threads=threads)

    def search(queries: Floats, k: int, ef: int) -> Rows:
        graph.expansion_search = ef
        found = graph.search(queries, k, threads=threads)
        return np.asarray(found.keys, np.int64).reshape(len(queries), -1)

    return search


def _pynndescent(vectors: Floats, metric: str, threads: int) -> Search:
    pynndescent = imported("pynndescent")

    kind = {"cosine": "cosine", "euclidean": "euclidean", "dot": "dot"}[metric]
    graph = pynndescent.NNDescent(
        vectors, metric=kind, n_neighbors=30, random_state=1, n_jobs=threads
    )
    graph.prepare()

    def search(queries: Floats, k: int, epsilon: float) -> Rows:
        return np.asarray(graph.query(queries, k, epsilon=epsilon)[0], np.int64)

    return search


PEERS = (
    Peer("vecstore", _exact),
    Peer("vecstore-hnsw", _graph, _EFS, "ef"),
    Peer("hnswlib", _hnswlib, _EFS, "ef"),
    Peer("faiss-hnsw", _faiss_hnsw, _EFS, "ef"),
    Peer("faiss-ivf", _faiss_ivf, _PROBES, "nprobe"),
    Peer("scann", _scann, _PROBES, "leaves"),
    Peer("svs", _svs, _EFS, "window"),
    Peer("usearch", _usearch, _EFS, "ef"),
    Peer("pynndescent", _pynndescent, (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4), "epsilon"),
)
