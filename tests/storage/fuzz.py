"""Thousands of damaged stores: an exception or a reported problem, and never a crash.

    python -m tests.storage.fuzz --mutants 10000

Every mutant is a whole store with one mutation (`mutations.py`). It is opened, read, searched and
checked in a process of its own, which many mutants share; if that process dies, the mutant is a
find. What must hold of each:

1. Whatever it refuses, the library refuses with a `VecstoreError`.
2. `check` never raises, and it reports something of every store that was refused.
3. A store with honest damage of which nothing is refused and nothing reported is the store that it
   was: keys, vectors, attributes and answers, bit for bit. Commits may be missing at the end, if
   the damage is where an interrupted write would have left it.

Mutant i depends on the seed and i alone: ``--only i`` makes it again, and keeps it.
"""

import argparse
import faulthandler
import json
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import vecstore
from tests.storage.mutations import Mutation, mutate
from tests.storage.stores import make_store
from vecstore.errors import StoreNotFoundError, VecstoreError
from vecstore.storage.checks.whole import check

BASES = [
    {"metric": "cosine", "key_kind": "str", "dtype": "float32"},
    {"metric": "euclidean", "key_kind": "int", "dtype": "float16"},
    {"metric": "dot", "key_kind": "str", "dtype": "float16", "rows": (70, 20, 3)},
]
ROOT = Path(__file__).parents[2]

# A hang is a find, and so is the wish for more memory than this.
_SECONDS = 60
_BYTES = 16 << 30


class Find(AssertionError):
    """A mutant that the library did not survive."""


class Bases:
    """The stores that mutants are made of, and what can be read of them."""

    def __init__(self, folder: Path) -> None:
        self.paths = [folder / f"base-{number}" for number in range(len(BASES))]
        for path, options in zip(self.paths, BASES, strict=True):
            make_store(path, **options)
        self.journals = [next(path.glob("journal-*")).read_bytes() for path in self.paths]
        self.records = [list(_records(journal)) for journal in self.journals]
        # What each store is after its first commits, down to none of those of the journal.
        self.contents = [list(self._histories(folder, number)) for number in range(len(BASES))]

    def _histories(self, folder: Path, number: int) -> Iterator[dict[str, Any]]:
        yield contents(self.paths[number])
        for start, _ in reversed(self.records[number]):
            copy = shutil.copytree(self.paths[number], folder / "history")
            next(copy.glob("journal-*")).write_bytes(self.journals[number][:start])
            yield contents(copy)
            shutil.rmtree(copy)


def _records(journal: bytes) -> Iterator[tuple[int, int]]:
    at = 64
    while at < len(journal):
        end = at + int.from_bytes(journal[at + 8 : at + 16], "little")
        yield at, end
        at = end


def contents(folder: Path) -> dict[str, Any]:
    """Return everything that a reader can learn from a store, in a form that compares."""
    with vecstore.open(folder) as store:
        keys = store.keys().tolist()
        vectors = store[keys] if keys else np.empty((0, store.dim), store.dtype)
        queries = np.random.default_rng(1).normal(size=(9, store.dim)).astype(np.float32)
        store.prepare()
        answers = store.search(queries, k=5)
        similar = store.similar(keys[:3], k=3) if keys else answers
        return {
            "keys": keys,
            "missing": -1 in store if store.key_kind == "int" else "missing" in store,
            "vectors": vectors.tobytes(),
            "answers": [answers.keys.tolist(), answers.distances.tobytes()],
            "similar": [similar.keys.tolist(), similar.distances.tobytes()],
            "oov": store.oov(["unheard"]).tobytes() if store.key_kind == "str" else b"",
            "attributes": store.frame().rows(),
        }


def judge(folder: Path, mutation: Mutation, bases: Bases, number: int) -> str:
    """Return what became of a mutant: "refused", "reported", "same" or "shorter"; raise Find."""
    try:
        found, refusal = contents(folder), None
    except VecstoreError as error:
        found, refusal = None, error
    try:
        problems = list(check(folder, full=True))
        for problem in problems:
            assert str(problem)
    except StoreNotFoundError:
        raise Find("check says that there is no store") from None
    if refusal:
        if not problems:
            raise Find(f"refused, but check reports nothing: {refusal}")
        return "refused"
    if problems:
        return "reported"
    if not mutation.honest:
        return "forged"
    histories = bases.contents[number]
    if found == histories[0]:
        return "same"
    # A store that has lost its last commits, and shows no trace of a commit behind the first lost.
    journal = next(folder.glob("journal-*")).read_bytes()
    for lost, history in enumerate(histories[1:], 1):
        behind = bases.records[number][len(histories) - lost :]
        traces = any(bases.journals[number][a:b] in journal for a, b in behind)
        if found == history and "journal" in mutation.target and not traces:
            return "shorter"
    raise Find("different data, and nobody says so")


def work(seed: int, mutants: list[int], folder: Path, keep: bool = False) -> None:
    """Judge mutants one after another; a line of JSON before and after each."""
    resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))
    faulthandler.enable()
    bases = Bases(folder)
    for mutant in mutants:
        print(json.dumps({"mutant": mutant}), flush=True)
        rng = np.random.default_rng([seed, mutant])
        number = int(rng.integers(len(BASES)))
        path = shutil.copytree(bases.paths[number], folder / f"mutant-{mutant}")
        others = [other for other in bases.paths if other.name != f"base-{number}"]
        faulthandler.dump_traceback_later(_SECONDS, exit=True)
        mutation = mutate(path, others, rng)
        try:
            outcome = judge(path, mutation, bases, number)
        except Exception as error:
            outcome = f"FIND {type(error).__name__}: {error}"
            if keep:
                raise
        faulthandler.cancel_dump_traceback_later()
        told = {"mutant": mutant, "outcome": outcome, "mutation": list(mutation)}
        print(json.dumps(told), flush=True)
        if not keep:
            shutil.rmtree(path)


def run(seed: int, mutants: int) -> tuple[Counter[str], list[str]]:
    """Judge mutants in processes of their own.

    Returns
    -------
    outcomes : Counter of str
        How many mutants ended how.
    finds : list of str
        Those that should not have.
    """
    outcomes: Counter[str] = Counter()
    finds: list[str] = []
    following = 0
    while following < mutants:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-W", "error", "-m", "tests.storage.fuzz"]
            command += ["--seed", str(seed), "--work", str(following), str(mutants), folder]
            process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        lines = [json.loads(line) for line in process.stdout.splitlines()]
        for line in lines:
            following = line["mutant"] + 1
            if outcome := line.get("outcome"):
                outcomes[outcome.partition(" ")[0]] += 1
                if outcome.startswith("FIND"):
                    finds.append(f"mutant {line['mutant']} {line['mutation']}: {outcome}")
        if process.returncode:
            if not lines:
                raise RuntimeError(f"No mutant was made:\n{process.stderr}")
            finds.append(f"mutant {following - 1} killed its process:\n{process.stderr[-3000:]}")
            outcomes["KILLED"] += 1
    return outcomes, finds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutants", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="make this mutant, and keep it")
    parser.add_argument("--work", nargs=3, metavar=("FIRST", "STOP", "FOLDER"))
    arguments = parser.parse_args()
    if arguments.work:
        first, stop, folder = arguments.work
        work(arguments.seed, list(range(int(first), int(stop))), Path(folder))
    elif arguments.only is not None:
        folder = tempfile.mkdtemp()
        print(folder)
        work(arguments.seed, [arguments.only], Path(folder), keep=True)
    else:
        outcomes, finds = run(arguments.seed, arguments.mutants)
        print("\n".join(finds))
        counted = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
        print(f"{arguments.mutants} mutants: {counted}; {len(finds)} finds")
        sys.exit(bool(finds))


if __name__ == "__main__":
    main()
