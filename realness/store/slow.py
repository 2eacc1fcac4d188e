"""Statements that take long, as lines of the log: the SQL's text, never the values in it."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

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

    def timing(self, execute: Callable[..., None]) -> Callable[..., None]:
        """A way to run a statement, timed."""

        def timed(cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
            began = time.perf_counter()
            execute(cursor, statement, parameters, context)
            took = (time.perf_counter() - began) * 1000
            if took >= self.ms:
                self.count += 1
                told = {"sql": " ".join(statement.split())[:_LONGEST], "ms": round(took, 1)}
                _log.warning("slow statement", extra={"told": told})

        return timed


def watch(engine: Engine) -> Slow:
    """Time every statement of an engine from now on. Its dialect is what runs them; listeners of SQLAlchemy's events
    take several times as long as the timing itself.
    """
    slow, dialect = Slow(), engine.dialect
    for name in ("do_execute", "do_executemany"):
        setattr(dialect, name, slow.timing(getattr(dialect, name)))
    return slow
