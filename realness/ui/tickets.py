"""Addresses of files that a browser may load by itself, for a minute.

What a page fetches with its token ends in the browser's memory; a backup may be larger than that. So the page asks for
an address, and the browser saves from there as from anywhere.
"""

import secrets
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from realness.errors import NotFound

_SECONDS = 60.0


@dataclass(frozen=True)
class _Ticket:
    path: Path
    person: int
    until: float


class Tickets:
    """Those that are good now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._good: dict[str, _Ticket] = {}

    def issue(self, path: Path, person: int) -> str:
        """A new one for a file and a person."""
        key, now = secrets.token_urlsafe(24), time.monotonic()
        with self._lock:
            self._good = {one: ticket for one, ticket in self._good.items() if ticket.until > now}
            self._good[key] = _Ticket(path, person, now + _SECONDS)
        return key

    def path(self, key: str, person: int) -> Path:
        """The file of one that is good.

        Raises:
            NotFound: it is not, or is another person's, or the file is gone.
        """
        with self._lock:
            ticket = self._good.get(key)
        if ticket is None or ticket.person != person or ticket.until < time.monotonic() or not ticket.path.is_file():
            raise NotFound("this address has run out; ask for the file again on the Data screen")
        return ticket.path
