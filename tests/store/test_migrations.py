"""The schema that the migrations make is the one the code works with."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from builders import given_image, make_study, make_submission
from sqlalchemy import inspect, text

from realness.domain import name_key
from realness.errors import DatabaseProblem
from realness.store import NewPrediction, Store, migrate
from realness.store.migrate import HEAD, UNCOPIED
from realness.store.tables import metadata
from realness.store.words import INDEX

MIGRATIONS = Path(migrate.__code__.co_filename).parent / "migrations"


def contents(folder):
    """Every file's bytes, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_the_migrated_schema_equals_the_tables_in_the_code(store):
    with store.database.read() as connection:
        # but for the search index, which each database has in its own way
        tables = {"include_name": lambda name, _kind, _parents: not str(name).startswith(INDEX)}
        assert compare_metadata(MigrationContext.configure(connection, opts=tables), metadata) == []


def test_the_head_in_the_code_is_the_newest_migration():
    script = ScriptDirectory(str(MIGRATIONS))
    assert script.get_current_head() == HEAD


def test_every_table_of_the_vocabulary_is_there(store):
    words = "images image_sources descriptions findings maps predictions opinion_scores reference_regions "
    words += "reference_maps reviewers studies assignments drafts reviews review_findings review_regions exports "
    words += "replies batches"
    with store.database.read() as connection:
        assert set(words.split()) <= set(inspect(connection).get_table_names())


def test_a_database_goes_down_to_nothing_and_up_again(store):
    migrate(store.database, "base")
    with store.database.read() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
        assert inspect(connection).get_view_names() == []
    migrate(store.database)
    assert make_study(store).images == 3


KEPT = ("images", "image_sources", "reviewers", "studies", "descriptions", "findings", "reviews", "review_findings")
"""Tables that every schema has."""


def kept(connection):
    """What these hold, in the columns that the oldest schema had."""
    there = inspect(connection)
    old = {"images", "target", "gold_share", "choices", "name_key", "sources", "offered", "gold"}
    found = {}
    for table in KEPT:
        names = ", ".join(column["name"] for column in there.get_columns(table) if column["name"] not in old)
        found[table] = connection.execute(text(f"SELECT {names} FROM {table} ORDER BY id")).all()
    return found


def test_data_goes_down_through_every_schema_and_up_again(store, monkeypatch):
    monkeypatch.setenv(UNCOPIED, "1")
    study, me = make_study(store, overlap=2), store.people.local()
    store.reviews.submit(me.id, make_submission(study, given_image(store, study), explanation="It floats."))
    store.tags.change(study.id, [1, 2], ["odd"], [], me.id)
    make_study(store, images=2, name="least sure", order="informative")
    store.predictions.add("core", [NewPrediction(4, None, 50.0, 40.0, 65.0)])
    with store.database.read() as connection:
        before = kept(connection)
    revisions = [f"{number:04}" for number in range(1, int(HEAD))]
    for revision in reversed(revisions):
        migrate(store.database, revision)
        with store.database.read() as connection:
            assert kept(connection) == before
    for revision in [*revisions[1:], "head"]:
        migrate(store.database, revision)
    with store.database.read() as connection:
        assert kept(connection) == before
        left = connection.execute(text("SELECT remaining, informative FROM study_images ORDER BY id")).all()
    assert left == [(1, None), (2, None), (2, None), (1, -25.0), (1, 2.0)]
    assert store.studies.progress(study.id, me.id).done == 1
    assert given_image(store, store.studies.named("pilot")).id == 2


def test_of_two_names_that_are_one_the_newer_gets_a_number(store):
    migrate(store.database, "0007")
    with store.database.write() as connection:
        for name in ("Local", "Straße", "strasse 2", "STRASSE", "Ärzte", "local", "ärzte", "a\u0308rzte"):
            values = {"name": name, "pseudonym": f"p-{name}"}
            statement = (
                "INSERT INTO reviewers (created_at, name, pseudonym, role) "
                "VALUES ('2020-01-01', :name, :pseudonym, 'admin')"
            )
            connection.execute(text(statement), values)
    migrate(store.database)
    with store.database.read() as connection:
        found = dict(connection.execute(text("SELECT name, name_key FROM reviewers ORDER BY id")).all())
    numbered = ["Local 2", "Straße", "strasse 2", "STRASSE 3", "Ärzte", "local", "ärzte 2", "a\u0308rzte 3"]
    assert list(found) == numbered
    assert found == {name: name_key(name) for name in numbered}


@pytest.mark.sqlite_alone
def test_a_copy_is_kept_before_a_migration(store):
    make_study(store)
    migrate(store.database, "base")
    copy = sqlite3.connect(f"{store.database.path}.before-{HEAD}")
    assert copy.execute("SELECT count(*) FROM images").fetchone() == (3,)
    copy.close()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path, store, url):
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    before = contents(tmp_path)
    with pytest.raises(DatabaseProblem, match="newer version"):
        Store.open(url)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE things (name TEXT)"],
        ["CREATE TABLE alembic_version (version_num TEXT)", "INSERT INTO alembic_version VALUES ('0001')"],
        ["CREATE TABLE alembic_version (version_num TEXT)", "INSERT INTO alembic_version VALUES ('a1b2')"],
        ["CREATE TABLE alembic_version (other TEXT)", "CREATE TABLE things (name TEXT)"],
        ["PRAGMA journal_mode=WAL", "CREATE TABLE things (name TEXT)"],
    ],
)
def test_another_programs_database_is_refused_and_left_alone(tmp_path, statements):
    other = sqlite3.connect(tmp_path / "other.db")
    for statement in statements:
        other.execute(statement)
    other.commit()
    other.close()
    before = contents(tmp_path)
    with pytest.raises(DatabaseProblem, match="another program"):
        Store.open(f"sqlite:///{tmp_path}/other.db")
    assert contents(tmp_path) == before


def test_another_programs_open_log_is_read_and_left_alone(tmp_path):
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("CREATE TABLE things (name TEXT)")  # in the log only, since the connection stays open
    before = contents(tmp_path)
    with pytest.raises(DatabaseProblem, match="another program"):
        Store.open(f"sqlite:///{tmp_path}/other.db")
    after = contents(tmp_path)
    other.close()
    assert {name: after[name] for name in ("other.db", "other.db-wal")} == {
        name: before[name] for name in ("other.db", "other.db-wal")
    }
    assert set(after) == set(before)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "notes.db"
    path.write_text("my notes, " * 500)
    before = path.read_bytes()
    with pytest.raises(DatabaseProblem, match="no SQLite database"):
        Store.open(f"sqlite:///{path}")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "url",
    [
        "nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:",
        "sqlite+foo:///x.db", "sqlite+aiosqlite:///x.db", "sqlite+pysqlcipher:///x.db", "sqlite://host/x.db",
        "sqlite://host:abc/x.db", "sqlite://me:word@/x.db", "sqlite:///x.db?timeout=abc", "sqlite:///x.db?foo=bar",
        "sqlite:///x.db?foo", "sqlite:///file:x.db", "sqlite:///file:x.db?mode=ro&uri=true",
    ],
)  # fmt: skip
def test_a_url_that_cannot_work_says_which_can_and_makes_nothing(tmp_path, monkeypatch, url):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatabaseProblem, match=r"sqlite:///annotations\.db"):
        Store.open(url)
    assert list(tmp_path.iterdir()) == []
