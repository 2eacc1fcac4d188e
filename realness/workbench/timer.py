"""Backups that are made by themselves while the app runs."""

import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from realness.errors import Conflict
from realness.settings import Settings
from realness.store.dialects import address_of
from realness.workbench.backups import Backup, backups
from realness.workbench.chores import Chores, Kind

_LOOK = 60.0
"""Seconds between two looks at whether one is due; the first comes as long after the start."""


@dataclass(frozen=True)
class Plan:
    """How often a backup is made, in hours, and how many of those made so are kept."""

    hours: float = 24.0
    keep: int = 7


class Timer:
    """A thread that starts the same work as the Data screen's button, in a process of its own: nobody waits for it."""

    def __init__(self, settings: Settings, chores: Chores, plan: Plan, look: float = _LOOK) -> None:
        self.plan = plan
        self._settings, self._chores, self._look = settings, chores, look
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="realness-backups", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; a copy that is being made is ended with the other chores."""
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(self._look):
            if due(self._settings, self.plan, datetime.now(UTC)):
                with suppress(Conflict):  # somebody makes one just now
                    self._chores.start(Kind.BACKUP, {"keep": self.plan.keep}, "timer")


def due(settings: Settings, plan: Plan, now: datetime) -> bool:
    """Whether the newest backup, by hand or by itself, is old enough, and something was written since."""
    newest = max(backups(settings), key=_made, default=None)
    if newest is None:
        return True
    age = now - _made(newest)
    # A copy from the future is one from before the clock was set back.
    return not timedelta(0) <= age < timedelta(hours=plan.hours) and _changed(settings) > _made(newest)


def _made(backup: Backup) -> datetime:
    return datetime.fromisoformat(backup.made_at)


def _changed(settings: Settings) -> datetime:
    """When the database was written to last; a PostgreSQL database may have been at any time."""
    path, times = address_of(settings.database).path, [0.0]
    if path is None:
        return datetime.now(UTC)
    for ending in ("", "-wal"):
        with suppress(OSError):
            times.append(path.with_name(path.name + ending).stat().st_mtime)
    return datetime.fromtimestamp(max(times), UTC)
