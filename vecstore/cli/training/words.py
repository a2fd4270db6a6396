"""``vecstore train words``: word vectors from text."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from click.core import ParameterSource

from vecstore.cli.numpy_files import read_npz
from vecstore.cli.quiet import import_quietly
from vecstore.cli.training.train import Destination, Passes, finish, training_options

if TYPE_CHECKING:
    from vecstore.trainers import Trainer
    from vecstore.trainers.corpus import Corpus

__all__ = ["command"]

WORD2VEC = ("skipgram", "cbow")
NETWORKS = (*WORD2VEC, "window")
MODELS = (*NETWORKS, "cooccurrence")

# Options that only some models have, and those models.
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
FITTING = ("epochs", "batch_size")  # arguments of `fit`, not of the constructor
READING = ("tokenizer", "lowercase", "min_count", "max_vocabulary", "encoding")  # of `Corpus`


@click.command("words")
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--model",
    type=click.Choice(MODELS),
    default="skipgram",
    show_default=True,
    help="Model to train; see above.",
)
@click.option(
    "--dim",
    type=click.IntRange(min=1),
    help="Dimension of the vectors.  [default: 100; window: 5]",
)
@click.option(
    "--window",
    type=click.IntRange(min=1),
    help="Largest distance of neighbours, in words.  [default: 5]",
)
@click.option(
    "--context",
    type=click.IntRange(min=1),
    help="Number of words from which window predicts the next.  [default: 3]",
)
@click.option(
    "--negative",
    type=click.IntRange(min=1),
    help="Number of random words to contrast with each neighbour.  [default: 5]",
)
@click.option(
    "--subsample",
    type=click.FloatRange(0, 1),
    help="Thin out words that are a larger share of the text than this.  [default: 0.001]",
)
@click.option(
    "--l2",
    type=click.FloatRange(min=0),
    help="L2 penalty of window: the weight of the squared vectors in the loss.  [default: 0.0001]",
)
@click.option(
    "--learning-rate",
    type=click.FloatRange(min=0, min_open=True),
    help="Learning rate at the start.  [default: 0.025; window: 0.03]",
)
@click.option(
    "--weighting",
    type=click.Choice(["ppmi", "count", "log"]),
    help="How cooccurrence weighs the counts.  [default: ppmi]",
)
@click.option(
    "--tokens",
    "tokenizer",
    type=click.Choice(["words", "spaces"]),
    default="words",
    show_default=True,
    help="Split text into runs of letters and digits, or at spaces only.",
)
@click.option(
    "--lowercase/--keep-case",
    default=True,
    show_default=True,
    help="Convert text to lower case, or keep it as it is.",
)
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Leave out words that occur less often.",
)
@click.option(
    "--max-words",
    "max_vocabulary",
    type=click.IntRange(min=1),
    help="Keep at most this many words, the most frequent.",
)
@click.option(
    "--encoding",
    default="utf-8",
    show_default=True,
    help="Encoding of the text, such as latin-1, utf-16 or gb18030.",
)
@click.option(
    "--validation",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Measure the loss on this text as well.",
)
@training_options(epochs=None, batch_size=None)
def command(
    files: tuple[Path, ...],
    model: str,
    validation: Path | None,
    destination: Destination,
    passes: Passes,
    **options: Any,
) -> None:
    """Learn a vector for every word of FILEs.

    A FILE is text, plain or gzipped, or a folder of such files. Each line is a sentence. There are
    four models. In skipgram (word2vec) a word predicts its neighbours; in cbow (also word2vec) the
    neighbours predict the word. skipgram is better with little text. window predicts the next word
    from those before it. cooccurrence counts which words occur near each other and factors the
    counts.

    For window, FILE may also be an .npz file with windows of numbered words in the array "train".
    It may also hold more windows in "valid", to measure the loss on, and the words in "vocab".

    \b
      vecstore train words novel.txt --out novel.vecs
      vecstore train words wiki/ --model cbow --dim 200 --min-count 20 --out wiki.vecs
      vecstore train words 4grams.npz --model window --out words.vecs
    """
    given = {**options, **asdict(passes)}
    given = {name: value for name, value in given.items() if value is not None}
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
    finish(trainer, destination, model=model, **_facts(data, trainer))


def _refuse_others(model: str, given: dict[str, Any]) -> None:
    """Refuse options that belong to other models, before any work."""
    for name in given:
        models = BELONGS_TO.get(name, MODELS)
        if model not in models:
            option = name.replace("_", "-")
            raise click.UsageError(f"--{option} is for --model {' or '.join(models)}.")


def _refuse_beside_archive(files: tuple[Path, ...], model: str, validation: Path | None) -> None:
    """Refuse, before any work, what does not apply to windows of numbered words."""
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
    """Return the windows in an archive, and further arguments for `WordWindow.fit`."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not a file; an .npz of windows is needed.")
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
    """Return further facts to print: the amount of text and the size of the model."""
    text = {} if isinstance(data, np.ndarray) else {"words": data.words}
    return {**text, "parameters": trainer.model.count_params()}
