"""word2vec: both ways, what they learn, and what they refuse."""

from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tests.trainers.test_words import ANIMALS, FOODS, sentences  # noqa: E402
from vecstore.trainers import Word2Vec  # noqa: E402

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("mode", ["skipgram", "cbow"])
def test_words_of_a_kind_become_neighbours(tmp_path: Path, mode: str) -> None:
    trainer = Word2Vec(mode=mode, dim=8, window=3, subsample=0)
    trainer.fit(sentences(3000), epochs=20, progress=False)
    with trainer.to_store(tmp_path / "words.vecs") as store:
        rows = {word: store[word] / np.linalg.norm(store[word]) for word in ANIMALS + FOODS}
    within = np.mean([rows[a] @ rows[b] for kind in (ANIMALS, FOODS) for a in kind for b in kind])
    across = np.mean([rows[a] @ rows[b] for a in ANIMALS for b in FOODS])
    assert within > across + 0.3


def test_the_loss_falls_and_the_same_seed_repeats_it() -> None:
    first, again = (
        Word2Vec(dim=8, subsample=0, seed=3).fit(sentences(500), epochs=3, progress=False).history
        for _ in range(2)
    )
    assert first["loss"].to_list() == again["loss"].to_list()
    assert first["loss"][-1] < first["loss"][0]


def test_a_saved_trainer_has_the_same_vectors(tmp_path: Path) -> None:
    trainer = Word2Vec(mode="cbow", dim=4).fit(sentences(300), epochs=1, progress=False)
    trainer.save(tmp_path / "saved")
    loaded = Word2Vec.load(tmp_path / "saved")
    np.testing.assert_array_equal(loaded.embeddings()[1], trainer.embeddings()[1])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"mode": "glove"}, "`mode`"), ({"dim": 0}, "`dim`"), ({"subsample": 2}, "`subsample`")],
)
def test_wrong_parameters_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Word2Vec(**wrong)  # type: ignore[arg-type]
