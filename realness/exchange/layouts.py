"""The layouts of data sets that can be imported, and how to tell them apart."""

from collections.abc import Callable, Iterator
from pathlib import Path

from realness.domain import ImportedRecord, Skipped
from realness.errors import ImportFailed, InvalidValue
from realness.exchange import (
    from_agiqa,
    from_csv,
    from_folder,
    from_hadm,
    from_jsonl,
    from_loki,
    from_pal,
    from_raise,
    from_raise_td,
    from_richhf,
    from_synthscars,
)

Reader = Callable[[Path, str | None], Iterator[ImportedRecord | Skipped]]

LAYOUTS: dict[str, Reader] = {
    "raise-td": from_raise_td.read,
    "raise": from_raise.read,
    "folder": from_folder.read,
    "csv": from_csv.read,
    "jsonl": from_jsonl.read,
    "loki": from_loki.read,
    "synthscars": from_synthscars.read,
    "hadm": from_hadm.read,
    "richhf": from_richhf.read,
    "pal": from_pal.read,
    "agiqa": from_agiqa.read,
}
"""Readers by name. A reader takes the path and a split, and yields records and what it had to skip."""

_UNMISTAKABLE: dict[str, Callable[[Path], bool]] = {
    "loki": from_loki.looks_like,
    "synthscars": from_synthscars.looks_like,
    "hadm": from_hadm.looks_like,
    "richhf": from_richhf.looks_like,
    "agiqa": from_agiqa.looks_like,
}
"""Layouts that are known by their files. `pal` is not: images and masks may be of anything."""

_BY_SUFFIX = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


def detect_layout(path: Path) -> str:
    """Which layout a file or folder has.

    Raises:
        ImportFailed: there is nothing at `path`, or it is a file that is neither a table nor an image.
    """
    path = Path(path)
    if not path.exists():
        raise ImportFailed(f"there is nothing at {path}; check the path")
    if path.is_dir() and from_raise_td.splits(path):
        return "raise-td"
    if path.is_dir() and from_raise.splits(path):
        return "raise"
    if from_raise_td.splits(path.parent) and path.name == from_raise_td.TABLE:
        return "raise-td"
    for name, looks_like in _UNMISTAKABLE.items():
        if looks_like(path):
            return name
    if path.is_dir():
        return "folder"
    if path.suffix.lower() in _BY_SUFFIX:
        return _BY_SUFFIX[path.suffix.lower()]
    if from_folder.looks_like_an_image(path):
        return "folder"
    raise ImportFailed(f"{path.name} is no folder, .csv, .jsonl or image; give one of these, or name it with --layout")


def read(path: Path, layout: str = "auto", split: str | None = None) -> Iterator[ImportedRecord | Skipped]:
    """Read a data set record by record; nothing is decoded and nothing is kept in memory but names.

    What cannot be used is yielded as `Skipped` with its place and the reason, and reading goes on. The image
    files are there and lie inside the source, but they are not opened: `images.inspect_image` does that.

    Args:
        path: a folder or a file.
        layout: one of `LAYOUTS`, or `auto`.
        split: where the layout has splits (raise-td, raise, synthscars, hadm, richhf, pal), the only one to read;
            elsewhere the split of the records for which the source gives none.

    Raises:
        InvalidValue: the layout is unknown.
        ImportFailed: there is nothing at `path`, it does not have the layout, or it has no such split.
    """
    path = Path(path)
    found = detect_layout(path) if layout == "auto" else layout
    if found not in LAYOUTS:
        raise InvalidValue(f"layout must be auto or one of {', '.join(LAYOUTS)}, got {layout!r}")
    if not path.exists():
        raise ImportFailed(f"there is nothing at {path}; check the path")
    if found in ("csv", "jsonl") and not path.is_file():
        what = "a folder" if path.is_dir() else "no file"
        raise ImportFailed(f"{path} is {what}; for --layout {found} give a {found} file")
    return LAYOUTS[found](path, split)
