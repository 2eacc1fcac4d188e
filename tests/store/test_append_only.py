"""Answers and descriptions are inserted, never changed, on any connection and after any migration."""

import importlib
import shutil
import sqlite3

import pytest
from builders import given_image, make_study, make_submission
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from realness.domain import FindingState, Region, RegionShape, ReviewedFinding
from realness.errors import DatabaseProblem
from realness.store import NewReply
from realness.store.migrate import HEAD, SCRIPTS, migrate
from realness.store.tables import APPEND_ONLY

TABLES = [table.name for table in APPEND_ONLY]


@pytest.fixture
def filled(store):
    study = make_study(store)
    image = given_image(store, study)
    mark = Region(RegionShape.BOX, (1, 2, 30, 40))
    finding = ReviewedFinding(FindingState.ADDED, "The cup floats", regions=(mark,))
    submission = make_submission(study, image, findings=(finding,), explanation="It floats.")
    store.reviews.submit(store.people.local().id, submission)
    asked = {"request": "0" * 64, "provider": "local", "model": "m", "prompt_version": "findings-1", "parameters": {}}
    store.replies.add(NewReply(image.id, **asked, status="refused", raw="I cannot."))
    return store


def refused(action):
    with pytest.raises((sqlite3.IntegrityError, IntegrityError), match="append-only"):
        action()


def changing(store, table):
    """Every way to change what a table holds."""
    ways = [f"UPDATE {table} SET created_at = '2000-01-01'", f"DELETE FROM {table}"]
    if store.database.backend.one_writer:
        return [*ways, f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1"]
    again = (
        f"INSERT INTO {table} SELECT * FROM {table} LIMIT 1 ON CONFLICT (id) DO UPDATE SET created_at = '2000-01-01'"
    )
    return [*ways, again, f"TRUNCATE {table} CASCADE"]


@pytest.mark.parametrize("table", TABLES)
def test_update_delete_and_replace_are_refused_on_our_own_connection(filled, table):
    for statement in changing(filled, table):

        def act(statement=statement):
            with filled.database.write() as connection:
                connection.execute(text(statement))

        refused(act)


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("table", TABLES)
def test_they_are_refused_on_a_bare_connection_without_any_pragma(filled, table):
    connection = sqlite3.connect(filled.database.path)
    before = connection.execute(f"SELECT * FROM {table}").fetchall()
    assert before
    refused(lambda: connection.execute(f"UPDATE {table} SET created_at = '2000-01-01'"))
    refused(lambda: connection.execute(f"DELETE FROM {table}"))
    refused(lambda: connection.execute(f"REPLACE INTO {table} SELECT * FROM {table} LIMIT 1"))
    assert connection.execute(f"SELECT * FROM {table}").fetchall() == before
    connection.close()


@pytest.mark.sqlite_alone
def test_a_replace_by_another_unique_key_is_refused_too(filled):
    columns = "submission_id, study_id, image_id, reviewer_id, role, revision, kind, explanation, active_seconds"
    columns += ", reason, note, app_version, created_at"
    connection = sqlite3.connect(filled.database.path)
    same_id = f"REPLACE INTO reviews (id, {columns}) SELECT 99, {columns} FROM reviews"
    refused(lambda: connection.execute(same_id))
    other = columns.replace("submission_id", "'another-id'", 1)
    refused(lambda: connection.execute(f"REPLACE INTO reviews ({columns}) SELECT {other} FROM reviews"))
    connection.close()


def test_a_locked_blind_rating_stays(filled):
    columns = "study_id, image_id, reviewer_id, lease_expires_at, rated_at, created_at"
    ways = ["UPDATE assignments SET blind_rating = 99", "DELETE FROM assignments"]
    if filled.database.backend.one_writer:
        ways += [
            f"REPLACE INTO assignments (id, blind_rating, {columns}) SELECT id, 99, {columns} FROM assignments",
            f"REPLACE INTO assignments (blind_rating, {columns}) SELECT 99, {columns} FROM assignments",
        ]
    for statement in ways:
        with pytest.raises(IntegrityError, match="locked"), filled.database.write() as connection:
            connection.execute(text(statement))


def test_a_lease_without_a_rating_may_go(filled):
    study = filled.studies.named("pilot")
    filled.assignments.next_image(study, filled.people.local().id)
    with filled.database.write() as connection:
        assert connection.execute(text("DELETE FROM assignments WHERE blind_rating IS NULL")).rowcount == 1


@pytest.mark.parametrize("table", TABLES)
def test_triggers_are_there_again_after_going_down_and_up(store, table):
    migrate(store.database, "base")
    migrate(store.database)
    with store.database.read() as connection:
        on_sqlite = store.database.backend.one_writer
        told = "SELECT name FROM sqlite_master WHERE type = 'trigger'" if on_sqlite else "SELECT tgname FROM pg_trigger"
        names = connection.execute(text(told)).scalars().all()
    third = "no_replace" if on_sqlite else "no_truncate"
    assert {f"{table}_no_update", f"{table}_no_delete", f"{table}_{third}"} <= set(names)


@pytest.fixture
def next_migration(tmp_path, monkeypatch):
    """Writes the migration that follows the newest one, with this body, where `migrate` finds it."""
    module = importlib.import_module("realness.store.migrate")  # the package has a function of that name

    def write(body):
        scripts = tmp_path / "migrations"
        shutil.copytree(SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
        head = f'from alembic import op\nrevision, down_revision = "next", "{module.HEAD}"\n'
        (scripts / "versions/next.py").write_text(f"{head}def upgrade():\n    {body}\n")
        monkeypatch.setattr(module, "SCRIPTS", scripts)
        monkeypatch.setattr(module, "HEAD", "next")

    return write


@pytest.mark.sqlite_alone  # PostgreSQL changes tables where they are
@pytest.mark.parametrize("table", TABLES)
def test_a_migration_that_rebuilds_a_filled_table_keeps_its_rows_view_and_triggers(filled, next_migration, table):
    def rows(connection, name=table):
        return connection.exec_driver_sql(f"SELECT * FROM {name} ORDER BY id").all()

    with filled.database.read() as connection:
        before = {name: rows(connection, name) for name in [*TABLES, "current_reviews"]}
    next_migration(f"with op.batch_alter_table({table!r}, recreate='always'): pass")
    migrate(filled.database)
    for statement in changing(filled, table):

        def act(statement=statement):
            with filled.database.write() as connection:
                connection.exec_driver_sql(statement)

        refused(act)
    with filled.database.read() as connection:
        assert {name: rows(connection, name) for name in before} == before
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "next"


def test_a_migration_that_leaves_a_reference_to_nothing_is_taken_back(filled, next_migration):
    next_migration("op.execute('DELETE FROM images')")
    # PostgreSQL never lets go of a reference, SQLite is asked at the end.
    with pytest.raises((DatabaseProblem, IntegrityError), match=r"missing rows of images|violates foreign key"):
        migrate(filled.database)
    with filled.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM images").scalar() == 3
        assert connection.exec_driver_sql("SELECT count(*) FROM current_reviews").scalar() == 1
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == HEAD
