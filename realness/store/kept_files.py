"""Which files the database refers to, read little by little, and a set of paths that takes no memory."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from sqlalchemy import Table, func, select

from realness.store.engine import Database
from realness.store.tables import images, maps, reference_maps

KINDS: dict[str, Table] = {"image": images, "map": maps, "reference map": reference_maps}
_BATCH = 500


@dataclass(frozen=True)
class KeptFile:
    """A file that a row refers to; `path` is relative to the data folder, or absolute."""

    path: str
    sha256: str


def count(database: Database, kind: str) -> int:
    """How many rows of a kind, one of `KINDS`, refer to a file."""
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(KINDS[kind])).scalar_one()


def kept_files(database: Database, kind: str) -> Iterator[KeptFile]:
    """The files of a kind, one of `KINDS`. Each transaction is short: reading every file takes hours, and SQLite's
    log would grow all the while.
    """
    c, last = KINDS[kind].c, 0
    while True:
        with database.read() as connection:
            query = select(c.id, c.path, c.sha256).where(c.id > last).order_by(c.id).limit(_BATCH)
            rows = connection.execute(query).all()
        if not rows:
            return
        yield from (KeptFile(row.path, row.sha256) for row in rows)
        last = rows[-1].id


class Paths:
    """A set of paths in a file of SQLite's own, which goes away by itself: a million take a few MB of memory."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("CREATE TABLE paths (path TEXT PRIMARY KEY) WITHOUT ROWID")

    def add(self, path: str) -> None:
        """Put one in."""
        self._connection.execute("INSERT OR IGNORE INTO paths VALUES (?)", (path,))

    def __contains__(self, path: str) -> bool:
        return self._connection.execute("SELECT 1 FROM paths WHERE path = ?", (path,)).fetchone() is not None


@contextmanager
def empty_paths() -> Iterator[Paths]:
    """An empty set."""
    with closing(sqlite3.connect("", isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
        yield Paths(connection)
