"""Whose a database is, told before anything is written to it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from realness.errors import DatabaseProblem

_OURS = frozenset({"images", "descriptions", "studies", "assignments", "reviews"})
"""Tables that every version has."""


def refuse_others(path: Path) -> None:
    """Read a SQLite file, if there is one, and leave it as it is.

    Raises:
        DatabaseProblem: it holds another program's tables, or was made by a newer version.
        sqlite3.DatabaseError: it cannot be read, or is no database.
    """
    if not os.path.isfile(path) or not os.path.getsize(path):  # noqa: PTH113, PTH202  false where Path would raise
        return
    with closing(_reader(path)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        revision = _revision(connection)
    _refuse(str(path), {name for name in tables if not name.startswith("sqlite_")}, revision, "file")


def refuse_others_there(connection: Connection, called: str) -> None:
    """The same for a database of a server.

    Raises:
        DatabaseProblem: it holds another program's tables, or was made by a newer version.
    """
    there = inspect(connection)
    tables, revision = set(there.get_table_names()), None
    if "alembic_version" in tables and there.get_columns("alembic_version")[0]["name"] == "version_num":
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    _refuse(called, tables, revision, "database")


def _refuse(called: str, tables: set[str], revision: str | None, another: str) -> None:
    tables = tables - {"alembic_version"}
    if not (tables >= _OURS if revision else not tables):
        raise DatabaseProblem(f"{called} holds another program's tables; name another {another} with --db")
    if revision and revision not in _known():
        raise DatabaseProblem(f"{called} was made by a newer version of Realness (schema {revision}); update this one")


def schema_of(path: Path) -> str | None:
    """The schema that a SQLite file is of; None for one that is none of ours.

    Raises:
        sqlite3.DatabaseError: it cannot be read, or is no database.
    """
    with closing(_reader(path)) as connection:
        return _revision(connection)


def _reader(path: Path) -> sqlite3.Connection:
    """A connection that makes no file: only where a log is there does SQLite need one beside it, for its index."""
    options = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "mode=ro&immutable=1"
    return sqlite3.connect(f"{path.resolve().as_uri()}?{options}", uri=True)


def _revision(connection: sqlite3.Connection) -> str | None:
    if "version_num" not in {column[1] for column in connection.execute("PRAGMA table_info(alembic_version)")}:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def _known() -> set[str]:
    return {file.name.split("_")[0] for file in (Path(__file__).parent / "migrations/versions").glob("[0-9]*.py")}
