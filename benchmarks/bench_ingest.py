"""Reading GloVe's text format and making a store of it, beside gensim, every value the same.

gensim is asked for what it does best: float32 vectors, no header to look for, no limit.
"""

import gzip
import itertools
import shutil
from pathlib import Path

import numpy as np
import pytest

import vecstore
from benchmarks import datasets
from benchmarks.machine import THREADS
from benchmarks.stopwatch import Stopwatch
from vecstore import ingest

SMOKE_LINES = 300

# smart_open, through which gensim reads, leaves the closing of files to the garbage collector.
leaves_files_open = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, full_size: bool) -> Path:
    """The text as it was before it was compressed."""
    path = tmp_path_factory.mktemp("text") / "glove.txt"
    with gzip.open(datasets.glove_path()) as packed, path.open("wb") as file:
        file.writelines(packed if full_size else itertools.islice(packed, SMOKE_LINES))
    return path


@pytest.fixture(scope="module")
def packed(plain: Path) -> Path:
    path = plain.with_suffix(".txt.gz")
    with plain.open("rb") as file, gzip.open(path, "wb", compresslevel=6) as out:
        shutil.copyfileobj(file, out)
    return path


@pytest.fixture(params=["plain", "packed"])
def text(request: pytest.FixtureRequest) -> Path:
    """The file, as text and as gzipped text."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def truth(plain: Path) -> tuple[list[str], datasets.Floats]:
    """Keys and values as Python itself reads them."""
    lines = plain.read_text(encoding="utf-8").splitlines()
    split = [line.rstrip().rsplit(" ", 100) for line in lines]
    values = np.array([[float(value) for value in parts[1:]] for parts in split])
    return [parts[0] for parts in split], values.astype(np.float32)


def check(
    keys: list[str], vectors: datasets.Floats, truth: tuple[list[str], datasets.Floats]
) -> None:
    assert keys == truth[0]
    assert vectors.dtype == np.float32
    assert vectors.tobytes() == truth[1].tobytes()


def group(what: str, text: Path) -> str:
    return f"{what} {text.name}, {text.stat().st_size / 1e6:.1f} MB"


def bench_read(
    timed: Stopwatch, text: Path, plain: Path, truth: tuple[list[str], datasets.Floats]
) -> None:
    def read() -> tuple[list[str], list[datasets.Floats]]:
        keys, parts = [], []
        with ingest.read(text, threads=THREADS) as batches:
            for some_keys, vectors in batches:
                keys.extend(some_keys.tolist())
                parts.append(vectors)
        return keys, parts

    keys, parts = timed(
        read,
        group=group("read", text),
        name="vecstore.ingest.read",
        rows=len(truth[0]),
        text_bytes=plain.stat().st_size,
    )
    check(keys, np.concatenate(parts), truth)


@leaves_files_open
def bench_read_gensim(
    timed: Stopwatch, text: Path, plain: Path, truth: tuple[list[str], datasets.Floats]
) -> None:
    gensim = pytest.importorskip("gensim.models", exc_type=ImportError)
    found = timed(
        lambda: gensim.KeyedVectors.load_word2vec_format(str(text), no_header=True),
        group=group("read", text),
        name="gensim load_word2vec_format",
        rows=len(truth[0]),
        text_bytes=plain.stat().st_size,
    )
    check(found.index_to_key, found.vectors, truth)


def bench_import(
    timed: Stopwatch,
    text: Path,
    plain: Path,
    truth: tuple[list[str], datasets.Floats],
    tmp_path: Path,
) -> None:
    """From the file to a store on disk, safe from a crash: what gensim's saving is set beside."""
    paths = (tmp_path / f"{count}.vecs" for count in itertools.count())

    def make_store() -> Path:
        path = next(paths)
        with (
            ingest.read(text, threads=THREADS) as batches,
            vecstore.create(path, dim=batches.dim) as store,
        ):
            store.add_batches(batches)
        return path

    path = timed(
        make_store,
        group=group("import", text),
        name="vecstore",
        rows=len(truth[0]),
        text_bytes=plain.stat().st_size,
    )
    with vecstore.open(path) as store:
        check(store.keys().tolist(), store[truth[0]], truth)


@leaves_files_open
def bench_import_gensim(
    timed: Stopwatch,
    text: Path,
    plain: Path,
    truth: tuple[list[str], datasets.Floats],
    tmp_path: Path,
) -> None:
    gensim = pytest.importorskip("gensim.models", exc_type=ImportError)
    path = str(tmp_path / "words.kv")

    def make_file() -> None:
        gensim.KeyedVectors.load_word2vec_format(str(text), no_header=True).save(path)

    timed(
        make_file,
        group=group("import", text),
        name="gensim",
        rows=len(truth[0]),
        text_bytes=plain.stat().st_size,
    )
    found = gensim.KeyedVectors.load(path)
    check(found.index_to_key, found.vectors, truth)
