"""The `raise` layout: mean opinion scores of realness without descriptions.

Source: Mukherjee, Dubey, Paul, "RAISE: Realness Assessment for Image Synthesis and Evaluation", arXiv 2505.19233;
the tree of the authors' repository, `dataset/ratings/{train,test}.csv` and `dataset/images/{train,test}_images/`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from realness.domain import ImportedRecord, OpinionScore, Skipped, check_rating
from realness.errors import ImportFailed, InvalidValue, RealnessError
from realness.exchange.fields import number
from realness.exchange.places import inside, shown
from realness.exchange.tables import TableRow, read_table

_COLUMNS = ("filename", "mos_rating", "mos_zscore")
_SLOPE, _OFFSET = 0.057637, 3.689390
_NAME = re.compile(r"([rf])\d+\.", re.IGNORECASE)
Where = TypeVar("Where")


def rating_of(z_score: float) -> float | None:
    """RAISE's rating, 0 to 100, of a z-score; None when it falls off that scale.

    `MOS_ZScore = 0.057637 * MOS_Rating - 3.689390` holds on all 600 images of RAISE, and for RAISE alone.
    """
    rating = (z_score + _OFFSET) / _SLOPE
    return rating if 0 <= rating <= 100 else None


def is_real(name: str) -> bool | None:
    """RAISE's naming: `r12.png` is a photograph, `f12.png` is generated; None for other names."""
    match = _NAME.match(Path(name).name)
    return None if match is None else match.group(1).lower() == "r"


def choose(found: dict[str, Where], split: str | None) -> dict[str, Where]:
    """The one split that is asked for, or all of them.

    Raises:
        ImportFailed: there is no such split.
    """
    if split is None:
        return found
    if split not in found:
        raise ImportFailed(f"there is no split {split!r} here; it has {', '.join(found)}")
    return {split: found[split]}


def splits(path: Path) -> dict[str, Path]:
    """The rating files of a RAISE tree by split; empty when `path` is none. `path` may be its `dataset` folder."""
    for base in (Path(path) / "dataset", Path(path)):
        tables = {name: base / "ratings" / f"{name}.csv" for name in ("train", "test")}
        found = {name: table for name, table in tables.items() if table.is_file()}
        if found and any((base / "images" / f"{name}_images").is_dir() for name in found):
            return found
    return {}


def read(path: Path, split: str | None = None) -> Iterator[ImportedRecord | Skipped]:
    """Read a RAISE tree, one split after the other.

    Raises:
        ImportFailed: `path` is no such tree, or has no split of that name.
    """
    found = splits(path)
    if not found:
        raise ImportFailed(f"{path} is no RAISE tree; it needs dataset/ratings/*.csv and dataset/images/*_images/")
    return _read(path.resolve(), choose(found, split))


@dataclass(frozen=True)
class Rated:
    """One row of a rating file: where it stands, the image's file name, its score."""

    row: str
    name: str
    score: OpinionScore


def ratings(root: Path, split: str) -> Iterator[Rated | Skipped]:
    """The rows of a tree's rating file, if it has one for that split."""
    for table in (root / "ratings" / f"{split}.csv", root / "dataset" / "ratings" / f"{split}.csv"):
        if table.is_file():
            for row in read_table(table, _COLUMNS, "filename", f"ratings/{split}.csv", root):
                yield row if isinstance(row, Skipped) else _rated(row)
            return


def _rated(row: TableRow) -> Rated | Skipped:
    try:
        return Rated(row.row, row.cells["filename"].strip(), _score(row))
    except RealnessError as error:
        return Skipped(row.row, str(error))


def _read(root: Path, found: dict[str, Path]) -> Iterator[ImportedRecord | Skipped]:
    for split, table in found.items():
        folder = table.parent.parent / "images" / f"{split}_images"
        seen: dict[Path, str] = {}
        for row in read_table(table, _COLUMNS, "filename", f"ratings/{split}.csv", root):
            yield row if isinstance(row, Skipped) else _record(root, folder, split, row, seen)


def _record(root: Path, folder: Path, split: str, row: TableRow, seen: dict[Path, str]) -> ImportedRecord | Skipped:
    name = row.cells["filename"].strip()
    try:
        path = inside(root, name, folder)
        if path in seen:
            return Skipped(row.row, f"names the image of {seen[path]} again: {shown(name)}; remove one of them")
        score = _score(row)
    except RealnessError as error:
        return Skipped(row.row, str(error))
    seen[path] = row.row
    return ImportedRecord(
        row=row.row,
        path=path,
        name=path.relative_to(root).as_posix(),
        provider="raise",
        scores=(score,),
        split=split,
        is_real=is_real(name),
    )


def _score(row: TableRow) -> OpinionScore:
    rating = number(row.cells.get("mos_rating"), "MOS_Rating")
    z_score = number(row.cells.get("mos_zscore"), "MOS_ZScore")
    if rating is not None:
        return OpinionScore("raise", check_rating(rating, "MOS_Rating"), z_score)
    if z_score is None:
        raise InvalidValue("has neither MOS_Rating nor MOS_ZScore; fill in one of them")
    return OpinionScore("raise", rating_of(z_score), z_score)
