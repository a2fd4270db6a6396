"""The classifier of images, on 24 photographs of fruit: what it learns, keeps and refuses."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vecstore
from tests.real_data import real
from vecstore.errors import IngestError, VecstoreError

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from vecstore.images.extractor import ImageExtractor  # noqa: E402 (after what may be skipped)
from vecstore.trainers import ImageClassifier  # noqa: E402

pytestmark = [pytest.mark.keras, pytest.mark.images]

ROOT = Path(__file__).parents[3]
FRUIT = ROOT / "vecstore" / "data" / "images"
SIDE = 64
EPOCHS = 8
FROZEN = 79  # of 86 layers: the fewer learn, the less there is to compile

Make = Callable[..., ImageClassifier]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random filters, behind which normalisation knows what to expect of fruit."""
    keras.utils.set_random_seed(0)
    network = keras.applications.MobileNet(
        alpha=0.25, weights=None, include_top=False, input_shape=(SIDE, SIDE, 3)
    )
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    images = [
        keras.utils.img_to_array(keras.utils.load_img(file, target_size=(SIDE, SIDE)))
        for file in sorted(FRUIT.rglob("*.jpg"))
    ]
    network(np.stack(images) / 127.5 - 1, training=True)
    path: Path = tmp_path_factory.mktemp("weights") / "mobilenet.weights.h5"
    network.save_weights(path)
    return path


@pytest.fixture(scope="module")
def make(weights: Path) -> Make:
    def make(**changed: Any) -> ImageClassifier:
        options = {"head": [32], "alpha": 0.25, "size": SIDE, "learning_rate": 3e-3}
        return ImageClassifier(weights=weights, **(options | {"freeze": FROZEN} | changed))

    return make


@pytest.fixture(scope="module")
def trained(make: Make) -> ImageClassifier:
    return make().fit(FRUIT, epochs=EPOCHS, batch_size=9, validation=0.25)


# What it learns.


def test_fruit_is_told_apart(trained: ImageClassifier) -> None:
    assert trained.labels == ["Banana", "Lime", "Red-Delicious"]
    assert trained.model.count_params() == 218_544 + (256 + 1) * 32 + (32 + 1) * 3
    history = trained.history
    assert set(history.columns) == {
        "epoch",
        "accuracy",
        "loss",
        "val_accuracy",
        "val_loss",
        "seconds",
    }
    assert history["epoch"].to_list() == list(range(1, EPOCHS + 1))
    assert history["loss"][-1] < history["loss"][0] / 2
    assert history["accuracy"][-1] > 0.9


@pytest.mark.slow
def test_the_parameters_are_those_of_the_recipe() -> None:
    """MobileNet without its classifier has 3,228,864."""
    files = sorted(FRUIT.rglob("*.jpg"))[6:10]
    classifier = ImageClassifier(weights=None, size=32)
    classifier.fit((files, ["cats", "dogs", "horses", "cats"]), epochs=1, batch_size=4)
    head = (1024 + 1) * 1024 + (1024 + 1) * 1024 + (1024 + 1) * 512 + (512 + 1) * 3
    assert classifier.model.count_params() == 3_228_864 + head == 5_854_403
    base = next(one for one in classifier.model.layers if one.name.startswith("mobilenet"))
    assert [layer.trainable for layer in base.layers] == 20 * [False] + 66 * [True]


def test_the_first_layers_stay_and_the_others_learn(
    trained: ImageClassifier, weights: Path
) -> None:
    base = next(one for one in trained.model.layers if one.name.startswith("mobilenet"))
    fresh = keras.applications.MobileNet(
        alpha=0.25, weights=None, include_top=False, input_shape=(SIDE, SIDE, 3)
    )
    fresh.load_weights(weights)
    for place, (layer, same) in enumerate(zip(base.layers, fresh.layers, strict=True)):
        for weight, other in zip(layer.get_weights(), same.get_weights(), strict=True):
            assert np.array_equal(weight, other) == (place < FROZEN)


def test_the_same_seed_gives_the_same_losses(make: Make, trained: ImageClassifier) -> None:
    again = make().fit(FRUIT, epochs=1, batch_size=9, validation=0.25)
    assert again.held_out == trained.held_out
    first = trained.history.row(0, named=True)
    repeated = again.history.row(0, named=True)
    for name in ("loss", "val_loss"):
        assert repeated[name] == pytest.approx(first[name], rel=1e-3)


class Watched(ImageClassifier):
    """Remembers in which order each `fit` would show its images."""

    def _train(self, x: Any, *arguments: Any, **options: Any) -> None:
        self.orders = [*getattr(self, "orders", []), [int(y) for _, ys in x for y in ys]]
        super()._train(x, *arguments, **options)


def test_a_second_fit_has_another_order_which_loading_does_not_change(
    weights: Path, tmp_path: Path
) -> None:
    classifier = Watched(weights=weights, alpha=0.25, size=SIDE, head=[8], freeze=FROZEN)
    classifier.fit(FRUIT, epochs=1, batch_size=8)
    classifier.save(tmp_path / "fruit")
    classifier.fit(FRUIT, epochs=1, batch_size=8)
    keras.utils.set_random_seed(99)  # a process of its own would have another seed, too
    loaded = Watched.load(tmp_path / "fruit").fit(FRUIT, epochs=1, batch_size=8)
    first, second = classifier.orders
    assert first != second
    assert loaded.orders == [second]
    assert loaded.history["loss"][-1] == pytest.approx(classifier.history["loss"][-1], rel=1e-3)


# What is held out.


def test_images_held_out_are_known_by_relative_paths_from_anywhere(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(FRUIT, tmp_path / "fruit")
    monkeypatch.chdir(tmp_path)
    files = sorted(Path("fruit").rglob("*.jpg"))
    classifier = make().fit(
        (files, [file.parent.name for file in files]), epochs=1, batch_size=9, validation=0.25
    )
    monkeypatch.chdir(FRUIT)
    keys, _ = classifier.embeddings()
    assert keys == [str(tmp_path / file) for file in files]
    parts = classifier.attributes()["part"]
    held_out = [key for key, part in zip(keys, parts, strict=True) if part == "held out"]
    assert held_out == classifier.held_out
    assert len(held_out) == 6


def test_a_share_of_each_class_is_held_out(trained: ImageClassifier) -> None:
    folders = [key.split("/")[0] for key in trained.held_out]
    assert folders == 2 * ["Banana"] + 2 * ["Lime"] + 2 * ["Red-Delicious"]


# What it says about images.


def test_probabilities_and_predictions_go_with_the_labels(trained: ImageClassifier) -> None:
    files = sorted(FRUIT.rglob("*.jpg"))[7:9]
    found = trained.probabilities(files)
    assert found.shape == (2, 3)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert trained.predict(files) == [trained.labels[place] for place in found.argmax(axis=1)]
    told = trained.predict(FRUIT)
    right = [file.parent.name for file in sorted(FRUIT.rglob("*.jpg"))]
    assert np.mean([one == other for one, other in zip(told, right, strict=True)]) > 0.8


def test_an_image_that_no_unit_answers_to_has_a_vector_all_the_same(
    make: Make, tmp_path: Path
) -> None:
    """Units with a bias far below nothing give zeros behind their ReLU."""
    classifier = make(head=[4]).fit(FRUIT, epochs=1, batch_size=24)
    layer = classifier.model.get_layer("vector")
    layer.set_weights([layer.get_weights()[0], np.full(4, -1e6, np.float32)])
    with classifier.to_store(tmp_path / "fruit.vecs") as store:
        assert len(store) == 24


def test_an_image_that_vanishes_is_named(trained: ImageClassifier, tmp_path: Path) -> None:
    folder = shutil.copytree(FRUIT / "Lime", tmp_path / "Lime")
    (folder / "Lime_006.jpg").write_bytes(b"")
    with pytest.raises(IngestError, match=r"^1 of 8 images cannot be read: Lime_006\.jpg \(Input"):
        trained.predict(folder)


def test_vectors_are_those_of_the_last_dense_layer(trained: ImageClassifier) -> None:
    keys, vectors = trained.embeddings()
    assert keys == [file.relative_to(FRUIT).as_posix() for file in sorted(FRUIT.rglob("*.jpg"))]
    assert vectors.shape == (24, 32)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(trained.encode(FRUIT), vectors)
    extractor = ImageExtractor(trained.model, "vector", preprocess="none")
    np.testing.assert_allclose(extractor.extract(FRUIT)[1], vectors, rtol=1e-4, atol=1e-5)


def test_a_store_knows_what_was_held_out(trained: ImageClassifier, tmp_path: Path) -> None:
    with trained.to_store(tmp_path / "fruit.vecs") as store:
        assert len(store) == 24
        frame = store.frame()
        assert frame.filter(frame["part"] == "held out")["key"].to_list() == trained.held_out
        assert frame["label"].to_list() == [key.split("/")[0] for key in frame["key"]]
        assert frame["path"][0] == str(FRUIT / frame["key"][0])
        [origin] = store.info()["provenance"]
    assert origin["trainer"] == "ImageClassifier"
    assert origin["parameters"]["base"] == "MobileNet"


def test_a_classifier_is_saved_and_goes_on(trained: ImageClassifier, tmp_path: Path) -> None:
    trained.save(tmp_path / "fruit")
    loaded = ImageClassifier.load(tmp_path / "fruit")
    assert loaded.parameters == trained.parameters
    assert (loaded.labels, loaded.held_out) == (trained.labels, trained.held_out)
    np.testing.assert_allclose(loaded.embeddings()[1], trained.embeddings()[1], rtol=1e-5)
    shutil.copytree(FRUIT / "Lime", tmp_path / "others" / "Lime")
    loaded.fit(FRUIT, epochs=1, batch_size=24, validation=tmp_path / "others")
    assert loaded.history["epoch"].to_list() == list(range(1, EPOCHS + 2))
    assert loaded.history["val_accuracy"].null_count() == 0
    assert loaded.held_out == []


# What is refused, before any training.


def test_nothing_is_known_before_fit(make: Make) -> None:
    with pytest.raises(VecstoreError, match="call fit first"):
        make().embeddings()
    with pytest.raises(VecstoreError, match="call fit first"):
        make().predict(FRUIT)


def test_wrong_parameters_are_refused(make: Make) -> None:
    with pytest.raises(ValueError, match=r'`base` must name .* Did you mean "MobileNet"'):
        ImageClassifier("mobilnet")
    with pytest.raises(ValueError, match="`learning_rate` must be above 0; got 0"):
        ImageClassifier(learning_rate=0)
    with pytest.raises(ValueError, match="`learning_rate` must be above 0 and finite; got inf"):
        ImageClassifier(learning_rate=float("inf"))
    with pytest.raises(TypeError, match="`learning_rate` must be a number; got str"):
        ImageClassifier(learning_rate="x")
    with pytest.raises(ValueError, match="`alpha` must be above 0; got -1"):
        ImageClassifier(alpha=-1)
    with pytest.raises(TypeError, match="`size` must be an integer; got float"):
        ImageClassifier(size=64.5)
    with pytest.raises(ValueError, match="`head` must be at least 1; got 0"):
        ImageClassifier(head=[0])
    with pytest.raises(FileNotFoundError, match=r"gone\.h5 is not there"):
        ImageClassifier(weights="gone.h5").fit(FRUIT)


def test_parameters_may_be_numbers_of_numpy() -> None:
    given = ImageClassifier(
        alpha=np.float32(0.75), size=np.int64(64), learning_rate=np.float32(0.5)
    ).parameters
    assert [given[name] for name in ("alpha", "size", "learning_rate")] == [0.75, 64, 0.5]


def test_a_folder_needs_two_classes(make: Make, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r'at least two classes; got only "Lime"'):
        make().fit(FRUIT / "Lime")
    with pytest.raises(IngestError, match="holds no images"):
        make().fit(tmp_path)
    with pytest.raises(TypeError, match=r"`data` must be the path of a folder, or a pair"):
        make().fit(3)


@pytest.mark.parametrize(
    ("labels", "kind"), [(np.arange(2), "int64"), (["a", None], "NoneType"), (["a", 1], "int")]
)
def test_labels_are_texts(trained: ImageClassifier, labels: Any, kind: str) -> None:
    files = sorted(FRUIT.rglob("*.jpg"))[7:9]
    with pytest.raises(TypeError, match=f"^`data` must hold labels of type str; .* {kind}.$"):
        trained.fit((files, labels))
    with pytest.raises(TypeError, match=f"^`validation` must hold labels of type str; .* {kind}"):
        trained.fit(FRUIT, validation=(files, labels))


def test_a_share_must_leave_images_on_both_sides(make: Make) -> None:
    with pytest.raises(
        ValueError, match=r"`validation` must leave images of each class .* 0\.01 of"
    ):
        make().fit(FRUIT, validation=0.01)


def test_damaged_images_are_left_out_and_named(make: Make, tmp_path: Path) -> None:
    folder = shutil.copytree(FRUIT, tmp_path / "fruit")
    (folder / "Lime" / "Lime_001.jpg").write_bytes(b"")
    (folder / "Lime" / "Lime_002.tiff").write_bytes(b"")
    classifier = make()
    with pytest.warns(
        UserWarning,
        match=r"^2 files are left out: .*001\.jpg \(Input is empty\), no images: \.tiff 1\.$",
    ):
        classifier.fit(folder, epochs=1, validation=0.25)
    classifier.save(tmp_path / "saved")
    for one in (classifier, ImageClassifier.load(tmp_path / "saved")):
        keys, vectors = one.embeddings()
        assert len(keys) == len(vectors) == len(one.attributes()["part"]) == 23
        assert "Lime/Lime_001.jpg" not in keys


def test_of_many_damaged_images_some_are_named(make: Make, tmp_path: Path) -> None:
    folder = shutil.copytree(FRUIT, tmp_path / "fruit")
    for file in (folder / "Lime").iterdir():
        file.write_bytes(b"")
    with pytest.raises(
        IngestError, match=r"^8 of 24 images .*Lime_001\.jpg \(Input .*\), and 3 more\. Remove"
    ):
        make().fit(folder)


def test_a_new_class_is_refused_by_one_that_has_learned(
    trained: ImageClassifier, tmp_path: Path
) -> None:
    shutil.copytree(FRUIT / "Lime", tmp_path / "Lemon")
    shutil.copytree(FRUIT / "Lime", tmp_path / "Lime")
    with pytest.raises(ValueError, match="`data` must have the classes of the training; got Lemon"):
        trained.fit(tmp_path)
    with pytest.raises(ValueError, match=r"`validation` must have the classes .* got Lemon"):
        trained.fit(FRUIT, validation=tmp_path)


# Real weights, real animals.


@pytest.mark.slow
def test_animals_are_told_apart_better_than_by_their_neighbours() -> None:
    animals = real("images/cats-dogs-horses.tar.gz")
    network = real("keras-mobilenet-0.75/mobilenet_7_5_224_tf_no_top.weights.h5")
    classifier = ImageClassifier(weights=network, alpha=0.75)
    classifier.fit(animals, epochs=5, batch_size=32, validation=0.2)
    extractor = ImageExtractor("mobilenet", weights=network, alpha=0.75)
    keys, vectors, labels = extractor.extract(animals)
    assert labels is not None
    named = dict(zip(keys, labels, strict=True))
    held_out = np.isin(keys, classifier.held_out)
    store = vecstore.from_arrays(vectors[~held_out], keys=np.array(keys)[~held_out].tolist())
    nearest = store.search(vectors[held_out], k=1).keys[:, 0]
    told = [
        named[key] == named[near] for key, near in zip(classifier.held_out, nearest, strict=True)
    ]
    assert len(told) == 39
    assert np.mean(told) > 0.9
    assert classifier.history["val_accuracy"][-1] >= np.mean(told) - 0.03
