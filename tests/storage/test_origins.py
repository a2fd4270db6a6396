"""Words about where vectors come from that we did not write: reported, never in the way."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import vecstore
from vecstore import ingest
from vecstore.storage import commit, read_latest
from vecstore.storage.origins import origin_faults, readable_origins

GOOD = {"source": "a.txt", "generation": 1, "committed": "2026-12-01T00:00:00+00:00"}
FORGED: list[Any] = [
    "words",
    5,
    None,
    [["source", "a"]],
    {"generation": "7"},
    {"generation": 0},
    {"committed": 3},
    {"packages": ["numpy"]},
    {"packages": {"numpy": 2}},
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "words.vecs"
    origin = {"source": "a.txt", "packages": {"torch": "2.9"}}
    with vecstore.create(path, dim=2) as store, store.batch(provenance=origin) as batch:
        batch.add(["east", "north"], [[1, 0], [0, 1]])
    return path


def forge(path: Path, entry: Any) -> None:
    manifest = read_latest(path)
    commit(path, replace(manifest, provenance=(*manifest.provenance, entry)))


def test_what_we_write_has_no_faults(path: Path) -> None:
    assert list(origin_faults(read_latest(path).provenance)) == []
    assert list(origin_faults([GOOD, {}, {"model": ["any", 1]}])) == []


@pytest.mark.parametrize("entry", FORGED, ids=repr)
def test_a_forged_entry_is_a_problem_and_info_shows_the_rest(path: Path, entry: Any) -> None:
    forge(path, entry)
    with vecstore.open(path) as store:
        shown = store.info()["provenance"]
        assert store.similar("east", k=1)[0].key == "north"
    assert shown[0]["source"] == "a.txt"
    assert shown[1:] == [entry] * isinstance(entry, dict)
    problems = [problem for problem in vecstore.check(path) if not problem.harmless]
    assert [str(problem) for problem in problems] == [
        f"{path}/manifest-{read_latest(path).generation:08d}.json: {what}"
        for what in origin_faults([GOOD, entry])
    ]
    assert len(problems) == 1


@pytest.mark.parametrize("provenance", [{"a": 1}, "abc", 5, None], ids=repr)
def test_what_is_no_list_is_a_fault(provenance: Any) -> None:
    assert len(list(origin_faults(provenance))) == 1
    assert readable_origins(provenance) == []
    fields = vecstore.storage.Manifest(2, "cosine", "float32", "str").to_json()
    with pytest.raises(ValueError, match="`provenance` must be a list"):
        vecstore.storage.Manifest.from_json({**fields, "provenance": provenance})


@pytest.mark.parametrize(
    "forged",
    [{"provenance": 5}, {"provenance": ["x", {"generation": "one"}]}, {"provenance": {"a": "b"}}],
)
def test_a_store_in_one_file_shows_what_it_can(path: Path, tmp_path: Path, forged: Any) -> None:
    single = tmp_path / "words.h5"
    with vecstore.open(path) as store:
        ingest.export(store, single, "hdf5")
    with h5py.File(single, "r+") as file:
        name = "metadata"
        known = json.loads(file[name][()].tobytes())
        del file[name]
        file[name] = np.frombuffer(json.dumps({**known, **forged}).encode(), np.uint8)
    with vecstore.open(single) as store:
        shown = store.info()["provenance"]
        assert len(store) == 2
    assert shown == readable_origins(forged["provenance"])
    assert [str(one) for one in vecstore.check(single)] == [
        f"{single}: {what}" for what in origin_faults(forged["provenance"])
    ]
