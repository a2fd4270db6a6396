"""``vecstore train words``: word vectors from text."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from click.core import ParameterSource

from vecstore.cli.numpy_files import read_npz
from vecstore.cli.output import Style
from vecstore.cli.quiet import import_quietly
from vecstore.cli.training.train import finish, training_options

if TYPE_CHECKING:
    from vecstore.trainers import Trainer
    from vecstore.trainers.corpus import Corpus

__all__ = ["command"]

WORD2VEC = ("skipgram", "cbow")
NETWORKS = (*WORD2VEC, "window")
MODELS = (*NETWORKS, "cooccurrence")

# Options that not every model has, and which have them.
BELONGS_TO = {
    "window": (*WORD2VEC, "cooccurrence"),
    "context": ("window",),
    "negative": WORD2VEC,
    "subsample": WORD2VEC,
    "l2": ("window",),
    "learning_rate": NETWORKS,
    "weighting": ("cooccurrence",),
    "epochs": NETWORKS,
    "batch_size": NETWORKS,
    "validation": NETWORKS,
}
FITTING = ("epochs", "batch_size")  # what `fit` takes, and not the constructor
READING = ("tokenizer", "lowercase", "min_count", "max_vocabulary", "encoding")  # and `Corpus`


@click.command("words")
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--model",
    type=click.Choice(MODELS),
    default="skipgram",
    show_default=True,
    help="What a word shall predict, or whether to count instead.",
)
@click.option(
    "--dim", type=click.IntRange(min=1), help="Numbers in a vector.  [default: 100; window: 5]"
)
@click.option(
    "--window", type=click.IntRange(min=1), help="How far away neighbours may be.  [default: 5]"
)
@click.option(
    "--context", type=click.IntRange(min=1), help="Words before the next, for window.  [default: 3]"
)
@click.option(
    "--negative", type=click.IntRange(min=1), help="Random words for each neighbour.  [default: 5]"
)
@click.option(
    "--subsample",
    type=click.FloatRange(0, 1),
    help="Thin out words of a larger share.  [default: 0.001]",
)
@click.option(
    "--l2",
    type=click.FloatRange(min=0),
    help="Weight of the squares of the vectors, for window.  [default: 0.0001]",
)
@click.option(
    "--learning-rate",
    type=click.FloatRange(min=0, min_open=True),
    help="At the beginning.  [default: 0.025; window: 0.03]",
)
@click.option(
    "--weighting",
    type=click.Choice(["ppmi", "count", "log"]),
    help="Of cooccurrence.  [default: ppmi]",
)
@click.option(
    "--tokens",
    "tokenizer",
    type=click.Choice(["words", "spaces"]),
    default="words",
    show_default=True,
    help="Runs of letters and digits, or whatever spaces separate.",
)
@click.option(
    "--lowercase/--keep-case", default=True, show_default=True, help="Whether capitals count."
)
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Leave rarer words out.",
)
@click.option(
    "--max-words", "max_vocabulary", type=click.IntRange(min=1), help="Keep so many, the commonest."
)
@click.option("--encoding", default="utf-8", show_default=True, help="Of the files.")
@click.option(
    "--validation", type=click.Path(path_type=Path), metavar="FILE", help="Watch the loss on this."
)
@training_options(epochs=None, batch_size=None)
def command(
    files: tuple[Path, ...],
    model: str,
    validation: Path | None,
    out: Path,
    metric: str,
    save: Path | None,
    style: Style,
    **options: Any,
) -> None:
    """Learn a vector for every word of FILEs: text, plain or gzipped, or folders of it.

    A line is a sentence. skipgram and cbow are word2vec: a word predicts its neighbours, or they
    predict the word; skipgram is better with little text. window predicts the next word from those
    before it. cooccurrence counts which words are near which, and factors the counts.

    For window, FILE may also be an .npz with windows of numbered words in the array "train", maybe
    more in "valid", to watch the loss on, and the words in "vocab".

    \b
      vecstore train words novel.txt --out novel.vecs
      vecstore train words wiki/ --model cbow --dim 200 --min-count 20 --out wiki.vecs
      vecstore train words 4grams.npz --model window --out words.vecs
    """
    given = {name: value for name, value in options.items() if value is not None}
    _refuse_others(model, given if validation is None else {**given, "validation": validation})
    archive = any(path.suffix == ".npz" for path in files)
    if archive:
        _refuse_beside_archive(files, model, validation)
    import_quietly("vecstore.trainers", "keras")
    fitting = {name: given.pop(name) for name in FITTING if name in given}
    reading = {name: given.pop(name) for name in READING if name in given}
    trainer = _trainer(model, given)
    if archive:
        data, more = _windows(files[0])
        fitting |= more
    else:
        data = _corpus(files, reading)
        if validation is not None:
            known = {**reading, "vocabulary": data.vocabulary}
            fitting["validation"] = _corpus([validation], known)
    trainer.fit(data, **fitting)
    finish(trainer, out, metric, save, style, model=model, **_facts(data, trainer))


def _refuse_others(model: str, given: dict[str, Any]) -> None:
    """Refuse options of other models, before any work."""
    for name in given:
        models = BELONGS_TO.get(name, MODELS)
        if model not in models:
            option = name.replace("_", "-")
            raise click.UsageError(f"--{option} is for --model {' or '.join(models)}.")


def _refuse_beside_archive(files: tuple[Path, ...], model: str, validation: Path | None) -> None:
    """Refuse what says nothing to windows of numbered words, before any work."""
    if model != "window" or len(files) > 1 or validation is not None:
        raise click.UsageError("An .npz file of windows is for --model window, and comes alone.")
    context = click.get_current_context()
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if option.name in READING and source != ParameterSource.DEFAULT:
            name = "/".join([*option.opts, *option.secondary_opts])
            raise click.UsageError(
                f"{name} is for text; the words of an .npz file are numbered already."
            )


def _trainer(model: str, parameters: dict[str, Any]) -> Any:
    from vecstore.trainers import Cooccurrence, Word2Vec, WordWindow

    if model == "window":
        return WordWindow(**parameters)
    if model == "cooccurrence":
        return Cooccurrence(**parameters)
    return Word2Vec(mode=model, **parameters)


def _corpus(files: Any, reading: dict[str, Any]) -> "Corpus":
    from vecstore.trainers.corpus import Corpus

    return Corpus(iter(files), **reading)


def _windows(path: Path) -> tuple[Any, dict[str, Any]]:
    """Return the windows of an archive, and what else it says to `WordWindow.fit`."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is no file; an .npz of windows is needed.")
    saved = read_npz(path)
    if "train" not in saved:
        raise ValueError(f'{path} must have the array "train"; it has {", ".join(saved)}.')
    more: dict[str, Any] = {}
    if "valid" in saved:
        more["validation"] = saved["valid"]
    if "vocab" in saved:
        more["vocabulary"] = saved["vocab"].tolist()
    return saved["train"], more


def _facts(data: Any, trainer: "Trainer") -> dict[str, Any]:
    """Return what else there is to print: how much text, and how large the model."""
    text = {} if isinstance(data, np.ndarray) else {"words": data.words}
    return {**text, "parameters": trainer.model.count_params()}
