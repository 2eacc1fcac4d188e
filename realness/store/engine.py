"""Opening the database the way that loses nothing.

SQLite: WAL, synchronous FULL, foreign keys on, `BEGIN IMMEDIATE` for writers and one write lock in the
process. SQLAlchemy's defaults lose updates silently (no BEGIN before a SELECT, so a read and the write
that follows are two transactions).
"""

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from realness.atomic import flush, flush_folder
from realness.errors import DatabaseProblem
from realness.store import slow
from realness.store.places import refuse_network
from realness.store.recognise import refuse_others

BUSY_TIMEOUT_MS = 10_000
_NEARLY_NONE = 16 << 20
"""Free bytes of a disk with which SQLite may have found no room, though it says "disk I/O error"."""
_DRIVERS = ("sqlite", "sqlite+pysqlite")
_EXAMPLE = "sqlite:///annotations.db for example"
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA recursive_triggers=ON",
    "PRAGMA cache_size=-32768",  # KiB: the indexes of 100,000 images stay in memory
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
)


def now() -> datetime:
    """The time, UTC and aware."""
    return datetime.now(UTC)


def aware(value: datetime | None) -> datetime | None:
    """A time as SQLite gives it back (naive, meant as UTC) with its zone."""
    return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class _Writer:
    """One writer at a time in this process. A second `write()` in the thread that writes already would wait for
    itself; it is a mistake in the program and raises `RuntimeError` at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: int | None = None

    @contextmanager
    def turn(self, *, wait: bool) -> Iterator[None]:
        if self._owner == threading.get_ident():
            raise RuntimeError("write() inside write(): use the connection that this thread has")
        if not self._lock.acquire(blocking=wait):
            raise Busy
        self._owner = threading.get_ident()
        try:
            yield
        finally:
            self._owner = None
            self._lock.release()


class _Watch:
    """A connection that only looks: SQLite tells it when any other, of any process, has committed something."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def version(self, path: Path) -> int:
        with self._lock:
            if self._connection is None:
                self._connection = sqlite3.connect(path, check_same_thread=False)
            return self._connection.execute("PRAGMA data_version").fetchone()[0]

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None


class Keeper(Protocol):
    """Keeps a second account of what people answered."""

    def kept(self, rated: tuple[int, int, int] | None) -> None:
        """Something was committed: reviews, or the rating of an image (ids of study, image and reviewer)."""
        ...


class Busy(Exception):
    """Somebody else writes just now, and this thread was not to wait."""


class Later(threading.local):
    """Of each thread: whether what it writes is synced `later`, whether it may `wait` to write, whether it `wrote`."""

    later, wait, wrote = False, True, False


@dataclass(frozen=True)
class Database:
    """The only thing that hands out connections: `read()` and `write()`, each one short transaction."""

    engine: Engine
    slow: slow.Slow
    _writer: _Writer = field(default_factory=_Writer)
    _shared: threading.local = field(default_factory=threading.local)
    _watch: _Watch = field(default_factory=_Watch)
    _later: Later = field(default_factory=Later)
    _log_file: list[int] = field(default_factory=list)
    keepers: list[Keeper] = field(default_factory=list)
    """Told by `keeping`."""

    @classmethod
    def open(cls, url: str) -> "Database":
        """Connect. Missing parent folders of a SQLite file are made.

        Raises:
            DatabaseProblem: the URL is no plain path, or the file is no database or not one of this version's. It is
                left as it is then.
        """
        path = file_of(url)
        refuse_network(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _problem("cannot make the folder of {place}: " + str(error.strerror), path) from error
        try:
            refuse_others(path)
        except sqlite3.DatabaseError as error:
            raise _problem(_advice(path, str(error)), path) from error
        # An error may be logged: without what somebody wrote.
        engine = create_engine(url, hide_parameters=True, json_deserializer=orjson.loads)
        event.listen(engine, "connect", _on_connect)
        database = cls(engine, slow.watch(engine))
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
        shared = getattr(self._shared, "connection", None)
        if shared is not None:
            yield shared
            return
        with _as_problem(self), self.engine.connect() as connection, connection.begin():
            _begin(connection, "BEGIN")
            yield connection

    @contextmanager
    def together(self) -> Iterator[None]:
        """Whatever this thread reads until the end is of one state of the database, and costs one transaction.

        It may not write before the end. Inside another it is part of it.
        """
        outer = getattr(self._shared, "connection", None)
        with self.read() as connection:
            self._shared.connection = connection
            try:
                yield
            finally:
                self._shared.connection = outer

    @contextmanager
    def write(self, *, foreign_keys: bool = True) -> Iterator[Connection]:
        """A transaction that may write: the only one in this process, and SQLite's from its first line on.

        Without `foreign_keys` a table that others refer to can be dropped and made again; the caller then
        checks the references before the end.

        Raises:
            RuntimeError: this thread has a `write()` open already, or reads `together()`.
        """
        if getattr(self._shared, "connection", None) is not None:
            raise RuntimeError("write() inside together(): what is read after it would be older than it")
        mode = self._later
        with self._writer.turn(wait=mode.wait), _as_problem(self), self.engine.connect() as connection:
            if not foreign_keys:
                connection.detach()  # closed at the end, so that nobody else is given it
                connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")  # has no effect after BEGIN
            _set(connection, "synchronous", "NORMAL" if mode.later else "FULL")
            _set(connection, "busy_timeout", BUSY_TIMEOUT_MS if mode.wait else 0)
            with connection.begin():
                _begin_to_write(connection, wait=mode.wait)
                yield connection
            mode.wrote = True

    @contextmanager
    def keeping(self, rated: tuple[int, int, int] | None = None) -> Iterator[Connection]:
        """`write()` of what people answer: when this ends, those who keep a second account have it, too.

        Args:
            rated: the ids of study, image and reviewer, where it is a rating that is kept.
        """
        with self.write() as connection:
            yield connection
        for keeper in self.keepers:
            keeper.kept(rated)

    @contextmanager
    def unsynced(self, *, wait: bool) -> Iterator[Later]:
        """What this thread writes until the end is seen by all, but would not outlast a power cut: if it `wrote`, the
        caller has to `sync()` before anybody is told. So one sync can serve many who write one after another.

        Args:
            wait: for others who write; otherwise `write()` raises `Busy`.
        """
        mode = self._later
        mode.later, mode.wait, mode.wrote = True, wait, False
        try:
            yield mode
        finally:
            mode.later, mode.wait = False, True

    def sync(self) -> None:
        """All that was committed is on the disk when this ends.

        Raises:
            DatabaseProblem: the disk refuses.
        """
        log = self.path.with_name(f"{self.path.name}-wal")
        try:
            with log.open("rb") as file:
                flush(file.fileno())
                number = os.fstat(file.fileno()).st_ino
            if self._log_file != [number]:  # a new one: its name has to last, too
                flush_folder(log.parent)
                self._log_file[:] = [number]
        except FileNotFoundError:  # SQLite has folded it into the database, and synced that
            return
        except OSError as error:
            raise _problem(_advice_for_disk(self.path, error.strerror or str(error)), self.path) from error

    def version(self) -> int:
        """A number that is another one after every commit, whoever made it: what was read under it still holds."""
        with _as_problem(self):
            return self._watch.version(self.path)

    def close(self) -> None:
        """Give every connection back, so that SQLite folds its log into the file."""
        self._watch.close()
        self.engine.dispose()


def file_of(url: str) -> Path:
    """The file that a URL names.

    Raises:
        DatabaseProblem: it is anything but a plain path to one.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise DatabaseProblem(f"{url!r} is no database URL; write {_EXAMPLE}") from error
    if parsed.get_backend_name() != "sqlite":
        raise DatabaseProblem(f"only SQLite is supported so far; write {_EXAMPLE}")
    if parsed.database in (None, "", ":memory:"):
        raise DatabaseProblem(f"the database must be a file; write {_EXAMPLE}")
    plain = URL.create(parsed.drivername, database=parsed.database)
    if parsed.drivername not in _DRIVERS or parsed != plain or "?" in url or parsed.database.startswith("file:"):
        raise DatabaseProblem(f"{url!r} is more than the path of a SQLite file; write {_EXAMPLE}")
    return Path(parsed.database)


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin or commit by itself
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _set(connection: Connection, pragma: str, wanted: str | int) -> None:
    """A pragma of a connection, unless that is how it was left. NORMAL commits to the log without a sync; that comes
    before it is folded into the file.
    """
    known = connection.info.setdefault("pragmas", {"synchronous": "FULL", "busy_timeout": BUSY_TIMEOUT_MS})
    if known[pragma] != wanted:
        connection.connection.cursor().execute(f"PRAGMA {pragma}={wanted}")
        known[pragma] = wanted


def _begin(connection: Connection, how: str) -> None:
    """Begin by the driver itself: a listener for SQLAlchemy's own event would be asked at every statement."""
    connection.connection.cursor().execute(how)


def _begin_to_write(connection: Connection, *, wait: bool) -> None:
    try:
        _begin(connection, "BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if not wait and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise Busy from error
        raise


@contextmanager
def _as_problem(database: Database) -> Iterator[None]:
    try:
        yield
    except (OperationalError, sqlite3.OperationalError) as error:
        raise _problem(_advice(database.path, _reason(error)), database.path) from error
    except (DatabaseError, sqlite3.DatabaseError) as error:
        if "not a database" in _reason(error) or "malformed" in _reason(error):
            raise _problem(_advice(database.path, _reason(error)), database.path) from error
        raise


def _reason(error: Exception) -> str:
    return str(error.orig if isinstance(error, DatabaseError) else error)


def _problem(advice: str, path: Path) -> DatabaseProblem:
    return DatabaseProblem(advice, path, called="the database")


def _advice(path: Path, reason: str) -> str:
    """What to do, with `{place}` for where the database lies."""
    if "locked" in reason:
        return "{place} is held by another process; close it there and try again"
    if "full" in reason:
        return "the disk that holds {place} is full; free some space and try again (nothing half was written)"
    if "I/O" in reason:
        return _advice_for_disk(path, reason)
    if "readonly" in reason or "unable to open" in reason:
        return "{place} cannot be written; check the folder's permissions, or name another file with --db"
    if "not a database" in reason or "malformed" in reason:
        return "{place} is no SQLite database or is damaged; restore a backup, or name another file with --db"
    return "the database at {place} refused: " + reason


def _advice_for_disk(path: Path, reason: str) -> str:
    free = shutil.disk_usage(path.absolute().parent).free
    if free < _NEARLY_NONE:
        free_mb = f"{free / 10**6:.1f} MB"
        return "the disk that holds {place} may be full " + f"({free_mb} are free); free some space and try again"
    return "the disk that holds {place} fails " + f"({reason}); check it, and keep a backup on another one"
