"""Labels out: the current reviews in one of the formats, with a manifest."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from realness import __version__, exchange
from realness.errors import NotFound
from realness.exchange import ExportRow
from realness.settings import Settings
from realness.store import ExportFilter
from realness.store.engine import aware
from realness.workbench.bench import Progress, Workbench, silent

_MANIFEST = ".manifest.json"
_TOLD = 100
"""Reviews between two words of progress."""
_T = TypeVar("_T")


@dataclass(frozen=True)
class Made:
    """An export that was made once.

    Attributes:
        file: its name in `DATA/exports`; None where it is gone, or was made for another place.
    """

    made_at: str
    format: str
    rows: int
    excluded: dict[str, int]
    filters: dict[str, Any]
    sha256: str
    file: str | None


def folder(settings: Settings) -> Path:
    """Where the Data screen's exports go."""
    return settings.data / "exports"


def export_reviews(
    bench: Workbench, format_name: str, target: Path, wanted: ExportFilter, progress: Progress = silent
) -> dict[str, Any]:
    """Write the current reviews to a file that may not exist yet; nothing is half-written.

    Args:
        progress: told of reviews.

    Returns:
        The manifest: format, rows, excluded (by reason), filters, sha256, …

    Raises:
        InvalidValue: the format is unknown, or the target or its manifest exists.
        DatabaseProblem: the export cannot be remembered; nothing is written then.
        NotFound: there is no study of that name.
    """
    if wanted.study is not None:
        bench.store.studies.named(wanted.study)
    excluded: dict[str, int] = {}
    rows = (_row(row) for row in _counted(bench, wanted, _stream(bench, wanted, excluded), progress))
    return exchange.write(
        format_name,
        rows,
        target,
        excluded=excluded,
        filters=asdict(wanted),
        app_version=__version__,
        remember=bench.store.exports.remember,
    )


def export_counts(bench: Workbench, wanted: ExportFilter) -> tuple[int, dict[str, int]]:
    """How many rows an export would have now, and how many reviews it would leave out by reason.

    Raises:
        NotFound: there is no study of that name.
    """
    if wanted.study is not None:
        bench.store.studies.named(wanted.study)
    rows, excluded = bench.store.exports.counts(wanted)
    drafts = bench.store.exports.drafts_left(wanted.study)
    return rows, excluded | ({"draft": drafts} if drafts else {})


def new_file(settings: Settings, format_name: str, wanted: ExportFilter, made_at: datetime) -> Path:
    """A file in `DATA/exports` that is not there yet, named by study and time."""
    study = re.sub(r"[^A-Za-z0-9_]+", "-", wanted.study or "all studies").strip("-")[:60] or "study"
    stem = f"{study}-{made_at:%Y%m%d-%H%M%S}"
    names = (f"{stem}{f'-{turn}' * (turn > 1)}.{format_name}" for turn in range(1, 1000))
    return next(folder(settings) / name for name in names if not (folder(settings) / name).exists())


def exports_made(bench: Workbench) -> list[Made]:
    """The exports made so far, newest first, each with its file as long as that lies in `DATA/exports`."""
    files = _files(bench.settings)
    listed = []
    for row in bench.store.exports.made():
        waiting = files.get((row["sha256"], row["format"]), [])  # the same bytes may have been made twice
        same = ("format", "rows", "excluded", "filters", "sha256")
        file = waiting.pop() if waiting else None
        listed.append(Made(made_at=_time(row["created_at"]) or "", file=file, **{name: row[name] for name in same}))
    return listed


def export_file(settings: Settings, name: str) -> Path:
    """An export's file, or the manifest beside it, by name.

    Raises:
        NotFound: it does not lie in `DATA/exports`.
    """
    there = {file for files in _files(settings).values() for file in files}
    if name not in there | {f"{file}{_MANIFEST}" for file in there}:
        raise NotFound("this export's file is gone; make it again")
    return folder(settings) / name


def manifests(settings: Settings) -> list[tuple[Path, Path]]:
    """The manifests in `DATA/exports`, from old to new, each with the file it speaks of, which may be gone."""
    found = [path for path in folder(settings).glob(f"*{_MANIFEST}") if path.is_file()]
    found.sort(key=lambda one: (one.stat().st_mtime_ns, one.name))
    return [(path, path.with_name(path.name.removesuffix(_MANIFEST))) for path in found]


def _files(settings: Settings) -> dict[tuple[str, str], list[str]]:
    """The files in `DATA/exports` by hash and format as their manifests tell, each list from old to new."""
    found: dict[tuple[str, str], list[str]] = {}
    for path, file in manifests(settings):
        with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):  # it may be anything by now
            manifest = json.loads(path.read_text(encoding="utf-8"))
            if file.is_file() and file.stat().st_size == manifest["bytes"]:
                found.setdefault((str(manifest["sha256"]), str(manifest["format"])), []).append(file.name)
    return found


def _counted(bench: Workbench, wanted: ExportFilter, rows: Iterable[_T], progress: Progress) -> Iterator[_T]:
    if progress is silent:
        yield from rows
        return
    total, done = bench.store.exports.counts(wanted)[0], 0
    for done, row in enumerate(rows, 1):
        yield row
        if done % _TOLD == 0:
            progress(done, max(done, total))
    progress(done, max(done, total))


def _stream(bench: Workbench, wanted: ExportFilter, excluded: dict[str, int]) -> Iterator[Mapping[str, Any]]:
    yield from bench.store.exports.reviews(wanted, excluded)
    drafts = bench.store.exports.drafts_left(wanted.study)
    if drafts:
        excluded["draft"] = drafts


def _row(row: Mapping[str, Any]) -> ExportRow:
    opinion = row["opinion"] or {}
    same = ("study", "reviewer", "role", "kind", "revision", "rating", "second_rating", "judgement", "verdict")
    same += (
        "explanation",
        "findings",
        "active_seconds",
        "reason",
        "note",
        "map_method",
        "map_clip",
        "app_version",
        "sources",
    )
    renamed = {
        "image_sha256": "image_sha256",
        "image_name": "image_name",
        **{name: f"image_{name}" for name in ("width", "height", "split", "generator", "prompt", "is_real")},
        **{f"machine_{name}": f"machine_{name}" for name in ("verdict", "text", "explanation")},
        **{name: f"machine_{name}" for name in ("provider", "model", "prompt_version", "planted_wrong")},
    }
    values: dict[str, Any] = {name: row[name] for name in same} | {"final": bool(row["final"])}
    values |= {name: row[column] for name, column in renamed.items()}
    values |= {f"opinion_{name}": opinion.get(name) for name in ("rating", "z_score", "source")}
    return ExportRow(created_at=_time(row["created_at"]) or "", client_at=_time(row["client_at"]), **values)


def _time(value: datetime | None) -> str | None:
    value = aware(value)
    return value.isoformat() if value else None
