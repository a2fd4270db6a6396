"""gensim's files, ``.kv`` and ``.model``: pickles, which gensim itself reads."""

import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.errors import IngestError
from vecstore.extras import need
from vecstore.ingest.formats.matrix import as_keys, check_matrix, matrix_table
from vecstore.ingest.source import Source
from vecstore.ingest.table import Options, Table, row_slices

__all__ = ["looks_like_gensim", "open_gensim"]

# What unpickling raises for a file that is damaged or from another version of gensim.
_DAMAGE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    pickle.PickleError,
)


def looks_like_gensim(head: bytes) -> bool:
    """Return whether a file is a pickle that names gensim near its beginning."""
    return head[:1] == b"\x80" and head[1:2] <= b"\x05" and b"gensim" in head[:1024]


def open_gensim(source: Source, options: Options) -> Table:
    """Open the word vectors of a model, if the caller allows pickles."""
    if not options.allow_pickle:
        raise IngestError(
            f"{source.path} is a pickle of gensim, which can run code when it is read. If you "
            f"trust who made it, pass allow_pickle=True; else ask for what "
            f"save_word2vec_format writes."
        )
    need("gensim", "A file of gensim")
    from gensim.utils import SaveLoad

    try:
        model = SaveLoad.load(str(source.file()))
        model = getattr(model, "wv", model)
        vectors, words = np.asarray(model.vectors), np.array(model.index_to_key, dtype=object)
    except _DAMAGE as error:
        raise IngestError(
            f"{source.path} is a pickle that gensim cannot read as word vectors: {error}. Arrays "
            f"that gensim wrote beside it must be in the same folder."
        ) from error
    shape = check_matrix(vectors.shape, vectors.dtype, str(source.path))
    keys = as_keys(words, f"the vocabulary of {source.path}")

    def parts() -> Iterator[npt.NDArray[Any]]:
        return (vectors[part] for part in row_slices(*shape))

    return matrix_table("gensim", source, shape, parts, keys, "the vocabulary")
