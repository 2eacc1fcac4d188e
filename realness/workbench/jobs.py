"""Long work in a process of its own beside the app: one at a time, followed, stopped, told of when it ends.

Such a process says how far it is on stdout, one JSON object a line. The app's process only listens: it stays light, and
whatever happens to the other one harms nobody who reviews.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Generic, Protocol, TypeVar

_POLITENESS = 10
"""How much such a process gives way to those that serve reviewers, as `nice` has it."""
_PATIENCE = 5.0
"""Seconds that it is given to end in."""


class Telling(Protocol):
    """How far a job is."""

    @property
    def running(self) -> bool:
        """Whether its process is at work."""
        ...


T = TypeVar("T", bound=Telling)


class Job(ABC, Generic[T]):
    """Starts a process, one at a time, and knows how far it is. A kind of job says what it makes of the lines."""

    name = "the work"

    def __init__(self, idle: T) -> None:
        self._lock = threading.Lock()
        self._told = idle
        self._process: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None
        self._stopped = self._cancelled = False

    @property
    def told(self) -> T:
        """How far it is now."""
        with self._lock:
            return self._told

    def cancel(self) -> T:
        """End the process, if it is at work. What it has kept stays."""
        self._end()
        return self.told

    def stop(self) -> None:
        """End the process and what it started; nothing starts after that."""
        with self._lock:
            self._stopped = True
        self._end()

    @abstractmethod
    def _read(self, said: Any) -> T:
        """What a line says; TypeError or ValueError where it is none of ours."""

    @abstractmethod
    def _cut(self, last: T) -> T:
        """What is told of a process that was stopped after it had said `last`."""

    @abstractmethod
    def _failed(self, error: str) -> T:
        """What is told of a process that could not start, or ended without a word."""

    def _over(self) -> None:
        """Called when the process has ended, before that is told."""

    def _run(self, command: Sequence[str], environment: Mapping[str, str], first: T) -> bool:
        """Start a process, whose state is `first` until it speaks; False when one is at work, or nothing starts any
        more.
        """
        with self._lock:
            if self._told.running or self._stopped:
                return False
            # A session of its own, so that what it starts (readers of images, say) can be ended with it.
            try:
                self._process = subprocess.Popen(
                    command,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    text=True,
                    encoding="utf-8",
                    errors="replace",
                    start_new_session=True,
                )
            except OSError as error:
                self._told = self._failed(f"{self.name} cannot start: {error.strerror or error}. Try again.")
                self._over()
                return True
            self._told, self._cancelled = first, False
            self._listener = threading.Thread(target=self._listen, args=(self._process, first), daemon=True)
            self._listener.start()
            return True

    def _end(self) -> None:
        with self._lock:
            process, listener = self._process, self._listener
            if process is None or listener is None or process.poll() is not None:
                return  # it has ended: its number may be another process's by now
            self._cancelled = True
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, sign)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE)
        listener.join(_PATIENCE)

    def _listen(self, process: "subprocess.Popen[str]", last: T) -> None:
        """Hear what the process tells. How it ended counts when it has ended, so that the next one runs alone."""
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                with suppress(ValueError, TypeError, RecursionError):  # a library that prints is not ours to obey
                    last = self._read(json.loads(line))
                    if last.running:
                        self._tell(last)
        process.wait()
        if last.running:
            crashed = f"{self.name} stopped before its end; the server's log says why. Try again."
            last = self._cut(last) if self._cancelled else self._failed(crashed)
        self._over()
        self._tell(last)

    def _tell(self, told: T) -> None:
        with self._lock:
            self._told = told


def tell(told: Mapping[str, Any]) -> None:
    """In such a process: say how far it is."""
    print(json.dumps(told), flush=True)  # noqa: T201  to the app


def give_way() -> None:
    """In such a process: let those that serve reviewers go first, and end what it started when it is stopped."""
    with suppress(OSError):
        os.nice(_POLITENESS)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
