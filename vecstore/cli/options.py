"""Arguments and options that several commands share, and how a command opens its store."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from functools import partial, wraps
from pathlib import Path
from typing import Any

import click

import vecstore
from vecstore.cli.output import Style, choose_style
from vecstore.extras import need
from vecstore.metrics import METRICS

__all__ = [
    "approximate_option",
    "dtype_option",
    "gathered",
    "k_option",
    "keys_from_option",
    "metric_option",
    "new_path",
    "out_option",
    "output_options",
    "parse_key",
    "parse_keys",
    "picture_option",
    "threads_option",
    "where_option",
    "with_store",
]

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]

PICTURES = (".png", ".svg")


def gathered(name: str, kind: type[Any]) -> Decorator:
    """Pass the options that are fields of a dataclass as one object of it, called `name`."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def call(**given: Any) -> Any:
            mine = {field.name: given.pop(field.name) for field in fields(kind)}
            return command(**{name: kind(**mine)}, **given)

        return call

    return decorate


metric_option = partial(click.option, "--metric", type=click.Choice(METRICS))
dtype_option = partial(click.option, "--dtype", type=click.Choice(["float32", "float16"]))
k_option = click.option(
    "--k",
    "-k",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Number of nearest neighbours.",
)
threads_option = click.option(
    "--threads", type=click.IntRange(min=1), help="Number of threads.  [default: all]"
)
where_option = click.option(
    "--where",
    metavar="SQL",
    help='Only keys whose attributes satisfy this condition: "year > 1990".',
)
approximate_option = click.option(
    "--approximate",
    metavar="RECALL",
    type=click.FloatRange(0, 1, min_open=True),
    help='Use an index that finds this share of true neighbours on average; see "index".',
)
keys_from_option = click.option(
    "--keys-from",
    type=click.File(encoding="utf-8-sig"),
    metavar="FILE",
    help='Read more keys from FILE, one per line; "-" is standard input.',
)


def with_store(command: Command) -> Command:
    """Add STORE and its options to a command, which receives the store opened for reading."""

    @click.argument("path", metavar="STORE", type=click.Path())
    @click.option(
        "--dataset", help="The dataset, if STORE is an HDF5 file.  [default: the only one]"
    )
    @metric_option(help="The metric, if STORE is an HDF5 file.  [default: as recorded in it]")
    @wraps(command)
    def open_first(path: str, dataset: str | None, metric: str | None, **rest: Any) -> None:
        with vecstore.open(path, dataset=dataset, metric=metric) as store:
            command(store, **rest)

    return open_first


def output_options(command: Command) -> Command:
    """Add ``--json`` and ``--jsonl``; the command receives `style`."""

    def choose(_: click.Context, __: click.Parameter, name: str | None) -> Style:
        return choose_style(name)

    for name, text in (("jsonl", "Print JSON, one object per line."), ("json", "Print JSON.")):
        command = click.option(
            f"--{name}", "style", flag_value=name, default=None, callback=choose, help=text
        )(command)
    return command


def new_path(ctx: click.Context, _: click.Parameter, path: Path | None) -> Path | None:
    """Check, before any work, that a new file can be made at a path; a callback of click."""
    if path is None:
        return None
    if path.exists():
        raise FileExistsError(f"{path} exists already; remove it or choose another name.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path.parent} is not a folder; make it first.")
    if path in ctx.params.values():
        raise click.UsageError(f"{path} cannot be made twice; choose another name.")
    return path


def out_option(text: str, *suffixes: str, name: str = "--out") -> Decorator:
    """Add an option for a new file with one of the suffixes; existing files are refused."""

    def check(ctx: click.Context, param: click.Parameter, path: Path | None) -> Path | None:
        if path is not None and path.suffix not in suffixes:
            raise click.BadParameter(f'must end in {" or ".join(suffixes)}; got "{path}".')
        if path is not None and path.suffix in PICTURES:
            need("matplotlib", name)
        return new_path(ctx, param, path)

    return click.option(
        name, metavar="FILE", type=click.Path(path_type=Path), callback=check, help=text
    )


def picture_option(name: str, text: str) -> Decorator:
    """Add an option for a new picture; without matplotlib it is refused before any work."""
    return out_option(f"{text} in a new {' or '.join(PICTURES)} file.", *PICTURES, name=name)


def parse_key(store: vecstore.Store, text: str) -> str | int:
    """Return a key given as text as the str or int that the store uses."""
    if store.key_kind == "str":
        return text
    try:
        return int(text)
    except ValueError:
        raise click.UsageError(f'The keys of this store are integers; got "{text}".') from None


def parse_keys(
    store: vecstore.Store, texts: Sequence[str], more: Iterable[str] | None = None
) -> list[Any]:
    """Return the keys given as texts, and then those on the lines of a file, as the store's."""
    try:
        lines = [line.rstrip("\r\n") for line in more or ()]
    except UnicodeDecodeError as error:
        name = getattr(more, "name", "The file of keys")
        raise click.UsageError(f"{name} must be text in UTF-8; it is not ({error}).") from None
    keys = [parse_key(store, text) for text in (*texts, *lines)]
    if not keys:
        raise click.UsageError("Name at least one key.")
    return keys
