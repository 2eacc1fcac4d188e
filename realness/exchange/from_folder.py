"""The `folder` layout: every image below a folder, by content where the name says nothing."""

import os
from collections.abc import Iterator
from pathlib import Path

from realness.domain import ImportedRecord, Skipped
from realness.errors import RealnessError
from realness.exchange.lines import is_text
from realness.exchange.places import inside, leaves, shown
from realness.images import IMAGE_SUFFIXES, OTHER_IMAGE_SUFFIXES, format_of

_IGNORED = frozenset({"__MACOSX", "Thumbs.db"})


def read(path: Path, split: str | None = None) -> Iterator[ImportedRecord | Skipped]:
    """Read the images of a folder and the folders in it, in order of their names; or one image file.

    Hidden files and files of other kinds are passed over. A link to a folder is not followed.
    """
    path = path.resolve()
    root = path if path.is_dir() else path.parent
    names = _names(root) if path.is_dir() else iter([path.name])
    for name in names:
        if isinstance(name, Skipped):
            yield name
        else:
            yield _record(root, name, split)


def looks_like_an_image(path: Path) -> bool:
    """True when the name promises an image, or the first bytes are those of one."""
    if path.suffix.lower() in IMAGE_SUFFIXES | OTHER_IMAGE_SUFFIXES:
        return True
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            kind = format_of(file.read(64))
    except OSError:
        return False
    return kind not in (None, "BMP")  # two letters prove nothing


def _names(root: Path) -> Iterator[str | Skipped]:
    """Names of what may be an image, relative to `root`. A stack, since folders may lie deeper than Python recurses."""
    waiting = [""]
    while waiting:
        name = waiting.pop()
        if name and not name.endswith("/"):
            yield from _usable(root, name)
            continue
        try:
            with os.scandir(root / name) as entries:
                found = [f"{name}{entry.name}{'/' * entry.is_dir(follow_symlinks=False)}" for entry in entries]
        except OSError as error:
            yield Skipped(printable(name) or ".", f"cannot be listed ({error.strerror}); check its permissions")
            continue
        waiting += sorted((one for one in found if not _ignored(one[len(name) :])), reverse=True)


def _ignored(name: str) -> bool:
    return name.startswith(".") or name.rstrip("/") in _IGNORED


def _usable(root: Path, name: str) -> Iterator[str | Skipped]:
    path = root / name
    if path.is_symlink() and leaves(root, path):  # before a byte of it is read
        yield Skipped(printable(name), "is a link that leaves the folder; copy the images into it")
    elif not path.is_dir() and looks_like_an_image(path):
        yield name


def _record(root: Path, name: str, split: str | None) -> ImportedRecord | Skipped:
    suffix = Path(name).suffix.lower()
    if not is_text(name):
        return Skipped(printable(name), "has a name that is not UTF-8; rename it")
    if suffix in OTHER_IMAGE_SUFFIXES:
        return Skipped(name, f"{suffix[1:].upper()} is not read; export it as PNG")
    try:
        if "\\" in name:
            return Skipped(name, "has a backslash in its name; rename it")
        return ImportedRecord(row=name, path=inside(root, name), name=name, split=split)
    except RealnessError as error:
        return Skipped(name, str(error))


def printable(name: str) -> str:
    """A file's name as text that can be stored and shown."""
    return shown(name)[1:-1] if not is_text(name) else name
