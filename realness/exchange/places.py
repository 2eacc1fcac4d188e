"""Paths that a data set names: followed only when they stay inside it."""

import re
from collections.abc import Iterable
from pathlib import Path

from realness.errors import InvalidValue

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_DRIVE = re.compile(r"[A-Za-z]:")


class NoSuchFile(InvalidValue):
    """A name that may be followed, where nothing lies."""


def inside(root: Path, name: str, base: Path | None = None) -> Path:
    """The regular file that `name` means, links followed.

    Args:
        root: the folder that may not be left, already resolved.
        name: as the source gives it, relative to `base`; Windows separators are understood.
        base: where names start; `root` when not given.

    Raises:
        NoSuchFile: there is no such file.
        InvalidValue: the name is empty, an address or absolute, leaves `root`, or is no regular file.
    """
    relative = name.strip().replace("\\", "/")
    if not relative:
        raise InvalidValue("names no image; fill in the file's path")
    if _ADDRESS.match(relative):
        raise InvalidValue(f"{shown(name)} is an address; download the file and give its path")
    if relative.startswith("/") or _DRIVE.match(relative):
        raise InvalidValue(f"{shown(name)} is an absolute path; give it relative to the data set")
    try:
        path = ((base or root) / relative).resolve()
        if not path.is_relative_to(root):
            raise InvalidValue(f"{shown(name)} leaves the folder of the data set; copy the file into it")
        if not path.exists():
            raise NoSuchFile(f"there is no file {shown(name)}; add it or correct the name")
        if not path.is_file():
            raise InvalidValue(f"{shown(name)} is not a regular file")
    except (OSError, RuntimeError, ValueError):
        raise InvalidValue(f"{shown(name)} cannot be a path; correct the name") from None
    return path


def first_inside(root: Path, name: str, bases: Iterable[Path]) -> Path:
    """As `inside`, for a name that may start at one of several folders: the first where there is such a file.

    Raises:
        NoSuchFile: none of them has such a file.
        InvalidValue: as `inside`.
    """
    for base in bases:
        try:
            return inside(root, name, base)
        except NoSuchFile:
            continue
    raise NoSuchFile(f"there is no file {shown(name)}; add it or correct the name")


def leaves(root: Path, path: Path) -> bool:
    """True when a path, links followed, is outside of `root`, which is already resolved."""
    try:
        return not path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # links in a circle lead nowhere
        return False


def shown(name: str) -> str:
    """A name from a data set, short and printable, for messages."""
    text = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return repr(text if len(text) <= 120 else text[:119] + "…")
