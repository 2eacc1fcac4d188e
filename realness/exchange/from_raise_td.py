"""The `raise-td` layout: descriptions by GPT-4.1 with z-scores, joined with RAISE's ratings where they are there.

Source: Kaushik, Biswas, Paul, "Image Realness Assessment and Localization with Multimodal Features",
arXiv 2509.13289; the tree of the authors' repository, `datasets/{train,test}/image_descriptions.csv` and `images/`.
"""

from collections.abc import Iterator
from pathlib import Path

from realness.domain import ImportedRecord, OpinionScore, Skipped, check_text
from realness.errors import ImportFailed, RealnessError
from realness.exchange.fields import number
from realness.exchange.from_raise import choose, is_real, rating_of, ratings
from realness.exchange.places import inside, shown
from realness.exchange.tables import TableRow, read_table

TABLE = "image_descriptions.csv"
_COLUMNS = ("filename", "mos", "description")


def splits(path: Path) -> dict[str, Path]:
    """The split folders of a RAISE-TD tree by name; empty when `path` is none.

    `path` may be the tree's root, its `datasets` folder, or one split's folder.
    """
    path = Path(path)
    if (path / TABLE).is_file():
        return {path.resolve().name: path}
    for base in (path / "datasets", path):
        found = sorted(table.parent for table in base.glob(f"*/{TABLE}"))
        if found:
            return {folder.name: folder for folder in sorted(found, key=lambda folder: folder.name == "test")}
    return {}


def read(path: Path, split: str | None = None) -> Iterator[ImportedRecord | Skipped]:
    """Read a RAISE-TD tree, one split after the other.

    Raises:
        ImportFailed: `path` is no such tree, or has no split of that name.
    """
    folder = path if path.is_dir() else path.parent
    found = splits(folder)
    if not found:
        raise ImportFailed(f"{path} is no RAISE-TD tree; it needs datasets/train/{TABLE} or datasets/test/{TABLE}")
    return _read(_root(folder.resolve()), choose(found, split))


def _root(path: Path) -> Path:
    """The top of the tree: above `datasets`, where the ratings lie."""
    if path.name == "datasets":
        return path.parent
    return path.parent.parent if path.parent.name == "datasets" else path


def _read(root: Path, found: dict[str, Path]) -> Iterator[ImportedRecord | Skipped]:
    for split, folder in found.items():
        known: dict[str, OpinionScore] = {}
        for item in ratings(root, split):
            if isinstance(item, Skipped):
                yield item
            elif item.name in known:
                yield Skipped(item.row, f"rates {shown(item.name)} again; the first one counts, remove this one")
            else:
                known[item.name] = item.score
        seen: dict[Path, str] = {}
        for row in read_table(folder / TABLE, _COLUMNS, "filename", f"{split}/{TABLE}", root):
            yield row if isinstance(row, Skipped) else _record(root, folder, split, row, known, seen)


def _record(
    root: Path, folder: Path, split: str, row: TableRow, known: dict[str, OpinionScore], seen: dict[Path, str]
) -> ImportedRecord | Skipped:
    name = row.cells["filename"].strip()
    try:
        path = inside(root, name, folder / "images")
        if path in seen:
            return Skipped(row.row, f"names the image of {seen[path]} again: {shown(name)}; remove one of them")
        z_score = number(row.cells.get("mos"), "MOS")
        text = check_text(row.cells.get("description", ""), "description")
        score = _joined(known.get(name), z_score)
    except RealnessError as error:
        return Skipped(row.row, str(error))
    seen[path] = row.row
    return ImportedRecord(
        row=row.row,
        path=path,
        name=path.relative_to(root).as_posix(),
        description=text if text.strip() else None,
        provider="raise-td",
        model="gpt-4.1",
        scores=() if score is None else (score,),
        split=split,
        is_real=is_real(name),
    )


def _joined(rated: OpinionScore | None, z_score: float | None) -> OpinionScore | None:
    """RAISE's score, with what it lacks from RAISE-TD, whose MOS is the same z-score to ten digits."""
    if rated is None:
        return None if z_score is None else OpinionScore("raise", rating_of(z_score), z_score)
    return OpinionScore("raise", rated.rating, z_score if rated.z_score is None else rated.z_score)
