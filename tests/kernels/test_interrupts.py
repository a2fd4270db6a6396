"""Ctrl-C ends what the native engine is at, soon, and leaves everything as it was."""

import os
import signal
import subprocess
import sys
import time

import pytest

from vecstore import kernels

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="signals as POSIX has them"),
    pytest.mark.skipif(kernels.engine().NAME != "native", reason="of the native engine"),
]

SECONDS = 0.5  # that an interrupt may take, on a machine that has nothing else to do
SPARE = 2.5  # more, on one that has

# Prints a line when it starts, one when it is interrupted, and whether an answer is still right.
PROGRAM = """
import sys, tempfile, numpy, vecstore
from pathlib import Path

rng = numpy.random.default_rng(3)
vectors = rng.standard_normal((60_000, 48)).astype(numpy.float32)
many = rng.standard_normal((400_000, 48)).astype(numpy.float32)
store = vecstore.from_arrays(vectors, metric=sys.argv[2])
word = rng.integers(0, len(vectors), (300_000, 3)).tolist()

def build():
    with tempfile.TemporaryDirectory() as folder:
        with vecstore.create(Path(folder, "x.vecs"), dim=48, keys="int", metric=sys.argv[2]) as own:
            own.add(range(len(vectors)), vectors)
            print("started", flush=True)
            own.build_index(threads=1)

def questions(method):
    positive, negative = [[a, b] for a, b, _ in word], [[c] for _, _, c in word]
    print("started", flush=True)
    store.analogy(positive, negative, k=10, method=method, threads=1)

calls = {
    "one thread": lambda: store.search(many, k=10, threads=1),
    "two threads": lambda: store.search(many, k=10, threads=2),
    "many threads": lambda: store.search(many, k=10, threads=16),
    "large k": lambda: store.search(many[:4000], k=40_000),
    "neighbors": lambda: store.neighbors(k=300),
    "add": lambda: questions("add"),
    "mul": lambda: questions("mul"),
    "index": build,
}
before = store.search(vectors[7], k=3)
if sys.argv[1] not in ("index", "add", "mul"):
    print("started", flush=True)
try:
    calls[sys.argv[1]]()
    print("finished", flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
after = store.search(vectors[7], k=3)
assert after.keys.tolist() == before.keys.tolist() and after[0].key == 7
print("right", flush=True)
"""


@pytest.mark.parametrize(
    ("call", "metric"),
    [
        ("one thread", "euclidean"),
        ("two threads", "cosine"),
        ("many threads", "dot"),
        ("large k", "euclidean"),
        ("neighbors", "euclidean"),
        ("add", "cosine"),
        ("mul", "cosine"),
        ("index", "cosine"),
    ],
)
def test_an_interrupt_is_noticed_within_half_a_second(call, metric):
    command = [sys.executable, "-c", PROGRAM, call, metric]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout.readline() == "started\n", run.stderr.read()
        time.sleep(0.4)
        run.send_signal(signal.SIGINT)
        sent = time.monotonic()
        assert run.stdout.readline() == "interrupted\n"
        took = time.monotonic() - sent
        assert run.stdout.readline() == "right\n", run.stderr.read()
        assert run.wait(30) == 0
    print(f"{call}: {took:.3f} s")
    assert took < SECONDS + SPARE
