"""The schema that the migrations make is the one the code works with."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from builders import make_study
from sqlalchemy import inspect

from realness.errors import DatabaseProblem
from realness.store import Store, migrate
from realness.store.migrate import HEAD
from realness.store.tables import metadata

MIGRATIONS = Path(migrate.__code__.co_filename).parent / "migrations"


def test_the_migrated_schema_equals_the_tables_in_the_code(store):
    with store.database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_head_in_the_code_is_the_newest_migration():
    script = ScriptDirectory(str(MIGRATIONS))
    assert script.get_current_head() == HEAD


def test_every_table_of_the_vocabulary_is_there(store):
    words = "images image_sources descriptions findings maps predictions opinion_scores reference_regions reviewers "
    words += "studies assignments drafts reviews review_findings review_regions exports"
    with store.database.read() as connection:
        assert set(words.split()) <= set(inspect(connection).get_table_names())


def test_a_database_goes_down_to_nothing_and_up_again(store):
    migrate(store.database, "base")
    with store.database.read() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
        assert inspect(connection).get_view_names() == []
    migrate(store.database)
    assert make_study(store).images == 3


def test_a_copy_is_kept_before_a_migration(store):
    make_study(store)
    migrate(store.database, "base")
    copy = sqlite3.connect(f"{store.database.path}.before-{HEAD}")
    assert copy.execute("SELECT count(*) FROM images").fetchone() == (3,)
    copy.close()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path, store):
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseProblem, match="newer version"):
        Store.open(f"sqlite:///{store.database.path}")


def test_another_programs_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE things (name TEXT)")
    other.commit()
    with pytest.raises(DatabaseProblem, match="another program"):
        Store.open(f"sqlite:///{path}")
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("things",)]
    other.close()


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "notes.db"
    path.write_text("my notes, " * 500)
    before = path.read_bytes()
    with pytest.raises(DatabaseProblem, match="no SQLite database"):
        Store.open(f"sqlite:///{path}")
    assert path.read_bytes() == before


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_a_url_that_cannot_work_says_which_can(url):
    with pytest.raises(DatabaseProblem, match=r"sqlite:///annotations\.db"):
        Store.open(url)
