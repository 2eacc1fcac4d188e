"""The place where an export lands: what may lie there, and what killed exports left."""

import json
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from realness.errors import InvalidValue
from realness.exchange.folders import MANIFEST

_LONGEST = 1 << 20
"""Bytes of a manifest; a longer file is none."""
_LEFT_BEHIND = 3600.0
"""Seconds after which nobody writes into a half-made export any more."""
_PART = re.compile(r"\..+\.[0-9a-f]{32}\.part")


def left_behind(manifest: Path, dest: Path) -> bool:
    """Whether this is the manifest of an export to `dest` that was killed before its file got its name."""
    return not dest.exists() and not dest.is_symlink() and _manifest(manifest).get("file") == dest.name


def refuse_within(dest: Path) -> None:
    """Refuse a place inside of another export: its hash would not hold any more.

    Raises:
        InvalidValue: a folder above is an export.
    """
    for folder in dest.absolute().resolve().parents:
        if _manifest(folder / MANIFEST).get("file") is not None:
            raise InvalidValue(f"{folder} is an export itself; choose a place outside of it")


def sweep(folder: Path) -> None:
    """Take away what killed exports left half-made in a folder, once nothing was written there for an hour."""
    for part in folder.glob(".*.part"):
        with suppress(OSError):
            if _PART.fullmatch(part.name) and part.is_dir() and not part.is_symlink():
                touched = max(one.lstat().st_mtime for one in (part, *part.rglob("*")))
                if time.time() - touched > _LEFT_BEHIND:
                    shutil.rmtree(part)


def _manifest(path: Path) -> dict[str, Any]:
    """What a manifest of ours says; nothing of any other file."""
    with suppress(OSError, ValueError, RecursionError):
        if path.is_file() and path.stat().st_size <= _LONGEST:
            told = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(told, dict) and {"file", "format", "schema_version", "sha256", "excluded"} <= told.keys():
                return told
    return {}
