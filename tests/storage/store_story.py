"""The life of a small store, step by step, and what it must hold after each of them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

import vecstore
from vecstore.store.store import Store

DIM = 3
Contents = dict[str, bytes]


class Step(NamedTuple):
    """Something done to a store, and to the dict that says what it must hold then."""

    name: str
    do: Callable[[Store], object]
    model: Callable[[Contents], None]


def vector(key: str, version: int = 0) -> np.ndarray:
    seed = list(f"{key}/{version}".encode())
    return np.random.default_rng(seed).normal(size=DIM).astype(np.float32)


def contents(store: Store) -> Contents:
    """Every key and its vector, as every way of asking has it."""
    found: Contents = {}
    for keys, vectors in store.batches():
        found.update(zip(keys.tolist(), map(bytes, vectors), strict=True))
    assert len(store) == len(found)
    assert store.keys().tolist() == list(found)
    if found:
        assert [bytes(row) for row in store[list(found)]] == list(found.values())
        answer = store.search(store[next(iter(found))], k=len(found) + 1)
        assert set(answer.keys[: answer.counts].tolist()) == set(found)
        assert answer.counts == len(found)
    return found


def add(*keys: str) -> Step:
    vectors = np.stack([vector(key) for key in keys])
    return Step(
        f"add {keys}",
        lambda store: store.add(keys, vectors),
        lambda model: model.update(zip(keys, map(bytes, vectors), strict=True)),
    )


def upsert(key: str, version: int) -> Step:
    new = vector(key, version)

    def model(contents: Contents) -> None:
        contents.pop(key, None)
        contents[key] = bytes(new)

    return Step(f"upsert {key}", lambda store: store.upsert([key], new[None]), model)


def delete(*keys: str) -> Step:
    def model(contents: Contents) -> None:
        for key in keys:
            contents.pop(key, None)

    return Step(f"delete {keys}", lambda store: store.delete(keys, missing="ignore"), model)


def batch(*steps: Step) -> Step:
    def do(store: Store) -> None:
        with store.batch() as batch:
            for step in steps:
                step.do(batch)  # type: ignore[arg-type]  # a batch has the same three methods

    def model(contents: Contents) -> None:
        for step in steps:
            step.model(contents)

    return Step(f"batch of {len(steps)}", do, model)


def bulk(*keys: str) -> Step:
    """Past the journal, into a segment."""
    rows = [([key], vector(key)[None]) for key in keys]
    return add(*keys)._replace(name=f"bulk {keys}", do=lambda store: store.add_batches(rows))


FLUSH = Step("flush", lambda store: store.flush(), lambda model: None)
COMPACT = Step("compact", lambda store: store.compact(), lambda model: None)

STORY = [
    add("a", "b", "c"),
    upsert("b", 1),
    delete("a"),
    FLUSH,
    upsert("c", 1),
    batch(add("d", "a"), upsert("d", 1), delete("b")),
    bulk("e", "f"),
    delete("e", "d"),
    FLUSH,
    upsert("f", 2),
    COMPACT,
    delete("a", "c", "f"),
    COMPACT,
    add("g"),
]


def create(path: Path) -> Store:
    return vecstore.create(path, dim=DIM)


def tell(store: Store, steps: list[Step], model: Contents) -> Iterator[tuple[Contents, Contents]]:
    """Take the steps; yield the models before and after each, before it is taken."""
    for step in steps:
        after = dict(model)
        step.model(after)
        yield dict(model), after
        step.do(store)
        model.clear()
        model.update(after)
