"""Arguments and options that several commands share, and how a command opens its store."""

from collections.abc import Callable, Iterable, Sequence
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

metric_option = partial(click.option, "--metric", type=click.Choice(METRICS))
dtype_option = partial(click.option, "--dtype", type=click.Choice(["float32", "float16"]))
k_option = click.option(
    "--k", "-k", type=click.IntRange(min=1), default=10, show_default=True, help="Neighbours each."
)
threads_option = click.option(
    "--threads", type=click.IntRange(min=1), help="How many to compute with.  [default: all]"
)
where_option = click.option(
    "--where", metavar="SQL", help="""Only keys whose attributes fulfil this: "year > 1990"."""
)
approximate_option = click.option(
    "--approximate",
    metavar="RECALL",
    type=click.FloatRange(0, 1, min_open=True),
    help='Let an index answer that finds such a share of the true neighbours; see "index".',
)
keys_from_option = click.option(
    "--keys-from",
    type=click.File(encoding="utf-8-sig"),
    metavar="FILE",
    help='Read more keys from FILE, one a line; "-" is standard input.',
)


def with_store(command: Command) -> Command:
    """Add STORE to a command, which receives the store open for reading."""

    @click.argument("path", metavar="STORE", type=click.Path())
    @click.option("--dataset", help="With an HDF5 file as STORE: the dataset.  [default: its only]")
    @metric_option(help="With an HDF5 file as STORE: what near means.  [default: as it says]")
    @wraps(command)
    def open_first(path: str, dataset: str | None, metric: str | None, **rest: Any) -> None:
        with vecstore.open(path, dataset=dataset, metric=metric) as store:
            command(store, **rest)

    return open_first


def output_options(command: Command) -> Command:
    """Add ``--json`` and ``--jsonl``; the command receives its `style`."""

    def choose(_: click.Context, __: click.Parameter, name: str | None) -> Style:
        return choose_style(name)

    for name, text in (("jsonl", "Print JSON, an object a line."), ("json", "Print JSON.")):
        command = click.option(
            f"--{name}", "style", flag_value=name, default=None, callback=choose, help=text
        )(command)
    return command


def new_path(ctx: click.Context, _: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a path where nothing can be made, as a callback: before the work, not after it."""
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
    """Add an option for a new file (nothing is ever overwritten) of one of these kinds."""

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
    """Add an option for a new picture, and find out whether there is matplotlib to draw it."""
    return out_option(f"{text}: a new {' or '.join(PICTURES)} file.", *PICTURES, name=name)


def parse_key(store: vecstore.Store, text: str) -> str | int:
    """Turn the text of a key into a key of the store's type."""
    if store.key_kind == "str":
        return text
    try:
        return int(text)
    except ValueError:
        raise click.UsageError(f'The keys of this store are integers; got "{text}".') from None


def parse_keys(
    store: vecstore.Store, texts: Sequence[str], more: Iterable[str] | None = None
) -> list[Any]:
    """Turn the texts of keys, and the lines of a file with more, into keys of the store."""
    try:
        lines = [line.rstrip("\r\n") for line in more or ()]
    except UnicodeDecodeError as error:
        name = getattr(more, "name", "The file of keys")
        raise click.UsageError(f"{name} must be text in UTF-8; it is not ({error}).") from None
    keys = [parse_key(store, text) for text in (*texts, *lines)]
    if not keys:
        raise click.UsageError("Name at least one key.")
    return keys
