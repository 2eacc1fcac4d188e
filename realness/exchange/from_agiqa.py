"""The `agiqa` layout: mean opinion scores of the quality of generated images, with their prompts.

Source: Li et al., "AGIQA-3K: An Open Database for AI-Generated Image Quality Assessment", arXiv 2306.04717; `data.csv`
of the authors' repository, the images beside it or in `images/` beside it.
"""

from collections.abc import Iterator
from pathlib import Path

from realness.domain import ImportedRecord, OpinionScore, Skipped, check_text
from realness.errors import ImportFailed, InvalidValue, RealnessError
from realness.exchange.fields import number
from realness.exchange.places import first_inside, leaves, shown
from realness.exchange.tables import TableRow, read_table

SOURCE = "agiqa-3k"
HIGHEST = 5.0
"""The upper end of the scale of `mos_quality`, whose lower end is 0."""

_COLUMNS = (
    "name", "prompt", "adj1", "adj2", "style", "mos_quality", "std_quality", "mos_align", "std_align",
)  # fmt: skip


def looks_like(path: Path) -> bool:
    """True for a table with the columns of AGIQA-3K, and for a folder with one such table in it."""
    return len(_tables(path)) == 1


def read(path: Path, split: str | None = None) -> Iterator[ImportedRecord | Skipped]:
    """Read AGIQA-3K: the table, or the folder it lies in.

    Raises:
        ImportFailed: the folder has no such table, or several.
    """
    tables = [path] if path.is_file() else _tables(path)
    if len(tables) != 1:
        many = f"{len(tables)} tables" if tables else "no table of its own"
        raise ImportFailed(f"{path} has {many} with the columns name, prompt and mos_quality; name the one to read")
    return _read(tables[0], split)


def rating_of(mos_quality: float) -> float:
    """The rating, 0 to 100, of a mean opinion score of 0 to 5.

    Raises:
        InvalidValue: it is off that scale. (The published ones go from 0 to 4.4887.)
    """
    if not 0 <= mos_quality <= HIGHEST:
        raise InvalidValue(f"mos_quality must be from 0 to {HIGHEST:g}, got {mos_quality}")
    return mos_quality / HIGHEST * 100


def _tables(path: Path) -> list[Path]:
    """The tables with the right columns; in a folder without those behind links that leave it."""
    root = path.resolve()
    files = [path] if path.is_file() else [file for file in sorted(path.glob("*.csv")) if not leaves(root, file)]
    return [file for file in files if file.suffix.lower() == ".csv" and _has_columns(file)]


def _has_columns(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            header = opened.readline(4096).removeprefix(b"\xef\xbb\xbf").lower()
    except OSError:
        return False
    return {b"name", b"prompt", b"mos_quality", b"mos_align"} <= {one.strip(b' \r\n"') for one in header.split(b",")}


def _read(file: Path, split: str | None) -> Iterator[ImportedRecord | Skipped]:
    root = file.parent.resolve()
    seen: dict[Path, str] = {}
    for row in read_table(file, _COLUMNS, "name"):
        yield row if isinstance(row, Skipped) else _record(root, split, row, seen)


def _record(root: Path, split: str | None, row: TableRow, seen: dict[Path, str]) -> ImportedRecord | Skipped:
    name = row.cells["name"].strip()
    try:
        path = first_inside(root, name, (root, root / "images"))
        if path in seen:
            return Skipped(row.row, f"names the image of {seen[path]} again: {shown(name)}; remove one of them")
        score = number(row.cells.get("mos_quality"), "mos_quality")
        scores = () if score is None else (OpinionScore(SOURCE, rating_of(score)),)
        prompt = check_text(row.cells.get("prompt", ""), "prompt").strip()
    except RealnessError as error:
        return Skipped(row.row, str(error))
    seen[path] = row.row
    return ImportedRecord(
        row=row.row,
        path=path,
        name=path.relative_to(root).as_posix(),
        provider="agiqa",
        scores=scores,
        split=split,
        generator=_generator(Path(name).name),
        prompt=prompt or None,
        is_real=False,
    )


def _generator(name: str) -> str | None:
    """What made an image, from its name: `sd1.5` of `sd1.5_lowcorr_012.jpg`."""
    before, mark, _ = name.partition("_")
    return before if before and mark else None
