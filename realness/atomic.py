"""Files that are written whole or not at all."""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from realness.errors import CannotWrite

_LEFT_BEHIND = 3600.0
"""Seconds after which what a killed process left half-made is nobody's any more."""

flush: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)
"""Brings the content of an open file onto the disk; macOS knows the slower one alone."""


def flush_folder(folder: Path) -> None:
    """Bring the names in a folder onto the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A new file beside `target`, folders included, that takes its place when the block ends well.

    It is on the disk by then, so that what refers to it may be stored. When the block fails, nothing is left of it.

    Raises:
        CannotWrite: the folder, the file or the disk does not allow it.
    """
    part = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        if target.is_dir():
            raise CannotWrite("{place} is a folder; name a file", target)
        target.parent.mkdir(parents=True, exist_ok=True)
        part.touch()  # a place that cannot be written is known before any long work in the block
        yield part
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.replace(target)
    except OSError as error:
        reason = f"{error.strerror or type(error).__name__}"
        raise CannotWrite("cannot write {place}: " + f"{reason}; make room or name another place", target) from error
    finally:
        with suppress(OSError):
            part.unlink()


def sweep(folder: Path, *, below: bool = False) -> None:
    """Take away what `replacing` left in a folder, or in those in it, where a process was killed meanwhile."""
    for part in folder.glob("*/.*.part*" if below else ".*.part*"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _LEFT_BEHIND:
                part.unlink()


def made_folder(folder: Path) -> Path:
    """The folder, made with its parents where it was missing.

    Raises:
        CannotWrite: something else lies there, or it may not be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"{error.strerror or type(error).__name__}"
        raise CannotWrite("cannot make the folder {place}: " + f"{reason}; name another place", folder) from error
    return folder


def check_folder(folder: Path) -> None:
    """Refuse a folder that could not be made or written, before any long work; nothing is made.

    Raises:
        CannotWrite: it could not.
    """
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists() or each.is_symlink())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        reason = "may not be written" if there.is_dir() else "is no folder"
        raise CannotWrite(f"cannot write into {folder}: {there} {reason}; name another place")


def write_bytes(target: Path, data: bytes) -> None:
    """Write a file as `replacing` does."""
    with replacing(target) as part:
        part.write_bytes(data)
