"""Copies of the database: made while others work, checked, listed, deleted."""

import json
import re
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from realness.atomic import made_folder, replacing, sweep, write_bytes
from realness.errors import CannotWrite, InvalidValue, NotFound
from realness.settings import Settings
from realness.store import copying
from realness.workbench.bench import Progress, Workbench, digest, silent

_NAME = re.compile(r"realness-(auto-)?\d{8}-\d{6}(-\d+)?\.(db|dump)")
_AUTO = "realness-auto-"


@dataclass(frozen=True)
class Backup:
    """A copy of the database.

    Attributes:
        path: where it lies.
        ok: whether nothing wrong was found in it; None where nobody looked.
        problems: what it found.
        made_at: when, UTC, in ISO form.
    """

    path: Path
    bytes: int
    sha256: str | None
    ok: bool | None
    problems: tuple[str, ...]
    made_at: str

    def as_json(self) -> dict[str, Any]:
        """By name, with the file's name instead of its path."""
        return {"name": self.path.name} | {name: value for name, value in asdict(self).items() if name != "path"}


def folder(settings: Settings) -> Path:
    """Where copies go unless another place is named."""
    return settings.data / "backups"


def back_up(bench: Workbench, dest: Path | None = None, progress: Progress = silent) -> Backup:
    """Copy the database as it is now, and check the copy. What is damaged is kept and told of: it may be all there is.

    Args:
        dest: a file that may not exist yet, or a folder; None for `DATA/backups`, named by date.
        progress: told of the pages of a SQLite file.

    Raises:
        InvalidValue: `dest` exists already.
        CannotWrite: the place or the disk does not allow it.
        DatabaseProblem: the database cannot be read.
    """
    made_at = datetime.now(UTC)
    target = _target(bench, dest, made_at)
    _check_room(bench, target)
    sweep(target.parent)
    with replacing(target) as part:
        try:
            copying.copy(bench.store.database, part, progress)
            problems = tuple(copying.problems_of_copy(bench.store.database, part))
        finally:
            for ending in ("-journal", "-wal", "-shm"):
                with suppress(OSError):
                    part.with_name(part.name + ending).unlink()
        sha256, size = digest(part), part.stat().st_size
        if target.exists():
            raise InvalidValue(f"{target} exists already; choose another name, or move it away")
    made = Backup(target, size, sha256, not problems, problems, made_at.isoformat(timespec="seconds"))
    write_bytes(card_of(target), json.dumps(made.as_json(), ensure_ascii=False, indent=1).encode())
    return made


def back_up_and_thin_out(bench: Workbench, keep: int, progress: Progress = silent) -> Backup:
    """Make a copy in `DATA/backups` as the timer does, and take away the oldest of those that were made so, but for
    `keep` of them. Where the new one is damaged nothing is taken away: an older one may be the last that is sound.
    """
    made = back_up(bench, _target(bench, None, datetime.now(UTC), _AUTO), progress)
    if made.ok:
        own = [one for one in backups(bench.settings) if one.path.name.startswith(_AUTO)]
        own.sort(key=lambda one: one.path.stat().st_mtime_ns, reverse=True)
        for old in own[keep:]:
            delete_backup(bench.settings, old.path.name)
    return made


def backups(settings: Settings) -> list[Backup]:
    """The copies in `DATA/backups`, newest first."""
    try:
        found = [path for path in folder(settings).iterdir() if _NAME.fullmatch(path.name) and path.is_file()]
    except OSError:
        return []
    return [_read(path) for path in sorted(found, key=lambda path: path.name.replace(_AUTO, "realness-"), reverse=True)]


def backup_named(settings: Settings, name: str) -> Backup:
    """One of them.

    Raises:
        NotFound: there is none of that name.
    """
    found = next((one for one in backups(settings) if one.path.name == name), None)
    if found is None:
        raise NotFound("there is no such backup any more; reload the page")
    return found


def delete_backup(settings: Settings, name: str) -> None:
    """Take a copy away.

    Raises:
        NotFound: there is none of that name.
        CannotWrite: the folder does not allow it.
    """
    path = backup_named(settings, name).path
    try:
        path.unlink(missing_ok=True)
        card_of(path).unlink(missing_ok=True)
    except OSError as error:
        raise CannotWrite(f"{name} cannot be deleted: {error.strerror or error}") from error


def _target(bench: Workbench, dest: Path | None, made_at: datetime, begins: str = "realness-") -> Path:
    into = made_folder(folder(bench.settings)) if dest is None else dest
    if not into.is_dir():
        if into.exists() or into.is_symlink():
            raise InvalidValue(f"{into} exists already; choose another name, or move it away")
        return into
    stem = f"{begins}{made_at:%Y%m%d-%H%M%S}"
    ending = "db" if bench.store.database.backend.address.path is not None else "dump"
    names = (f"{stem}{f'-{turn}' * (turn > 1)}.{ending}" for turn in range(1, 1000))
    return next(into / name for name in names if not (into / name).exists())


def _check_room(bench: Workbench, target: Path) -> None:
    needed = copying.size(bench.store.database)
    there = next(each for each in target.absolute().parents if each.exists())
    free = shutil.disk_usage(there).free
    if free < needed:
        raise CannotWrite(f"the copy needs {needed // 10**6 + 1} MB and {there} has {free // 10**6} free; make room")


def card_of(path: Path) -> Path:
    """The file beside a copy that says what it is."""
    return path.with_name(f"{path.name}.json")


def _read(path: Path) -> Backup:
    """A copy with what its card says. The card is read as what it is: a file that may be anything."""
    status = path.stat()
    made_at = datetime.fromtimestamp(status.st_mtime, UTC).isoformat(timespec="seconds")
    try:
        card = json.loads(card_of(path).read_text(encoding="utf-8"))
        if card["bytes"] == status.st_size:
            problems = tuple(str(one) for one in card["problems"])
            return Backup(path, status.st_size, str(card["sha256"]), not problems, problems, str(card["made_at"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    return Backup(path, status.st_size, None, None, (), made_at)
