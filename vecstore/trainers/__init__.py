"""Keras models that learn embeddings and hand them to a store.

Every trainer has the shape of `Trainer`: keyword parameters, `fit`, `history`, `embeddings`,
`to_store`, `save` and `load`. Importing this package loads neither Keras nor anything else that is
heavy; the first use of a trainer does. In reading order:

- `trainer` and `encoder`: the base classes;
- `parameters` and `split`: checks of parameters, and which rows are held out;
- `epochs` and `progress`: Keras callbacks that record the history and move the progress bar;
- `corpus`: text as word numbers on disk, and the batches made of it;
- `words`: word vectors, from a network or from counts;
- `categories`: vectors for the categories of a table;
- `texts`: a text classifier and how good it is;
- `pictures`: an image classifier on top of a pretrained network;
- `autoencoders`: short codes of rows and images.
"""

import json
import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vecstore.trainers.autoencoders.networks import ConvAutoencoder, DenseAutoencoder
    from vecstore.trainers.categories.categories import CategoricalFactors
    from vecstore.trainers.corpus.corpus import Corpus
    from vecstore.trainers.corpus.numbered import words_of_ids
    from vecstore.trainers.corpus.vocabulary import Vocabulary
    from vecstore.trainers.pictures.images import ImageClassifier
    from vecstore.trainers.texts.text import TextClassifier
    from vecstore.trainers.trainer import Trainer
    from vecstore.trainers.words.cooccurrence import Cooccurrence
    from vecstore.trainers.words.matrices import reduce
    from vecstore.trainers.words.window import WordWindow
    from vecstore.trainers.words.word2vec import Word2Vec

# Name to module. A module is loaded when one of its names is first used.
_HOMES = {
    "CategoricalFactors": "categories.categories",
    "ConvAutoencoder": "autoencoders.networks",
    "Cooccurrence": "words.cooccurrence",
    "Corpus": "corpus.corpus",
    "DenseAutoencoder": "autoencoders.networks",
    "ImageClassifier": "pictures.images",
    "TextClassifier": "texts.text",
    "Trainer": "trainer",
    "Vocabulary": "corpus.vocabulary",
    "Word2Vec": "words.word2vec",
    "WordWindow": "words.window",
    "reduce": "words.matrices",
    "words_of_ids": "corpus.numbered",
}

__all__ = [
    "CategoricalFactors",
    "ConvAutoencoder",
    "Cooccurrence",
    "Corpus",
    "DenseAutoencoder",
    "ImageClassifier",
    "TextClassifier",
    "Trainer",
    "Vocabulary",
    "Word2Vec",
    "WordWindow",
    "reduce",
    "words_of_ids",
]


def _backend() -> str:
    """Return the name of the backend that Keras will use, without importing Keras."""
    if chosen := os.environ.get("KERAS_BACKEND"):
        return chosen
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    try:
        return str(json.loads((home / "keras.json").read_bytes())["backend"])
    except (OSError, ValueError, KeyError):  # Keras falls back in the same cases
        return "tensorflow"


def _check_installed() -> None:
    backend = _backend()
    if find_spec("keras") is not None and find_spec(backend) is not None:
        return
    if backend == "tensorflow":
        raise ImportError(
            'vecstore.trainers needs Keras and TensorFlow; pip install "vecstore-exact[keras]".'
        )
    raise ImportError(
        f"vecstore.trainers needs Keras and {backend}, which KERAS_BACKEND or keras.json names; "
        "install both."
    )


_check_installed()


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
