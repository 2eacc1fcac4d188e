"""Statements that take long, as lines of the log: the SQL's text, never the values in it."""

import logging
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event

SLOW_MS = 200.0
"""Milliseconds from which on a statement is told of, unless another number is given."""
_LONGEST = 2000
"""Characters of a statement that are told."""
_log = logging.getLogger("realness.slow")
_log.addHandler(logging.NullHandler())  # a command that keeps no log is not disturbed


@dataclass
class Slow:
    """What counts as slow, and how many statements were.

    Attributes:
        ms: milliseconds until the first row is there, waiting for another process included.
    """

    ms: float = SLOW_MS
    count: int = 0

    def began(self, connection: Any, *_asked: Any) -> None:
        """Before a statement."""
        connection.info["began"] = time.perf_counter()

    def ended(self, connection: Any, _cursor: Any, statement: str, *_asked: Any) -> None:
        """After a statement."""
        took = (time.perf_counter() - connection.info["began"]) * 1000
        if took >= self.ms:
            self.count += 1
            told = {"sql": " ".join(statement.split())[:_LONGEST], "ms": round(took, 1)}
            _log.warning("slow statement", extra={"told": told})


def watch(engine: Engine) -> Slow:
    """Time every statement of an engine from now on."""
    slow = Slow()
    event.listen(engine, "before_cursor_execute", slow.began)
    event.listen(engine, "after_cursor_execute", slow.ended)
    return slow
