"""Putting a copy of the database back, and making reviews again from the journal."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from realness.atomic import made_folder, replacing, sweep
from realness.domain import StudySettings
from realness.errors import DatabaseProblem, InvalidValue, NotFound, UnreadableImage
from realness.images import inspect_image
from realness.settings import Settings
from realness.store import Database, NewImage, Store, copying, dumping, migrate
from realness.store.dialects import address_of
from realness.store.journal import Replayed, replay
from realness.store.kept_files import kept_files
from realness.store.migrate import revision_of
from realness.store.recognise import refuse_others, schema_of
from realness.store.replacing import alone, set_aside
from realness.workbench.backups import card_of, folder
from realness.workbench.bench import Progress, Workbench, digest, journal_folder, silent
from realness.workbench.erasing import back_again, give_up, resume


@dataclass(frozen=True)
class Restored:
    """What was put back.

    Attributes:
        database: where it lies now: a path, or a URL without a password.
        kept: where what was there before lies; None where nothing was.
        schema: the schema the copy had; it was brought to this version's.
        erased: people, by name, and images, by SHA-256, that were erased after the copy was made, and are back with it.
    """

    database: str
    backup: Path
    kept: Path | None
    schema: str
    images: int
    reviews: int
    erased: tuple[str, ...] = ()


def restore(settings: Settings, backup: Path) -> Restored:
    """Put a copy in place of the database, in one step, after it was checked; what was there is kept beside it.

    Raises:
        NotFound: there is no such file.
        InvalidValue: it is no copy that `backup` made, is damaged, or is not the one its card speaks of.
        DatabaseProblem: the app or another command has the database open, or the copy is of a newer version.
        CannotWrite: the folder or the disk does not allow it.
    """
    target = address_of(settings.database).path
    done = _restore_there(settings, backup) if target is None else _restore_file(backup, target)
    give_up(settings)
    bench = Workbench.open(settings)
    try:
        return replace(done, erased=tuple(back_again(bench)))
    finally:
        bench.close()


def _restore_file(backup: Path, target: Path) -> Restored:
    _check(backup, target)
    sweep(target.parent)
    with alone(target), replacing(target) as part:
        shutil.copyfile(backup, part)
        _check_copy(backup, part)
        schema = schema_of(part) or ""
        images, reviews = _brought_up_to_date(part)
        kept = set_aside(target, f"{target.name}.before-restore-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}")
    return Restored(str(target), backup, kept, schema, images, reviews)


def _restore_there(settings: Settings, backup: Path) -> Restored:
    """The same for a PostgreSQL database; what was there is kept as a copy in `DATA/backups`."""
    _check_there(backup)
    _check_card(backup, backup)
    database = Database.open(settings.database, folder(settings))
    try:
        if dumping.others(database):
            raise DatabaseProblem(
                f"{database.backend.address} is in use; stop the app and other programs that use it first"
            )
        kept = None
        if revision_of(database) is not None:
            name = f"{database.backend.address.name}.before-restore-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.dump"
            kept = made_folder(folder(settings)) / name
            dumping.dump(database, kept)
        dumping.put_back(database, backup)
        schema = revision_of(database) or ""
        migrate(database)
        images, reviews = copying.counts(database)
        database.survey(images + reviews)
        return Restored(str(database.backend.address), backup, kept, schema, images, reviews)
    finally:
        database.close()


def _check_there(backup: Path) -> None:
    if not backup.is_file():
        raise NotFound(f"there is no backup at {backup}; `backup` says where it puts them (DATA/backups)")


def _check(backup: Path, target: Path) -> None:
    _check_there(backup)
    if dumping.is_dump(backup):
        raise InvalidValue(
            f"{backup} is the copy of a PostgreSQL database; restore it into one with --db, then `copy` that to a file"
        )
    if target.exists() and target.samefile(backup):
        raise InvalidValue(f"{backup} is the database itself; name a backup")
    log = backup.with_name(f"{backup.name}-wal")
    if log.exists() and log.stat().st_size:
        raise InvalidValue(
            f"{backup} is in use or was copied by hand, its newest answers are in {log.name}; "
            f"make a backup of it: `backup --db sqlite:///{backup}`"
        )


def _check_copy(backup: Path, part: Path) -> None:
    """Hold a copy of the backup against its card, and look into it."""
    _check_card(backup, part)
    try:
        refuse_others(part)
        schema = schema_of(part)
    except sqlite3.DatabaseError as error:
        raise InvalidValue(f"{backup} is no database or is damaged ({error}); restore another backup") from error
    except DatabaseProblem as error:
        raise DatabaseProblem(str(error).replace(str(part), str(backup))) from error
    if schema is None:
        raise InvalidValue(f"{backup} is no backup of a workbench's database; restore another one")
    found = copying.problems(part)
    if found:
        raise InvalidValue(f"{backup} is damaged ({found[0]}); restore another backup")


def _check_card(backup: Path, part: Path) -> None:
    said = None
    with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):  # a card may be anything
        said = str(json.loads(card_of(backup).read_text(encoding="utf-8"))["sha256"])
    if said is not None and digest(part) != said:
        raise InvalidValue(
            f"{backup} was changed: its SHA-256 is not that on {card_of(backup).name}; "
            "restore another backup, or take that file away if you trust this one"
        )


def _brought_up_to_date(part: Path) -> tuple[int, int]:
    """Bring the copy to this version's schema; how many images and reviews it holds."""
    try:
        store = Store.open(f"sqlite:///{part.absolute()}")
        try:
            return copying.counts(store.database)
        finally:
            store.close()
    finally:
        for left in part.parent.glob(f"{part.name}?*"):  # logs, and the migration's own copy
            left.unlink(missing_ok=True)


@dataclass(frozen=True)
class Rebuilt:
    """What was made again from the journal and the data folder.

    Attributes:
        images: found in the data folder, and not known to the database nor to the journal: they are in the study
            `RECOVERED`.
        missing: images that were answered and whose files are gone.
        unreadable: files of the data folder that are no images any more.
    """

    replayed: Replayed
    images: int
    missing: int
    unreadable: int


RECOVERED = "recovered"
"""The study of images that nobody answered, whose study is not known any more."""


def rebuild(settings: Settings, of: Callable[[str], Progress] = lambda _unit: silent) -> Rebuilt:
    """Bring into the database, made anew where it is gone, what the journal has and it lacks.

    Args:
        of: gives, for what is counted, who is told of it.

    Raises:
        NotFound: there is no journal.
    """
    journal = journal_folder(settings)
    if not journal.is_dir():
        raise NotFound(
            f"there is no journal at {journal}; name the data folder with --data, and the database by the file "
            "name that it had with --db"
        )
    bench = Workbench.open(settings)
    try:
        resume(bench)  # what was erased is not to come back from a journal that it is still in
        replayed = replay(bench.store.database, journal, of("lines"))
        found, unreadable = _images_without_rows(bench, of("files of images"))
        missing = sum(not (settings.data / one.path).is_file() for one in kept_files(bench.store.database, "image"))
        return Rebuilt(replayed, found, missing, unreadable)
    finally:
        bench.close()


def _images_without_rows(bench: Workbench, progress: Progress) -> tuple[int, int]:
    """Put every image of the data folder into the database; how many it did not know, and how many are none."""
    fresh = unreadable = 0
    known = bench.store.images.known
    for done, path in enumerate(sorted((bench.settings.data / "images").glob("*/[!.]*")), 1):
        progress(done, None)
        if known(path.name.split(".")[0]):
            continue
        try:
            facts = inspect_image(path)
        except UnreadableImage:
            unreadable += 1
            continue
        study = bench.store.studies.ensure(RECOVERED, StudySettings())
        new = NewImage(facts, path.relative_to(bench.settings.data).as_posix(), RECOVERED, path.name)
        fresh += bench.store.images.add(study.id, [new])[0]
    return fresh, unreadable
