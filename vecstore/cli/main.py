"""The group of all commands, and the one place where errors become exit codes.

===== =================================================================
exit  meaning
===== =================================================================
0     success
1     the request failed; one sentence on standard error says why
2     usage error: the command line itself is wrong
130   interrupted with Ctrl-C
141   the reader of our output went away (``| head``); nothing is printed
===== =================================================================
"""

import io
import os
import re
import shlex
import sys
import warnings
from typing import Any, TextIO

import click

import vecstore
from vecstore.cli.analysing import align, classify, cluster, evaluate, events, project, translate
from vecstore.cli.output import say
from vecstore.cli.plotting import plot
from vecstore.cli.questions import duplicates, hubs, neighbors, outliers, query, words
from vecstore.cli.stores import (
    backup,
    bench,
    check,
    compact,
    completion,
    demo,
    extract,
    index,
    manage,
)
from vecstore.cli.training import train
from vecstore.errors import VecstoreError
from vecstore.terminal import printable

__all__ = ["main"]

INTERRUPTED = 128 + 2  # as a shell reports SIGINT
BROKEN_PIPE = 128 + 13  # as a shell reports SIGPIPE

# An argument that the library advises a Python caller to pass; here it is an option.
PYTHON_ARGUMENT = re.compile(
    r'(?:(?<=[Pp]ass )|(?<=, or ))([a-z_]+)=(?:"([^"\n]*)"|(True|False)\b)?'
)


class CommandGroup(click.Group):
    """A group whose commands fail with one sentence instead of a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which a user meets the commands."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; `VECSTORE_TRACEBACK=1` lets errors through as they are."""
        if isinstance(sys.stdout, io.TextIOWrapper):
            # Better to show "\u20ac" than to fail at a key that the terminal cannot display.
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _say
                result = super().invoke(ctx)
            sys.stdout.flush()  # notices here, not at interpreter exit, that the reader has gone
        except BrokenPipeError:
            _discard_stdout()
            ctx.exit(BROKEN_PIPE)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except click.ClickException as error:
            error.message = printable(error.message, lines=True)  # type: ignore[misc]
            raise
        except (VecstoreError, OSError, ValueError, TypeError, ImportError) as error:
            if os.environ.get("VECSTORE_TRACEBACK"):
                raise
            raise click.ClickException(_sentence(error)) from error
        return result


def _sentence(error: Exception) -> str:
    """Return the message of an error; one of the operating system starts with the path.

    >>> _sentence(ValueError('Correct it, or pass errors="skip".'))
    'Correct it, or pass --errors skip.'
    >>> _sentence(ValueError('Pass keys="row numbers", or orient=False.'))
    "Pass --keys 'row numbers', or --no-orient."
    """
    if isinstance(error, OSError) and not isinstance(error, VecstoreError) and error.filename:
        return printable(f"{os.fspath(error.filename)}: {error.strerror}.")
    said = str(error).replace("vecstore.create makes", '"vecstore create" makes')
    return printable(PYTHON_ARGUMENT.sub(_option, said), lines=True)


def _option(argument: re.Match[str]) -> str:
    name = argument[1].replace("_", "-")
    if argument[3] == "False":
        return f"--no-{name}"
    value = argument[2] or ""
    return f"--{name} {shlex.quote(value)}" if value else f"--{name}"


def _say(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print only the text of a warning; `warnings.showwarning` also prints the line of code."""
    say(f"Warning: {message}")


def _discard_stdout() -> None:
    """Redirect standard output to the null device, so that flushing it at exit cannot fail."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version=vecstore.__version__, prog_name="vecstore")
def main() -> None:
    """Find exact nearest neighbours in stores of vectors.

    On a terminal, commands print tables. When their output is piped, they print tab-separated
    lines without header or colour. --json and --jsonl print JSON for programs. Messages go to
    standard error. Set VECSTORE_TRACEBACK=1 in the environment to see the tracebacks of errors.

    \b
    To begin:  vecstore demo
    """


for command in (
    demo.demo,
    manage.import_,
    extract.extract,
    manage.create,
    manage.info,
    query.get,
    query.similar,
    query.search,
    query.analogy,
    query.compose,
    words.odd,
    words.rank,
    words.relate,
    events.events,
    neighbors.neighbors,
    duplicates.duplicates,
    outliers.outliers,
    hubs.hubs,
    manage.export,
    check.check,
    compact.compact,
    backup.backup,
    index.index,
    bench.bench,
    train.train,
    evaluate.evaluate,
    align.align,
    translate.translate,
    classify.classify,
    cluster.cluster,
    project.project,
    plot.plot,
    completion.completion,
):
    main.add_command(command)
