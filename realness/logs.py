"""What the app tells those who run it: one JSON object a line, with the request that it belongs to.

A line holds what happened and never what somebody wrote: no text, name, address, token or key. Of an error that nobody
expected it tells the kind and the places in the code, and not its message, which may repeat what was sent.
"""

import json
import logging
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from realness.errors import CannotWrite, InvalidValue

LEVELS = ("debug", "info", "warning", "error")
REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The id of the request that is answered; empty outside of any."""
_FRAMES = 12
"""Places in the code that a line tells of an error, the innermost ones."""


class JsonLines(logging.Formatter):
    """A record as a line: `time`, `level`, `from`, `event`, `request` where there is one, and the record's `told`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, without its end."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": at, "level": record.levelname.lower(), "from": record.name, "event": _event(record)}
        if REQUEST.get():
            line["request"] = REQUEST.get()
        line |= getattr(record, "told", {})
        if record.exc_info and record.exc_info[0] is not None:
            line |= {"error": record.exc_info[0].__name__, "at": _places(record.exc_info[2])}
        return json.dumps(line, ensure_ascii=False, default=str)


def _event(record: logging.LogRecord) -> str:
    # A library's words end where an error's begin: uvicorn, say, writes the whole traceback after them.
    return record.getMessage().split("\n", 1)[0]


def _places(found: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(found)[-_FRAMES:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


def set_up(level: str, file: Path | None = None) -> None:
    """Send what the app tells to stderr, or to the end of a file; of libraries only warnings.

    Args:
        level: one of `LEVELS`; nothing below it is told.

    Raises:
        InvalidValue: there is no such level.
        CannotWrite: the file cannot be written.
    """
    if level not in LEVELS:
        raise InvalidValue(f"--log-level must be {', '.join(LEVELS)}; got {level!r}")
    try:
        handler = logging.FileHandler(file, encoding="utf-8") if file else logging.StreamHandler(sys.stderr)
    except OSError as error:
        raise CannotWrite("{place} cannot be written: " + f"{error.strerror}; name another --log-file", file) from error
    handler.setFormatter(JsonLines())
    least = getattr(logging, level.upper())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(max(logging.WARNING, least))
    logging.getLogger("realness").setLevel(least)
