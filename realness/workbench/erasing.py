"""`erase`: an image or a person goes on request, everywhere, for good; and what is told of it."""

import getpass
import hashlib
import json
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from realness import __version__
from realness.atomic import made_folder, write_bytes
from realness.errors import CannotWrite, RealnessError
from realness.settings import Settings
from realness.store import erasing
from realness.store.dialects import address_of
from realness.store.erasing import Subject
from realness.store.journal.erasing import forget
from realness.workbench import backups, exporting
from realness.workbench.alone import unserved
from realness.workbench.bench import Workbench, journal_folder

_COPIES = ("display", "thumbs")


@dataclass(frozen=True)
class Erasure:
    """What goes, or went.

    Attributes:
        rows: by table, how many.
        files: of the data folder.
        lines: of the journal; None where nobody counted yet.
        linked: a file that lies elsewhere, and stays where it is; None for none.
        finished: an erasure that was begun before, and is finished now.
    """

    kind: str
    rows: dict[str, int]
    files: int
    lines: int | None = None
    linked: str | None = None
    finished: bool = False


@dataclass(frozen=True)
class _Begun:
    """What is known of an erasure until it is finished, since the database knows nothing of it any more."""

    subject: dict[str, Any]
    rows: dict[str, int]
    files: list[str]
    texts: list[str]


def named(bench: Workbench, *, person: str | None = None, image: str | None = None) -> Subject:
    """The person of this name, or the image with this SHA-256 or name.

    Raises:
        NotFound: there is none.
        InvalidValue: several images have the name.
    """
    database = bench.store.database
    return erasing.person_named(database, person) if person is not None else erasing.image_named(database, image or "")


def foreseen(bench: Workbench, subject: Subject) -> Erasure:
    """What would go. Nothing is changed."""
    held = erasing.held(bench.store.database, subject)
    files = _files(bench.settings, subject, held.files)
    return Erasure(subject.kind, held.rows, len(files), linked=_linked(held.files))


def erase(bench: Workbench, subject: Subject) -> Erasure:
    """Remove it: first from the database, all or nothing, then from the journal and the data folder. Where the process
    is killed in between, `finish` does the rest, at the next call or when the app starts. The caller holds `unserved`.

    Raises:
        CannotWrite: there is no room to write the database anew, or a folder does not allow it.
        InvalidValue: nobody who manages accounts would be left.
        DatabaseProblem: another process has the database open.
    """
    database = bench.store.database
    erasing.check(database, subject)
    if bench.store.journal is not None:
        bench.store.journal.settle()  # what it has not got yet is not to come in later
    held = erasing.held(database, subject)
    begun = _Begun(asdict(subject), held.rows, list(held.files), list(held.texts))
    made_folder(_begun(bench.settings).parent)
    write_bytes(_begun(bench.settings), json.dumps(asdict(begun)).encode())
    try:
        erasing.remove(database, subject)
    except RealnessError:
        with suppress(RealnessError):  # where nobody can tell whether it is through, the next start does
            if erasing.is_there(database, subject):
                _begun(bench.settings).unlink()
        raise
    done = finish(bench)
    assert done is not None, "it was begun just now"
    return done


def resume(bench: Workbench) -> None:
    """`finish` what was begun, where there is something and no app serves the database.

    Raises:
        DatabaseProblem: an app serves it, or another process has it open.
        CannotWrite: a file cannot be written or deleted.
    """
    if _begun(bench.settings).exists():
        with unserved(bench):
            finish(bench)


def give_up(settings: Settings) -> None:
    """What was begun cannot be finished, since another database takes the place of the one that it was begun in: it is
    logged as erased, so that `back_again` tells whether it is in that one.
    """
    place = _begun(settings)
    if place.exists():
        begun = _Begun(**json.loads(place.read_bytes()))
        subject = Subject(**begun.subject)
        _log(settings, subject, Erasure(subject.kind, begun.rows, 0))
        place.unlink()


def finish(bench: Workbench) -> Erasure | None:
    """Do the rest of an erasure that was begun and is through in the database; None where there is none. The caller
    holds `unserved`.

    Raises:
        DatabaseProblem: another process has the database open.
        CannotWrite: a file cannot be written or deleted.
    """
    place = _begun(bench.settings)
    if not place.exists():
        return None
    begun = _Begun(**json.loads(place.read_bytes()))
    subject = Subject(**begun.subject)
    if erasing.is_there(bench.store.database, subject):  # killed before anything was removed
        place.unlink()
        return None
    erasing.scrub(bench.store.database)
    known = {"sha256" if subject.kind == "image" else "pseudonym": subject.mark}
    lines = forget(journal_folder(bench.settings), **known)
    gone = _delete(bench.settings, subject, begun)
    done = Erasure(subject.kind, begun.rows, gone, lines, _linked(begun.files), finished=True)
    _log(bench.settings, subject, done)
    place.unlink()
    return done


def still_held(settings: Settings) -> list[Path]:
    """Copies that were made before, and that nobody but their owner should change: backups, what was kept at a restore
    or a migration, and exports.
    """
    address = address_of(settings.database)
    place = address.path.parent if address.path else backups.folder(settings)
    kept = sorted(place.glob(f"{address.name}.before-*"))
    made = [file for _, file in exporting.manifests(settings) if file.exists()]
    return [*(one.path for one in backups.backups(settings)), *kept, *made]


def back_again(bench: Workbench) -> list[str]:
    """What was erased once and is there: an older copy brought it back. Names of people, SHA-256 of images."""
    found = []
    for line in _logged(bench.settings):
        for key, name in erasing.keys(bench.store.database, line["erased"]):
            if _hidden(line["salt"], key) == line["sha256"]:
                found.append(name)
    return found


def _logged(settings: Settings) -> list[dict[str, Any]]:
    place = _log_file(settings)
    return [json.loads(one) for one in place.read_text(encoding="utf-8").splitlines()] if place.exists() else []


def _hidden(salt: str, key: str) -> str:
    return hashlib.sha256(f"{salt}{key}".encode()).hexdigest()


def _begun(settings: Settings) -> Path:
    return _log_file(settings).with_suffix(".begun")


def _log_file(settings: Settings) -> Path:
    """The log of erasures, one of each database, in the data folder."""
    return settings.data / "erasures" / f"{address_of(settings.database).name}.jsonl"


def _log(settings: Settings, subject: Subject, done: Erasure) -> None:
    """A line that says what went, and of whom only to who knows it already."""
    salt = secrets.token_hex(16)
    told = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "by": getpass.getuser(), "erased": subject.kind}
    told |= {"salt": salt, "sha256": _hidden(salt, subject.key)}
    told |= {"rows": done.rows, "files": done.files, "lines": done.lines, "version": __version__}
    with _log_file(settings).open("a", encoding="utf-8") as file:
        file.write(json.dumps(told) + "\n")


def _linked(paths: Sequence[str]) -> str | None:
    return next((one for one in paths if Path(one).is_absolute()), None)


def _files(settings: Settings, subject: Subject, paths: Sequence[str]) -> list[Path]:
    """The files of an image that are there: its own, its copies, its maps, requests about it that were left behind."""
    if subject.kind != "image":
        return []
    data, sha256 = settings.data, subject.mark
    found = [data / one for one in paths if not Path(one).is_absolute()]
    for kind in _COPIES:
        found += (data / kind / sha256[:2]).glob(f"{sha256}*")
    found += [one for one in (data / "batches").glob("*.jsonl") if sha256.encode() in one.read_bytes()]
    return [one for one in found if one.exists()]


def _delete(settings: Settings, subject: Subject, begun: _Begun) -> int:
    """Delete what there is in the data folder; how many files."""
    found = _files(settings, subject, begun.files)
    try:
        for one in found:
            one.unlink()
        if subject.kind == "image":
            from realness.core.features import FeatureCache  # noqa: PLC0415  torch, which the app does without

            FeatureCache(settings.data / "features").forget({subject.mark, *begun.texts})
    except OSError as error:
        reason = f"{error.strerror}; mend that, and erase again"
        raise CannotWrite("a file in {place} cannot be deleted: " + reason, settings.data) from error
    return len(found)
