"""One step of the layer against word2vec's rule, pair by pair and in float64."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from vecstore.trainers.corpus.segments import WIDTH, segments  # noqa: E402
from vecstore.trainers.words.negative_sampling import NegativeSampling  # noqa: E402 (needs Keras)

pytestmark = pytest.mark.keras

WORDS, DIM, WINDOW, NEGATIVE, RATE = 12, 5, 2, 3, 0.1


def batch(steps: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    text = rng.integers(-1, WORDS, 400).astype(np.int32)
    rows = segments(text, np.ones(WORDS), WINDOW, rng)[: 2 * steps]
    return {
        "segments": rows,
        "noise": rng.integers(0, WORDS, (len(rows), 3)).astype(np.int32),
        "rate": np.full((len(rows), 1), RATE, np.float32),
    }


def layer(cbow: bool) -> NegativeSampling:
    made = NegativeSampling(
        words=WORDS, dim=DIM, window=WINDOW, negative=NEGATIVE, cbow=cbow, rows=2
    )
    made.build(None)
    rng = np.random.default_rng(2)
    for table in (made.words, made.contexts):
        table.embeddings.assign(rng.normal(0, 0.5, (WORDS, DIM)))
    return made


def tables(made: NegativeSampling) -> tuple[np.ndarray, np.ndarray]:
    return tuple(np.asarray(t.embeddings, np.float64) for t in (made.words, made.contexts))


def sigmoid(x: float) -> float:
    return 1 / (1 + np.exp(-x))


def by_pairs(
    words: np.ndarray, contexts: np.ndarray, inputs: dict[str, np.ndarray], cbow: bool
) -> tuple[np.ndarray, np.ndarray, float, int]:
    """Return both tables after one step, the summed loss, and the number of pairs."""
    new_words, new_contexts, loss, pairs = words.copy(), contexts.copy(), 0.0, 0
    noise = inputs["noise"].ravel()
    weight = NEGATIVE / len(noise)

    def learn(sources: list[int], target: int) -> None:
        nonlocal loss, pairs
        mean = words[sources].mean(axis=0)
        pull = sigmoid(-mean @ contexts[target])
        change = pull * contexts[target]
        new_contexts[target] += RATE * pull * mean
        loss -= np.log(sigmoid(mean @ contexts[target]))
        for drawn in noise:
            push = weight * sigmoid(mean @ contexts[drawn])
            change = change - push * contexts[drawn]
            new_contexts[drawn] -= RATE * push * mean
            loss -= weight * np.log(sigmoid(-mean @ contexts[drawn]))
        for source in sources:
            new_words[source] += RATE * change
        pairs += 1

    for row in inputs["segments"]:
        around, left = row[: WIDTH + 2 * WINDOW], row[WIDTH + 2 * WINDOW : -WIDTH]
        for place in range(WIDTH):
            at = place + WINDOW
            near = [
                *around[at - left[place] : at],
                *around[at + 1 : at + 1 + row[place - WIDTH]],
            ]
            if cbow and near:
                learn(near, around[at])
            elif not cbow:
                for target in near:
                    learn([around[at]], target)
    return new_words, new_contexts, loss, pairs


@pytest.mark.parametrize("cbow", [False, True])
def test_a_step_is_the_sum_over_all_pairs(cbow: bool) -> None:
    made, inputs = layer(cbow), batch(steps=1)
    words, contexts, loss, pairs = by_pairs(*tables(made), inputs, cbow)
    mean = made(inputs, training=True)
    assert float(mean[0]) == pytest.approx(loss / pairs, rel=1e-5)
    for ours, theirs in zip(tables(made), (words, contexts), strict=True):
        assert np.allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("cbow", [False, True])
def test_steps_follow_each_other(cbow: bool) -> None:
    made, inputs = layer(cbow), batch(steps=3)
    words, contexts, total, pairs = *tables(made), 0.0, 0
    for start in range(0, 6, 2):
        one = {name: rows[start : start + 2] for name, rows in inputs.items()}
        words, contexts, loss, more = by_pairs(words, contexts, one, cbow)
        total, pairs = total + loss, pairs + more
    assert float(made(inputs, training=True)[0]) == pytest.approx(total / pairs, rel=1e-5)
    assert np.allclose(tables(made)[0], words, atol=1e-5)
    assert np.allclose(tables(made)[1], contexts, atol=1e-5)


def test_words_with_shorter_steps_move_less() -> None:
    whole, half, inputs = layer(False), layer(False), batch(steps=1)
    before = tables(whole)[0]
    half.steps[0].assign(np.full(WORDS, 0.5))
    whole(inputs, training=True)
    half(inputs, training=True)
    assert np.allclose(tables(half)[0] - before, (tables(whole)[0] - before) / 2, atol=1e-6)
    assert np.allclose(tables(half)[1], tables(whole)[1], atol=1e-6)


def test_asking_for_the_loss_changes_nothing() -> None:
    made, inputs = layer(True), batch(steps=1)
    before = tables(made)
    assert float(made(inputs)[0]) == pytest.approx(float(made(inputs, training=True)[0]))
    fresh = layer(True)
    fresh(inputs)
    assert all(np.array_equal(a, b) for a, b in zip(before, tables(fresh), strict=True))


def test_it_can_be_made_again_from_its_description() -> None:
    made = layer(True)
    again = NegativeSampling.from_config(made.get_config())
    assert again.get_config() == made.get_config()
