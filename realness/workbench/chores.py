"""What the Data screen starts, each in a process of its own beside the app: import, maps, export, backup.

That process is `python -m realness.workbench.chores KIND ASKED`, with what was asked as JSON; database and data folder
are told in the environment.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from realness.atomic import write_bytes
from realness.errors import Conflict, RealnessError
from realness.settings import Settings
from realness.workbench.bench import Progress, Workbench
from realness.workbench.jobs import Job, give_way, tell

LISTED = 200
"""Records that were skipped, of which the screen tells; the table has all."""
_OFTEN = 0.1
"""Seconds between two words of progress."""
_MODULE = ("-m", "realness.workbench.chores")


class Kind(StrEnum):
    """What can be started."""

    IMPORT = "import"
    MAPS = "maps"
    EXPORT = "export"
    BACKUP = "backup"


_NAMES = {Kind.IMPORT: "the import", Kind.MAPS: "computing maps", Kind.EXPORT: "the export", Kind.BACKUP: "the backup"}
_APART = {Kind.IMPORT: Kind.MAPS, Kind.MAPS: Kind.IMPORT}
"""What is not started while the other is at work: both take all cores and write much."""


@dataclass(frozen=True)
class Told:
    """How far one is.

    Attributes:
        state: `idle`, `running`, `done`, `stopped` or `failed`.
        step: what is counted: `unpacking`, `reading`, `importing`, …
        done, total: of this step; None where not known.
        error: why it failed, and what to do.
        result: what came of it, at the end.
        about: what was asked, in a word: the study, the format.
        number: another one each time it is started.
    """

    state: str = "idle"
    step: str | None = None
    done: int | None = None
    total: int | None = None
    error: str | None = None
    result: Mapping[str, Any] | None = None
    about: str | None = None
    number: int = 0

    @property
    def running(self) -> bool:
        """Whether the process is at work."""
        return self.state == "running"

    def as_json(self) -> dict[str, Any]:
        """By name."""
        return asdict(self)


class Chore(Job[Told]):
    """One kind of work: one at a time."""

    def __init__(self, kind: Kind, settings: Settings) -> None:
        super().__init__(Told())
        self.kind, self._settings = kind, settings
        self.name = _NAMES[kind]
        self._after: Callable[[], None] | None = None
        self._starting = threading.Lock()

    def start(
        self, asked: Mapping[str, Any], about: str | None = None, after: Callable[[], None] | None = None
    ) -> Told:
        """Start it. `after` is called when it has ended, however that was.

        Raises:
            Conflict: it is at work already.
        """
        command = [sys.executable, *_MODULE, self.kind.value, json.dumps(asked)]
        with self._starting:
            first = Told("running", about=about, number=self.told.number + 1)
            if self.told.running:
                raise Conflict(f"{self.name} is at work already; wait for its end, or stop it")
            self._after = after
            if not self._run(command, self._settings.environment(), first):
                raise Conflict("the workbench is being stopped; start it again")
        return self.told

    def _read(self, said: Any) -> Told:
        told = self.told
        return Told(**said, about=told.about, number=told.number)

    def _cut(self, last: Told) -> Told:
        return replace(last, state="stopped")

    def _failed(self, error: str) -> Told:
        return Told("failed", error=error, about=self._told.about, number=self._told.number)

    def _over(self) -> None:
        after, self._after = self._after, None
        if after is not None:
            after()


class Chores:
    """One of each kind."""

    def __init__(self, settings: Settings) -> None:
        self.each = {kind: Chore(kind, settings) for kind in Kind}
        self._lock = threading.Lock()

    def start(
        self, kind: Kind, asked: Mapping[str, Any], about: str | None = None, after: Callable[[], None] | None = None
    ) -> Told:
        """Start one.

        Raises:
            Conflict: it is at work already, or something beside which it does not run.
        """
        with self._lock:
            self.check(kind)
            return self.each[kind].start(asked, about, after)

    def check(self, kind: Kind) -> None:
        """Refuse what cannot be started now.

        Raises:
            Conflict: it is at work already, or something beside which it does not run.
        """
        for one in (kind, _APART.get(kind)):
            if one is not None and self.each[one].told.running:
                raise Conflict(f"{_NAMES[one]} is at work; wait for its end, or stop it")

    def stop(self) -> None:
        """End all; nothing starts after that."""
        for chore in self.each.values():
            chore.stop()

    def as_json(self) -> dict[str, Any]:
        """How far each is, by kind."""
        return {kind.value: chore.told.as_json() for kind, chore in self.each.items()}


def skipped_table(settings: Settings) -> Path:
    """Where everything that the newest import has skipped is listed."""
    return settings.data / "jobs" / "skipped.csv"


def _import(bench: Workbench, asked: Mapping[str, Any]) -> dict[str, Any]:
    from realness import exchange  # noqa: PLC0415  this module is the app's, too, which needs none of these
    from realness.exchange import to_csv  # noqa: PLC0415
    from realness.workbench.importing import ImportOptions, import_source  # noqa: PLC0415
    from realness.workbench.unpacking import source_in  # noqa: PLC0415

    given = Path(asked["path"])
    options = ImportOptions(asked["study"], asked["split"], asked["link"], asked["layout"])
    skipped_table(bench.settings).unlink(missing_ok=True)
    try:
        path = source_in(given, progress=_telling("unpacking")) if asked["uploaded"] else given
        tell({"state": "running", "step": "reading"})
        total = sum(1 for _ in exchange.read(path, options.layout, options.split)) if path.exists() else 0
        counted = _telling("importing")
        report = import_source(bench, path, options, lambda done, _total: counted(done, max(done, total)))
    except RealnessError as error:
        if asked["uploaded"]:  # where it lay says nothing to the person who sent it
            raise type(error)(str(error).replace(str(given.parent), "…").replace("in …/upload", "in it")) from error
        raise
    rows = [(one.row, one.reason) for one in report.skipped]
    write_bytes(skipped_table(bench.settings), to_csv.table([("record", "reason"), *rows]))
    counts = ("images", "new", "duplicates", "descriptions", "scores", "regions")
    told = {name: getattr(report, name) for name in counts} | {"skipped": len(rows)}
    return told | {"reasons": rows[:LISTED], "study": asked["study"]}


def _maps(bench: Workbench, asked: Mapping[str, Any]) -> dict[str, Any]:
    from realness.workbench.mapping import compute_maps  # noqa: PLC0415  torch

    report = compute_maps(bench, limit=asked["limit"], progress=_telling("maps"))
    rows = [(one.row, one.reason) for one in report.skipped]
    told = {"maps": report.maps, "found": report.found, "seconds": round(report.seconds, 1)}
    return told | {"skipped": len(rows), "reasons": rows[:LISTED]}


def _export(bench: Workbench, asked: Mapping[str, Any]) -> dict[str, Any]:
    from realness.workbench import exporting  # noqa: PLC0415

    wanted, how = exporting.asked(asked)
    target = exporting.new_file(bench.settings, asked["format"], wanted, datetime.now(UTC))
    telling = _telling("exporting")
    manifest = exporting.make_export(bench, asked["format"], target, wanted, how, telling, packed=True)
    return {name: manifest[name] for name in ("file", "format", "rows", "excluded", "sha256", "bytes")}


def _backup(bench: Workbench, asked: Mapping[str, Any]) -> dict[str, Any]:
    from realness.workbench.backups import back_up, back_up_and_thin_out  # noqa: PLC0415

    if "keep" in asked:
        return back_up_and_thin_out(bench, asked["keep"], _telling("copying")).as_json()
    return back_up(bench, progress=_telling("copying")).as_json()


_WORK = {Kind.IMPORT: _import, Kind.MAPS: _maps, Kind.EXPORT: _export, Kind.BACKUP: _backup}


def _telling(step: str) -> Progress:
    """Progress as it is told, not more often than can be read."""
    last = 0.0

    def progress(done: int, total: int | None) -> None:
        nonlocal last
        if done == total or time.monotonic() - last > _OFTEN:
            last = time.monotonic()
            tell({"state": "running", "step": step, "done": done, "total": total})

    return progress


def main(argv: list[str]) -> int:
    """Do one: its kind, and what was asked."""
    give_way()
    kind, asked = argv
    try:
        bench = Workbench.open(Settings.read())
        try:
            tell({"state": "done", "result": _WORK[Kind(kind)](bench, json.loads(asked))})
        finally:
            bench.close()
    except RealnessError as error:
        tell({"state": "failed", "error": str(error)})
        return 1
    except BrokenPipeError:  # the app is gone
        return 1
    except KeyboardInterrupt:  # Ctrl+C reaches the app and this process alike
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
