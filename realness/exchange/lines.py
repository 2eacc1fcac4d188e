"""Reading lines and CSV records from files that may be broken in places, without losing the rest."""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MAX_LINE = 1_048_576
"""Most bytes that a line, or a CSV record of several lines, may have."""

_BOM = b"\xef\xbb\xbf"
_TOO_LONG = f"is longer than {MAX_LINE:,} bytes; is a quote or a line break missing?"
NEVER_CLOSED = "has a quote that is opened and never closed"
NOT_UTF8 = "is not UTF-8 text; save the file as UTF-8"

_Raw = tuple[int, bytes | None]


@dataclass(frozen=True)
class Row:
    """One CSV record.

    Attributes:
        line: the number of its first line, from 1.
        cells: as many as the header has.
    """

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class BadRow:
    """A line that is no record, and why."""

    line: int
    reason: str


class _LineTooLongError(Exception):
    pass


def lines(file: BinaryIO) -> Iterator[_Raw]:
    """Lines with their ends, numbered from 1; None for one over `MAX_LINE`. A UTF-8 mark at the start is dropped."""
    number = 0
    while data := file.readline(MAX_LINE + 1):
        number += 1
        if number == 1:
            data = data.removeprefix(_BOM)
        if len(data) <= MAX_LINE:
            yield number, data
            continue
        while not data.endswith(b"\n") and (data := file.readline(MAX_LINE)):
            pass
        yield number, None


def csv_rows(file: BinaryIO) -> Iterator[Row | BadRow]:
    """The records of a CSV file (RFC 4180; comma, semicolon or tab, whichever the header uses), header first.

    A record that cannot be read costs its own line only: after an unclosed quote, reading starts again at the next
    line. Every `Row` has as many cells as the first one.
    """
    source = lines(file)
    first = next(source, None)
    if first is None:
        return
    waiting: deque[_Raw] = deque([first])
    delimiter = max(",;\t", key=lambda mark: (first[1] or b"").count(mark.encode()))
    width = None
    while True:
        used: list[_Raw] = []
        try:
            cells = next(csv.reader(_feed(source, waiting, used), delimiter=delimiter, strict=True))
        except StopIteration:
            return
        except (csv.Error, _LineTooLongError) as error:
            waiting.extendleft(reversed(used[1:]))
            yield BadRow(used[0][0], _why(error, len(used)))
            continue
        if width is not None and len(used) > 1 and len(cells) != width:
            waiting.extendleft(reversed(used[1:]))
            yield BadRow(used[0][0], NEVER_CLOSED)
        elif cells:
            width = width or len(cells)
            yield _checked(used[0][0], cells, width)


def _feed(source: Iterator[_Raw], waiting: deque[_Raw], used: list[_Raw]) -> Iterator[str]:
    size = 0
    while True:
        raw = waiting.popleft() if waiting else next(source, None)
        if raw is None:
            return
        used.append(raw)
        size += len(raw[1] or b"")
        if raw[1] is None or size > MAX_LINE:
            raise _LineTooLongError
        yield raw[1].decode("utf-8", "surrogateescape")


def _checked(line: int, cells: list[str], width: int) -> Row | BadRow:
    if len(cells) != width:
        return BadRow(
            line, f"has {len(cells)} fields where the header has {width}; quote texts that hold the separator"
        )
    if any("\0" in cell for cell in cells):
        return BadRow(line, "holds a NUL character; remove it")
    if not is_text(*cells):
        return BadRow(line, NOT_UTF8)
    return Row(line, tuple(cells))


def is_text(*values: str) -> bool:
    """False when a value holds lone surrogates: bytes that were no UTF-8, or half a character."""
    try:
        "".join(values).encode()
    except UnicodeEncodeError:
        return False
    return True


def _why(error: Exception, lines_read: int) -> str:
    if isinstance(error, _LineTooLongError):
        return _TOO_LONG
    text = str(error)
    if "field larger" in text:
        return f"has a field of more than {csv.field_size_limit():,} characters; is a quote missing?"
    if "new-line" in text:
        return "has a carriage return outside quotes; save the file with ordinary line ends"
    if "end of data" in text or lines_read > 1:
        return NEVER_CLOSED
    return "has text after a closing quote; write a quote inside quotes twice"
