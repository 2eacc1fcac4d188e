"""A project's database as another one: from SQLite to PostgreSQL and back."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from realness.errors import DatabaseProblem, InvalidValue
from realness.store import Database, dumping, migrate
from realness.store.dialects import Address, address_of
from realness.store.engine import COPIES
from realness.store.places import serving
from realness.store.transfer import is_empty, transfer
from realness.workbench.bench import Progress, silent


@dataclass(frozen=True)
class Moved:
    """What was copied.

    Attributes:
        source, target: paths, or URLs without a password.
        tables: how many rows each has.
    """

    source: str
    target: str
    tables: dict[str, int]

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(self.tables.values())


def move(source: str, target: str, progress: Progress = silent, copies: Path = COPIES) -> Moved:
    """Copy every row of the database at the URL `source` to that at `target`, and hold what is there against what was
    read. `source` stays as it is, but for being brought to this version's schema; files in the data folder stay where
    they are, and serve either.

    Args:
        progress: told of rows.
        copies: the folder for the copy that is made of a PostgreSQL database before its schema is changed.

    Raises:
        InvalidValue: both are one, `source` is not there, or `target` is not empty.
        DatabaseProblem: one cannot be opened or is in use; `target` is as it was.
    """
    here, there = address_of(source), address_of(target)
    if here == there or (here.path and there.path and here.path.absolute() == there.path.absolute()):
        raise InvalidValue("both are the same database; name another one to copy to")
    if here.path is not None and not here.path.is_file():
        raise InvalidValue(f"there is no database at {here}; name the one to copy from first")
    with _alone(here), _opened(source, copies) as reading:
        migrate(reading)
        with _made(target, there) as writing:
            moved = Moved(str(here), str(there), transfer(reading, writing, progress))
            writing.survey(moved.rows)
            return moved


@contextmanager
def _opened(url: str, copies: Path = COPIES) -> Iterator[Database]:
    database = Database.open(url, copies)
    try:
        if database.backend.address.path is None and dumping.others(database):
            raise DatabaseProblem(f"{database.backend.address} is in use; stop the app and others that use it first")
        yield database
    finally:
        database.close()


def _alone(address: Address) -> AbstractContextManager[None]:
    """No app serves the file meanwhile: what is answered during the copying would not be in it."""
    return serving(address.path) if address.path is not None else nullcontext()


@contextmanager
def _made(url: str, address: Address) -> Iterator[Database]:
    """The target, with tables; without them again where something fails."""
    with _opened(url) as database:
        if not is_empty(database):
            raise InvalidValue(f"{address} is not empty; name a new file or a new database to copy to")
        migrate(database)
        try:
            yield database
        except BaseException:
            if address.path is None:
                dumping.empty(database)
                raise
            database.close()
            for ending in ("", "-wal", "-shm"):
                with suppress(OSError):
                    address.path.with_name(address.path.name + ending).unlink(missing_ok=True)
            raise
