"""Writing an export: streamed, whole or not at all, with its manifest beside it or, of a folder, inside."""

import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from realness import prompts
from realness.domain import check_text
from realness.errors import InvalidValue, UnreadableImage
from realness.exchange import folders, landing
from realness.exchange.examples import Examples, Leaving
from realness.exchange.folders import Folder
from realness.exchange.formats import EXPORTERS, Format
from realness.exchange.rows import COLUMNS, ExportRow
from realness.exchange.to_jsonl import dumps

SCHEMA_VERSION = 1
"""Of the columns; it grows when one changes its meaning or goes."""
_AT_ONCE = 100
"""Rows that are hashed and written together."""
_NO_SPLITS = "this format has no splits; the share for test changes nothing"


@dataclass(frozen=True)
class Learning:
    """How rows become something to learn from.

    Attributes:
        prompt: what a describer is asked, and the form of its answers.
        test_share: of the images that have no split of their own, 0 to 1, how many go to `test`.
        seed: which ones.
    """

    prompt: prompts.Prompt
    test_share: float = 0.0
    seed: int = 0


def write(
    format: str,
    rows: Iterable[Any],
    dest: Path,
    *,
    learning: Learning | None = None,
    packed: bool = False,
    excluded: dict[str, int] | None = None,
    filters: Mapping[str, Any] | None = None,
    app_version: str = "",
    remember: Callable[[Mapping[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Write rows to `dest`, and what is to be known of them to a manifest: `manifest.json` in a folder, else `dest` +
    `.manifest.json`.

    Rows are taken one by one, so memory does not grow with them. When something fails, neither is there.

    Args:
        format: one of `EXPORTERS`.
        rows: what to write: `ExportRow` of a format with a `line`, else `Leaving`; none gives a valid empty export.
        dest: the file or the folder to make, with the folders above it; it may not exist yet.
        learning: how examples are made; as `raise-td` asks where it is not given.
        packed: make one .zip of a folder.
        excluded: how many were left out, by reason; read after the last row, so it may be filled while rows stream.
            What cannot be written is added to it.
        filters: what was asked for, as JSON values.
        app_version: that made the export.
        remember: told the manifest once everything is written, before the files get their names.

    Returns:
        The manifest: `file`, `format`, `schema_version`, `rows`, `bytes`, `sha256`, `excluded`, `filters`,
        `app_version`, `created_at`; `columns` of a table, `files` (how many) of a folder, whose `sha256` is that of a
        line for each file, `SHA256  NAME`; `notes` where there is something to know.

    Raises:
        InvalidValue: the format is unknown, `dest` or its manifest exists already or lies in another export, or it
            cannot be written.
    """
    if format not in EXPORTERS:
        raise InvalidValue(f"there is no export format {format!r}; there are {', '.join(EXPORTERS)}")
    dest = Path(dest)
    check_text(dest.name, "the file's name")
    if dest.name in ("", ".."):
        raise InvalidValue(f"{dest} is a folder; name a file in it")
    left = {} if excluded is None else excluded
    part = dest.with_name(f".{dest.name}.{uuid.uuid4().hex}.part")
    place = _Place(EXPORTERS[format], dest, part, packed)
    try:
        landing.refuse_within(dest)
        place.refuse_existing()
        dest.parent.mkdir(parents=True, exist_ok=True)
        landing.sweep(dest.parent)
        part.mkdir()
        counts = place.fill(rows, learning or Learning(prompts.load(prompts.DEFAULT)), left)
        manifest = {
            "file": dest.name,
            "format": format,
            "schema_version": SCHEMA_VERSION,
            **counts,
            "excluded": dict(left),
            "filters": dict(filters or {}),
            "app_version": app_version,
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        manifest = place.finish(manifest)
        place.refuse_existing()
        if remember is not None:
            remember(manifest)
        place.publish()
    except OSError as error:
        raise InvalidValue(f"{dest} cannot be written ({error.strerror}); choose another place") from error
    finally:
        with suppress(OSError):
            shutil.rmtree(part)
    return manifest


@dataclass(frozen=True)
class _Place:
    """Where an export is made and where it goes: everything lies in the folder `part` until it is whole."""

    format: Format
    dest: Path
    part: Path
    packed: bool

    @property
    def _beside(self) -> Path | None:
        """Where the manifest goes; None where it lies in the folder that is the export."""
        as_folder = self.format.folder and not self.packed
        return None if as_folder else self.dest.with_name(f"{self.dest.name}.manifest.json")

    def refuse_existing(self) -> None:
        """Refuse to overwrite anything but a manifest that a killed export left without its file."""
        left = self._beside is not None and landing.left_behind(self._beside, self.dest)
        for file in (self.dest, None if left else self._beside):
            if file is not None and os.path.lexists(file):
                raise InvalidValue(f"{file} exists already; choose another name, or move it away")

    def fill(self, rows: Iterable[Any], learning: Learning, left: dict[str, int]) -> dict[str, Any]:
        if self.format.writer is None:
            notes = {"notes": [_NO_SPLITS]} if learning.test_share else {}
            return {"columns": list(COLUMNS), **_stream(self.format, rows, self.part / "whole"), **notes}
        counts = _learn(self.format, rows, self._content(), learning, left)
        if self.format.folder:
            return counts | folders.digest(self._content())
        return counts | _file_told(self._content() / self.format.file)

    def finish(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """Write the manifest where it belongs, and pack the folder if it is to be one file."""
        if self.format.folder:
            _write_down(self._content() / folders.MANIFEST, manifest)
            if not self.packed:
                return manifest
            manifest = manifest | folders.pack(self._content(), self.part / "whole")
        _write_down(self.part / "manifest", manifest)
        return manifest

    def publish(self) -> None:
        if self._beside is None:
            self._content().replace(self.dest)
            return
        # The manifest first: where `dest` is, its manifest is. Alone it is no obstacle to making the export again.
        (self.part / "manifest").replace(self._beside)
        made = self._content() / self.format.file if self.format.file else self.part / "whole"
        made.replace(self.dest)

    def _content(self) -> Path:
        return self.part / "content"


def _stream(format: Format, rows: Iterable[ExportRow], target: Path) -> dict[str, Any]:
    assert format.line is not None
    taken, digest = 0, hashlib.sha256()
    with target.open("xb") as file:
        head = format.head.encode()
        digest.update(head)
        file.write(head)
        lines = map(format.line, rows)
        while some := list(islice(lines, _AT_ONCE)):
            data = "".join(some).encode("utf-8", "replace")
            digest.update(data)
            file.write(data)
            taken += len(some)
        size = file.tell()
        file.flush()
        os.fsync(file.fileno())
    return {"rows": taken, "bytes": size, "sha256": digest.hexdigest()}


def _learn(
    format: Format, rows: Iterable[Leaving], root: Path, learning: Learning, left: dict[str, int]
) -> dict[str, Any]:
    assert format.writer is not None
    root.mkdir()
    folder = Folder(root)
    writer = format.writer(folder, learning.prompt)
    examples = Examples(learning.prompt, format.uses, left, learning.test_share, learning.seed)
    try:
        for row in rows:
            for example in examples.of(row):
                try:
                    writer.add(example)
                except UnreadableImage:
                    left["image is missing or changed"] = left.get("image is missing or changed", 0) + 1
        writer.close()
    finally:
        folder.close()
    for reason, number in writer.excluded.items():
        left[reason] = left.get(reason, 0) + number
    splits = examples.notes() if format.splits else [_NO_SPLITS] if learning.test_share else []
    notes = [*writer.notes, *splits]
    return {"rows": writer.rows} | ({"notes": notes} if notes else {})


def _file_told(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _write_down(path: Path, manifest: Mapping[str, Any]) -> None:
    path.write_text(dumps(manifest) + "\n", encoding="utf-8")
