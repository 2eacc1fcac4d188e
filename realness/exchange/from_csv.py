"""The `csv` layout: a table beside its images, one row for an image or for one of its descriptions."""

from collections.abc import Iterator
from pathlib import Path

from realness.domain import ImportedRecord, Skipped
from realness.exchange.fields import FIELDS, Reader
from realness.exchange.tables import read_table


def read(path: Path, split: str | None = None) -> Iterator[ImportedRecord | Skipped]:
    """Read a CSV file with the columns `FIELDS`; image paths are relative to the file."""
    reader = Reader(path, split)
    for row in read_table(path, FIELDS, "image"):
        yield row if isinstance(row, Skipped) else reader.record(row.row, row.cells)
