"""Vectors of images in a store: with their attributes, resumable, and never mixed."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vecstore
from vecstore.errors import IngestError

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from vecstore.images.extractor import ImageExtractor  # noqa: E402 (after what may be skipped)

pytestmark = [pytest.mark.keras, pytest.mark.images]

FRUIT = Path(__file__).parents[2] / "vecstore" / "data" / "images"
SIDE = 24


def blocks(factor: float = 1.0, bias: float = 1.0) -> Any:
    """A model whose vectors are the colours of nine parts of a picture, times a factor."""
    model = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            keras.layers.AveragePooling2D(8),
            keras.layers.Flatten(),
            keras.layers.Rescaling(factor, bias),
        ]
    )
    return model


@pytest.fixture(scope="module")
def extractor() -> ImageExtractor:
    return ImageExtractor(blocks(), preprocess="none")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "fruit.vecs"


# What a store gets.


def test_a_store_has_vectors_and_attributes(extractor: ImageExtractor, store: Path) -> None:
    report = extractor.extract_into(FRUIT, store)
    assert (report.images, report.known, report.skipped) == (24, 0, [])
    assert str(report) == "24 images extracted."
    keys, vectors, labels = extractor.extract(FRUIT)
    with vecstore.open(store) as made:
        assert made.metric == "cosine"
        assert made.keys().tolist() == keys
        np.testing.assert_array_equal(made[keys], vectors)
        frame = made.frame()
        assert frame["label"].to_list() == labels
        assert frame["path"].to_list() == [str(FRUIT / key) for key in keys]
        assert set(frame["width"]) == set(frame["height"]) == {96}


def test_width_and_height_are_not_mistaken_for_each_other(
    extractor: ImageExtractor, store: Path, tmp_path: Path
) -> None:
    keras.utils.save_img(tmp_path / "wide.png", np.full((20, 50, 3), 128.0))
    extractor.extract_into(tmp_path / "wide.png", store, labels=None)
    with vecstore.open(store) as made:
        row = made.frame().row(0, named=True)
    assert (row["width"], row["height"]) == (50, 20)
    assert "label" not in row


def test_where_they_come_from_is_kept_once_for_each_run(
    extractor: ImageExtractor, store: Path
) -> None:
    extractor.extract_into(FRUIT, store, batch_size=4, commit_every=4)
    with vecstore.open(store) as made:
        [origin] = made.info()["provenance"]
        assert made.generation > 6  # one for each commit
    assert origin["preprocessing"] == "none"
    assert origin["source"] == str(FRUIT)
    assert extractor.provenance["weights_sha256"] == origin["weights_sha256"]
    assert {"keras", "python", "vecstore"} <= origin["packages"].keys()


def test_a_new_store_has_the_metric_that_was_asked_for(
    extractor: ImageExtractor, store: Path
) -> None:
    extractor.extract_into(FRUIT, store, metric="euclidean")
    with pytest.raises(ValueError, match=r'`metric` must be "euclidean", as .* has it; got "dot"'):
        extractor.extract_into(FRUIT, store, metric="dot")
    extractor.extract_into(FRUIT, store)


def test_an_open_store_is_added_to_and_stays_open(extractor: ImageExtractor, store: Path) -> None:
    with vecstore.create(store, dim=extractor.dim) as made:
        assert extractor.extract_into(FRUIT, made).images == 24
        assert len(made) == 24


# Going on.


def test_what_the_store_has_is_not_extracted_again(
    extractor: ImageExtractor, store: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "fruit"
    shutil.copytree(FRUIT / "Lime", folder / "Lime")
    extractor.extract_into(folder, store)
    shutil.copytree(FRUIT / "Banana", folder / "Banana")
    asked: list[int | None] = []
    report = extractor.extract_into(folder, store, progress=lambda _, total: asked.append(total))
    assert (report.images, report.known) == (8, 8)
    assert str(report) == "8 images extracted, 8 there already."
    assert set(asked) == {8}
    assert extractor.extract_into(folder, store).known == 16
    with vecstore.open(store) as made:
        assert len(made) == 16
        assert len(made.info()["provenance"]) == 2


def test_an_interrupted_run_keeps_its_commits_and_can_go_on(
    extractor: ImageExtractor, store: Path
) -> None:
    def interrupt(done: int, _: int | None) -> None:
        if done >= 16:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        extractor.extract_into(FRUIT, store, batch_size=4, commit_every=8, progress=interrupt)
    with vecstore.open(store) as made:
        kept = made.keys().tolist()
    assert kept == extractor.extract(FRUIT)[0][:16]
    report = extractor.extract_into(FRUIT, store)
    assert (report.images, report.known) == (8, 16)
    with vecstore.open(store) as made:
        assert made.keys().tolist() == extractor.extract(FRUIT)[0]


# What is left out.


def test_damaged_images_are_reported_each_time(
    extractor: ImageExtractor, store: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(FRUIT, tmp_path / "fruit")
    (folder / "Lime" / "Lime_002.jpg").write_bytes(b"")
    for images in (23, 0):
        report = extractor.extract_into(folder, store)
        assert report.images == images
        assert report.skipped == [("Lime/Lime_002.jpg", "Input is empty")]


def test_nothing_is_left_of_images_that_are_all_damaged(
    extractor: ImageExtractor, store: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    with pytest.raises(IngestError, match=r"None of 1 image can be used"):
        extractor.extract_into(tmp_path, store)
    assert not store.exists()


@pytest.mark.parametrize(
    ("factor", "metric", "reason"),
    [
        (0.0, "cosine", "its vector is all zeros"),
        (0.0, "euclidean", None),
        (np.inf, "euclidean", "its vector is not finite"),
    ],
)
def test_vectors_that_no_search_could_rank_are_skipped(
    store: Path, factor: float, metric: str, reason: str | None
) -> None:
    extractor = ImageExtractor(blocks(factor, 0.0), preprocess="none")
    if reason is None:
        assert extractor.extract_into(FRUIT, store, metric=metric).images == 24
        return
    with pytest.raises(IngestError, match=rf"None of 24 images can be used; \S+: {reason}"):
        extractor.extract_into(FRUIT, store, metric=metric)


# What may not be mixed.


def test_other_preprocessing_is_refused(extractor: ImageExtractor, store: Path) -> None:
    extractor.extract_into(FRUIT, store)
    other = ImageExtractor(blocks(), preprocess="caffe")
    with pytest.raises(ValueError, match=r"preprocessing none; these: .*preprocessing caffe"):
        other.extract_into(FRUIT, store)


@pytest.mark.slow
def test_families_with_other_preprocessing_are_refused(store: Path) -> None:
    """DenseNet121 and MobileNet both have 1,024 numbers to give."""
    small: dict[str, Any] = {"weights": None, "size": 32}
    one, other = (ImageExtractor(name, **small) for name in ("densenet121", "mobilenet"))
    assert one.dim == other.dim
    one.extract_into(FRUIT, store)
    with pytest.raises(
        ValueError,
        match=r"model DenseNet121, .*preprocessing torch.*; these: model MobileNet, .*preproc.* tf",
    ):
        other.extract_into(FRUIT, store)


def filters(seed: int) -> Any:
    """Two layers of random filters over images of any size."""
    keras.utils.set_random_seed(seed)
    pixels = keras.Input((None, None, 3))
    first = keras.layers.Conv2D(4, 3, name="first")(pixels)
    return keras.Model(pixels, keras.layers.Conv2D(4, 3, name="second")(first))


@pytest.mark.parametrize(
    ("what", "changed"),
    [
        ("layer", {"layer": "first"}),
        ("pooling", {"pooling": "max"}),
        ("size", {"size": 32}),
        ("precision float32; these: .*precision bfloat16", {"precision": "bfloat16"}),
        ("weights", {"seed": 1}),
    ],
)
def test_another_network_is_refused(store: Path, what: str, changed: dict[str, Any]) -> None:
    def extractor(*, seed: int = 0, layer: str = "second", **options: Any) -> ImageExtractor:
        options = {"pooling": "avg", "size": 24, "preprocess": "tf"} | options
        return ImageExtractor(filters(seed), layer, **options)

    extractor().extract_into(FRUIT / "Lime", store)
    extractor().extract_into(FRUIT / "Banana", store)
    with pytest.raises(ValueError, match=f"holds vectors of another kind .*{what}"):
        extractor(**changed).extract_into(FRUIT, store)


def test_vectors_of_something_else_are_refused(extractor: ImageExtractor, store: Path) -> None:
    with vecstore.create(store, dim=extractor.dim) as made:
        made.add(["word"], np.ones((1, extractor.dim)))
    with pytest.raises(ValueError, match="that no ImageExtractor has made"):
        extractor.extract_into(FRUIT, store)


def test_a_store_of_another_shape_is_refused(extractor: ImageExtractor, tmp_path: Path) -> None:
    vecstore.create(tmp_path / "short.vecs", dim=3).close()
    with pytest.raises(ValueError, match=r"has vectors of length 3; those .* have 27"):
        extractor.extract_into(FRUIT, tmp_path / "short.vecs")
    vecstore.create(tmp_path / "numbered.vecs", dim=27, keys="int").close()
    with pytest.raises(ValueError, match="has integers for keys; images have paths"):
        extractor.extract_into(FRUIT, tmp_path / "numbered.vecs")
    with pytest.raises(FileNotFoundError, match="gone is not a folder"):
        extractor.extract_into(FRUIT, tmp_path / "gone" / "fruit.vecs")


def test_a_store_that_is_refused_is_let_go(extractor: ImageExtractor, tmp_path: Path) -> None:
    vecstore.create(tmp_path / "short.vecs", dim=3).close()
    with pytest.raises(ValueError, match="length 3"):
        extractor.extract_into(FRUIT, tmp_path / "short.vecs")
    vecstore.open(tmp_path / "short.vecs", "a").close()


def test_images_turned_and_as_stored_are_not_mixed(store: Path, tmp_path: Path) -> None:
    shutil.copytree(FRUIT / "Lime", tmp_path / "fruit")
    turned, stored = (
        ImageExtractor(blocks(), preprocess="none", orient=orient) for orient in (True, False)
    )
    stored.extract_into(tmp_path / "fruit", store)
    with pytest.raises(ValueError, match=r"another kind \(.*orient False; these: .*orient True\)"):
        turned.extract_into(tmp_path / "fruit", store)
    assert stored.extract_into(tmp_path / "fruit", store).known == 8


def test_a_store_from_before_orientation_goes_on_as_it_was(store: Path, tmp_path: Path) -> None:
    shutil.copytree(FRUIT / "Lime", tmp_path / "fruit")
    stored = ImageExtractor(blocks(), preprocess="none", orient=False)
    del stored.provenance["orient"]
    stored.extract_into(tmp_path / "fruit", store)
    again = ImageExtractor(blocks(), preprocess="none", orient=False)
    assert again.extract_into(tmp_path / "fruit", store).known == 8
