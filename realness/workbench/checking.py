"""Whether all that is kept is there and as it was: the database, its files, the journal, exports, backups."""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from realness.errors import DatabaseProblem
from realness.settings import Settings
from realness.store import copying
from realness.store.dialects import address_of
from realness.store.journal import Damage, read_lines
from realness.store.kept_files import KINDS, Paths, count, empty_paths, kept_files
from realness.workbench import backups, exporting
from realness.workbench.bench import Progress, Workbench, digest, journal_folder, silent

LISTED = 100
"""Problems of a kind that are listed; all are counted."""
_YOUNG = 3600.0
"""Seconds in which a file may still get the row that refers to it: an import writes the file first."""
_COPIES = ("display", "thumbs")
_FOLDERS = ("images", "maps", "reference_maps", *_COPIES)
_MEND = {
    "image": "import the original again: it is known by its content, and every review stays",
    "map": "delete the file if there is one, and run `map`",
    "reference map": "import its data set again",
}
_DELETE = "delete it, unless another database uses this data folder"
_DAMAGED = "keep the file, and `restore` the newest backup that is sound"


@dataclass(frozen=True)
class Problem:
    """What is wrong, and what to do about it.

    Attributes:
        kind: `database`, `image`, `map`, `reference map`, `orphan`, `journal`, `export` or `backup`.
    """

    kind: str
    what: str
    do: str


@dataclass
class Checked:
    """What was looked at, and what is wrong.

    Attributes:
        checked: how many there are, by kind.
        counts: problems by kind.
        problems: the first `LISTED` of each kind.
    """

    checked: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.counts

    def found(self, kind: str, what: str, do: str) -> None:
        """One more problem."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if self.counts[kind] <= LISTED:
            self.problems.append(Problem(kind, what, do))

    def looked_at(self, kind: str) -> None:
        """One more thing."""
        self.checked[kind] = self.checked.get(kind, 0) + 1


def check(settings: Settings, *, fast: bool = False, of: Callable[[str], Progress] = lambda _unit: silent) -> Checked:
    """Look at everything; nothing is changed. Memory does not grow with the number of images.

    Args:
        fast: look only whether files are there, not at what is in them.
        of: gives, for what is counted, who is told of it.
    """
    told = Checked()
    address = address_of(settings.database)
    of("database")(0, 1)
    if address.path is not None and not address.path.is_file():
        told.found(
            "database", f"there is no database at {address}", "name the right one with --db, or `restore` a backup"
        )
        return told
    told.looked_at("database")
    for found in copying.problems(address.path) if address.path is not None else ():
        told.found("database", f"{address}: {found}", _DAMAGED)
    try:
        bench = Workbench.open(settings)
    except DatabaseProblem as error:
        told.found("database", str(error), _DAMAGED)
        return told
    try:
        for found in copying.problems_there(bench.store.database) if address.path is None else ():
            told.found("database", found, _DAMAGED)
        with empty_paths() as known:
            for kind in KINDS:
                _check_files(bench, kind, known, told, fast=fast, progress=of(f"{kind}s"))
            _find_orphans(settings.data, known, told, of("files in the data folder"))
        _check_journal(bench, told, of("lines of the journal"))
    except DatabaseProblem as error:
        told.found("database", str(error), _DAMAGED)
    finally:
        bench.close()
    _check_exports(settings, told, fast=fast, progress=of("exports"))
    _check_backups(settings, told, fast=fast, progress=of("backups"))
    return told


def _check_files(bench: Workbench, kind: str, known: Paths, told: Checked, *, fast: bool, progress: Progress) -> None:
    """Hold every file of a kind against its row, and remember where files may lie."""
    total = count(bench.store.database, kind)
    for done, one in enumerate(kept_files(bench.store.database, kind), 1):
        told.looked_at(kind)
        known.add(one.path)
        if kind == "image":
            for folder in _COPIES:
                known.add(f"{folder}/{one.sha256[:2]}/{one.sha256}")
        wrong = _wrong(bench.settings.data / one.path, one.sha256, fast=fast)
        if wrong:
            told.found(kind, f"{one.path} {wrong}", _MEND[kind])
        progress(done, max(done, total))


def _wrong(path: Path, sha256: str, *, fast: bool) -> str | None:
    """What is wrong with a file; None for nothing."""
    try:
        if not path.is_file():
            return "is missing"
        return None if fast or digest(path) == sha256 else "was changed: its SHA-256 is another one"
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def _find_orphans(data: Path, known: Paths, told: Checked, progress: Progress) -> None:
    """Files of the data folder that no row refers to. A name that begins with a dot is a file that is being written."""
    now = time.time()
    for done, path in enumerate(_files(data), 1):
        told.looked_at("file")
        place = path.relative_to(data).as_posix()
        folder, *_ = place.split("/")
        key = place[: len(folder) + 68] if folder in _COPIES else place  # FOLDER/aa/SHA256, then an ending
        if key not in known and not path.name.startswith(".") and now - path.lstat().st_mtime > _YOUNG:
            told.found("orphan", f"{place} belongs to nothing in the database", _DELETE)
        progress(done, None)


def _files(data: Path) -> Iterator[Path]:
    for folder in _FOLDERS:
        for where, _, names in os.walk(data / folder):
            yield from (Path(where) / name for name in names)


def _check_journal(bench: Workbench, told: Checked, progress: Progress) -> None:
    folder, damage, through = journal_folder(bench.settings), Damage(), 0
    for done, one in enumerate(read_lines(folder, damage), 1):
        told.looked_at("journal line")
        through = one["through"][0]
        progress(done, None)
    for where in damage.broken:
        told.found("journal", f"{where} was changed", "keep the database's backups well: this line cannot be replayed")
    for where in damage.unread:
        told.found("journal", where, "put the file of a copy of the data folder in its place")
    last = copying.last_review(bench.store.database)
    if through < last:
        told.found("journal", f"it ends at review {through} of {last}", "start the app: it completes the journal first")


def _check_exports(settings: Settings, told: Checked, *, fast: bool, progress: Progress) -> None:
    for done, (manifest, file) in enumerate(exporting.manifests(settings), 1):
        told.looked_at("export")
        try:
            sha256 = str(json.loads(manifest.read_text(encoding="utf-8"))["sha256"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            told.found("export", f"{manifest.name} is no manifest", "delete it, and export again")
            continue
        wrong = _wrong(file, sha256, fast=fast) if file.exists() else None  # it may have been taken away
        if wrong:
            told.found("export", f"exports/{file.name} {wrong}", "delete it and its manifest, and export again")
        progress(done, None)


def _check_backups(settings: Settings, told: Checked, *, fast: bool, progress: Progress) -> None:
    for done, one in enumerate(backups.backups(settings), 1):
        told.looked_at("backup")
        wrong = one.problems[0] if one.problems else one.sha256 and _wrong(one.path, one.sha256, fast=fast)
        if wrong:
            told.found("backup", f"backups/{one.path.name} {wrong}", "delete it, and make another one with `backup`")
        progress(done, None)
