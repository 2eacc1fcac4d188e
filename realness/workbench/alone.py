"""What one process alone does with a database."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from realness.errors import CannotWrite, DatabaseProblem, DescriberProblem
from realness.store.dialects import locks
from realness.store.places import serving
from realness.workbench.bench import Workbench


@contextmanager
def served(bench: Workbench) -> Iterator[None]:
    """This process serves the database: a SQLite file alone, a PostgreSQL database beside others.

    Raises:
        DatabaseProblem: another process serves the file, or something is being erased.
        CannotWrite: the folder does not allow it.
    """
    database = bench.store.database
    path, called = database.backend.address.path, database.backend.address.called

    def refused() -> DatabaseProblem:
        return DatabaseProblem(f"something is being erased from {called}; try again when that has ended")

    with serving(path) if path else locks.shared(database.engine, locks.SERVING, refused):
        with database.read():
            pass  # one connection is there, and with it the lock
        yield


@contextmanager
def unserved(bench: Workbench) -> Iterator[None]:
    """No app serves the database, and none begins to before the end.

    Raises:
        DatabaseProblem: one does.
        CannotWrite: the folder does not allow it.
    """
    database = bench.store.database
    path, called = database.backend.address.path, database.backend.address.called
    with serving(path) if path else locks.held(database.engine, locks.SERVING) as mine:
        if mine is False:
            raise DatabaseProblem(f"an app serves {called}; stop all that do, and give the same command again")
        yield


@contextmanager
def alone(bench: Workbench) -> Iterator[None]:
    """No other run of a describer works on this database before the end, so that none pays for what another one is
    asking just now. A killed process holds nothing.

    Raises:
        DescriberProblem: another run does.
        CannotWrite: the folder does not allow it.
    """
    database = bench.store.database
    path = database.backend.address.path
    with _file_alone(path.resolve()) if path else locks.held(database.engine, locks.DESCRIBING) as mine:
        if not mine:
            raise DescriberProblem(
                f"another `describe` works on {database.backend.address.called}; wait until it ends, so that nothing "
                "is paid for twice"
            )
        yield


@contextmanager
def _file_alone(database: Path) -> Iterator[bool]:
    place = database.with_name(f"{database.name}.describing")
    try:
        file = place.open("a")
    except OSError as error:
        raise CannotWrite(f"cannot write {place}: {error.strerror}; check the folder's permissions") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
