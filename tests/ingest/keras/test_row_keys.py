"""The keys of embeddings: from the vocabularies of models, and from files beside them."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import vecstore
from tests.ingest.keras_models import archive, save_legacy, sequential
from vecstore import ingest
from vecstore.errors import IngestError

RNG = np.random.default_rng(4)
LOOKUP = {"name": "words", "num_oov_indices": 1, "oov_token": "[UNK]", "mask_token": None}
EMBEDDING = ("Embedding", {"name": "embedding"})


def rows(n: int, zeros: tuple[int, ...] = (0,)) -> np.ndarray:
    made = RNG.standard_normal((n, 3)).astype(np.float32)
    made[list(zeros)] = 0
    return made


def read(path: Path, **options: Any) -> tuple[list[Any], np.ndarray, list[str]]:
    """The keys, the vectors and what the report says besides, as a store of cosines wants them."""
    with ingest.read(path, **{"allow_zero": False, **options}) as reader:
        parts = list(reader)
        keys = [key for keys, _ in parts for key in keys.tolist()]
        assert reader.count is not None
        assert reader.report.rows == len(keys) <= reader.count
        return keys, np.concatenate([vectors for _, vectors in parts]), reader.report.notes


def lookup(**changed: Any) -> dict[str, Any]:
    return sequential(("StringLookup", {**LOOKUP, **changed}), EMBEDDING)


# Out of the archive.


def test_a_vocabulary_in_the_configuration_gives_the_keys(tmp_path: Path) -> None:
    vectors = rows(4)
    path = archive(tmp_path / "m.keras", vectors, lookup(vocabulary=["a", "b", "c"]))
    keys, found, notes = read(path)
    assert keys == ["a", "b", "c"]
    np.testing.assert_array_equal(found, vectors[1:])
    assert notes == ['Keys are the vocabulary "words".', "Left out: row 0 (unknown keys)."]


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "dot"])
def test_special_rows_are_left_out_whatever_the_metric(tmp_path: Path, metric: str) -> None:
    config = lookup(vocabulary=["a", "b"], mask_token="", num_oov_indices=3)
    path = archive(tmp_path / "m.keras", rows(6, (0, 2)), config)
    report = ingest.import_into(path, tmp_path / "m.vecs", metric=metric)
    with vecstore.open(tmp_path / "m.vecs") as store:
        assert store.keys().tolist() == ["a", "b"]
    assert str(report).endswith(
        '2 vectors read.\n  Keys are the vocabulary "words".\n'
        "  Left out: row 0 (padding), rows 1 to 3 (unknown keys)."
    )


def test_a_vocabulary_with_its_special_entries_is_the_same(tmp_path: Path) -> None:
    config = lookup(vocabulary=["", "[UNK]", "a"], mask_token="")
    assert read(archive(tmp_path / "m.keras", rows(3), config))[0] == ["a"]


def test_integers_stay_integers(tmp_path: Path) -> None:
    config = sequential(
        ("IntegerLookup", {**LOOKUP, "oov_token": -1, "mask_token": 0, "vocabulary": [5, -3]}),
        EMBEDDING,
    )
    path = archive(tmp_path / "m.keras", rows(4), config)
    keys, _, _ = read(path)
    assert keys == [5, -3]
    assert ingest.read(path).key_kind == "int"


def test_bytes_are_what_keras_wraps(tmp_path: Path) -> None:
    wrapped = [{"class_name": "__bytes__", "config": {"value": word}} for word in "ab"]
    assert read(archive(tmp_path / "m.keras", rows(3), lookup(vocabulary=wrapped)))[0] == ["a", "b"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_vocabulary_in_a_file_gives_the_keys(tmp_path: Path, end: str) -> None:
    config = sequential(("TextVectorization", {"name": "text", "vocabulary": None}), EMBEDDING)
    text = end.join(["", "[UNK]", "the", "caf\u00e9\u2028bar"])
    place = "layers/text_vectorization"
    assets = {place: text, f"{place}/_lookup_layer": text}
    path = archive(tmp_path / "m.keras", rows(4), config, assets, {place: "text"})
    assert read(path)[0] == ["the", "caf\u00e9\u2028bar"]


@pytest.mark.parametrize(
    ("place", "text", "expected"),
    [
        ("layers/text_vectorization", "\n[UNK]\nu\nv", ["u", "v"]),
        ("layers/string_lookup", "[UNK]\n[UNK]\nu\nv", ["u", "v"]),
        ("layers/integer_lookup", "-1\n5\n7\n9", [5, 7, 9]),
        ("layers/integer_lookup", "0\n-1\n7\n9", [7, 9]),
    ],
)
def test_without_a_configuration_special_entries_are_known_by_name(
    tmp_path: Path, place: str, text: str, expected: list[Any]
) -> None:
    config = {"class_name": "Mine", "config": {}}
    assert read(archive(tmp_path / "m.keras", rows(4), config, {place: text}))[0] == expected


def test_rows_behind_the_vocabulary_have_no_keys(tmp_path: Path) -> None:
    config = lookup(vocabulary=["a", "b"], max_tokens=9)
    keys, _, notes = read(archive(tmp_path / "m.keras", rows(9, (0, 5)), config))
    assert keys == ["a", "b"]
    assert notes[1] == "Left out: row 0 (unknown keys), rows 3 to 8 (no key)."


def test_the_kernel_behind_counted_words_has_their_keys(tmp_path: Path) -> None:
    config = sequential(
        ("StringLookup", {**LOOKUP, "vocabulary": ["a", "b"], "output_mode": "multi_hot"}),
        ("Dense", {"name": "dense"}),
    )
    path = archive(tmp_path / "m.keras", rows(3), config, layers={"layers/embedding": "dense"})
    assert read(path, dataset="dense")[0] == ["a", "b"]


def test_a_vocabulary_that_is_too_long_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "m.keras", rows(3), lookup(vocabulary=["a", "b", "c"]))
    with pytest.raises(IngestError, match=r'3 vectors .* vocabulary "words" has 4 entries'):
        ingest.read(path)


@pytest.mark.parametrize(
    "vocabulary", [["a", 3], [["a", "b"]], [None], [True], ["\ud800"], [2**63]]
)
def test_a_vocabulary_of_something_else_is_refused(tmp_path: Path, vocabulary: list[Any]) -> None:
    path = archive(tmp_path / "m.keras", rows(2), json.dumps(lookup(vocabulary=vocabulary)))
    with pytest.raises(IngestError, match='vocabulary of "words"'):
        ingest.read(path)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (b"[UNK]\nx\ny\nz", "of 4 lines for 3 entries; an entry with a line break"),
        (b"[UNK]\nx\n\xff", "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_told_apart_is_refused(
    tmp_path: Path, text: bytes, match: str
) -> None:
    assets = {"layers/string_lookup": text}
    path = archive(tmp_path / "m.keras", rows(3), lookup(vocabulary_size=3), assets)
    with pytest.raises(IngestError, match=match):
        ingest.read(path)
    (tmp_path / "v.txt").write_text("[UNK]\nx\ny\n")
    assert read(path, keys=tmp_path / "v.txt")[0] == ["x", "y"]


# Which of several.


def functional(change: str | None) -> dict[str, Any]:
    """Words from one input through a layer of some class, ids from another, both embedded."""

    def layer(kind: str, name: str, *sources: str, words: str = "") -> dict[str, Any]:
        inbound = [{"args": [{"keras_history": [one, 0, 0]} for one in sources], "kwargs": {}}]
        config = {**LOOKUP, "vocabulary": [*words]} if words else {}
        config["name"] = name
        return {"class_name": kind, "config": config, "name": name, "inbound_nodes": inbound}

    layers = [
        layer("InputLayer", "text"),
        layer("InputLayer", "numbers"),
        layer("StringLookup", "words", "text", words="abc"),
        layer("StringLookup", "others", "text", words="def"),
        layer(change or "Reshape", "between", "words"),
        layer("Embedding", "embedding", "numbers" if change is None else "between"),
        layer("Embedding", "second", "others"),
    ]
    inputs = [["text", 0, 0], ["numbers", 0, 0]]
    outputs = [["embedding", 0, 0]]
    config = {"layers": layers, "input_layers": inputs, "output_layers": outputs}
    return {"class_name": "Functional", "config": config}


def test_the_graph_tells_which_vocabulary_is_meant(tmp_path: Path) -> None:
    assert read(archive(tmp_path / "m.keras", rows(4), functional("Flatten")))[0] == [*"abc"]
    keys, _, notes = read(archive(tmp_path / "n.keras", rows(4), functional(None)))
    assert keys == [1, 2, 3]
    assert notes == [
        'Keys are the numbers of the rows: no vocabulary gives the ids of "embedding". Pass keys= '
        'with one of "words" (3 keys), "others" (3 keys), or with a file of keys, for others.',
        "Left out: row 0 (zeros, as of padding).",
    ]


def test_ids_that_may_have_been_changed_are_not_guessed(tmp_path: Path) -> None:
    path = archive(tmp_path / "m.keras", rows(4), functional("Add"))
    with pytest.raises(IngestError, match=r'"embedding": "words" \(3 keys\) may be\. Pass keys='):
        ingest.read(path)
    assert read(path, keys="words")[0] == [*"abc"]
    assert read(path, keys="others")[0] == [*"def"]
    with pytest.raises(ValueError, match=r'`keys` must be a file of keys, or one of "words"'):
        ingest.read(path, keys="third")


def test_without_a_graph_the_sizes_tell(tmp_path: Path) -> None:
    assets = {"layers/one": "[UNK]\na\nb", "layers/two": "[UNK]\nc\nd\ne"}
    config = {"class_name": "Mine", "config": {}}
    assert read(archive(tmp_path / "m.keras", rows(4), config, assets))[0] == ["c", "d", "e"]
    assert read(archive(tmp_path / "n.keras", rows(5), config, assets))[0] == [1, 2, 3, 4]
    assets["layers/three"] = "[UNK]\nf\ng\nh"
    path = archive(tmp_path / "o.keras", rows(4), config, assets)
    with pytest.raises(IngestError, match=r'"two" \(3 keys\), "three" \(3 keys\) may be'):
        ingest.read(path)
    assets["layers/three"] = assets["layers/two"]
    assert read(archive(tmp_path / "p.keras", rows(4), config, assets))[0] == ["c", "d", "e"]


# Out of a file of keys.


def keys_file(tmp_path: Path, *words: str) -> Path:
    (tmp_path / "v.txt").write_text("".join(f"{word}\n" for word in words))
    return tmp_path / "v.txt"


def test_keys_alone_are_matched_with_their_rows(tmp_path: Path) -> None:
    config = lookup(vocabulary=["a", "b"], mask_token="")
    vectors = rows(7)
    path = archive(tmp_path / "m.keras", vectors, config)
    keys, found, notes = read(path, keys=keys_file(tmp_path, "x", "y"))
    assert keys == ["x", "y"]
    np.testing.assert_array_equal(found, vectors[2:4])
    assert notes == ["Left out: row 0 (padding), row 1 (unknown keys), rows 4 to 6 (no key)."]
    whole = keys_file(tmp_path, "", "[UNK]", "x", "y")
    assert read(path, keys=whole)[0] == ["x", "y"]
    with pytest.raises(IngestError, match=r'7 vectors.* 3 keys\. .*"words" has 2 keys and 2 spec'):
        ingest.read(path, keys=keys_file(tmp_path, "x", "y", "z"))


def test_weights_alone_match_keys_behind_rows_of_zeros(tmp_path: Path) -> None:
    path = tmp_path / "m.weights.h5"
    with h5py.File(path, "w") as file:
        file["layers/embedding/vars/0"] = rows(4, (0, 1))
    assert read(path, keys=keys_file(tmp_path, "x", "y"))[0] == ["x", "y"]
    assert read(path, keys=keys_file(tmp_path, "", "[UNK]", "x", "y"))[0] == ["x", "y"]
    with pytest.raises(IngestError, match="holds 4 vectors, but there are 1 keys"):
        ingest.read(path, keys=keys_file(tmp_path, "x"))
    keys, _, notes = read(path)
    assert keys == [2, 3]
    assert notes == [
        "Keys are the numbers of the rows: weights alone have no vocabulary, as a .keras file may "
        "have.",
        "Left out: rows 0, 1 (zeros, as of padding).",
    ]
    assert read(path, allow_zero=True)[0] == [0, 1, 2, 3]


def test_padding_by_declaration_is_left_out(tmp_path: Path) -> None:
    config = sequential(("Embedding", {"name": "embedding", "mask_zero": True}))
    path = archive(tmp_path / "m.keras", rows(3, (0, 2)), config)
    assert read(path, allow_zero=True)[0] == [1, 2]
    learned = archive(tmp_path / "n.keras", rows(3, ()), config)
    assert read(learned)[0] == [0, 1, 2]
    assert read(learned, keys=keys_file(tmp_path, "x", "y"))[0] == ["x", "y"]


def test_a_word_whose_vector_is_zeros_is_an_error_still(tmp_path: Path) -> None:
    path = archive(tmp_path / "m.keras", rows(3, (0, 2)), lookup(vocabulary=["a", "b"]))
    with pytest.raises(IngestError, match=r'row 2: the vector is all zeros \("b"\)'):
        read(path)
    assert read(path, errors="skip")[0] == ["a"]


# What Keras itself writes.


@pytest.mark.keras
@pytest.mark.parametrize("legacy", [False, True])
def test_the_way_through_keras_keeps_keys(tmp_path: Path, legacy: bool) -> None:
    keras = pytest.importorskip("keras")
    from vecstore.ingest.keras import embedding_layer

    texts = keras.layers.TextVectorization()
    texts.adapt(["the cat sat", "the dog"])
    with vecstore.from_arrays(np.eye(3), keys=["a", "b\nc", "[UNK]"]) as store:
        layers = embedding_layer(store, mask_zero=True, name="stored")
    text = keras.Input((1,), dtype="string")
    inner = keras.Sequential([keras.Input((1,), dtype="string"), *layers])
    other = keras.layers.Embedding(texts.vocabulary_size(), 3, name="words")(texts(text))
    model = keras.Model(text, [inner(text), other])
    if legacy:
        save_legacy(model, tmp_path / "m.h5")
    else:
        model.save(tmp_path / "m.keras")
    path = tmp_path / ("m.h5" if legacy else "m.keras")
    keys, vectors, _ = read(path, dataset="stored")
    assert keys == ["a", "b\nc", "[UNK]"]
    np.testing.assert_array_equal(vectors, np.eye(3))
    # What was adapted lies in the archive alone.
    expected = [0, 1, 2, 3, 4, 5] if legacy else ["the", "sat", "dog", "cat"]
    assert read(path, dataset="words")[0] == expected


@pytest.mark.keras
def test_the_models_of_the_users_own_have_their_vocabulary(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")

    class Mine(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.ids = keras.layers.IntegerLookup()
            self.ids.adapt(np.array([5, 7, 5, -3]))
            self.table = keras.layers.Embedding(4, 3)

        def call(self, numbers: Any) -> Any:
            return self.table(self.ids(numbers))

    model = Mine()
    model(np.array([[5]]))
    model.save(tmp_path / "m.keras")
    assert read(tmp_path / "m.keras")[0] == [5, 7, -3]
