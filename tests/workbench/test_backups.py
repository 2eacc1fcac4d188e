"""Copies of the database."""

import hashlib
import json
import sqlite3
import threading

import pytest
from builders import make_study, make_submission

from realness.cli import main
from realness.domain import StudySettings
from realness.errors import CannotWrite, InvalidValue, NotFound
from realness.settings import Settings
from realness.store import copying
from realness.workbench import Workbench, backups
from realness.workbench.backups import back_up

pytestmark = pytest.mark.sqlite_alone  # copies of a file; test_backups_there.py has the same for PostgreSQL


def test_a_copy_is_the_database_as_it_was_when_it_began_whoever_writes_meanwhile(bench, monkeypatch):
    make_study(bench.store)
    other = Workbench.open(bench.settings)  # as another process would
    monkeypatch.setattr(copying, "PAGES", 4)
    before = len(bench.store.studies.all())
    told = []

    def progress(done, total):
        told.append((done, total))
        if len(told) < 50:
            thread = threading.Thread(target=other.store.studies.create, args=(f"s{len(told)}", StudySettings()))
            thread.start()
            thread.join()

    made = back_up(bench, progress=progress)
    other.close()
    assert (made.ok, told[-1][0]) == (True, told[-1][1])
    assert [done for done, _ in told] == sorted(done for done, _ in told)  # it never began anew
    with sqlite3.connect(made.path) as copy:
        assert copy.execute("SELECT count(*) FROM studies").fetchone()[0] == before
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert len(bench.store.studies.all()) > before
    opened = Workbench.open(Settings(f"sqlite:///{made.path}", bench.settings.data))
    assert opened.store.studies.all()
    opened.close()


def test_the_newest_answer_which_is_in_the_log_alone_is_in_the_copy(bench):
    study, me = make_study(bench.store), bench.store.people.local()
    image = bench.store.assignments.next_image(study, me.id)
    bench.store.assignments.lock(study.id, image.id, me.id, 50.0)
    bench.store.reviews.submit(me.id, make_submission(study, image))
    made = back_up(bench)
    with sqlite3.connect(made.path) as copy:
        assert copy.execute("SELECT count(*) FROM reviews").fetchone() == (1,)
    assert sorted(path.name for path in made.path.parent.iterdir()) == [made.path.name, f"{made.path.name}.json"]


def test_a_damaged_database_is_copied_and_told_of(bench):
    make_study(bench.store)
    bench.close()
    path = bench.store.database.path
    with sqlite3.connect(path) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_images_key'").fetchone() or (
            connection.execute(
                "SELECT rootpage FROM sqlite_master WHERE type = 'index' AND tbl_name = 'images'"
            ).fetchone()
        )
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096 + 4000)
        file.write(b"\xff" * 96)
    made = back_up(bench)
    assert made.ok is False
    assert made.problems
    assert backups.backups(bench.settings)[0].ok is False


def test_where_something_lies_already_nothing_is_written(bench, tmp_path):
    (tmp_path / "there.db").write_text("mine")
    with pytest.raises(InvalidValue, match="exists already"):
        back_up(bench, tmp_path / "there.db")
    assert (tmp_path / "there.db").read_text() == "mine"
    with pytest.raises(CannotWrite):
        back_up(bench, tmp_path / "there.db" / "below.db")
    with pytest.raises(NotFound):
        backups.delete_backup(bench.settings, "../a.db")
    assert not list(tmp_path.glob("*.part"))


def test_one_that_is_stopped_leaves_nothing(bench):
    def stopped(_done, _total):
        raise SystemExit(143)  # what a signal makes of the process

    with pytest.raises(SystemExit):
        back_up(bench, progress=stopped)
    assert list((bench.settings.data / "backups").iterdir()) == []
    assert back_up(bench).ok


def test_a_disk_without_room_is_known_before(bench, monkeypatch):
    monkeypatch.setattr(copying, "size", lambda _database: 10**18)
    with pytest.raises(CannotWrite, match="make room"):
        back_up(bench)
    assert backups.backups(bench.settings) == []


def test_a_copy_without_its_card_or_of_another_size_counts_as_unchecked(bench):
    made = back_up(bench)
    card = made.path.with_name(f"{made.path.name}.json")
    assert backups.backups(bench.settings) == [made]
    for said in ("[" * 10**5, json.dumps(json.loads(card.read_text()) | {"bytes": 1}), "null"):
        card.write_text(said)
        (found,) = backups.backups(bench.settings)
        assert (found.ok, found.sha256) == (None, None)


@pytest.mark.parametrize("dest", [None, "new/a.db", ""])
def test_the_command_makes_one_and_says_so(bench, capsys, tmp_path, dest):
    make_study(bench.store)
    options = ["--db", bench.settings.database, "--data", str(bench.settings.data), "--json"]
    place = [str(tmp_path / dest)] if dest is not None else []
    assert main(["backup", *place, *options]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    with open(told["path"], "rb") as file:  # noqa: PTH123
        data = file.read()
    assert (told["bytes"], told["sha256"], told["ok"]) == (len(data), hashlib.sha256(data).hexdigest(), True)
    if dest == "new/a.db":
        assert told["path"] == str(tmp_path / dest)
        assert main(["backup", *place, *options]) == 1
        assert "exists already" in capsys.readouterr().err
