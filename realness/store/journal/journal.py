"""Keeping the journal equal to the database.

A review is committed first; then all that the database has and the journal lacks is appended and synced. So whoever is
killed in between leaves a row without a line, and the next one to write, or the next start, adds it. A command does so
before it goes on; the app once a second for all its people together, since they would wait for it.
"""

import fcntl
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from realness.atomic import flush, flush_folder
from realness.errors import CannotWrite, InvalidValue, RealnessError
from realness.store.engine import Database, now
from realness.store.journal.files import last_record, line, months, record, whole_end
from realness.store.journal.records import all_rated, ratings, reviews_after, submission_of

_BATCH = 200
"""Reviews between two syncs where many are missing."""
EVERY = 1.0
"""Seconds by which the journal of a running app may be behind."""
_PEOPLE = "people.jsonl"
_log = logging.getLogger("realness.journal")
Place = tuple[int, int, int]
"""Ids of a study, an image and a reviewer."""


@dataclass
class _Open:
    """The file that is written to, and up to which review the journal goes."""

    path: Path
    end: int
    through: list[Any]
    people: set[bytes] = field(default_factory=set)


class Journal:
    """Appends to `FOLDER/YYYY-MM.jsonl`; names of people are in `FOLDER/people.jsonl` alone."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.folder = folder
        self._database = database
        self._lock = threading.Lock()
        self._open: _Open | None = None
        self._rated: deque[Place] = deque()
        self._behind = self._followed = False
        self.problem = ""
        """Why the running app could not write it the last time; empty where it could."""

    def kept(self, rated: Place | None) -> None:
        """Something was committed: a review, or the rating of an image."""
        if rated is not None:
            self._rated.append(rated)
        self._behind = True
        if not self._followed or self.problem:
            self.settle()

    @contextmanager
    def following(self, every: float = EVERY) -> Iterator[None]:
        """Until the end, a thread brings in what was kept, every so many seconds.

        Whoever keeps something does not wait for it; only after it could not be written are they asked to wait again,
        and told why, until it can.
        """
        ended = threading.Event()

        def follow() -> None:
            while not ended.wait(every):
                self._catch_up()

        thread = threading.Thread(target=follow, name="realness-journal", daemon=True)
        self._followed = True
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self._followed = False
            self._catch_up()

    def _catch_up(self) -> None:
        if not self._behind:
            return
        self._behind = False
        try:
            self.settle()
        except Exception as error:  # noqa: BLE001  whatever it is: the thread must live to try again
            if str(error) != self.problem:
                _log.error(f"{error}", exc_info=not isinstance(error, RealnessError))
            self._behind, self.problem = True, str(error)
        else:
            self.problem = ""

    def settle(self, progress: Callable[[int, int | None], None] = lambda _done, _total: None) -> None:
        """All that the database has is in the journal, and on the disk, when this ends.

        Args:
            progress: told of lines.

        Raises:
            CannotWrite: the folder or the disk does not allow it; what was committed stays, and comes in later.
        """
        with self._lock:
            try:
                self._settle(progress)
            except OSError as error:
                self._give_up()
                raise CannotWrite(
                    f"the journal in {self.folder} cannot be written: {error.strerror or error}; make room or mend the "
                    "folder's permissions, and send it again (your answer is in the database, and is not kept twice)"
                ) from error

    def _settle(self, progress: Callable[[int, int | None], None]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            at = self._opened()
            places = [self._rated.popleft() for _ in range(len(self._rated))]
            done = 0
            try:
                for records in self._missing(at, places):
                    self._append(at, records)
                    done += len(records)
                    progress(done, None)
            except BaseException:
                self._rated.extendleft(reversed(places))
                raise

    def _missing(self, at: _Open, places: list[Place]) -> Iterator[list[dict[str, Any]]]:
        """What is to be appended, a batch at a time, after what is needed of the people."""
        for some in (places[begin : begin + _BATCH] for begin in range(0, len(places), _BATCH)):
            with self._database.read() as connection:
                told = list(ratings(connection, some))
            self._add_people(at, (who for _, who in told))
            yield [one | {"through": at.through} for one, _ in told]
        found, full = [], True
        while full:
            with self._database.read() as connection:
                found = reviews_after(connection, at.through[0], _BATCH)
            full = len(found) == _BATCH
            if found:
                self._add_people(at, (who for _, who in found))
                at.through = found[-1][0]["through"]
                yield [told for told, _ in found]

    def _opened(self) -> _Open:
        """Where to go on: known, unless another process wrote meanwhile or nothing was written yet."""
        at = self._open
        month = self.folder / self._month()
        if at is not None and _size(at.path) == at.end and (month.name <= at.path.name or not month.exists()):
            return at
        last = last_record(self.folder)
        through = last["through"] if last else [0, ""]
        with self._database.read() as connection:
            known = through[0] == 0 or submission_of(connection, through[0]) == through[1]
            if last is None or not known:  # a new journal, or another database has come in the place of its own
                through = [0, ""]
                self._rated = deque({*self._rated, *all_rated(connection)})
        path = (months(self.folder) or [month])[-1]
        self._open = _Open(path, whole_end(path), through, set(_lines(self.folder / _PEOPLE)))
        return self._open

    @staticmethod
    def _month() -> str:
        return f"{now():%Y-%m}.jsonl"

    def _append(self, at: _Open, records: Iterable[dict[str, Any]]) -> None:
        data = b"".join(line(one) for one in records)
        self._database.sync()  # nothing stands in the journal that the database could still lose
        month = self.folder / self._month()
        if month.name > at.path.name:  # never back: the order of names is that of writing, whatever the clock does
            at.path, at.end = month, 0
        at.end = append(at.path, data, at.end)

    def _add_people(self, at: _Open, people: Iterable[dict[str, Any]]) -> None:
        new = {line(one) for one in people} - at.people
        if new:
            path = self.folder / _PEOPLE
            append(path, b"".join(sorted(new)), whole_end(path))
            at.people |= new

    def _give_up(self) -> None:
        """Take back what may be half-written, and look anew next time."""
        at, self._open = self._open, None
        if at is not None:
            with suppress(OSError):
                os.truncate(at.path, at.end)


def append(path: Path, data: bytes, end: int) -> int:
    """Write at `end`, over what was torn there, and sync; the new end."""
    new = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        if os.fstat(descriptor).st_size > end:
            os.ftruncate(descriptor, end)
        written = 0
        while written < len(data):
            written += os.pwrite(descriptor, data[written:], end + written)
        flush(descriptor)
    finally:
        os.close(descriptor)
    if new:
        flush_folder(path.parent)
    return end + len(data)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def people_in(folder: Path) -> dict[str, dict[str, Any]]:
    """Who each pseudonym is, as was told last.

    Raises:
        InvalidValue: the file is there and cannot be read.
    """
    try:
        lines = _lines(folder / _PEOPLE)
    except OSError as error:
        raise InvalidValue(
            f"{folder / _PEOPLE}, which has the names of people, cannot be read ({error.strerror}); put the file of a "
            "copy there, or take this one away to go on with pseudonyms"
        ) from error
    found = (record(text) for text in lines)
    return {told["pseudonym"]: told for told in found if told is not None}


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True) if path.exists() else []
