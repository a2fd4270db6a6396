"""Following a store whose folder is another one now."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vecstore

RNG = np.random.default_rng(5)
QUERY = np.ones(4, np.float32)


def make(path: Path, n: int, *, commits: int = 1, **options: Any) -> Path:
    given = {"dim": 4, "metric": "cosine", "keys": "str", **options}
    with vecstore.create(path, **given) as store:
        for part in np.array_split(np.arange(n), commits):
            keys = part.tolist() if given["keys"] == "int" else [f"k{key}" for key in part]
            store.add(keys, RNG.normal(size=(len(part), given["dim"])))
    return path


def swap(live: Path, following: Path) -> None:
    live.rename(live.with_name("old"))
    following.rename(live)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"metric": "dot"}, "its metric is dot, no longer cosine"),
        ({"dim": 6}, "its dim is 6, no longer 4"),
        ({"keys": "int"}, "its kind of keys is int, no longer str"),
    ],
)
@pytest.mark.parametrize("commits", [1, 5])
def test_another_kind_of_store_is_refused(
    tmp_path: Path, options: dict[str, Any], what: str, commits: int
) -> None:
    live = make(tmp_path / "live", 30, commits=3)
    with vecstore.open(live) as store:
        before = store.search(QUERY).keys.tolist()
        swap(live, make(tmp_path / "next", 40, commits=commits, **options))
        message = f"has taken the place of {live}: {what}.*open the new one"
        with pytest.raises(vecstore.StoreChangedError, match=message):
            store.refresh()
        assert (store.metric, store.dim, len(store)) == ("cosine", 4, 30)
        assert store.search(QUERY).keys.tolist() == before


@pytest.mark.parametrize("commits", [1, 3, 5])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_a_store_of_the_same_kind_is_as_freshly_opened(
    tmp_path: Path, commits: int, dtype: str
) -> None:
    live = make(tmp_path / "live", 30, commits=3)
    with vecstore.open(live) as store:
        store.search(QUERY)
        swap(live, make(tmp_path / "next", 40, commits=commits, dtype=dtype))
        store.refresh()
        with vecstore.open(live) as fresh:
            assert (store.dtype, store.generation) == (fresh.dtype, fresh.generation)
            assert store.search(QUERY).keys.tolist() == fresh.search(QUERY).keys.tolist()


@pytest.mark.parametrize("renamed", [True, False])
def test_a_backup_that_was_put_back_is_noticed(tmp_path: Path, renamed: bool) -> None:
    live, backup = make(tmp_path / "live", 30), tmp_path / "backup"
    shutil.copytree(live, backup)
    vectors = RNG.normal(size=(2, 4))
    for path, row in ((live, 0), (backup, 1)):  # the same commit of another row
        with vecstore.open(path, "a") as store:
            store.add(["more"], vectors[row : row + 1])
    with vecstore.open(live) as store:
        assert np.allclose(store["more"], vectors[0])
        if renamed:
            swap(live, backup)
        else:
            shutil.copytree(backup, live, dirs_exist_ok=True)
        store.refresh()
        assert np.allclose(store["more"], vectors[1])
