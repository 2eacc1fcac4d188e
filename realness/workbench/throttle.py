"""How often signing in may fail: a pause that doubles with each failure beyond a few."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from realness.errors import TooManyTries

_FREE = {"both": 5, "name": 50, "address": 200}
"""Failures before the first pause: of a name from one address; of a name from anywhere, so that a stranger cannot keep
its owner out; of all names from one address, which may be a proxy that everybody comes through."""
_LONGEST = 900.0
"""Seconds of a pause at most."""
_FORGOTTEN = 86_400.0
"""Seconds after the last failure when none of them counts any more."""
_KEPT = 10_000
"""Names and addresses that are remembered; those that were met longest ago are forgotten first."""
_Key = tuple[str, ...]


@dataclass
class Throttle:
    """Counts tries, in memory: only who may restart the server can make it forget.

    A try counts as a failure from its beginning on, or many at once would all be let through. Who has signed in from an
    address before waits there for failures of the same name alone, never for those of others.
    """

    clock: Callable[[], float] = time.monotonic
    _tries: OrderedDict[_Key, tuple[int, float]] = field(default_factory=OrderedDict)
    _known: OrderedDict[_Key, None] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, name: str, address: str) -> None:
        """Let a try through, and count it until it has succeeded.

        Raises:
            TooManyTries: a pause is not over; the try does not count then.
        """
        both, *others = keys = _keys(name, address)
        with self._lock:
            asked = [both] if both in self._known else [both, *others]
            left = max(map(self._left, asked))
            if left > 0:
                raise TooManyTries(f"signing in failed too often; try again in {_told(left)}")
            for key in keys:
                _put(self._tries, key, (self._count(key) + 1, self.clock()))

    def failed(self, name: str, address: str) -> None:
        """A try was wrong: the pause begins now, however long finding that out took."""
        with self._lock:
            for key in _keys(name, address):
                _put(self._tries, key, (self._count(key), self.clock()))

    def succeeded(self, name: str, address: str) -> None:
        """A try was right: the failures of the name are forgotten, and the address has one less."""
        both, of_name, of_address = _keys(name, address)
        with self._lock:
            self._tries.pop(both, None)
            self._tries.pop(of_name, None)
            # This try was let through, so a pause of the address was over: it is over again.
            _put(self._tries, of_address, (max(0, self._count(of_address) - 1), self.clock() - _LONGEST))
            _put(self._known, both, None)

    def _count(self, key: _Key) -> int:
        count, last = self._tries.get(key, (0, 0.0))
        return 0 if self.clock() - last > _FORGOTTEN else count

    def _left(self, key: _Key) -> float:
        beyond = self._count(key) - _FREE[key[0]]
        if beyond < 0:
            return 0.0
        return self._tries[key][1] + min(_LONGEST, 2.0 ** min(beyond, 20)) - self.clock()


def _keys(name: str, address: str) -> tuple[_Key, _Key, _Key]:
    return ("both", name, address), ("name", name), ("address", address)


def _put(into: OrderedDict, key: _Key, value: tuple[int, float] | None) -> None:
    into.pop(key, None)
    into[key] = value
    if len(into) > _KEPT:
        into.popitem(last=False)


def _told(seconds: float) -> str:
    whole = math.ceil(seconds)
    return f"{whole} seconds" if whole < 120 else f"{math.ceil(whole / 60)} minutes"
