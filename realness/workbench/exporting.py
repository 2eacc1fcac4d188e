"""Labels out: reviews and descriptions in one of the formats, with a manifest."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

from realness import __version__, exchange, prompts
from realness.errors import InvalidValue, NotFound
from realness.exchange import ExportRow
from realness.settings import Settings
from realness.store import SOURCES, ExportFilter
from realness.store.engine import aware
from realness.workbench.bench import Progress, Workbench, silent

_MANIFEST = ".manifest.json"
_TOLD = 100
"""Reviews between two words of progress."""
_BESIDES = ("image_path", "image_format", "said", "offered")
"""What an example needs of a row besides its columns."""
MOST_REVIEWS = 10**6
"""Of an image, that can be asked for."""
_LAST_DAY = date(9999, 12, 30)
"""The day after it is needed, and there is none after the last of all."""
_T = TypeVar("_T")


@dataclass(frozen=True)
class How:
    """How what leaves is written.

    Attributes:
        source: whose texts: people's (`human`), machines' as they are (`machine`), or `both`.
        prompt: the question that the texts answer, and their form; a name, or a name with a version.
        test_share: of the images without a split of their own, 0 to 1, how many go to `test`; by image.
        seed: which ones.
    """

    source: str = "human"
    prompt: str = prompts.DEFAULT
    test_share: float = 0.0
    seed: int = 0


_ALL, _PLAIN = ExportFilter(), How()


def asked(values: Mapping[str, Any]) -> tuple[ExportFilter, How]:
    """What leaves and how, of the JSON values that a manifest keeps as `filters`; what is not named is as ever."""
    days: dict[str, Any] = {
        name: date.fromisoformat(value) for name in ("since", "until") if (value := values.get(name))
    }
    wanted: dict[str, Any] = {one.name: values[one.name] for one in fields(ExportFilter) if one.name in values}
    how = {one.name: values[one.name] for one in fields(How) if one.name in values}
    return ExportFilter(**wanted | days), How(**how)


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


def make_export(
    bench: Workbench,
    format_name: str,
    target: Path,
    wanted: ExportFilter = _ALL,
    how: How = _PLAIN,
    progress: Progress = silent,
    *,
    packed: bool = False,
) -> dict[str, Any]:
    """Write what leaves to a file or a folder that may not exist yet; nothing is half-written.

    Args:
        progress: told of reviews and descriptions.
        packed: make one .zip of a folder.

    Returns:
        The manifest: format, rows, excluded (by reason), filters, sha256, …

    Raises:
        InvalidValue: the format is unknown, the target or its manifest exists, or what is asked makes no sense.
        DatabaseProblem: the export cannot be remembered; nothing is written then.
        NotFound: there is no study or no prompt of that name.
    """
    learning = check(bench, wanted, how)
    excluded: dict[str, int] = {}
    format = exchange.EXPORTERS.get(format_name)
    tables = format is None or format.line is not None
    columns = exchange.COLUMNS if tables else (*exchange.COLUMNS, *_BESIDES)
    leaving = bench.store.exports.leaving(wanted, columns, excluded, how.source)
    counted = _counted(bench, wanted, how, leaving, progress)
    rows = map(ExportRow._make, counted) if tables else (_leaving(bench, values) for values in counted)
    return exchange.write(
        format_name,
        _with_those_left(bench, wanted, how, rows, excluded, tables=tables),
        target,
        learning=learning,
        packed=packed,
        excluded=excluded,
        filters=_told(wanted) | asdict(how),
        app_version=__version__,
        remember=bench.store.exports.remember,
    )


def export_counts(bench: Workbench, wanted: ExportFilter, how: How = _PLAIN) -> tuple[int, dict[str, int]]:
    """How many reviews and descriptions leave now as they are, and how many do not, by reason.

    Raises:
        InvalidValue: what is asked makes no sense.
        NotFound: there is no study or no prompt of that name.
    """
    check(bench, wanted, how)
    rows, excluded = bench.store.exports.counts(wanted, how.source)
    drafts = bench.store.exports.drafts_left(wanted.study) if how.source != "machine" else 0
    return rows, excluded | ({"draft": drafts} if drafts else {})


def new_file(settings: Settings, format_name: str, wanted: ExportFilter, made_at: datetime) -> Path:
    """A file in `DATA/exports` that is not there yet, named by study and time."""
    study = re.sub(r"[^A-Za-z0-9_]+", "-", wanted.study or "all studies").strip("-")[:60] or "study"
    stem = f"{study}-{made_at:%Y%m%d-%H%M%S}"
    format = exchange.EXPORTERS[format_name]
    kind = f"{format_name}.zip" if format.folder else f"{format_name}.json" if format.file else format_name
    names = (f"{stem}{f'-{turn}' * (turn > 1)}.{kind}" for turn in range(1, 1000))
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


def check(bench: Workbench, wanted: ExportFilter, how: How) -> exchange.Learning:
    """Refuse what makes no sense, before any long work.

    Raises:
        InvalidValue: a value is off its scale.
        NotFound: there is no study or no prompt of that name.
    """
    if wanted.study is not None:
        bench.store.studies.named(wanted.study)
    if how.source not in SOURCES:
        raise InvalidValue(f"the source must be {', '.join(SOURCES)}, got {how.source!r:.40}")
    if not 0 <= how.test_share <= 1:
        raise InvalidValue(f"the share of the test split must be from 0 to 1, got {how.test_share:g}")
    if not 0 <= wanted.min_reviews <= MOST_REVIEWS:
        raise InvalidValue(f"the reviews that an image has at least must be from 0 to {MOST_REVIEWS:,}")
    if any(day and day > _LAST_DAY for day in (wanted.since, wanted.until)):
        raise InvalidValue(f"{_LAST_DAY} is the last day that can be asked for; leave the day out for no end")
    if wanted.since and wanted.until and wanted.since > wanted.until:
        raise InvalidValue(f"nothing is since {wanted.since} and until {wanted.until}; swap the days")
    return exchange.Learning(prompts.load(how.prompt), how.test_share, how.seed)


def _told(wanted: ExportFilter) -> dict[str, Any]:
    days = {name: day.isoformat() for name in ("since", "until") if (day := getattr(wanted, name))}
    return asdict(wanted) | days


def _counted(bench: Workbench, wanted: ExportFilter, how: How, rows: Iterable[_T], progress: Progress) -> Iterator[_T]:
    if progress is silent:
        yield from rows
        return
    total, done = bench.store.exports.counts(wanted, how.source)[0], 0
    for done, row in enumerate(rows, 1):
        yield row
        if done % _TOLD == 0:
            progress(done, max(done, total))
    progress(done, max(done, total))


def _with_those_left(
    bench: Workbench, wanted: ExportFilter, how: How, rows: Iterable[_T], excluded: dict[str, int], *, tables: bool
) -> Iterator[_T]:
    """The rows; then what could have been one, and is none yet, is counted."""
    yield from rows
    if how.source == "machine":
        return
    left = {"draft": bench.store.exports.drafts_left(wanted.study)}
    if not tables:
        left["not answered"] = bench.store.exports.unanswered(wanted.study)
    excluded |= {reason: number for reason, number in left.items() if number}


def _leaving(bench: Workbench, values: list[Any]) -> exchange.Leaving:
    path, kind, said, offered = values[-len(_BESIDES) :]
    row = ExportRow._make(values[: -len(_BESIDES)])
    image = exchange.Picture(row.image_sha256, kind, bench.settings.data / path)  # an absolute one stays as it is
    return exchange.Leaving(row, image, said, offered)


def _time(value: datetime | None) -> str | None:
    value = aware(value)
    return value.isoformat() if value else None
