"""How often signing in may fail: a pause that doubles with each failure beyond a few."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from realness.errors import TooManyTries

_FREE = {"both": 5, "name": 50, "address": 20}
"""Failures before the first pause: of a name from one address; of a name from anywhere, so that a stranger cannot keep
its owner out; of all names from one address."""
_LONGEST = 900.0
"""Seconds of a pause at most."""
_KEPT = 10_000
"""Names and addresses that are remembered; those that failed longest ago are forgotten first."""


@dataclass
class Throttle:
    """Counts failures, in memory: only who may restart the server can make it forget."""

    clock: Callable[[], float] = time.monotonic
    _failures: OrderedDict[tuple[str, ...], tuple[int, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, keys: Iterable[tuple[str, ...]]) -> None:
        """Let a try through.

        Raises:
            TooManyTries: a pause is not over.
        """
        with self._lock:
            left = max((self._left(key) for key in keys), default=0.0)
        if left > 0:
            raise TooManyTries(f"signing in failed too often; try again in {_told(left)}")

    def failed(self, keys: Iterable[tuple[str, ...]]) -> None:
        """A try failed."""
        with self._lock:
            for key in keys:
                count, _ = self._failures.pop(key, (0, 0.0))
                self._failures[key] = (count + 1, self.clock())
            while len(self._failures) > _KEPT:
                self._failures.popitem(last=False)

    def succeeded(self, keys: Iterable[tuple[str, ...]]) -> None:
        """A try was right: its own failures are forgotten, those of the address stay."""
        with self._lock:
            for key in keys:
                if key[0] != "address":
                    self._failures.pop(key, None)

    def _left(self, key: tuple[str, ...]) -> float:
        count, last = self._failures.get(key, (0, 0.0))
        beyond = count - _FREE[key[0]]
        if beyond < 0:
            return 0.0
        return last + min(_LONGEST, 2.0 ** min(beyond, 20)) - self.clock()


def _told(seconds: float) -> str:
    whole = math.ceil(seconds)
    return f"{whole} seconds" if whole < 120 else f"{math.ceil(whole / 60)} minutes"
