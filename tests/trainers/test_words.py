"""Word vectors from predicting the next word: the recipe, and what it learns."""

from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")

import vecstore  # noqa: E402
from vecstore.trainers import WordWindow  # noqa: E402

pytestmark = pytest.mark.keras
HINTON = Path(__file__).parents[2] / "../shared/data/hinton-nnlm-4grams/nnlm_4grams.npz"

ANIMALS, FOODS = ["cat", "dog", "cow", "horse"], ["bread", "rice", "corn", "soup"]


def sentences(n: int = 1500, seed: int = 0) -> list[str]:
    """Animals run and foods are cooked: words of a kind are seen in the same company."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(n):
        animal, food = rng.choice(ANIMALS), rng.choice(FOODS)
        made.append(str(rng.choice([f"the {animal} runs home", f"we cook some {food} today"])))
    return made


def test_the_recipe_has_5250_parameters() -> None:
    windows = np.random.default_rng(0).integers(0, 250, size=(500, 4))
    windows[0, 0] = 249
    trainer = WordWindow().fit(windows, epochs=1, progress=False)
    assert trainer.model.count_params() == 5250
    assert trainer.embeddings()[1].shape == (250, 5)


def test_words_of_a_kind_become_neighbours(tmp_path: Path) -> None:
    trainer = WordWindow(context=2, dim=4)
    trainer.fit(sentences(), epochs=30, batch_size=64, progress=False)
    assert trainer.history["loss"][-1] < trainer.history["loss"][0]
    with trainer.to_store(tmp_path / "words.vecs") as store:
        for kind in (ANIMALS, FOODS):
            for word in kind:
                others = [other for other in ANIMALS + FOODS if other != word]
                near = store.search(store[word], k=3, where=f"key in {tuple(others)}").keys
                assert set(near) == set(kind) - {word}
        assert store.frame(["cat"])["count"][0] > 0
        assert store.info()["provenance"][0]["trainer"] == "WordWindow"


def test_the_same_seed_gives_the_same_losses() -> None:
    runs = [
        WordWindow(context=2, dim=3, seed=seed).fit(sentences(200), epochs=2, progress=False)
        for seed in (1, 1, 2)
    ]
    first, again, other = (run.history["loss"].to_list() for run in runs)
    assert first == again
    assert first != other


def test_a_saved_trainer_goes_on(tmp_path: Path) -> None:
    trainer = WordWindow(context=2, dim=3).fit(sentences(200), epochs=1, progress=False)
    trainer.save(tmp_path / "saved")
    loaded = WordWindow.load(tmp_path / "saved")
    assert list(loaded.vocabulary or ()) == list(trainer.vocabulary or ())
    np.testing.assert_array_equal(loaded.embeddings()[1], trainer.embeddings()[1])
    loaded.fit(sentences(200), epochs=1, progress=False)
    assert loaded.history["epoch"].to_list() == [1, 2]


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (np.zeros((5, 3), int), ValueError, r"shape \(n, 4\)"),
        (np.zeros((5, 4)), TypeError, "integers"),
        (np.full((5, 4), -1), ValueError, "got -1"),
        (["too short"], ValueError, "as long as a window"),
    ],
)
def test_bad_data_is_refused_before_training(
    data: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        WordWindow().fit(data, progress=False)  # type: ignore[arg-type]


@pytest.mark.slow
def test_the_published_loss_is_reached() -> None:
    if not HINTON.exists():
        pytest.skip(f"needs {HINTON.name} of the shared data")
    with np.load(HINTON) as arrays:
        windows, words = arrays["train"], arrays["vocab"].tolist()
    trainer = WordWindow().fit(windows, vocabulary=words, progress=False)
    assert trainer.history["loss"][-1] <= 3.2130
    keys, vectors = trainer.embeddings()
    store = vecstore.from_arrays(vectors, keys=keys)
    assert store.similar("he", k=1).keys[0] == "she"
