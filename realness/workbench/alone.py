"""One run of a describer at a time, so that none pays for what another one is asking just now."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from realness.errors import CannotWrite, DescriberProblem
from realness.store.engine import file_of
from realness.workbench.bench import Workbench


@contextmanager
def alone(bench: Workbench) -> Iterator[None]:
    """No other run of a describer works on this database before the end. A killed process holds nothing.

    Raises:
        DescriberProblem: another run does.
        CannotWrite: the folder does not allow it.
    """
    database = file_of(bench.settings.database).resolve()
    place = database.with_name(f"{database.name}.describing")
    try:
        file = place.open("a")
    except OSError as error:
        raise CannotWrite(f"cannot write {place}: {error.strerror}; check the folder's permissions") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DescriberProblem(
                f"another `describe` works on {database.name}; wait until it ends, so that nothing is paid for twice"
            ) from None
        yield
