"""Files of Keras, read without it. Those that a test needs are written by Keras itself."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import vecstore
from tests.ingest.keras_models import (
    DIM,
    FORMATS,
    WORDS,
    model_with,
    output_of,
    quantise,
    saved,
    words,
)
from tests.real_data import real
from vecstore import ingest
from vecstore.errors import IngestError
from vecstore.ingest.keras import read_embedding

MOBILENET = "keras-mobilenet-0.75/mobilenet_7_5_224_tf.weights.h5"
SQUEEZENET = "keras-squeezenet-notop/squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5"


@pytest.fixture(scope="module")
def keras() -> Any:
    return pytest.importorskip("keras")


# Which matrix.


@pytest.mark.keras
@pytest.mark.parametrize("name", FORMATS)
def test_the_only_embedding_is_found_in_every_format(keras: Any, tmp_path: Path, name: str) -> None:
    layer = words(keras)
    model = model_with(keras, layer)
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)  # they have the shapes of weights
    path = saved(model, tmp_path, name)
    np.testing.assert_array_equal(read_embedding(path), output_of(layer))
    np.testing.assert_array_equal(read_embedding(path, "words"), output_of(layer))
    assert read_embedding(path, "out").shape == (3 * DIM, 4)


@pytest.mark.keras
@pytest.mark.parametrize("name", FORMATS)
def test_of_several_embeddings_one_must_be_named(keras: Any, tmp_path: Path, name: str) -> None:
    layers = [words(keras, "word"), words(keras, "place")]
    path = saved(model_with(keras, *layers), tmp_path, name)
    with pytest.raises(
        IngestError, match=r'2 Embedding layers\. Pass layer= .*"(word|place)" \(23'
    ):
        read_embedding(path)
    for layer in layers:
        np.testing.assert_array_equal(read_embedding(path, layer.name), output_of(layer))


@pytest.mark.keras
def test_an_embedding_in_a_model_in_a_model(keras: Any, tmp_path: Path) -> None:
    layer = words(keras)
    ids = keras.Input((3,), dtype="int32")
    inner = keras.Model(ids, keras.layers.Flatten()(layer(ids)), name="inner")
    model = keras.Sequential([keras.Input((3,), dtype="int32"), inner, keras.layers.Dense(4)])
    for name in ("m.keras", "m.weights.h5", "m.h5"):
        path = saved(model, tmp_path, name)
        np.testing.assert_array_equal(read_embedding(path, "words"), output_of(layer))


@pytest.mark.keras
def test_layers_of_the_same_name_are_told_apart_by_their_place(keras: Any, tmp_path: Path) -> None:
    ids = keras.Input((3,), dtype="int32")
    layers = [words(keras), words(keras)]
    models = [keras.Model(ids, layer(ids), name=f"part{i}") for i, layer in enumerate(layers)]
    both = keras.Model(ids, keras.layers.Add()([model(ids) for model in models]))
    both.save(tmp_path / "m.keras")
    with pytest.raises(ValueError, match=r'"words" is the name of "layers/functional/') as error:
        read_embedding(tmp_path / "m.keras", "words")
    assert "layers/functional_1/layers/embedding" in str(error.value)
    found = read_embedding(tmp_path / "m.keras", "layers/functional_1/layers/embedding")
    np.testing.assert_array_equal(found, output_of(layers[1]))


@pytest.mark.keras
def test_without_an_embedding_the_matrices_are_listed(keras: Any, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="a")])
    model.save(tmp_path / "m.keras")
    with pytest.raises(
        IngestError, match=r'no Embedding layer. Pass layer= with one of "a" \(3, 2'
    ):
        read_embedding(tmp_path / "m.keras")
    with pytest.raises(ValueError, match=r'`layer` must be one of "a" \(3, 2\) in .*; got "b"'):
        read_embedding(tmp_path / "m.keras", "b")


# Its values.


@pytest.mark.keras
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_other_floats_become_float32(keras: Any, tmp_path: Path, dtype: str) -> None:
    layer = words(keras, dtype=dtype)
    model_with(keras, layer).save_weights(tmp_path / "m.weights.h5")
    found = read_embedding(tmp_path / "m.weights.h5", "words")
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, output_of(layer))


@pytest.mark.keras
@pytest.mark.parametrize("name", ["m.keras", "m.weights.h5", "m.h5"])
@pytest.mark.parametrize("bits", ["int8", "int4", "int4 in groups of 2"])
def test_quantised_weights_are_what_the_layer_gives(
    keras: Any, tmp_path: Path, bits: str, name: str
) -> None:
    from keras.quantizers import Int4QuantizationConfig

    layer = words(keras)
    model = model_with(keras, layer)
    before = output_of(layer)
    if bits == "int8":
        quantise(model, "int8")
    else:
        block = 2 if "2" in bits else None
        quantise(model, config=Int4QuantizationConfig(block_size=block))
    path = saved(model, tmp_path, name)
    if bits == "int4" and name == "m.weights.h5":
        with pytest.raises(IngestError, match=r"quantised, to 4 bits .* Save the model as \.keras"):
            read_embedding(path)
        return
    found = read_embedding(path)
    np.testing.assert_allclose(found, output_of(layer), rtol=1e-6)
    assert np.abs(found - before).max() > 0


@pytest.mark.keras
@pytest.mark.parametrize("name", ["m.keras", "m.weights.h5", "m.h5"])
def test_lora_is_added(keras: Any, tmp_path: Path, name: str) -> None:
    layer = words(keras)
    model = model_with(keras, layer)
    before = output_of(layer)
    layer.enable_lora(2, lora_alpha=3)
    layer.lora_embeddings_b.assign(np.ones((2, DIM)))
    path = saved(model, tmp_path, name)
    np.testing.assert_allclose(read_embedding(path), output_of(layer), rtol=1e-6)
    assert np.abs(output_of(layer) - before).max() > 0.01


@pytest.mark.keras
def test_lora_weights_without_their_scale_are_refused(keras: Any, tmp_path: Path) -> None:
    layer = words(keras)
    model = model_with(keras, layer)
    layer.enable_lora(2)
    path = saved(model, tmp_path, "legacy.weights")
    with pytest.raises(IngestError, match="has LoRA weights, and weights alone do not tell"):
        read_embedding(path)


# Into a store.


@pytest.mark.keras
@pytest.mark.parametrize("name", FORMATS)
def test_a_model_is_imported_with_its_keys(keras: Any, tmp_path: Path, name: str) -> None:
    layer = words(keras)
    path = saved(model_with(keras, layer), tmp_path, name)
    vocabulary = tmp_path / "vocabulary.txt"
    vocabulary.write_text("".join(f"word{row}\n" for row in range(WORDS)))
    report = ingest.import_into(path, tmp_path / "words.vecs", keys=vocabulary)
    assert (report.format, report.rows) == ("keras", WORDS)
    with vecstore.open(tmp_path / "words.vecs") as store:
        np.testing.assert_array_equal(store["word7"], output_of(layer)[7])


@pytest.mark.keras
def test_keys_must_be_as_many_as_rows(keras: Any, tmp_path: Path) -> None:
    path = saved(model_with(keras, words(keras)), tmp_path, "m.keras")
    (tmp_path / "vocabulary.txt").write_text("one\ntwo\n")
    with pytest.raises(IngestError, match="holds 23 vectors, but there are 2 keys"):
        ingest.read(path, keys=tmp_path / "vocabulary.txt")


# Files that are not as they should be.


def test_hdf5_of_others_stays_what_it_was(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["vars/x"] = np.eye(2)
        del file["vars"]
        file["layers/one"] = np.eye(3)
    assert ingest.read(tmp_path / "a.h5").format == "hdf5"
    with pytest.raises(IngestError, match="cannot be read as a file of Keras: it holds no weights"):
        read_embedding(tmp_path / "a.h5")


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("king 1 2\n")
    with pytest.raises(IngestError, match=r"a\.txt cannot be read as a file of Keras"):
        read_embedding(tmp_path / "a.txt")
    with pytest.raises(FileNotFoundError):
        read_embedding(tmp_path / "b.keras")


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    index = {"weight_map": {"/layers/embedding/vars": ["m_00000.weights.h5"]}}
    path = tmp_path / "m.weights.json"
    path.write_text(json.dumps(index))
    with pytest.raises(IngestError, match=r"m_00000\.weights\.h5 is missing, which belongs to it"):
        read_embedding(path)


@pytest.mark.parametrize(
    "index", ['{"weight_map": 3}', '{"weight_map": {"a": 3}}', '{"weight_map"']
)
def test_a_damaged_index_is_refused(tmp_path: Path, index: str) -> None:
    (tmp_path / "m.weights.json").write_text(index)
    with pytest.raises(IngestError, match="its weight_map names no files"):
        read_embedding(tmp_path / "m.weights.json")


def test_a_damaged_configuration_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file["layers/embedding/vars/0"] = np.eye(3)
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.write(tmp_path / "weights.h5", "model.weights.h5")
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", "{" * 100)
    with pytest.raises(IngestError, match=r"m\.keras cannot be read as a file of Keras"):
        read_embedding(tmp_path / "m.keras")


def test_what_was_unpacked_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file["layers/embedding/vars/0"] = np.eye(3)
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.write(tmp_path / "weights.h5", "model.weights.h5")
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", "{}")
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    np.testing.assert_array_equal(read_embedding(tmp_path / "m.keras"), np.eye(3))
    assert list((tmp_path / "scratch").iterdir()) == []


def test_reading_files_loads_no_keras(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "m.weights.h5", "w") as file:
        file["layers/embedding/vars/0"] = np.eye(3)
    program = (
        "import sys; from vecstore.ingest.keras import read_embedding\n"
        "print(read_embedding(sys.argv[1]).shape, {'keras', 'tensorflow'} & {*sys.modules})"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "m.weights.h5")]
    assert subprocess.run(command, check=True, stdout=-1, text=True).stdout == "(3, 3) set()\n"


@pytest.mark.parametrize(
    "use", ["embedding_layer(None)", "StoreEmbeddings", "read_embedding(object())"]
)
def test_without_keras_what_needs_it_says_what_to_install(use: str) -> None:
    program = (
        "import sys; sys.modules['keras'] = None\n"
        "import vecstore.ingest.keras as road\n"
        f"try: road.{use}\n"
        "except ImportError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", program], check=True, stdout=-1, text=True).stdout
    assert said == (
        'Layers and models need Keras and TensorFlow; pip install "vecstore-exact[keras]".\n'
    )


# Real ones, which lie beside a checkout or do not.


def test_real_weights_of_keras_3() -> None:
    path = real(MOBILENET)
    classes = read_embedding(path, "conv_preds")  # from 768 features to 1,000 classes
    with h5py.File(path) as file:
        stored = {
            group.attrs["name"]: group["0"][()]
            for layer in file["layers"].values()
            if "0" in (group := layer["vars"])
        }
    np.testing.assert_array_equal(classes, stored["conv_preds"][0, 0])
    np.testing.assert_array_equal(read_embedding(path, "conv_pw_3"), stored["conv_pw_3"][0, 0])
    with pytest.raises(IngestError, match=r"has no Embedding layer. Pass layer= .* 2 more\."):
        read_embedding(path)
    with pytest.raises(ValueError, match=r'got "conv1"'):  # it sees three by three points at a time
        read_embedding(path, "conv1")


def test_real_weights_of_keras_2() -> None:
    path = real(SQUEEZENET)
    kernel = read_embedding(path, "fire2/expand1x1")
    with h5py.File(path) as file:
        np.testing.assert_array_equal(kernel, file["fire2/expand1x1/uniform3"][0, 0])
    with pytest.raises(IngestError, match=r'no Embedding layer.*"fire2/squeeze1x1" \(64, 16\)'):
        read_embedding(path)


def test_real_weights_become_a_store(tmp_path: Path) -> None:
    path = real(SQUEEZENET)
    report = ingest.import_into(path, tmp_path / "a.vecs", dataset="fire9/expand1x1")
    assert (report.format, report.rows) == ("keras", 64)
    with vecstore.open(tmp_path / "a.vecs") as store:
        np.testing.assert_array_equal(
            store[list(range(64))], read_embedding(path, "fire9/expand1x1")
        )
