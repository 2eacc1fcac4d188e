"""Another file in the place of a database: only while nobody has it open, and what was there stays beside it."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from realness.errors import CannotWrite, DatabaseProblem

_FIRST, _COUNT = 0x40000000, 512
"""The bytes on which SQLite locks: whoever has a database in WAL mode open holds some of them."""
_BESIDE = ("", "-wal", "-journal")


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Nobody else has the database open when this begins, and nobody can open it before the end.

    SQLite's own locks tell: they are there for a damaged file, too, and a killed process leaves none. This process must
    have no connection to the file meanwhile: closing one gives all of a process's locks back.

    Raises:
        DatabaseProblem: another process has it open.
        CannotWrite: it may not be written.
    """
    if not path.exists():
        yield
        return
    if path.with_name(f"{path.name}-wal").exists():
        _fold(path)
    try:
        file = path.open("rb+")
    except OSError as error:
        raise CannotWrite(f"{path} cannot be replaced: {error.strerror}; check its permissions") from error
    with file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _COUNT, _FIRST)
        except OSError as error:
            raise DatabaseProblem(f"{path} is in use; stop the app and other commands that use it first") from error
        yield


def _fold(path: Path) -> None:
    """Bring what is in the log alone into the file, where it can be read and nobody else has it open."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(path, timeout=0)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def set_aside(path: Path, name: str) -> Path | None:
    """Keep what lies at `path`, with its logs, under another name beside it; it stays at `path`, too, until something
    takes its place. None where nothing lies there.

    Raises:
        CannotWrite: the folder does not allow it.
    """
    kept = path.with_name(name)
    try:
        for ending in _BESIDE:
            here, there = path.with_name(path.name + ending), kept.with_name(kept.name + ending)
            if here.exists():
                os.link(here, there)
        for ending in _BESIDE[1:]:  # a log of the old one is none of the new one
            path.with_name(path.name + ending).unlink(missing_ok=True)
    except OSError as error:
        raise CannotWrite(f"{path} cannot be kept as {kept.name}: {error.strerror}; make room, or move it") from error
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    return kept if kept.exists() else None
