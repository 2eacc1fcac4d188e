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


@pytest.mark.parametrize("table", TABLES)
def test_update_delete_and_replace_are_refused_on_our_own_connection(filled, table):
    for statement in (
        f"UPDATE {table} SET created_at = '2000-01-01'",
        f"DELETE FROM {table}",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1",
    ):

        def act(statement=statement):
            with filled.database.write() as connection:
                connection.execute(text(statement))

        refused(act)


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
    connection = sqlite3.connect(filled.database.path)
    columns = "study_id, image_id, reviewer_id, lease_expires_at, rated_at, created_at"
    for statement in (
        "UPDATE assignments SET blind_rating = 99",
        "DELETE FROM assignments",
        f"REPLACE INTO assignments (id, blind_rating, {columns}) SELECT id, 99, {columns} FROM assignments",
        f"REPLACE INTO assignments (blind_rating, {columns}) SELECT 99, {columns} FROM assignments",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="locked"):
            connection.execute(statement)
    connection.close()


def test_a_lease_without_a_rating_may_go(filled):
    study = filled.studies.named("pilot")
    filled.assignments.next_image(study, filled.people.local().id)
    connection = sqlite3.connect(filled.database.path)
    assert connection.execute("DELETE FROM assignments WHERE blind_rating IS NULL").rowcount == 1
    connection.close()


@pytest.mark.parametrize("table", TABLES)
def test_triggers_are_there_again_after_going_down_and_up(store, table):
    migrate(store.database, "base")
    migrate(store.database)
    with store.database.read() as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
    assert {f"{table}_no_update", f"{table}_no_delete", f"{table}_no_replace"} <= set(names)


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


@pytest.mark.parametrize("table", TABLES)
def test_a_migration_that_rebuilds_a_filled_table_keeps_its_rows_view_and_triggers(filled, next_migration, table):
    def rows(connection, name=table):
        return connection.exec_driver_sql(f"SELECT * FROM {name} ORDER BY id").all()

    with filled.database.read() as connection:
        before = {name: rows(connection, name) for name in [*TABLES, "current_reviews"]}
    next_migration(f"with op.batch_alter_table({table!r}, recreate='always'): pass")
    migrate(filled.database)
    for statement in (
        f"UPDATE {table} SET created_at = '2000-01-01'",
        f"DELETE FROM {table}",
        f"REPLACE INTO {table} SELECT * FROM {table} LIMIT 1",
    ):

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
    with pytest.raises(DatabaseProblem, match="missing rows of images"):
        migrate(filled.database)
    with filled.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM images").scalar() == 3
        assert connection.exec_driver_sql("SELECT count(*) FROM current_reviews").scalar() == 1
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == HEAD
