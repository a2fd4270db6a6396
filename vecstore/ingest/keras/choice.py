"""Which matrix of a model is meant: the one that is named, or its only embedding."""

from collections import Counter
from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from vecstore.errors import IngestError

__all__ = ["EMBEDDING", "EMBEDDINGS", "Candidate", "choose", "matrix_shape"]

Weight = TypeVar("Weight")

#: The classes of layers to look for.
EMBEDDING = "Embedding"
EMBEDDINGS = (EMBEDDING, "ReversibleEmbedding")

# Matrices listed in an error: enough to see what a model is; it may have hundreds.
_LISTED = 12


class Candidate(NamedTuple, Generic[Weight]):
    """A matrix of a model."""

    names: tuple[str, ...]  # the name of the layer first, a unique one last
    kind: str  # the class of the layer, if it is known
    shape: tuple[int, int]
    weight: Weight  # where to read it


def matrix_shape(shape: Sequence[int]) -> tuple[int, int] | None:
    """Return rows and columns of a weight that is a matrix, as a 1x1 convolution is; else None.

    >>> matrix_shape((250, 5)), matrix_shape((1, 1, 16, 64)), matrix_shape((3, 3, 16, 64))
    ((250, 5), (16, 64), None)
    """
    if len(shape) < 2 or any(n != 1 for n in shape[:-2]):
        return None
    return shape[-2], shape[-1]


def choose(
    candidates: Sequence[Candidate[Weight]], layer: str | None, what: object
) -> Candidate[Weight]:
    """Return the matrix with a name, or the only embedding; errors call the model `what`."""
    if layer is None:
        found = [one for one in candidates if one.kind in EMBEDDINGS]
        if len(found) == 1:
            return found[0]
        how_many = f"{len(found)} Embedding layers" if found else "no Embedding layer"
        way_out = f"Pass layer= with one of {_listed(found or candidates)}"
        if not candidates:
            way_out = "None of its weights is a matrix of floats"
        raise IngestError(f"{what} has {how_many}. {way_out}.")
    named = [one for one in candidates if layer.strip("/") in one.names]
    if len(named) == 1:
        return named[0]
    if not named:
        choices = f"one of {_listed(candidates)}" if candidates else "that of a matrix"
        raise ValueError(f'`layer` must be {choices} in {what}; got "{layer}".')
    raise ValueError(
        f'`layer` must name one matrix of {what}; "{layer}" is the name of {_listed(named)}.'
    )


def _listed(candidates: Sequence[Candidate[Weight]]) -> str:
    """List the candidates, each by its first name that no other has."""
    owners = Counter(name for one in candidates for name in {*one.names})
    shown = []
    for one in candidates[:_LISTED]:
        name = next((name for name in one.names if owners[name] == 1), one.names[-1])
        shown.append(f'"{name}" {one.shape}')
    more = len(candidates) - len(shown)
    return ", ".join(shown + ([f"{more} more"] if more else []))
