"""SQLite: WAL, synchronous FULL, foreign keys on, `BEGIN IMMEDIATE` for writers and one write lock in the process.
SQLAlchemy's defaults lose updates silently (no BEGIN before a SELECT, so a read and the write that follows are two
transactions).
"""

import os
import shutil
import sqlite3
import threading
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError

from realness.atomic import flush, flush_folder
from realness.errors import DatabaseProblem
from realness.store.dialects.address import Address
from realness.store.dialects.turns import Busy, Mode, OneAtATime
from realness.store.places import refuse_network
from realness.store.recognise import refuse_others

BUSY_TIMEOUT_MS = 10_000
_NEARLY_NONE = 16 << 20
"""Free bytes of a disk with which SQLite may have found no room, though it says "disk I/O error"."""
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA recursive_triggers=ON",
    "PRAGMA cache_size=-32768",  # KiB: the indexes of 100,000 images stay in memory
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
)


class Sqlite:
    """A file."""

    one_writer = True

    def __init__(self, address: Address, path: Path) -> None:
        self.address, self.path = address, path
        self._writer, self._watch = OneAtATime(), _Watch()
        self._log: int | None = None

    def prepare(self) -> None:
        """Make missing parent folders; see whether the file is one of ours, and leave it as it is.

        Raises:
            DatabaseProblem: it is no database or none of this version's, or lies where SQLite loses data.
        """
        refuse_network(self.path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._problem("cannot make the folder of {place}: " + str(error.strerror)) from error
        try:
            refuse_others(self.path)
        except sqlite3.DatabaseError as error:
            raise self._problem(_advice(self.path, str(error))) from error

    def engine(self) -> Engine:
        """The engine."""
        # An error may be logged: without what somebody wrote.
        engine = create_engine(self.address.url, hide_parameters=True, json_deserializer=orjson.loads)
        event.listen(engine, "connect", _on_connect)
        return engine

    def begin_reading(self, connection: Connection) -> None:
        """Begin by the driver itself: a listener for SQLAlchemy's own event would be asked at every statement."""
        connection.connection.cursor().execute("BEGIN")

    def begin_writing(self, connection: Connection, person: int | None, mode: Mode) -> None:
        """The only one that writes, from its first line on."""
        _set(connection, "synchronous", "NORMAL" if mode.later else "FULL")
        _set(connection, "busy_timeout", BUSY_TIMEOUT_MS if mode.wait else 0)
        try:
            connection.connection.cursor().execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not mode.wait and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise Busy from error
            raise

    def without_foreign_keys(self, connection: Connection) -> None:
        """A table that others refer to can be dropped then, and made again."""
        connection.detach()  # closed at the end, so that nobody else is given it
        connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")  # has no effect after BEGIN

    def writing(self, mode: Mode) -> AbstractContextManager[None]:
        """One writer at a time in this process: SQLite's own lock would let them wait by turns of sleep."""
        return self._writer.turn(wait=mode.wait)

    def sync(self) -> None:
        """SQLite's log, as it is when this begins, is on the disk when it ends.

        Raises:
            DatabaseProblem: the disk refuses.
        """
        log = self.path.with_name(f"{self.path.name}-wal")
        try:
            with log.open("rb") as file:
                flush(file.fileno())
                number = os.fstat(file.fileno()).st_ino
            if self._log != number:  # a new one: its name has to last, too
                flush_folder(log.parent)
                self._log = number
        except FileNotFoundError:  # SQLite has folded it into the database, and synced that
            return
        except OSError as error:
            raise self._problem(_advice_for_disk(self.path, error.strerror or str(error))) from error

    def survey(self) -> None:
        """Nothing: plans here follow from the indexes alone."""

    def scrub(self) -> None:
        """The file, and none of its log is left.

        Raises:
            DatabaseProblem: another process has it open; what was deleted stays deleted.
        """
        again = "stop what uses it, and give the same command again"
        try:
            with closing(sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_MS / 1000)) as connection:
                connection.execute("VACUUM")
                busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError as error:
            raise DatabaseProblem(f"{self.path} cannot be written anew ({error}); {again}") from error
        if busy:
            raise DatabaseProblem(f"{self.path} is in use, and its log still holds what was erased; {again}")

    def problem(self, error: Exception) -> DatabaseProblem | None:
        """In words."""
        reason = str(error.orig if isinstance(error, DatabaseError) else error)
        told = isinstance(error, OperationalError | sqlite3.OperationalError)
        if told or "not a database" in reason or "malformed" in reason:
            return self._problem(_advice(self.path, reason))
        return None

    def _problem(self, advice: str) -> DatabaseProblem:
        return DatabaseProblem(advice, self.path, called="the database")

    def version(self) -> int:
        """SQLite's own count of other connections' commits."""
        return self._watch.version(self.path)

    def close(self) -> None:
        """Let go of the file."""
        self._watch.close()


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


def _set(connection: Connection, pragma: str, wanted: str | int) -> None:
    """A pragma of a connection, unless that is how it was left. NORMAL commits to the log without a sync; that comes
    before it is folded into the file.
    """
    known = connection.info.setdefault("pragmas", {"synchronous": "FULL", "busy_timeout": BUSY_TIMEOUT_MS})
    if known[pragma] != wanted:
        connection.connection.cursor().execute(f"PRAGMA {pragma}={wanted}")
        known[pragma] = wanted


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin or commit by itself
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


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
