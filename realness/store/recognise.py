"""Whose database a file is, told before anything is written to it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

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
    tables = {name for name in tables if not name.startswith("sqlite_")} - {"alembic_version"}
    if not (tables >= _OURS if revision else not tables):
        raise DatabaseProblem(f"{path} holds another program's tables; name another file with --db")
    if revision and revision not in _known():
        raise DatabaseProblem(f"{path} was made by a newer version of Realness (schema {revision}); update this one")


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
