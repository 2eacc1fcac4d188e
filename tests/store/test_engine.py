"""SQLite is opened so that nothing is lost."""

import shutil
import sqlite3
import threading
import time
from types import SimpleNamespace

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError

from realness.errors import DatabaseProblem
from realness.store import Database


@pytest.mark.sqlite_alone
def test_connections_have_wal_full_sync_and_foreign_keys(store):
    with store.database.read() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "busy_timeout")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]
    assert found == ["wal", 2, 1, 1, 10_000]


def test_no_update_is_lost_between_threads_and_between_two_databases_on_one_place(store, bench):
    """SQLAlchemy's defaults lose most of these updates without an error."""
    with store.database.write() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    other = Database.open(bench.settings.database)

    def add(database):
        for _ in range(25):
            with database.write() as connection:
                n = connection.execute(text("SELECT n FROM counter")).scalar_one()
                connection.execute(text("UPDATE counter SET n = :n"), {"n": n + 1})

    threads = [threading.Thread(target=add, args=(database,)) for database in [store.database, other] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    with store.database.read() as connection:
        assert connection.execute(text("SELECT n FROM counter")).scalar_one() == 200


def test_a_failed_transaction_leaves_nothing(store):
    try:
        with store.database.write() as connection:
            connection.execute(text("CREATE TABLE half (n INTEGER)"))
            raise RuntimeError("stop")
    except RuntimeError:
        pass
    with store.database.read() as connection:
        assert not inspect(connection).has_table("half")


@pytest.mark.parametrize("driver", ["sqlite", "sqlite+pysqlite"])
def test_parent_folders_are_made(tmp_path, driver):
    database = Database.open(f"{driver}:///{tmp_path}/a/b/c.db")
    database.close()
    assert (tmp_path / "a/b/c.db").exists()


def test_what_is_read_together_is_of_one_state_though_another_writes_meanwhile(store):
    def rows():
        with store.database.read() as connection:
            return connection.execute(text("SELECT count(*) FROM kept")).scalar_one()

    def add():
        with store.database.write() as connection:
            connection.execute(text("INSERT INTO kept VALUES (1)"))

    with store.database.write() as connection:
        connection.execute(text("CREATE TABLE kept (n INTEGER)"))
    with store.database.together():
        assert rows() == 0
        other = threading.Thread(target=add)
        other.start()
        other.join()
        with store.database.together():
            assert rows() == 0
        assert rows() == 0
    assert rows() == 1


def test_a_write_among_what_is_read_together_is_refused_and_what_follows_goes_on(store):
    with pytest.raises(RuntimeError, match="inside together"), store.database.together(), store.database.write():
        pass
    with store.database.write() as connection:
        connection.execute(text("CREATE TABLE kept (n INTEGER)"))


def test_a_write_inside_a_write_is_refused_at_once_and_the_outer_one_goes_on(store):
    begun = time.monotonic()
    with store.database.write() as connection:
        connection.execute(text("CREATE TABLE outer_one (n INTEGER)"))
        with pytest.raises(RuntimeError, match="inside"), store.database.write():
            pass
    assert time.monotonic() - begun < 5
    with store.database.write() as connection:
        assert connection.execute(text("SELECT count(*) FROM outer_one")).scalar() == 0


@pytest.mark.sqlite_alone
def test_a_write_without_foreign_keys_leaves_no_such_connection_behind(store):
    with store.database.write(foreign_keys=False) as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 0
    with store.database.write() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


@pytest.mark.sqlite_alone
@pytest.mark.parametrize(
    ("free", "said"),
    [(0, "may be full .0.0 MB are free.; free some space"), (10**9, "fails .disk I/O error.; check it")],
)
def test_a_disk_that_refuses_is_told_of_as_full_or_as_failing(store, monkeypatch, free, said):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=free))
    with pytest.raises(DatabaseProblem, match=said), store.database.write():
        raise OperationalError("INSERT", {}, sqlite3.OperationalError("disk I/O error"))
