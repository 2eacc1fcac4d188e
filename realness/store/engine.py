"""Opening the database the way that loses nothing.

SQLite: WAL, synchronous FULL, foreign keys on, `BEGIN IMMEDIATE` for writers and one write lock in the
process. SQLAlchemy's defaults lose updates silently (no BEGIN before a SELECT, so a read and the write
that follows are two transactions).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from realness.errors import DatabaseProblem

BUSY_TIMEOUT_MS = 10_000
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA recursive_triggers=ON",
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
)


def now() -> datetime:
    """The time, UTC and aware."""
    return datetime.now(UTC)


def aware(value: datetime | None) -> datetime | None:
    """A time as SQLite gives it back (naive, meant as UTC) with its zone."""
    return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Database:
    """The only thing that hands out connections: `read()` and `write()`, each one short transaction."""

    engine: Engine
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def open(cls, url: str) -> "Database":
        """Connect. Missing parent folders of a SQLite file are made.

        Raises:
            DatabaseProblem: the URL is none, its driver is missing, or the file is no database.
        """
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise DatabaseProblem(f"{url!r} is no database URL; write sqlite:///annotations.db for example") from error
        if parsed.get_backend_name() != "sqlite":
            raise DatabaseProblem("only SQLite is supported so far; write sqlite:///annotations.db for example")
        if parsed.database in (None, "", ":memory:"):
            raise DatabaseProblem("the database must be a file: sqlite:///annotations.db for example")
        path = Path(parsed.database)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseProblem(f"cannot make the folder {path.parent}: {error.strerror}") from error
        engine = create_engine(url)
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
        database = cls(engine)
        with database.read():  # a file that is no database shows itself here, not in the middle of a save
            pass
        return database

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return Path(self.engine.url.database or "")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and changes nothing."""
        with _as_problem(self.path), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write: the only one in this process, and SQLite's from its first line on."""
        with self._lock, _as_problem(self.path), self.engine.connect() as connection:
            connection = connection.execution_options(realness_begin="BEGIN IMMEDIATE")
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Give every connection back, so that SQLite folds its log into the file."""
        self.engine.dispose()


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin or commit by itself
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _on_begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("realness_begin", "BEGIN"))


@contextmanager
def _as_problem(path: Path) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise DatabaseProblem(_advice(path, str(error.orig))) from error
    except DatabaseError as error:
        if "not a database" in str(error.orig) or "malformed" in str(error.orig):
            raise DatabaseProblem(_advice(path, str(error.orig))) from error
        raise


def _advice(path: Path, reason: str) -> str:
    if "locked" in reason:
        return f"{path} is held by another process; close it there and try again"
    if "full" in reason:
        return f"the disk that holds {path} is full; free some space and try again (nothing half was written)"
    if "readonly" in reason or "unable to open" in reason:
        return f"{path} cannot be written; check the folder's permissions, or name another file with --db"
    if "not a database" in reason or "malformed" in reason:
        return f"{path} is no SQLite database or is damaged; restore a backup, or name another file with --db"
    return f"the database at {path} refused: {reason}"
