"""What leads do with studies: make and change them, say which ratings are right."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realness.domain import StoredImage, Study, StudySettings
from realness.errors import InvalidValue, NotFound
from realness.store import AtWork, Checks, Wanted
from realness.workbench.bench import Workbench

_COLUMNS = {"image", "low", "high"}
_MOST_BYTES = 50_000_000


@dataclass(frozen=True)
class Overview:
    """A study as its lead sees it.

    Attributes:
        complete: images that have all the answers that the study asks for.
        gold: images whose right rating is known.
    """

    study: Study
    complete: int
    at_work: AtWork
    gold: int
    checks: Checks


def overview(bench: Workbench, study: Study) -> Overview:
    """What there is to know of a study before it is changed."""
    studies, controls = bench.store.studies, bench.store.controls
    gold, checks = len(controls.golds(study.id)), controls.told_checks(study.id)
    return Overview(study, studies.complete().get(study.id, 0), studies.at_work(study.id), gold, checks)


def new_study(bench: Workbench, name: str, settings: StudySettings, wanted: Wanted | None) -> tuple[Study, int]:
    """Make a study of images that are in the database already, or with None of none yet; and how many it took.

    Raises:
        InvalidValue: the name is empty, too long or taken, or no image is wanted; no study is made then.
        NotFound: the study to take images from is not there.
    """
    studies = bench.store.studies
    if wanted is not None:
        if wanted.of_study is not None:
            studies.by_id(wanted.of_study)
        if not studies.count_images(wanted):
            raise InvalidValue("no image is like that; look at the filters in Browse, or import some first", "images")
    study = studies.create(name, settings)
    taken = studies.take_images(study.id, wanted) if wanted is not None else 0
    return studies.by_id(study.id), taken


def change_study(bench: Workbench, study: Study, changes: Mapping[str, Any]) -> Study:
    """Change some settings of a study, and with `closed` whether it takes reviews; what is not named stays.

    Raises:
        InvalidValue: a setting is out of its range; nothing is changed.
    """
    changes = dict(changes)
    closed = changes.pop("closed", study.closed)
    if changes:
        bench.store.studies.change(study.id, StudySettings(**(vars(study.settings) | changes)))
    if closed != study.closed:
        bench.store.studies.close(study.id, closed=closed)
    return bench.store.studies.by_id(study.id)


def image_of(bench: Workbench, study: Study, said: str) -> StoredImage:
    """The image of a study with this key or this number.

    Raises:
        NotFound: there is none.
    """
    found = bench.store.controls.image_named(study.id, said.strip())
    if found is None:
        raise NotFound(f"there is no such image in this study; give a number from 1 to {study.images}, or its key")
    return found


def read_gold(bench: Workbench, study: Study, path: Path) -> dict[str, tuple[float, float] | None]:
    """The right ratings in a CSV file with the columns `image` (its name in its source, that name's last part where
    it is one image's alone, or its SHA-256), `low` and `high`; without low and high an image is no gold any more.

    Returns:
        By SHA-256.

    Raises:
        InvalidValue: the file cannot be read, or a line is wrong; the message names the line.
    """
    try:
        if path.exists() and not path.is_file():  # a device may never end
            raise InvalidValue(f"{path} is no file; give a table of gold images")
        if path.stat().st_size > _MOST_BYTES:
            raise InvalidValue(f"{path} is larger than a table of gold images can be; give the right file")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidValue(f"{path} cannot be read as a table of text: {error}") from error
    return gold_in(bench, study, text, str(path))


def gold_in(bench: Workbench, study: Study, text: str, source: str) -> dict[str, tuple[float, float] | None]:
    """The same of the text of such a file; `source` is what messages call it."""
    lines = csv.DictReader(text.removeprefix("\ufeff").splitlines())
    try:
        columns = set(lines.fieldnames or ())
    except csv.Error as error:
        raise InvalidValue(f"{source} cannot be read as a table: {error}") from error
    if not columns >= _COLUMNS:
        raise InvalidValue(f"{source} needs the columns image, low and high in its first line")
    names = bench.store.studies.image_names(study.id)
    known = _known(names)
    found: dict[str, tuple[float, float] | None] = {}
    for number, line in enumerate(lines, 2):
        image = (line["image"] or "").strip()
        sha256 = known.get(image)
        if sha256 is None:
            raise InvalidValue(f"line {number} of {source}: {_not_one(image, study, names)}")
        found[sha256] = _between(line, number, source)
    return found


def _known(names: Sequence[tuple[str, str]]) -> dict[str, str | None]:
    """The SHA-256 of images by itself, by name, and by the last part of a name that is no image's whole name; None
    where several are called so.
    """
    whole: dict[str, str | None] = {}
    last: dict[str, str | None] = {}
    for name, sha256 in names:
        for known, called in ((whole, name), (last, _last(name))):
            known[called] = sha256 if known.get(called, sha256) == sha256 else None
    return last | whole | {sha256: sha256 for _, sha256 in names}


def _not_one(image: str, study: Study, names: Sequence[tuple[str, str]]) -> str:
    """Why a name is not that of one image, and what would be."""
    alike = [name for name, _ in names if image in (name, _last(name))]
    if alike:
        whole = "" if image in alike else f"the whole name, such as {alike[0]!r}, or "
        return f"several images are called {image!r}; give {whole}the SHA-256"
    if not names:
        return f"the study {study.name!r} has no images yet; import some first"
    example = names[0][0]
    short = f" or {_last(example)!r}" if _known(names)[_last(example)] and _last(example) != example else ""
    return f"there is no image {image!r} in the study {study.name!r}; one that is there is called {example!r}{short}"


def _last(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def _between(line: dict[str, str], number: int, source: str) -> tuple[float, float] | None:
    low, high = ((line[name] or "").strip() for name in ("low", "high"))
    if not low and not high:
        return None
    try:
        between = float(low), float(high)
    except ValueError:
        raise InvalidValue(f"line {number} of {source}: low and high must be numbers from 0 to 100") from None
    if not 0 <= between[0] <= between[1] <= 100:
        raise InvalidValue(f"line {number} of {source}: low and high must be from 0 to 100, the lower one first")
    return between
