"""CSV files with named columns, as records by column name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from realness.domain import Skipped
from realness.exchange.lines import BadRow, Row, csv_rows
from realness.exchange.places import leaves, shown


@dataclass(frozen=True)
class TableRow:
    """A record of a table.

    Attributes:
        row: where it stands: `line 7 of labels.csv`.
        cells: by the column's name; a column that the file lacks is missing here.
    """

    row: str
    cells: dict[str, str]


def read_table(
    path: Path, known: Iterable[str], needed: str, label: str = "", root: Path | None = None
) -> Iterator[TableRow | Skipped]:
    """Read a CSV file whose first record names the columns, upper or lower case alike.

    Args:
        path: the file; UTF-8, with or without a mark.
        known: the columns that mean something, lower case. Another one is reported once and passed over.
        needed: the column without which nothing can be read.
        label: what the file is called in messages; its name when empty.
        root: the folder, already resolved, that the file may not leave by a link; None where a person named the file.

    Yields:
        Records, and what had to be skipped.
    """
    label = label or path.name
    known = tuple(known)
    if root is not None and leaves(root, path):
        yield Skipped(label, "is a link that leaves the folder of the data set; copy the file into it")
        return
    try:
        with path.open("rb") as file:
            if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
                yield Skipped(f"line 1 of {label}", "is UTF-16 text; save the file as UTF-8")
                return
            file.seek(0)
            yield from _records(csv_rows(file), known, needed, label)
    except OSError as error:
        yield Skipped(label, f"cannot be read ({error.strerror}); check the file and its permissions")


def _records(
    rows: Iterator[Row | BadRow], known: tuple[str, ...], needed: str, label: str
) -> Iterator[TableRow | Skipped]:
    header = next(rows, BadRow(1, f"is empty; the first line must name the columns, at least {needed!r}"))
    if isinstance(header, BadRow):
        yield Skipped(f"line {header.line} of {label}", header.reason)
        return
    places: dict[str, int] = {}
    for index, title in enumerate(header.cells):
        name = title.strip().lower()
        if name in known and name not in places:
            places[name] = index
        elif name:
            why = (
                "is there twice; the first one counts"
                if name in places
                else f"is unknown, so its values stay out; known are {', '.join(known)}"
            )
            yield Skipped(f"line {header.line} of {label}", f"column {shown(title)} {why}")
    if needed not in places:
        yield Skipped(f"line {header.line} of {label}", f"there is no column {needed!r}; add it to the first line")
        return
    for row in rows:
        place = f"line {row.line} of {label}"
        if isinstance(row, BadRow):
            yield Skipped(place, row.reason)
        else:
            yield TableRow(place, {name: row.cells[index] for name, index in places.items()})
