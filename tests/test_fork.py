"""A forked child answers, or says at once why it cannot; it never waits for lost threads."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

START = """
import os, sys, tempfile, vecstore
store = vecstore.create(tempfile.mkdtemp() + "/s", dim=2)
store.add(["a", "b"], [[0, 1], [1, 0]], {"year": [1, 2], "name": ["x", None]})

def in_child(ask):
    read, write = os.pipe()
    if os.fork() == 0:
        try:
            answer = repr(ask())
        except BaseException as error:
            answer = f"{type(error).__name__}: {error}"
        os.write(write, answer.encode())
        os._exit(0)
    os.close(write)
    print(os.fdopen(read).read())
    os.wait()
"""


def printed(code: str) -> list[str]:
    """Lines of a program that may take a minute; one that hangs fails."""
    done = subprocess.run(
        [sys.executable, "-c", START + code], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.splitlines()


def test_conditions_in_sql_work_in_children_and_import_no_polars() -> None:
    assert printed(
        """
ask = lambda: store.search([1, 1], k=1, where="year < 2 and name like '%x'").keys.tolist()
print(ask())
in_child(ask)
in_child(lambda: store.search([1, 1], k=1, where="year > 1").keys.tolist())
print("polars" in sys.modules)
"""
    ) == ["['a']", "['a']", "['b']", "False"]


def test_tables_are_refused_in_children_once_polars_has_threads() -> None:
    lines = printed(
        """
import polars as pl
in_child(lambda: store.frame().height)  # polars has no threads yet
frame = store.frame(where=pl.col("year") > 0).drop("key")[:1]
pl.DataFrame({"a": [1], "b": [2]}).select(pl.col("a") + 1, pl.col("b") + 1)
found = store.search([1, 1], k=1)
for ask in (
    store.frame,
    found.to_frame,
    lambda: store.search([1, 1], k=1, where=pl.col("year") > 1),
    lambda: vecstore.create(tempfile.mkdtemp() + "/t", dim=2).add(["c"], [[1, 1]], frame),
):
    in_child(ask)
in_child(lambda: store.search([1, 1], k=1, where="year > 1").keys.tolist())
"""
    )
    assert lines[0] == "2"
    starts = {line[:36] for line in lines[1:5]}
    assert starts == {"VecstoreError: polars does not work "}
    assert lines[5] == "['b']"


def test_files_of_tables_are_refused_or_read_in_children_and_nothing_waits() -> None:
    lines = printed(
        """
import polars as pl, numpy as np
from vecstore.ingest import export, read
from vecstore.input_tables import as_table
folder = tempfile.mkdtemp()
table = pl.DataFrame({"id": ["a", "b"], "x": [[0.0, 1.0], [1.0, 0.0]], "year": [1, 2]})
table.write_parquet(folder + "/t.parquet")
table.write_ipc(folder + "/t.arrow")
open(folder + "/t.csv", "w").write("id,x,y,year\\na,0,1,1\\nb,1,0,2\\n")
open(folder + "/t.txt", "w").write("a 0 1\\nb 1 0\\n")
table.lazy().with_columns(pl.col("year") + 1, z=pl.col("year") * 2).collect()
read_all = lambda name: sum(len(keys) for keys, _ in read(f"{folder}/{name}"))
for ask in (
    lambda: read_all("t.parquet"),
    lambda: read_all("t.arrow"),
    lambda: read_all("t.csv"),
    lambda: as_table(folder + "/t.csv", None, "data"),
    lambda: export(store, folder + "/o.parquet", format="parquet"),
    lambda: export(store, folder + "/o.tsv", format="projector"),
    lambda: read_all("t.txt"),
):
    in_child(ask)
"""
    )
    assert {line[:36] for line in lines[:6]} == {"VecstoreError: polars does not work "}
    assert lines[6:] == ["2"]


def test_children_do_not_wait_for_codes_that_another_thread_made() -> None:
    assert printed(
        """
part = vecstore.from_arrays([[0.0, 1.0], [1.0, 0.0]])
held = part._snapshot.parts[0]._encoding
with held:
    in_child(lambda: (part.prepare(), part.search([0, 1], k=1).keys.tolist())[1])
"""
    ) == ["[0]"]
