"""Other people's nearest neighbours, each asked the way its own documentation asks it.

Under cosine they are handed unit vectors, and ``queries`` are of unit length already, so that
nobody pays for normalisation while the clock runs.
"""

from benchmarks.answers import Rows
from benchmarks.datasets import Floats
from benchmarks.numpy_blas import NUMPY
from benchmarks.peer import Peer, Search, unit

__all__ = ["RIVALS"]

#: Of hnswlib's graph: the values its own documentation and ann-benchmarks begin with.
_M, _EF_CONSTRUCTION = 16, 200
_EFS = (16, 32, 64, 128, 256, 512)


def scikit_learn(vectors: Floats, metric: str, threads: int) -> Search:
    from sklearn.neighbors import NearestNeighbors

    # On unit vectors the euclidean order is that of cosine, and euclidean has the fast path.
    brute = NearestNeighbors(algorithm="brute", metric="euclidean").fit(unit(vectors, metric))

    def search(queries: Floats, k: int, _: None) -> Rows:
        return brute.kneighbors(queries, k)[1]

    return search


def faiss_flat(vectors: Floats, metric: str, threads: int) -> Search:
    import faiss

    faiss.omp_set_num_threads(threads)
    dim = vectors.shape[1]
    flat = faiss.IndexFlatL2(dim) if metric == "euclidean" else faiss.IndexFlatIP(dim)
    flat.add(unit(vectors, metric))

    def search(queries: Floats, k: int, _: None) -> Rows:
        return flat.search(queries, k)[1]

    return search


def scann_brute(vectors: Floats, metric: str, threads: int) -> Search:
    import scann

    measure = "squared_l2" if metric == "euclidean" else "dot_product"
    builder = scann.scann_ops_pybind.builder(unit(vectors, metric), 10, measure)
    brute = builder.score_brute_force().build()
    brute.set_num_threads(threads)

    def search(queries: Floats, k: int, _: None) -> Rows:
        if len(queries) == 1:
            return brute.search(queries[0], k)[0][None]
        return brute.search_batched_parallel(queries, k)[0]

    return search


def svs_flat(vectors: Floats, metric: str, threads: int) -> Search:
    import svs

    measure = svs.DistanceType.L2 if metric == "euclidean" else svs.DistanceType.MIP
    flat = svs.Flat(unit(vectors, metric), measure, num_threads=threads)

    def search(queries: Floats, k: int, _: None) -> Rows:
        return flat.search(queries, k)[0]

    return search


def usearch_exact(vectors: Floats, metric: str, threads: int) -> Search:
    from usearch.index import MetricKind
    from usearch.index import search as usearch

    rows = unit(vectors, metric)
    measure = MetricKind.L2sq if metric == "euclidean" else MetricKind.IP

    def search(queries: Floats, k: int, _: None) -> Rows:
        found = usearch(rows, queries, k, measure, exact=True, threads=threads)
        return found.keys.reshape(len(queries), k).astype("int64")

    return search


def hnswlib_graph(vectors: Floats, metric: str, threads: int) -> Search:
    import hnswlib

    space = "l2" if metric == "euclidean" else "ip"
    graph = hnswlib.Index(space, vectors.shape[1])
    graph.init_index(len(vectors), ef_construction=_EF_CONSTRUCTION, M=_M, random_seed=1)
    graph.set_num_threads(threads)
    graph.add_items(unit(vectors, metric))

    def search(queries: Floats, k: int, ef: int) -> Rows:
        graph.set_ef(max(k, ef))
        return graph.knn_query(queries, k)[0].astype("int64")

    return search


RIVALS = [
    NUMPY,
    Peer("scikit-learn brute", "sklearn", scikit_learn, metrics=("cosine", "euclidean")),
    Peer("FAISS Flat", "faiss", faiss_flat),
    Peer("ScaNN brute force", "scann", scann_brute),
    Peer("SVS Flat", "svs", svs_flat),
    Peer("usearch exact", "usearch", usearch_exact),
    Peer("hnswlib", "hnswlib", hnswlib_graph, _EFS, exact=False, knob="ef="),
]
