"""``vecstore demo``: the guided tour over the bundled GloVe vectors."""

import shlex
import shutil
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

import vecstore
from vecstore import ingest

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["demo"]

WORDS = "glove-6b-100d.txt.gz"  # in vecstore/data
ASKED = ("frog", "paris", "piano", "coffee")
ANALOGIES = (
    ("king", "man", "woman"),
    ("paris", "france", "italy"),
    ("walking", "walk", "swim"),
    ("went", "go", "eat"),
)
ODD_ONES = (
    ("breakfast", "cereal", "dinner", "lunch"),
    ("cat", "dog", "horse", "car"),
    ("monday", "tuesday", "music", "friday"),
)
SHOWN = 6  # neighbours in the table
BATCH = 256  # words per query batch
PATIENCE = 2.0  # seconds, because the reference engine would take minutes for all words


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("vecstore-demo"),
    show_default=True,
    help="Folder for the store; a store that is already there is used.",
)
def demo(folder: Path) -> None:
    """Take a tour of what vecstore does with real words.

    It imports the GloVe vectors that come with vecstore (Stanford, public domain) into a store,
    asks it a few questions, and suggests what to type next.
    """
    from vecstore.cli.tables import console

    out = console()
    path = folder / "glove.vecs"
    out.print("GloVe word vectors, made by Stanford from Wikipedia and newspapers.\n")
    _make_store(path, out)
    vecstore.open(path).close()  # loads h5py once, so that its import is not timed below
    seconds, store = _timed(lambda: vecstore.open(path))
    with store:
        size = sum(store.info()["files"].values())
        out.print(
            f"Opened {path}: {len(store):,} words x {store.dim} numbers, {size / 1e6:.1f} MB, "
            f"in {1e3 * seconds:.1f} ms.\n"
            "There is no index to build, and no vector has been read yet.",
            soft_wrap=True,
        )
        _show_neighbors(store, out)
        _show_analogies(store, out)
        _show_odd_ones(store, out)
        _show_speed(store, out)
    _show_next(path, out)


def _make_store(path: Path, out: "Console") -> None:
    if path.exists():
        out.print(f"Using the store that is already in {path}.", soft_wrap=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with resources.as_file(resources.files("vecstore") / "data" / WORDS) as source:
        seconds, report = _timed(lambda: ingest.import_into(source, path))
    out.print(
        f"Imported {report.rows:,} of them from gzipped text in {seconds:.2f} s "
        f"({report.rows / seconds:,.0f} a second)."
    )


def _show_neighbors(store: vecstore.Store, out: "Console") -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    matches = store.similar(list(ASKED), k=SHOWN)
    _title(out, "Nearest neighbours, with their similarity (1 = the same direction)")
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="bold cyan")
    for word in ASKED:
        table.add_column(word)
    for place in range(SHOWN):
        table.add_row(
            *(
                Text.assemble(f"{one.keys[place]:<10}", (f" {one.similarities[place]:.2f}", "dim"))
                for one in matches
            )
        )
    out.print(Padding(table, (0, 0, 0, 2)))


def _show_analogies(store: vecstore.Store, out: "Console") -> None:
    matches = store.analogy(
        positive=[[start, end] for start, _, end in ANALOGIES],
        negative=[[minus] for _, minus, _ in ANALOGIES],
        k=3,
    )
    _title(out, "Analogies, with the two runners-up")
    for (start, minus, end), found in zip(ANALOGIES, matches, strict=True):
        best, *others = (str(match.key) for match in found)
        _answer(out, f"{start} - {minus} + {end}", best, ", ".join(others))


def _show_odd_ones(store: vecstore.Store, out: "Console") -> None:
    _title(out, "The odd one out: the word least like the sum of all four")
    for words in ODD_ONES:
        vectors = store[list(words)]
        likeness = vectors @ store.compose(dict.fromkeys(words, 1.0))
        odd = words[np.argmin(likeness / np.linalg.norm(vectors, axis=1))]
        _answer(out, ", ".join(words), odd)


def _show_speed(store: vecstore.Store, out: "Console") -> None:
    words = store.keys().tolist()
    one = np.median([_timed(lambda: store.similar("king", k=10))[0] for _ in range(50)])
    seconds, asked = 0.0, 0
    while asked < len(words) and seconds < PATIENCE:
        batch = words[asked : asked + BATCH]
        seconds += _timed(partial(store.similar, batch, k=10))[0]
        asked += len(batch)
    engine = vecstore.build_info()
    _title(out, f"Speed of exact answers ({engine['engine']} engine, {engine['level']})")
    _answer(out, "the ten nearest of one word", f"{1e3 * one:.2f} ms")
    _answer(
        out,
        f"the ten nearest of each of {asked:,}",
        f"{seconds:.2f} s",
        f"{asked / seconds:,.0f} words a second",
    )


def _show_next(path: Path, out: "Console") -> None:
    program, python = _programs()
    here = shlex.quote(str(path))
    _title(out, f"The store stays in {path}. What to type next")
    for line in (
        f"$ {program} similar {here} guitar --k 5",
        f"$ {program} analogy {here} berlin - germany + japan",
        f"$ {program} info {here}",
        f"$ {program} import your-vectors.txt your.vecs",
        f"$ {python}",
        ">>> import vecstore",
        f">>> store = vecstore.open({str(path)!r})",
        ">>> store.similar('guitar', k=5).to_frame()",
    ):
        out.print(f"  {line}", style="green", soft_wrap=True)


def _title(out: "Console", text: str) -> None:
    out.print(f"\n{text}", style="bold", soft_wrap=True)


def _answer(out: "Console", question: str, answer: str, more: str = "") -> None:
    from rich.text import Text

    out.print(Text.assemble(f"  {question:<34}", (f"{answer:<10}", "bold cyan"), (more, "dim")))


def _programs() -> tuple[str, str]:
    """Return what to type in this shell for vecstore and for its Python."""
    if shutil.which("vecstore"):
        return "vecstore", "python"
    started = Path(sys.argv[0])
    if started.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m vecstore", shlex.quote(sys.executable)
    return shlex.quote(str(started)), shlex.quote(str(started.with_name("python")))


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that `work` took and its result."""
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result
