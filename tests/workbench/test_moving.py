"""A project goes from SQLite to PostgreSQL and back."""

import json
import sqlite3

import psycopg
import pytest
from builders import make_study
from reviewed import answered, exported
from sqlalchemy import text

from realness.cli import main
from realness.domain import Role
from realness.errors import DatabaseProblem, InvalidValue
from realness.settings import Settings
from realness.store import transfer as transferring
from realness.store.tables import metadata
from realness.workbench import Workbench
from realness.workbench.moving import move

pytestmark = pytest.mark.sqlite_alone
"""Both are in each of these."""


@pytest.fixture
def there(postgres):
    """An empty PostgreSQL database."""
    made = postgres.empty()
    yield made
    postgres.drop(made)


@pytest.fixture
def whole(bench, tmp_path):
    """A workbench with something of everything; its ids have gaps, and the newest row of a table is gone."""
    study = answered(bench, tmp_path / "source")
    bench.store.tags.change(study.id, [1, 2], ["zebra", "Ähre", 'a "b"'], [], bench.store.people.local().id)
    image = bench.store.assignments.next_image(study, bench.store.people.local().id)
    bench.store.assignments.open(study, image.key, bench.store.people.add("Zoë", Role.REVIEWER, "x").reviewer.id)
    with bench.store.database.write() as connection:
        connection.execute(text("DELETE FROM assignments WHERE id = (SELECT max(id) FROM assignments)"))
    return bench


def contents(path):
    """Every row of every table of a SQLite file, as it lies there."""
    with sqlite3.connect(path) as connection:
        found = {table: sorted(connection.execute(f"SELECT * FROM {table}")) for table in metadata.tables}
        found["sqlite_sequence"] = sorted(connection.execute("SELECT * FROM sqlite_sequence WHERE seq > 0"))
        found["words"] = connection.execute(
            "SELECT rowid FROM description_words WHERE description_words MATCH 'handle' ORDER BY rowid"
        ).fetchall()
    connection.close()
    return found


def test_what_goes_there_and_back_is_what_it_was_to_the_last_byte(whole, there, tmp_path):
    whole.close()
    first = move(whole.settings.database, there)
    second = move(there, f"sqlite:///{tmp_path}/back.db")
    assert first.tables == second.tables
    assert first.tables["reviews"] > 8
    assert contents(tmp_path / "a.db") == contents(tmp_path / "back.db")


def test_on_the_other_side_everything_goes_on(whole, there, tmp_path):
    before = exported(whole, "jsonl", tmp_path / "before.jsonl")
    whole.close()
    move(whole.settings.database, there)
    moved = Workbench.open(Settings(there, whole.settings.data))
    after = exported(moved, "jsonl", tmp_path / "after.jsonl")
    assert after["rows"] == before["rows"]
    assert (tmp_path / "after.jsonl").read_bytes() == (tmp_path / "before.jsonl").read_bytes()
    study = moved.store.studies.named("pilot")
    ana = moved.store.people.add("ana", Role.REVIEWER, "x").reviewer
    image = moved.store.assignments.next_image(study, ana.id)
    moved.store.assignments.lock(study.id, image.id, ana.id, 50)
    with pytest.raises(Exception, match="locked"), moved.store.database.write() as connection:
        connection.execute(text("UPDATE assignments SET blind_rating = 1"))
    with moved.store.database.read() as connection:
        newest = connection.execute(text("SELECT max(id) FROM assignments")).scalar()
    with sqlite3.connect(tmp_path / "a.db") as old:
        given = old.execute("SELECT seq FROM sqlite_sequence WHERE name = 'assignments'").fetchone()[0]
    old.close()
    assert newest == given + 1  # the one that is gone has had its id
    moved.close()


def test_the_command_tells_what_was_copied(bench, there, capsys):
    make_study(bench.store)
    bench.close()
    assert main(["copy", bench.settings.database, there, "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["tables"]["images"] == 3
    assert told["rows"] == sum(told["tables"].values())
    assert set(told) == {"from", "to", "rows", "tables"}
    assert main(["copy", bench.settings.database, there]) == 1
    assert "is not empty; name a new" in capsys.readouterr().err


def tables(url):
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        functions = connection.execute("SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        return found.fetchone()[0] + functions.fetchone()[0]


def test_where_something_fails_nothing_is_left_there(bench, there, tmp_path, monkeypatch):
    make_study(bench.store)
    with bench.store.database.write() as connection:
        connection.execute(text("UPDATE images SET prompt = 'a' || char(0) || 'b' WHERE id = 3"))
    bench.close()
    with pytest.raises((InvalidValue, DatabaseProblem), match="NUL"):
        move(bench.settings.database, there)
    assert tables(there) == 0
    monkeypatch.setattr(transferring, "_told", lambda *_: (0, ""))
    with pytest.raises(DatabaseProblem, match="not as they were read; nothing was kept"):
        move(bench.settings.database, f"sqlite:///{tmp_path}/b.db")
    assert list(tmp_path.glob("b.db*")) == [tmp_path / "b.db.serving"] or not list(tmp_path.glob("b.db*"))


def test_a_database_that_is_not_there_is_the_same_or_is_in_use_is_refused(bench, there, tmp_path):
    here = bench.settings.database
    with pytest.raises(InvalidValue, match="there is no database"):
        move(f"sqlite:///{tmp_path}/none.db", there)
    with pytest.raises(InvalidValue, match="both are the same"):
        move(here, here)
    with psycopg.connect(there), pytest.raises(DatabaseProblem, match="is in use; stop the app"):
        move(here, there)
    assert tables(there) == 0
