"""What word2vec learns from: a text, thinned out and cut into segments, in batches."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from vecstore.trainers.corpus.corpus import Corpus
from vecstore.trainers.corpus.rows import Rows
from vecstore.trainers.corpus.segments import WIDTH, chance_to_stay, segments
from vecstore.trainers.corpus.windows import count_words

__all__ = ["SampledText", "noise_per_segment"]

# Words of the text that are cut into segments and shuffled together.
_BLOCK = 1 << 19

# The most pairs in a step that move a word as if they had come one after the other. If a frequent
# word has more, its steps are shortened in proportion. word2vec computes a new gradient after each
# pair, but a sum of a thousand equal steps overshoots and soon becomes infinite. Large texts get
# equally good vectors without this limit; texts of a few distinct words need it.
_PAIRS = 64

# The most pairs that one shared random word stands for. Its scores and its steps are small.
_SHARED = 256


def noise_per_segment(parameters: dict[str, Any]) -> int:
    """Return how many random words a segment adds: one stands for at most `_SHARED` pairs."""
    pairs: int = WIDTH * (parameters["window"] + 1) * parameters["negative"]
    return -(-pairs // _SHARED)


class SampledText:
    """A corpus that is thinned out, cut into segments and shuffled anew in each epoch."""

    def __init__(self, corpus: Corpus, parameters: dict[str, Any]) -> None:
        counts = count_words(corpus.ids, len(corpus.vocabulary))
        self.corpus = corpus
        self.parameters = parameters
        self.stay = chance_to_stay(counts, parameters["subsample"])
        kept = counts * self.stay
        self.share = kept / kept.sum()
        self.noise = counts**0.75 / (counts**0.75).sum()
        self.rows = math.ceil(kept.sum() / WIDTH)  # segments in an epoch, on average

    def steps(self, batch_size: int) -> tuple[Any, Any]:
        """Return the learning-rate factor per word, as a word and as a context; see `_PAIRS`."""
        chosen = self.parameters
        near, negative = chosen["window"] + 1, chosen["negative"]
        as_words = batch_size * near * self.share * (1 + negative)
        targets = batch_size * (1 if chosen["mode"] == "cbow" else near)
        as_contexts = targets * (self.share + negative * self.noise)
        return _shortened(as_words), _shortened(as_contexts)

    def batches(
        self, rows: int, total: int, rng: np.random.Generator
    ) -> Iterator[tuple[dict[str, Any]]]:
        """Yield batches without end; the learning rate falls until `total` batches are done."""
        drawn = np.cumsum(self.noise)
        begin = self.parameters["learning_rate"]
        for number, some in enumerate(self._shuffled(rng).batches(rows, rng)):
            rate = begin * max(0.01, 1 - number / total)
            yield (self._batch(some, drawn, rate, rng),)

    def whole(self, rows: int) -> tuple[dict[str, Any]]:
        """Return the whole text as one batch, padded to a multiple of `rows`, for its loss."""
        rng = np.random.default_rng(0)
        some = np.concatenate([*self._shuffled(rng).blocks()])
        filled = np.pad(some, ((0, -len(some) % rows), (0, 0)))
        return (self._batch(filled, np.cumsum(self.noise), 0.0, rng),)

    def _shuffled(self, rng: np.random.Generator) -> Rows:
        ids, window = self.corpus.ids, self.parameters["window"]

        def blocks() -> Iterator[npt.NDArray[np.int32]]:
            for start in range(0, len(ids), _BLOCK):
                yield segments(ids[start : start + _BLOCK], self.stay, window, rng)

        return Rows(self.rows, blocks)

    def _batch(
        self,
        some: npt.NDArray[np.int32],
        drawn: npt.NDArray[np.float64],
        rate: float,
        rng: np.random.Generator,
    ) -> dict[str, Any]:
        shape = (len(some), noise_per_segment(self.parameters))
        noise = np.searchsorted(drawn[:-1], rng.random(shape)).astype(np.int32)
        return {
            "segments": some,
            "noise": noise,
            "rate": np.full((len(some), 1), rate, np.float32),
        }


def _shortened(pairs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return 1 / np.maximum(1, pairs / _PAIRS)
