"""The parquet form of an export: files named in the `README.md` of a folder, images embedded."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from realness.atomic import made_folder, write_bytes
from realness.errors import InvalidValue

_BATCH = 32
"""Rows that are in memory at a time, with their images."""
Rows = Iterator[tuple[str, dict[str, Any], Path]]


def is_parquet(folder: Path) -> bool:
    """Whether a folder holds parquet files and a data set's card."""
    return (folder / "README.md").is_file() and next(folder.rglob("*.parquet"), None) is not None


def parquet_rows(folder: Path, method: str, columns: tuple[str, ...], unpacked: Path) -> dict[str, Rows]:
    """The rows of each split of the configuration that has what a method needs.

    Args:
        columns: what it needs beside `images`.
        unpacked: the folder that images are written into, named by their hash.

    Raises:
        InvalidValue: no configuration has these columns.
    """
    named = {name: files for name, files in _configurations(folder).items() if files}
    for files in named.values():
        first = next(iter(files.values()))[0]
        held = set(_schema(first).names)
        if {*columns, "images"} <= held and ("label" in held) == ("label" in columns):
            made_folder(unpacked)
            return {split: _rows(paths, unpacked) for split, paths in files.items()}
    there = ", ".join(named) or "none with files that are there"
    raise InvalidValue(
        f"no configuration in {folder / 'README.md'} has the columns images, {', '.join(columns)} of `tune {method}`; "
        f"there is {there}. Export the data for it"
    )


def _configurations(folder: Path) -> dict[str, dict[str, list[Path]]]:
    """By configuration and split, the files."""
    from huggingface_hub import DatasetCard  # noqa: PLC0415  for parquet alone

    try:
        held = DatasetCard.load(folder / "README.md", ignore_metadata_errors=True).data.to_dict()
    except Exception as error:  # YAML and the card's own checks raise what they like
        raise InvalidValue(f"the card {folder / 'README.md'} cannot be read; export the data again") from error
    found: dict[str, dict[str, list[Path]]] = {}
    for each in held.get("configs") or []:
        files = each.get("data_files") if isinstance(each, Mapping) else None
        for part in files if isinstance(files, list) else []:
            paths = sorted(folder.glob(str(part["path"])))
            if paths:
                found.setdefault(str(each["config_name"]), {})[str(part["split"])] = paths
    return found


def _schema(file: Path) -> Any:
    import pyarrow.parquet as pq  # noqa: PLC0415  for parquet alone

    try:
        return pq.read_schema(file)
    except (OSError, ValueError) as error:  # ArrowInvalid is a ValueError
        raise InvalidValue(f"{file.name} is no whole parquet file; export the data again") from error


def _rows(files: list[Path], unpacked: Path) -> Rows:
    import pyarrow.parquet as pq  # noqa: PLC0415  for parquet alone

    for file in files:
        with pq.ParquetFile(file) as held:
            rows = (row for batch in held.iter_batches(batch_size=_BATCH) for row in batch.to_pylist())
            for number, row in enumerate(rows):
                where = f"{file.name} row {number}"
                yield where, row | {"images": [_kept(cell, where, unpacked) for cell in row["images"] or []]}, unpacked


def _kept(cell: Any, where: str, unpacked: Path) -> str:
    """Write an image where none of its bytes lies yet; gives its name."""
    data = cell.get("bytes") if isinstance(cell, Mapping) else None
    if not data:
        raise InvalidValue(f"{where} has an image that is not embedded; export the data again")
    name = hashlib.sha256(data).hexdigest()
    if not (unpacked / name).is_file():
        write_bytes(unpacked / name, data)
    return name
