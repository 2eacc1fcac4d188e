"""Writers of one process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Busy(Exception):
    """Somebody else writes just now, and this thread was not to wait."""


class Mode(threading.local):
    """Of each thread: whether what it writes is synced `later`, whether it may `wait` to write, whether it `wrote`."""

    later, wait, wrote = False, True, False


class OneAtATime:
    """One writer at a time in this process. A second `write()` in the thread that writes already would wait for
    itself; it is a mistake in the program and raises `RuntimeError` at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: int | None = None

    @contextmanager
    def turn(self, *, wait: bool) -> Iterator[None]:
        """Until the end it is this thread's; where it may not wait, `Busy` is raised instead."""
        if self._owner == threading.get_ident():
            raise RuntimeError(TWICE)
        if not self._lock.acquire(blocking=wait):
            raise Busy
        self._owner = threading.get_ident()
        try:
            yield
        finally:
            self._owner = None
            self._lock.release()


class OneAThread(threading.local):
    """Any number of writers, since the server says who waits for whom; but a thread never waits for itself."""

    at_work = False

    def __enter__(self) -> None:
        if self.at_work:
            raise RuntimeError(TWICE)
        self.at_work = True

    def __exit__(self, *_error: object) -> None:
        self.at_work = False


TWICE = "write() inside write(): use the connection that this thread has"
