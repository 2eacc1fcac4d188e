"""Opening the database the way that loses nothing. How that is depends on the kind: `store/dialects`."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from realness.errors import DatabaseProblem
from realness.store import slow
from realness.store.dialects import Address, Backend, Version, address_of, backend_of
from realness.store.dialects.turns import Mode
from realness.store.recognise import refuse_others_there

COPIES = Path("data/backups")
"""Where copies lie unless another folder is named."""


def now() -> datetime:
    """The time, UTC and aware."""
    return datetime.now(UTC)


_MANY = 1000
"""Rows from which on the plans that were made without them are no good."""


def aware(value: datetime | None) -> datetime | None:
    """A time as SQLite gives it back (naive, meant as UTC) with its zone."""
    return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class Keeper(Protocol):
    """Keeps a second account of what people answered."""

    def kept(self, rated: tuple[int, int, int] | None) -> None:
        """Something was committed: reviews, or the rating of an image (ids of study, image and reviewer)."""
        ...


@dataclass(frozen=True)
class Database:
    """The only thing that hands out connections: `read()` and `write()`, each one short transaction."""

    engine: Engine
    slow: slow.Slow
    backend: Backend
    _shared: threading.local = field(default_factory=threading.local)
    _mode: Mode = field(default_factory=Mode)
    keepers: list[Keeper] = field(default_factory=list)
    """Told by `keeping`."""
    copies: Path = COPIES
    """The folder for the copy of a PostgreSQL database that is made before its schema is changed."""

    @classmethod
    def open(cls, url: str, copies: Path = COPIES) -> "Database":
        """Connect. Missing parent folders of a SQLite file are made.

        Raises:
            DatabaseProblem: the URL names no database, or what is there is none or not one of this version's. It is
                left as it is then.
        """
        backend = backend_of(address_of(url))
        backend.prepare()
        engine = backend.engine()
        database = cls(engine, slow.watch(engine), backend, copies=copies)
        try:
            with database.read() as connection:  # what is no database shows itself here, not in the middle of a save
                if not backend.one_writer:
                    refuse_others_there(connection, str(backend.address))
        except BaseException:
            database.close()
            raise
        return database

    @property
    def path(self) -> Path:
        """The SQLite file.

        Raises:
            DatabaseProblem: it is no file.
        """
        return _file(self.backend.address)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and changes nothing."""
        shared = getattr(self._shared, "connection", None)
        if shared is not None:
            yield shared
            return
        with _as_problem(self), self.engine.connect() as connection, connection.begin():
            self.backend.begin_reading(connection)
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
    def write(self, *, foreign_keys: bool = True, person: int | None = None) -> Iterator[Connection]:
        """A transaction that may write: on SQLite the only one from its first line on, on PostgreSQL the only one
        unless all that it writes is one person's own.

        Without `foreign_keys` a table that others refer to can be dropped and made again; the caller then
        checks the references before the end.

        Args:
            person: the id of whose own it is: leases, ratings, drafts, answers. Those of other persons are written
                at the same time where the database allows it.

        Raises:
            RuntimeError: this thread has a `write()` open already, or reads `together()`.
        """
        if getattr(self._shared, "connection", None) is not None:
            raise RuntimeError("write() inside together(): what is read after it would be older than it")
        mode = self._mode
        with self.backend.writing(mode), _as_problem(self), self.engine.connect() as connection:
            if not foreign_keys:
                self.backend.without_foreign_keys(connection)
            with connection.begin():
                self.backend.begin_writing(connection, person, mode)
                yield connection
            mode.wrote = True

    @contextmanager
    def keeping(self, rated: tuple[int, int, int] | None = None, *, person: int | None = None) -> Iterator[Connection]:
        """`write()` of what people answer: when this ends, those who keep a second account have it, too.

        Args:
            rated: the ids of study, image and reviewer, where it is a rating that is kept.
            person: as in `write`.
        """
        with self.write(person=person) as connection:
            yield connection
        for keeper in self.keepers:
            keeper.kept(rated)

    @contextmanager
    def unsynced(self, *, wait: bool) -> Iterator[Mode]:
        """What this thread writes until the end is seen by all, but would not outlast a power cut: if it `wrote`, the
        caller has to `sync()` before anybody is told. So one sync can serve many who write one after another.

        Args:
            wait: for others who write; otherwise `write()` raises `Busy`. Only where there is one writer at a time.
        """
        mode = self._mode
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
        self.backend.sync()

    def survey(self, came: int) -> None:
        """After so many rows came: where they are many, the next plans know of them.

        Raises:
            DatabaseProblem: it cannot be reached.
        """
        if came >= _MANY:
            with _as_problem(self):
                self.backend.survey()

    def version(self) -> Version:
        """Another value after every commit, whoever made it: what was read under it still holds."""
        with _as_problem(self):
            return self.backend.version()

    def close(self) -> None:
        """Give every connection back, so that SQLite folds its log into the file."""
        self.backend.close()
        self.engine.dispose()


def file_of(url: str) -> Path:
    """The SQLite file that a URL names.

    Raises:
        DatabaseProblem: it names no database, or none that is a file.
    """
    return _file(address_of(url))


def _file(address: Address) -> Path:
    if address.path is None:
        raise DatabaseProblem(f"{address} is no file; name a SQLite file with --db for this")
    return address.path


@contextmanager
def _as_problem(database: Database) -> Iterator[None]:
    try:
        yield
    except (DBAPIError, NoConnection, database.engine.dialect.loaded_dbapi.Error) as error:
        problem = database.backend.problem(error)
        if problem is None:
            raise
        raise problem from error
