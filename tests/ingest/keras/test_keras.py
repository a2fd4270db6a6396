"""Models in memory: their embeddings, and stores as layers of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vecstore
from vecstore import ingest
from vecstore.errors import DuplicateKeyError, IngestError, KeyNotFoundError
from vecstore.ingest.keras import embedding_layer, read_embedding
from vecstore.store.store import Store

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.keras

RNG = np.random.default_rng(6)
WORDS = [f"w{i}" for i in range(12)]
VECTORS = RNG.standard_normal((12, 4)).astype(np.float32)


@pytest.fixture
def store() -> Iterator[Store]:
    with vecstore.from_arrays(VECTORS, keys=WORDS) as store:
        yield store


# Out of a model.


def test_an_embedding_of_a_layer_and_of_models() -> None:
    layer = keras.layers.Embedding(7, 3, name="words")
    layer.build(None)
    (matrix,) = layer.get_weights()
    np.testing.assert_array_equal(read_embedding(layer), matrix)
    inner = keras.Sequential([keras.Input((2,)), layer, keras.layers.Flatten()])
    outer = keras.Sequential([inner, keras.layers.Dense(5, name="out")])
    np.testing.assert_array_equal(read_embedding(outer), matrix)
    np.testing.assert_array_equal(read_embedding(outer, "words"), matrix)
    np.testing.assert_array_equal(read_embedding(outer, "out"), outer.layers[1].get_weights()[0])


def test_an_embedding_in_a_layer_of_the_users_own() -> None:
    class Encoder(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.table = keras.layers.Embedding(7, 3)
            self.project = keras.layers.Dense(2, name="project")

        def call(self, ids: Any) -> Any:
            return self.project(self.table(ids))

    encoder = Encoder()
    encoder(np.zeros((1, 2), int))
    np.testing.assert_array_equal(read_embedding(encoder), encoder.table.get_weights()[0])
    assert read_embedding(encoder, "project").shape == (3, 2)


@pytest.mark.parametrize("how", ["int8", "int4", "lora", "int8 and lora"])
def test_the_values_are_those_that_the_layer_gives(how: str) -> None:
    layer = keras.layers.Embedding(7, 3)
    layer.build(None)
    if how.startswith("int"):
        layer.quantize(how[:4])
    if how.endswith("lora"):
        layer.enable_lora(2, lora_alpha=5)
        layer.lora_embeddings_b.assign(np.ones((2, 3)))
    given = keras.ops.convert_to_numpy(layer(np.arange(7)))
    found = read_embedding(layer)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, given, rtol=1e-6)


def test_values_are_not_rounded_to_what_the_layer_computes_in() -> None:
    layer = keras.layers.Embedding(7, 3, dtype="mixed_bfloat16")
    layer.build(None)
    np.testing.assert_array_equal(read_embedding(layer), layer.get_weights()[0])


def test_what_is_no_embedding_is_refused() -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="a")], name="mine")
    with pytest.raises(IngestError, match=r'Sequential "mine" has no Embedding layer\. .* "a" \(3'):
        read_embedding(model)
    with pytest.raises(ValueError, match=r'`layer` must be one of "a" \(3, 2\) in .*; got "b"\.'):
        read_embedding(model, "b")
    with pytest.raises(IngestError, match=r"None of its weights is a matrix of floats\."):
        read_embedding(keras.layers.Embedding(7, 3))  # it has no weights yet
    with pytest.raises(TypeError, match=r"must be a path, a Keras model or a layer; got ndarray\."):
        read_embedding(VECTORS)


# Into a model.


def test_known_words_have_their_vectors_and_unknown_ones_zeros(store: Store) -> None:
    lookup, embedding = embedding_layer(store)
    found = embedding(lookup(np.array([["w3", "w0"], ["what?", "w11"]])))
    expected = np.stack([VECTORS[[3, 0]], [np.zeros(4), VECTORS[11]]])
    np.testing.assert_array_equal(found, expected)
    assert embedding.built
    assert not embedding.trainable_weights


def test_some_keys_in_an_order_of_the_callers(store: Store) -> None:
    lookup, embedding = embedding_layer(store, ["w5", "w2"], trainable=True, oov=3)
    assert lookup(np.array(["w5", "w2"])).numpy().tolist() == [3, 4]
    assert set(lookup(np.array(["w0", "w1", "w3", "w4"])).numpy().tolist()) <= {0, 1, 2}
    np.testing.assert_array_equal(embedding.get_weights()[0][3:], VECTORS[[5, 2]])
    assert embedding.trainable_weights


def test_id_0_may_be_padding(store: Store) -> None:
    lookup, embedding = embedding_layer(store, ["w3", "w5"], oov=2, mask_zero=True, name="words")
    assert (lookup.name, embedding.name, embedding.mask_zero) == ("words_lookup", "words", True)
    ids = np.asarray(lookup(keras.ops.convert_to_tensor([["", "w3", "w5", "what?"]])))
    assert ids[0, :3].tolist() == [0, 3, 4]
    assert ids[0, 3] in (1, 2)
    np.testing.assert_array_equal(read_embedding(embedding)[3:], VECTORS[[3, 5]])
    assert not read_embedding(embedding)[:3].any()
    assert np.asarray(embedding.compute_mask(ids)).tolist() == [[False, True, True, True]]


def test_padding_of_integers_is_a_number_that_is_no_key() -> None:
    with vecstore.from_arrays(np.eye(3), keys=[0, -1, 7]) as numbers:
        lookup, _ = embedding_layer(numbers, mask_zero=True)
    ids = np.asarray(lookup(np.array([[-2, 5, 0, -1, 7]])))
    assert ids.tolist() == [[0, 1, 2, 3, 4]]


def test_other_arguments_are_those_of_an_embedding(store: Store) -> None:
    _, embedding = embedding_layer(store, embeddings_regularizer="l2", dtype="float64")
    assert isinstance(embedding.embeddings_regularizer, keras.regularizers.L2)
    for name, match in (("output_dim", "is what the store says"), ("maskzero", "an argument of")):
        with pytest.raises(TypeError, match=f"`{name}` .*{match}"):
            embedding_layer(store, **{name: 3})
    with (
        vecstore.from_arrays(np.eye(1), keys=[""]) as empty,
        pytest.raises(ValueError, match="`mask_zero` must be False where the empty string"),
    ):
        embedding_layer(empty, mask_zero=True)


def test_keys_may_be_integers_among_them_those_that_mean_something_to_keras() -> None:
    store = vecstore.from_arrays(VECTORS[:3], keys=[-1, 10**12, 0])
    lookup, embedding = embedding_layer(store)
    np.testing.assert_array_equal(
        embedding(lookup(np.array([10**12, -1, 0, 5])))[:3], VECTORS[[1, 0, 2]]
    )


def test_keys_may_be_the_word_for_unknown_ones() -> None:
    store = vecstore.from_arrays(VECTORS[:3], keys=["[UNK]", "", "a b"])
    lookup, embedding = embedding_layer(store)
    found = embedding(lookup(np.array(["a b", "", "[UNK]", "nothing"])))
    np.testing.assert_array_equal(found[:3], VECTORS[[2, 1, 0]])
    np.testing.assert_array_equal(found[3], np.zeros(4))


def test_without_ids_for_them_unknown_keys_are_errors(store: Store) -> None:
    lookup, embedding = embedding_layer(store, oov=0)
    np.testing.assert_array_equal(embedding(lookup(np.array(["w7"]))), VECTORS[[7]])
    with pytest.raises(Exception, match="w99"):
        lookup(np.array(["w99"]))


def test_wrong_keys_are_refused(store: Store) -> None:
    with pytest.raises(KeyNotFoundError, match='No key "w99"'):
        embedding_layer(store, ["w1", "w99"])
    with pytest.raises(DuplicateKeyError):
        embedding_layer(store, ["w1", "w1"])
    with pytest.raises(ValueError, match=r"`keys` must hold a key; got none\."):
        embedding_layer(store, [])
    with pytest.raises(ValueError, match="`oov` must be at least 0; got -1"):
        embedding_layer(store, oov=-1)


def test_an_index_is_a_product_with_a_one_hot_vector(store: Store) -> None:
    _, embedding = embedding_layer(store)
    ids = np.array([3, 0, 12, 3])
    one_hot = keras.ops.one_hot(ids, 13)
    np.testing.assert_array_equal(
        embedding(ids), keras.ops.matmul(one_hot, embedding.get_weights()[0])
    )


def classifier(store: Store, **options: Any) -> Any:
    lookup, embedding = embedding_layer(store, **options)
    inputs = keras.Input((2,), dtype="string")
    hidden = keras.layers.Flatten()(embedding(lookup(inputs)))
    return keras.Model(inputs, keras.layers.Dense(1)(hidden))


def test_a_model_with_a_store_in_it_is_saved_and_loaded(store: Store, tmp_path: Path) -> None:
    model = classifier(store)
    asked = keras.ops.convert_to_tensor([["w3", "w0"], ["what?", "w11"]])
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(loaded(asked), model(asked))


def test_a_store_survives_the_way_through_a_model(store: Store, tmp_path: Path) -> None:
    classifier(store, oov=0).save(tmp_path / "m.keras")
    keys = tmp_path / "keys.txt"
    keys.write_text("\n".join(store.keys()))
    ingest.import_into(tmp_path / "m.keras", tmp_path / "again.vecs", keys=keys)
    with vecstore.open(tmp_path / "again.vecs") as again:
        assert again.keys().tolist() == WORDS
        np.testing.assert_array_equal(again[WORDS], VECTORS)


def test_only_trainable_layers_learn(store: Store) -> None:
    asked = keras.ops.convert_to_tensor([["w3", "w0"], ["w7", "w11"]])
    for trainable in (False, True):
        model = classifier(store, trainable=trainable)
        model.compile("sgd", "mse")
        model.train_on_batch(asked, np.ones((2, 1)))
        changed = (read_embedding(model)[1:] != VECTORS).any(axis=1)
        assert [WORDS[row] for row in np.flatnonzero(changed)] == (
            ["w0", "w3", "w7", "w11"] if trainable else []
        )


def test_two_models_share_the_weights_of_a_layer(store: Store) -> None:
    _, embedding = embedding_layer(store, trainable=True)
    ids = keras.Input((1,), dtype="int32")
    one, other = (keras.Model(ids, keras.layers.Flatten()(embedding(ids))) for _ in range(2))
    embedding.set_weights([np.full((13, 4), 2.5)])
    asked = np.array([[4]])
    assert np.asarray(one(asked)).tolist() == np.asarray(other(asked)).tolist() == [[2.5] * 4]
    one.compile("sgd", "mse")
    one.train_on_batch(asked, np.zeros((1, 4)))
    np.testing.assert_array_equal(one(asked), other(asked))
    assert np.asarray(other(asked))[0, 0] < 2.5


def test_the_layer_is_what_the_store_was_when_it_was_made(tmp_path: Path) -> None:
    with vecstore.create(tmp_path / "w.vecs", dim=4) as store:
        store.add(WORDS, VECTORS)
        lookup, embedding = embedding_layer(store)
        store.upsert(["w3"], np.ones((1, 4)))
        np.testing.assert_array_equal(embedding(lookup(np.array(["w3"]))), VECTORS[[3]])
