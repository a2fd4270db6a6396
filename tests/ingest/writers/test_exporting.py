"""What is exported is imported again bit for bit, in every format."""

import warnings
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import vecstore
from vecstore.errors import StoreExistsError
from vecstore.ingest import WRITABLE, export, import_into, read
from vecstore.ingest.writers import rows
from vecstore.store.store import Store

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
# What every format can hold: no blanks, nothing that looks like more numbers, no line ends.
KEYS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=6)


def assert_same(store: Store, path: Path, **options: object) -> None:
    with read(path, dtype=store.dtype, **options) as reader:
        batches = list(reader)
    assert [key for keys, _ in batches for key in keys.tolist()] == store.keys().tolist()
    stored = b"".join(vectors.tobytes() for _, vectors in store.batches())
    assert b"".join(vectors.tobytes() for _, vectors in batches) == stored


@st.composite
def stores(draw: st.DrawFn, dtype: str) -> Store:
    keys = draw(st.lists(KEYS, min_size=1, max_size=8, unique=True))
    shape = (len(keys), draw(st.integers(1, 5)))
    floats = FLOATS if dtype == "float32" else st.floats(width=16, min_value=-6e4, max_value=6e4)
    vectors = draw(arrays.arrays(dtype, shape, elements=floats))
    return vecstore.from_arrays(vectors, keys=keys, metric="dot")


@pytest.mark.parametrize("name", WRITABLE)
@pytest.mark.parametrize("dtype", ["float32", "float16"])
@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30
)
@given(data=st.data())
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory, name: str, dtype: str, data: st.DataObject
) -> None:
    store = data.draw(stores(dtype))
    made = export(store, tmp_path_factory.mktemp("exported") / "vectors.any", name)
    assert_same(store, made[0], format=name)


@pytest.mark.parametrize("name", WRITABLE)
@pytest.mark.parametrize("keys", [[0, 1, 2], [7, -1, 2**62]])
def test_round_trip_of_integer_keys(tmp_path: Path, name: str, keys: list[int]) -> None:
    store = vecstore.from_arrays(np.eye(3), keys=np.array(keys))
    made = export(store, tmp_path / "vectors.any", name)
    assert_same(store, made[0], format=name, key_kind="int")


@pytest.mark.parametrize("name", WRITABLE)
def test_large_stores_go_through_in_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator, name: str
) -> None:
    monkeypatch.setattr(rows, "_STEP_VALUES", 100)
    keys = [f"key{i}" for i in range(1000)]
    store = vecstore.from_arrays(rng.standard_normal((1000, 3)).astype(np.float32), keys=keys)
    assert_same(store, export(store, tmp_path / "vectors.any", name)[0], format=name)


# A file of lines without header has no dimension if it has no lines, and HDF5 gives an array
# without rows no place.
@pytest.mark.parametrize("name", sorted({*WRITABLE} - {"glove", "projector", "hdf5"}))
def test_empty_stores_keep_their_dimension(tmp_path: Path, name: str) -> None:
    with vecstore.create(tmp_path / "a.vecs", dim=5) as store:
        made = export(store, tmp_path / "vectors.any", name)
    with read(made[0], name) as reader:
        assert reader.dim == 5
        assert list(reader) == []


@pytest.mark.parametrize("name", WRITABLE)
def test_nothing_is_overwritten(tmp_path: Path, name: str) -> None:
    store = vecstore.from_arrays(np.eye(2), keys=["a", "b"])
    made = export(store, tmp_path / "vectors.any", name)
    before = {path: path.read_bytes() for path in made}
    with pytest.raises(StoreExistsError, match=r"exists already; remove it, or choose another"):
        export(store, made[0], name)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("word2vec-text", "Apollo 11"),
        ("word2vec-text", "a\nb"),
        ("word2vec-text", " a"),
        ("word2vec-text", "a\r"),
        ("glove", ""),
        ("glove", "not nan"),
        ("glove", "\ufeffa"),
        ("word2vec-binary", "New York"),
        ("word2vec-binary", "\na"),
        ("word2vec-binary", ""),
        ("word2vec-binary", "a\tb"),
        ("word2vec-binary", "\x01"),
        ("word2vec-text", "a\rb"),
        ("npy", "a\rb"),
        ("projector", "a\tb"),
        ("projector", " "),
        ("npy", "a\nb"),
        ("fbin", "a\r"),
        ("npz", "a\0"),
    ],
)
def test_keys_that_would_not_come_back_are_refused(tmp_path: Path, name: str, key: str) -> None:
    store = vecstore.from_arrays(np.eye(2), keys=["good", key])
    with pytest.raises(ValueError, match=f"cannot be written as {name}") as error:
        export(store, tmp_path / "vectors.any", name)
    assert 'format="parquet"' in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["", " ", "a\nb\t\r", "\0", "\ufeff", "🙂", "1 2"])
def test_parquet_holds_any_key(tmp_path: Path, key: str) -> None:
    store = vecstore.from_arrays(np.eye(2), keys=["good", key])
    assert_same(store, export(store, tmp_path / "a.parquet", "parquet")[0])


def test_text_keeps_blanks_inside_keys_and_says_who_cannot_read_them(tmp_path: Path) -> None:
    store = vecstore.from_arrays(np.eye(3), keys=["New York", ". . .", "a  b"])
    with pytest.warns(UserWarning, match=r'Key "New York" holds a blank: .* gensim') as given:
        made = export(store, tmp_path / "a.txt")
    assert len(given) == 1
    assert_same(store, made[0])


@pytest.mark.parametrize("name", ["glove", "projector"])
def test_a_store_without_rows_is_refused_where_only_lines_tell_the_dimension(
    tmp_path: Path, name: str
) -> None:
    with (
        vecstore.create(tmp_path / "a.vecs", dim=5) as store,
        pytest.raises(ValueError, match=f"without rows cannot be written as {name}"),
    ):
        export(store, tmp_path / "vectors.any", name)


@pytest.mark.parametrize("name", WRITABLE)
@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (3, 30_000)])
def test_every_dimension_comes_back(
    tmp_path: Path, rng: np.random.Generator, name: str, shape: tuple[int, int]
) -> None:
    vectors = rng.standard_normal(shape).astype(np.float32)
    store = vecstore.from_arrays(vectors, keys=["a", "b", "c"][: len(vectors)], metric="dot")
    made = export(store, tmp_path / "vectors.tsv", name)
    assert_same(store, made[0])


ODD_KEYS = st.one_of(
    st.text(max_size=4),
    st.sampled_from(
        [
            "5",
            "12 3",
            "1e5",
            "nan",
            "#a",
            '"',
            '"a"',
            "a,b",
            "boeing 747",
            "a\u2028b",
            "\x85",
            "</s>",
        ]
    ),
    st.text(st.sampled_from(list(" \t\r\n\v\f\0\x1f\"'#;,0a\ufeff")), max_size=4),
)


@pytest.mark.parametrize("name", sorted({*WRITABLE} - {"hdf5"}))
@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40
)
@given(keys=st.lists(ODD_KEYS, min_size=1, max_size=4, unique=True), dim=st.integers(1, 3))
def test_odd_keys_come_back_or_are_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str, keys: list[str], dim: int
) -> None:
    vectors = np.arange(1, len(keys) * dim + 1, dtype=np.float32).reshape(-1, dim)
    store = vecstore.from_arrays(vectors, keys=keys, metric="dot")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of blanks
        try:
            made = export(store, tmp_path_factory.mktemp("exported") / "vectors.tsv", name)
        except ValueError as error:
            assert "cannot be written as" in str(error)  # noqa: PT017
            return
    assert_same(store, made[0], format=name)


@pytest.mark.parametrize("name", ["word2vec-text", "word2vec-binary"])
def test_gensim_reads_what_we_write(tmp_path: Path, rng: np.random.Generator, name: str) -> None:
    models = pytest.importorskip("gensim.models", reason="gensim is not there")
    vectors = rng.standard_normal((3, 4)).astype(np.float32)
    store = vecstore.from_arrays(vectors, keys=["king", "été", "2010"], metric="dot")
    [path] = export(store, tmp_path / "a.vec", name)
    found = models.KeyedVectors.load_word2vec_format(str(path), binary=name.endswith("binary"))
    assert found.index_to_key == ["king", "été", "2010"]
    assert found.vectors.tobytes() == vectors.tobytes()


def test_a_million_long_keys_are_no_array(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vecstore.ingest.writers.arrays._MAX_KEY_ARRAY_BYTES", 100)
    store = vecstore.from_arrays(np.eye(2), keys=["short", "x" * 50])
    with pytest.raises(ValueError, match=r'would be larger .*Use format="parquet"'):
        export(store, tmp_path / "a.npz", "npz")


def test_parquet_is_what_other_programs_expect(tmp_path: Path) -> None:
    store = vecstore.from_arrays([[1, 2]], keys=["a"])
    export(store, tmp_path / "a.parquet", "parquet")
    frame = pl.read_parquet(tmp_path / "a.parquet")
    assert frame.schema == {"key": pl.String, "vector": pl.Array(pl.Float32, 2)}
    assert frame.rows() == [("a", [1.0, 2.0])]


def test_matrix_files_have_their_keys_beside(tmp_path: Path) -> None:
    store = vecstore.from_arrays(np.eye(2), keys=["a", "b"])
    made = export(store, tmp_path / "m.npy", "npy")
    assert [path.name for path in made] == ["m.npy", "m.npy.keys.txt"]
    np.testing.assert_array_equal(np.load(made[0]), np.eye(2))
    numbered = vecstore.from_arrays(np.eye(2))
    assert len(export(numbered, tmp_path / "n.npy", "npy")) == 1


def test_unknown_format(tmp_path: Path) -> None:
    store = vecstore.from_arrays(np.eye(2))
    with pytest.raises(ValueError, match=r'`format` must be one of word2vec-text, .*; got "csv"'):
        export(store, tmp_path / "a.csv", "csv")


def test_import_of_an_export_gives_the_same_store(tmp_path: Path, rng: np.random.Generator) -> None:
    with vecstore.create(tmp_path / "a.vecs", dim=7) as store:
        store.add(["x", "y"], rng.standard_normal((2, 7)))
        store.add(["zz"], rng.standard_normal((1, 7)))
        export(store, tmp_path / "a.txt")
    import_into(tmp_path / "a.txt", tmp_path / "b.vecs")
    with vecstore.open(tmp_path / "a.vecs") as a, vecstore.open(tmp_path / "b.vecs") as b:
        assert a.keys().tolist() == b.keys().tolist()
        assert a[a.keys()].tobytes() == b[b.keys()].tobytes()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    store = vecstore.from_arrays([[0, 1]], keys=["north"])
    with pytest.raises(FileNotFoundError, match="no such folder") as caught:
        export(store, tmp_path / "none" / "words.txt")
    assert caught.value.filename == str(tmp_path / "none")
