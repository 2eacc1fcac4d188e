"""What leads do with studies: read gold images from a table."""

import csv
from pathlib import Path

from realness.domain import Study
from realness.errors import InvalidValue
from realness.workbench.bench import Workbench

_COLUMNS = {"image", "low", "high"}
_MOST_BYTES = 50_000_000


def read_gold(bench: Workbench, study: Study, path: Path) -> dict[str, tuple[float, float] | None]:
    """The right ratings in a CSV file with the columns `image` (its name in its source, or its SHA-256), `low` and
    `high`; without low and high an image is no gold any more.

    Returns:
        By SHA-256.

    Raises:
        InvalidValue: the file cannot be read, or a line is wrong; the message names the line.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InvalidValue(f"{path} is larger than a table of gold images can be; give the right file")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidValue(f"{path} cannot be read as a table of text: {error}") from error
    lines = csv.DictReader(text.splitlines())
    if not set(lines.fieldnames or ()) >= _COLUMNS:
        raise InvalidValue(f"{path} needs the columns image, low and high in its first line")
    known = _images(bench, study)
    found: dict[str, tuple[float, float] | None] = {}
    for number, line in enumerate(lines, 2):
        image = (line["image"] or "").strip()
        if image not in known:
            raise InvalidValue(f"line {number} of {path}: there is no image {image!r} in the study {study.name!r}")
        if known[image] is None:
            raise InvalidValue(f"line {number} of {path}: several images are named {image!r}; give the SHA-256")
        found[known[image] or ""] = _between(line, number, path)
    return found


def _between(line: dict[str, str], number: int, path: Path) -> tuple[float, float] | None:
    low, high = ((line[name] or "").strip() for name in ("low", "high"))
    if not low and not high:
        return None
    try:
        between = float(low), float(high)
    except ValueError:
        raise InvalidValue(f"line {number} of {path}: low and high must be numbers from 0 to 100") from None
    if not 0 <= between[0] <= between[1] <= 100:
        raise InvalidValue(f"line {number} of {path}: low and high must be from 0 to 100, the lower one first")
    return between


def _images(bench: Workbench, study: Study) -> dict[str, str | None]:
    """The SHA-256 of the study's images by itself and by name; None where several have a name."""
    known: dict[str, str | None] = {}
    for name, sha256 in bench.store.studies.image_names(study.id):
        known[sha256] = sha256
        known[name] = sha256 if known.get(name, sha256) == sha256 else None
    return known
