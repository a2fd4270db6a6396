"""Any bytes at all: a sentence, or vectors; never a crash, a hang or another exception."""

import gzip
import io
import json
import random
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vecstore.errors import IngestError
from vecstore.ingest import FORMATS, read

ROOT = Path(__file__).parents[2]
VECTORS = np.random.default_rng(0).standard_normal((20, 5)).astype(np.float32)
WORDS = [f"word{i}" for i in range(20)]


def npy() -> bytes:
    file = io.BytesIO()
    np.save(file, VECTORS)
    return file.getvalue()


def npz() -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, vectors=VECTORS, keys=np.array(WORDS))
    return file.getvalue()


def hdf5() -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w") as archive:
        archive.create_dataset("vectors", data=VECTORS, chunks=(6, 5), compression="gzip")
        # Of fixed length: over a damaged heap of strings HDF5 2.0 itself loops for ever.
        archive["keys"] = np.array(WORDS, "S")
    return file.getvalue()


def keras_weights() -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w") as archive:
        archive["layers/embedding/vars/0"] = VECTORS
        archive["layers/embedding/vars"].attrs["name"] = np.bytes_("words")
    return file.getvalue()


def keras() -> bytes:
    file = io.BytesIO()
    layer = {"class_name": "Embedding", "config": {"name": "words", "output_dim": 5}}
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", json.dumps({"config": {"layers": [layer]}}))
        archive.writestr("model.weights.h5", keras_weights())
    return file.getvalue()


def parquet() -> bytes:
    file = io.BytesIO()
    pl.DataFrame({"key": WORDS, "vector": VECTORS}).write_parquet(file)
    return file.getvalue()


def text() -> bytes:
    rows = zip(WORDS, VECTORS, strict=True)
    return "".join(f"{word} {' '.join(map(str, row))}\n" for word, row in rows).encode()


def word2vec() -> bytes:
    rows = zip(WORDS, VECTORS, strict=True)
    return b"20 5\n" + b"".join(word.encode() + b" " + row.tobytes() for word, row in rows)


def fasttext() -> bytes:
    head = struct.pack("<2i12id", 793712314, 12, 5, 5, 5, 1, 5, 1, 2, 1, 6, 3, 6, 100, 1e-4)
    words = b"".join(word.encode() + b"\0" + struct.pack("<qb", 1, 0) for word in WORDS[:14])
    sizes = struct.pack("<3iqq", 14, 14, 0, 99, -1)
    return head + sizes + words + b"\0" + struct.pack("<2q", 20, 5) + VECTORS.tobytes()


MAKERS: dict[str, Callable[[], bytes]] = {
    "glove": text,
    "word2vec-text": lambda: b"20 5\n" + text(),
    "word2vec-binary": word2vec,
    "fasttext": fasttext,
    "npy": npy,
    "npz": npz,
    "hdf5": hdf5,
    "keras": keras,
    "keras weights": keras_weights,
    "parquet": parquet,
    "fvecs": lambda: b"".join(struct.pack("<i", 5) + row.tobytes() for row in VECTORS),
    "fbin": lambda: struct.pack("<2i", 20, 5) + VECTORS.tobytes(),
    "gzip": lambda: gzip.compress(text()),
}


def refusal(path: Path, format: str, errors: str) -> IngestError | None:
    """Read a file to its end, or return what was wrong with it."""
    try:
        with read(path, format, errors=errors) as reader:
            for keys, vectors in reader:
                assert vectors.shape == (len(keys), reader.dim)
                assert np.isfinite(vectors).all()
    except IngestError as error:
        return error
    return None


def read_or_refuse(path: Path, format: str = "auto") -> None:
    """Whatever is read is sound; whatever is not is refused with a sentence that names the file."""
    for errors in ("raise", "skip"):
        error = refusal(path, format, errors)
        assert error is None or path.name in str(error)


relaxed = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150
)


@pytest.mark.parametrize("name", MAKERS)
def test_unharmed_files_are_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(MAKERS[name]())
    with read(path) as reader:
        rows = sum(len(keys) for keys, _ in reader)
    assert rows == (14 if name == "fasttext" else 20)


@relaxed
@given(content=st.binary(max_size=400))
def test_random_bytes(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    read_or_refuse(path)


@pytest.mark.parametrize("name", FORMATS)
@relaxed
@given(content=st.binary(max_size=200))
def test_random_bytes_called_something(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    read_or_refuse(path, name)


@pytest.mark.parametrize("name", sorted(MAKERS.keys() - {"parquet"}))
@relaxed
@given(data=st.data())
def test_flipped_bytes(tmp_path: Path, name: str, data: st.DataObject) -> None:
    content = bytearray(MAKERS[name]())
    places = st.integers(0, min(len(content), 400) - 1) | st.integers(0, len(content) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    path = tmp_path / "file"
    path.write_bytes(content)
    read_or_refuse(path)


def flip_parquet(folder: Path, first: int, stop: int) -> None:
    """Damage Parquet files by their numbers, which are printed, and read them."""
    path = folder / "file"
    for number in range(first, stop):
        print(number, flush=True)
        chance, content = random.Random(number), bytearray(MAKERS["parquet"]())
        for _ in range(chance.randint(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(content)
        read_or_refuse(path)


def test_flipped_bytes_of_parquet(tmp_path: Path) -> None:
    """In another process: one damage in 3,000 makes polars ask for 2**61 bytes, and abort."""
    number, stop = 0, 300
    while number < stop:
        program = (
            "from pathlib import Path\n"
            "from tests.ingest.test_hostile import flip_parquet\n"
            f"flip_parquet(Path({str(tmp_path)!r}), {number}, {stop})"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0 or "memory allocation of" in done.stderr, done.stderr
        number = int(done.stdout.split()[-1]) + 1


@pytest.mark.parametrize("name", MAKERS)
@relaxed
@given(data=st.data())
def test_truncated_files(tmp_path: Path, name: str, data: st.DataObject) -> None:
    content = MAKERS[name]()
    path = tmp_path / "file"
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    read_or_refuse(path)


@pytest.mark.parametrize(
    "content",
    [
        b"4000000000 1000000\n" + b"a " * 100,
        b"1 1048576\n" + b"a " * 100,
        struct.pack("<2I", 2**32 - 1, 2**32 - 1) + bytes(100),
        struct.pack("<i", 1 << 20) + bytes(100),
        b"a" * (1 << 20),
        b"\n" * (1 << 20),
        b"0 " * (1 << 17),
    ],
)
def test_headers_that_promise_everything_cost_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    for name in ("auto", *FORMATS):
        read_or_refuse(path, name)
