"""vecstore backup: a copy that opens, or one sentence."""

from pathlib import Path

import vecstore
from tests.cli.conftest import Invoke


def test_backup_copies_a_store_beside_its_writer(tmp_path: Path, invoke: Invoke) -> None:
    with vecstore.create(tmp_path / "a.vecs", dim=2) as store:
        store.add(["north"], [[0, 1]])
        done = invoke("backup", str(tmp_path / "a.vecs"), str(tmp_path / "b.vecs"))
    assert done.output == f"{tmp_path / 'b.vecs'}\n"
    with vecstore.open(tmp_path / "b.vecs") as copy:
        assert copy.keys().tolist() == ["north"]


def test_backup_replaces_nothing(tmp_path: Path, invoke: Invoke) -> None:
    vecstore.create(tmp_path / "a.vecs", dim=2).close()
    (tmp_path / "b.vecs").mkdir()
    done = invoke("backup", str(tmp_path / "a.vecs"), str(tmp_path / "b.vecs"))
    assert done.exit_code == 1
    assert f"{tmp_path / 'b.vecs'} exists already" in done.output + done.stderr
