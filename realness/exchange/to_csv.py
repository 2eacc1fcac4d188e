"""The `csv` format: RFC 4180 with one header, and no cell that a spreadsheet would run as a formula."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from realness.atomic import check_folder
from realness.errors import CannotWrite
from realness.exchange.rows import COLUMNS, ExportRow
from realness.exchange.to_jsonl import dumps

_HEADER_BYTES = 4096
_STARTS = frozenset("=+-@＝＋－＠﹦﹢﹣﹫−")
"""What starts a formula in some spreadsheet, in some language: full width, small and mathematical forms included."""


def head() -> str:
    """The header of a CSV file, with its end (CR LF)."""
    return _record(COLUMNS)


def line(row: ExportRow) -> str:
    """One review as a CSV record, with its end (CR LF)."""
    return _record([cell(getattr(row, name)) for name in COLUMNS])


def table(lines: Iterable[Iterable[Any]]) -> bytes:
    """A whole file of other columns, header included, with the same care for its cells."""
    return "".join(_record([cell(each) for each in line]) for line in lines).encode()


def check_target(out: Path, headers: Sequence[Sequence[str]]) -> None:
    """Refuse to write a table where it would take the place of something else, before any long work.

    Args:
        headers: of the tables that may be replaced.

    Raises:
        CannotWrite: something else than such a table lies there, or the place does not allow it.
    """
    check_folder(out.parent)
    if not out.exists() and not out.is_symlink():
        return
    if not out.is_file():
        raise CannotWrite(f"{out} is {'a folder' if out.is_dir() else 'no file'}; name another --out")
    with out.open("rb") as file:
        first = file.readline(_HEADER_BYTES).rstrip(b"\r\n")
    if first not in [",".join(each).encode() for each in headers]:
        raise CannotWrite(f"{out} is there and is no table of this kind; name another --out")


def cell(value: Any) -> str | int | float:
    """What stands in a cell: numbers as they are, truth as `true` and `false`, nothing as an empty cell, lists as JSON.

    A text that a spreadsheet would take for a formula gets an apostrophe before it; so does such a text that already
    has apostrophes before it. Hence `plain` gets every text back.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    text = value if isinstance(value, str) else dumps(value)
    return f"'{text}" if _runs(text.lstrip("'")) else text


def plain(text: str) -> str:
    """The text that `cell` wrote, without the apostrophe that it may have put before it."""
    return text[1:] if text.startswith("'") and _runs(text.lstrip("'")) else text


def _runs(text: str) -> bool:
    if text[:1] in ("\t", "\r", "\n"):
        return True
    for character in text:
        if character in _STARTS:
            return True
        # Spaces, control characters and invisible marks are skipped over by some spreadsheets.
        if not character.isspace() and unicodedata.category(character) not in ("Cc", "Cf"):
            return False
    return False


def _record(cells: Iterable[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()
