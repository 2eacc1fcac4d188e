"""Backups put back."""

import json
import sqlite3
import subprocess
import sys
import threading

import pytest
from builders import given_image, make_study, make_submission
from sqlalchemy import select

from realness.cli import main
from realness.errors import DatabaseProblem, InvalidValue, NotFound
from realness.settings import Settings
from realness.store.migrate import HEAD
from realness.store.tables import reviews
from realness.workbench import Workbench
from realness.workbench.backups import back_up, card_of
from realness.workbench.restoring import restore

pytestmark = pytest.mark.sqlite_alone  # a file; test_backups_there.py has PostgreSQL
HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("PRAGMA journal_mode=WAL").fetchone()
connection.execute("SELECT count(*) FROM images").fetchone()
print("open", flush=True)
sys.stdin.read()
"""


def filled(bench, images=4):
    """A study in which each image has a review."""
    study, me = make_study(bench.store, images), bench.store.people.local()
    for _ in range(images):
        image = given_image(bench.store, study)
        bench.store.reviews.submit(me.id, make_submission(study, image, explanation=f"of {image.key}"))
    return study


def read(bench):
    with bench.store.database.read() as connection:
        return connection.execute(select(reviews).order_by(reviews.c.id)).all()


def damage(path):
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 20_000)


@pytest.mark.parametrize("how", ["damaged", "gone", "no database"])
def test_a_backup_made_while_others_save_is_put_back_with_every_review_that_it_held(bench, how):
    study, stopping = filled(bench), threading.Event()
    other = Workbench.open(bench.settings)

    def saving():
        while not stopping.is_set():
            make_study(other.store, 1, name=f"study {len(other.store.studies.all())}")

    writer = threading.Thread(target=saving)
    writer.start()
    made = back_up(bench)
    stopping.set()
    writer.join()
    before = read(bench)
    other.close()
    bench.close()
    path = bench.store.database.path
    if how == "damaged":
        damage(path)
    elif how == "gone":
        path.unlink()
    else:
        path.write_text("this is none")
    broken = path.read_bytes() if path.exists() else None
    done = restore(bench.settings, made.path)
    again = Workbench.open(bench.settings)
    assert read(again) == before
    assert again.store.reviews.last(study.id, again.store.people.local().id).submission.explanation.startswith("of ")
    again.close()
    assert (done.reviews, done.schema) == (4, HEAD)
    assert (done.kept and done.kept.read_bytes()) == broken
    assert not list(path.parent.glob(".*part*"))


def test_a_database_that_another_process_has_open_stays_as_it_is(bench):
    filled(bench, 1)
    made, path = back_up(bench), bench.store.database.path
    bench.close()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(DatabaseProblem, match="is in use; stop the app"):
            restore(bench.settings, made.path)
        holder.kill()
    assert sorted(one.name for one in path.parent.iterdir() if ".before-" in one.name) == []
    assert restore(bench.settings, made.path).reviews == 1  # a killed process holds nothing


def test_answers_that_are_in_the_log_alone_are_in_what_is_kept(bench):
    filled(bench, 1)
    made, path = back_up(bench), bench.store.database.path
    make_study(bench.store, 1, name="after the backup")
    raw = {ending: path.with_name(path.name + ending).read_bytes() for ending in ("", "-wal")}
    bench.close()
    for ending, data in raw.items():  # as a killed server leaves it
        path.with_name(path.name + ending).write_bytes(data)
    done = restore(bench.settings, made.path)
    kept = Workbench.open(Settings(f"sqlite:///{done.kept}", bench.settings.data))
    assert [study.name for study in kept.store.studies.all()] == ["after the backup", "pilot"]
    kept.close()
    again = Workbench.open(bench.settings)
    assert [study.name for study in again.store.studies.all()] == ["pilot"]
    again.close()


def test_an_older_schema_is_brought_up_to_date_before_it_is_put_back(bench, tmp_path):
    from realness.store import Database, migrate

    made = back_up(bench, tmp_path / "old.db")
    bench.close()
    old = Database.open(f"sqlite:///{made.path}")
    migrate(old, "0008")
    old.close()
    card_of(made.path).unlink()
    before = made.path.read_bytes()
    assert restore(bench.settings, made.path).schema == "0008"
    assert made.path.read_bytes() == before
    with sqlite3.connect(bench.store.database.path) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)


def test_what_is_no_sound_backup_is_refused_and_nothing_is_changed(bench, tmp_path):
    filled(bench, 1)
    made, path = back_up(bench), bench.store.database.path
    bench.close()
    before = path.read_bytes()
    with made.path.open("ab") as file:
        file.write(b"more")
    (tmp_path / "text.db").write_text("no database, whatever its name says")
    sqlite3.connect(tmp_path / "empty.db").close()
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE songs (id INTEGER)")
    other.close()
    cases = [(made.path, "was changed: "), (tmp_path / "text.db", "is no database")]
    cases += [(tmp_path / "empty.db", "no backup of a workbench"), (tmp_path / "other.db", "another program's tables")]
    cases += [(path, "the database itself"), (tmp_path / "none.db", "there is no backup at")]
    for backup, said in cases:
        with pytest.raises((InvalidValue, DatabaseProblem, NotFound), match=said):
            restore(bench.settings, backup)
    card_of(made.path).unlink()
    damage(made.path)
    with pytest.raises(InvalidValue, match="damaged"):
        restore(bench.settings, made.path)
    assert path.read_bytes() == before
    assert not list(tmp_path.glob(".*part*"))
    assert not list(tmp_path.glob("*.before-*"))


def test_the_command_asks_and_tells_what_it_put_where(bench, capsys):
    filled(bench, 2)
    made = back_up(bench)
    bench.close()
    options = ["--db", bench.settings.database, "--data", str(bench.settings.data), "--json"]
    assert main(["restore", str(made.path), *options]) == 1
    assert "say so with --yes" in capsys.readouterr().err
    assert main(["restore", str(made.path), "--yes", *options]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["images"], told["reviews"], told["backup"]) == (2, 2, str(made.path))
    assert told["kept"].startswith(f"{told['database']}.before-restore-")
