"""Labels out: the current reviews in one of the formats, with a manifest."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from realness import __version__, exchange
from realness.exchange import ExportRow
from realness.store import ExportFilter
from realness.store.engine import aware
from realness.workbench.bench import Workbench


def export_reviews(bench: Workbench, format_name: str, target: Path, wanted: ExportFilter) -> dict[str, Any]:
    """Write the current reviews to a file that may not exist yet; nothing is half-written.

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
    rows = (_row(row) for row in _stream(bench, wanted, excluded))
    return exchange.write(
        format_name,
        rows,
        target,
        excluded=excluded,
        filters=asdict(wanted),
        app_version=__version__,
        remember=bench.store.exports.remember,
    )


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
