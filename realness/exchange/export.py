"""Writing an export: streamed, whole or not at all, with its manifest beside it."""

import hashlib
import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from realness.domain import check_text
from realness.errors import InvalidValue
from realness.exchange import to_csv, to_jsonl
from realness.exchange.rows import COLUMNS, ExportRow
from realness.exchange.to_jsonl import dumps


@dataclass(frozen=True)
class Format:
    """How a format is written: what one row becomes, and what stands before the first."""

    line: Callable[[ExportRow], str]
    head: str = ""


EXPORTERS = {"jsonl": Format(to_jsonl.line), "csv": Format(to_csv.line, to_csv.head())}
"""The formats by name."""

SCHEMA_VERSION = 1
"""Of the columns; it grows when one changes its meaning or goes."""


def write(
    format: str,
    rows: Iterable[ExportRow],
    dest: Path,
    *,
    excluded: Mapping[str, int] | None = None,
    filters: Mapping[str, Any] | None = None,
    app_version: str = "",
    remember: Callable[[Mapping[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Write rows to `dest` and what is to be known of them to `dest` + `.manifest.json`.

    Rows are taken one by one, so memory does not grow with them. When something fails, neither file is there.

    Args:
        format: one of `EXPORTERS`.
        rows: what to write; none gives a valid empty file.
        dest: the file to make, with the folders above it; it may not exist yet.
        excluded: how many reviews were left out, by reason; read after the last row, so it may be filled while
            rows stream.
        filters: what was asked for, as JSON values.
        app_version: that made the export.
        remember: told the manifest once everything is written, before the files get their names.

    Returns:
        The manifest: `file`, `format`, `schema_version`, `columns`, `rows`, `bytes`, `sha256`, `excluded`, `filters`,
        `app_version`, `created_at`.

    Raises:
        InvalidValue: the format is unknown, `dest` or its manifest exists already, or it cannot be written.
    """
    if format not in EXPORTERS:
        raise InvalidValue(f"there is no export format {format!r}; there are {', '.join(EXPORTERS)}")
    dest = Path(dest)
    check_text(dest.name, "the file's name")
    if dest.name in ("", ".."):
        raise InvalidValue(f"{dest} is a folder; name a file in it")
    manifest_at = dest.with_name(f"{dest.name}.manifest.json")
    parts = [dest.with_name(f".{dest.name}.{uuid.uuid4().hex}.part") for _ in range(2)]
    try:
        _refuse_existing(dest, manifest_at)
        dest.parent.mkdir(parents=True, exist_ok=True)
        counts = _stream(EXPORTERS[format], rows, parts[0])
        manifest = {
            "file": dest.name,
            "format": format,
            "schema_version": SCHEMA_VERSION,
            "columns": list(COLUMNS),
            **counts,
            "excluded": dict(excluded or {}),
            "filters": dict(filters or {}),
            "app_version": app_version,
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        parts[1].write_text(dumps(manifest) + "\n", encoding="utf-8")
        _refuse_existing(dest, manifest_at)
        if remember is not None:
            remember(manifest)
        # The manifest first: where `dest` is, its manifest is.
        parts[1].replace(manifest_at)
        parts[0].replace(dest)
    except OSError as error:
        raise InvalidValue(f"{dest} cannot be written ({error.strerror}); choose another place") from error
    finally:
        for part in parts:
            with suppress(OSError):
                part.unlink()
    return manifest


def _refuse_existing(*files: Path) -> None:
    for file in files:
        if os.path.lexists(file):
            raise InvalidValue(f"{file} exists already; choose another name, or move it away")


def _stream(format: Format, rows: Iterable[ExportRow], target: Path) -> dict[str, Any]:
    taken, digest = 0, hashlib.sha256()
    with target.open("xb") as file:
        head = format.head.encode()
        digest.update(head)
        file.write(head)
        for row in rows:
            data = format.line(row).encode("utf-8", "replace")
            digest.update(data)
            file.write(data)
            taken += 1
        size = file.tell()
        file.flush()
        os.fsync(file.fileno())
    return {"rows": taken, "bytes": size, "sha256": digest.hexdigest()}
