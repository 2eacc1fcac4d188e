"""The journal's files: one a month, each line a JSON object that ends in a checksum of itself."""

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

_BLOCK = 1 << 16
_SUM = b',"crc":"'
_SUMMED = len(_SUM) + 8 + 2


@dataclass
class Damage:
    """What could not be read.

    Attributes:
        torn: last lines that were cut off: a process was killed while it wrote them, and told nobody they were kept.
        broken: other lines that are no longer what was written, by file and number.
        unread: files that cannot be read, each with the reason.
    """

    torn: int = 0
    broken: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def line(record: dict[str, Any]) -> bytes:
    """A record as its line."""
    text = orjson.dumps(record, option=orjson.OPT_NAIVE_UTC)[:-1]
    return text + _SUM + b'%08x"}\n' % zlib.crc32(text)


def record(line: bytes) -> dict[str, Any] | None:
    """What a line holds; None where it is not what was written."""
    text, end = line[: -_SUMMED - 1], line[-_SUMMED - 1 :]
    if end != _SUM + b'%08x"}\n' % zlib.crc32(text):
        return None
    return orjson.loads(text + b"}")


def months(folder: Path) -> list[Path]:
    """The files in the order in which they were written."""
    return sorted(folder.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9].jsonl"))


def read_lines(folder: Path, damage: Damage) -> Iterator[dict[str, Any]]:
    """Every record, from old to new; what cannot be read is noted and passed over."""
    for path in months(folder):
        for number, text in enumerate(_forwards(path, damage), 1):
            found = record(text)
            if found is not None:
                yield found
            elif text.endswith(b"\n"):
                damage.broken += (f"{path.name} line {number}",)
            else:
                damage.torn += 1


def _forwards(path: Path, damage: Damage) -> Iterator[bytes]:
    """The lines of a file from the first to the last, as far as it can be read: a folder may lie in its place."""
    try:
        with path.open("rb") as file:
            yield from file
    except OSError as error:
        damage.unread += (f"{path.name} cannot be read ({error.strerror})",)


def last_record(folder: Path) -> dict[str, Any] | None:
    """The newest record that is whole; None where there is none."""
    for path in reversed(months(folder)):
        for text in _backwards(path):
            found = record(text)
            if found is not None:
                return found
    return None


def _backwards(path: Path) -> Iterator[bytes]:
    """The lines of a file from the last to the first."""
    with path.open("rb") as file:
        at, rest = file.seek(0, os.SEEK_END), b""
        while at:
            step = min(_BLOCK, at)
            at -= step
            file.seek(at)
            first, *others = (file.read(step) + rest).splitlines(keepends=True)
            yield from reversed(others)
            rest = first
        if rest:
            yield rest


def whole_end(path: Path) -> int:
    """Bytes up to the end of the last line that was written to its end."""
    if not path.exists():
        return 0
    size = path.stat().st_size
    for text in _backwards(path):
        return size if text.endswith(b"\n") else size - len(text)
    return 0
