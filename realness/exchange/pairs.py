"""Trees where an image and a file about it lie in two folders under one stem: `images/a.jpg` and `masks/a.png`."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from realness.domain import Skipped
from realness.errors import RealnessError
from realness.exchange.from_folder import printable
from realness.exchange.lines import is_text
from realness.exchange.places import inside, leaves
from realness.images import IMAGE_SUFFIXES

Folders = tuple[Path, Path]
"""A folder of images and the folder of the files about them."""


@dataclass(frozen=True)
class Pair:
    """An image and the file about it, both inside the tree.

    Attributes:
        row: the file's name, relative to the tree.
        image: the image file, links followed.
        name: the image's name, relative to the tree.
        label: the file about it, links followed.
    """

    row: str
    image: Path
    name: str
    label: Path


def splits(path: Path, *names: tuple[str, str]) -> dict[str, Folders]:
    """The pairs of folders in a tree by split, `""` for one without splits; empty when there are none.

    Splits are folders in both (`images/train` and `masks/train`), or hold both (`train/images` and `train/masks`).

    Args:
        path: the tree's root.
        names: what the two folders may be called.
    """
    for images, labels in names:
        if (path / images).is_dir() and (path / labels).is_dir():
            inner = sorted(_folders(path / images) | _folders(path / labels))
            found = {name: (path / images / name, path / labels / name) for name in inner}
            return {**found, "": (path / images, path / labels)} if _has_files(path / labels) or not found else found
    return {
        name: (path / name / images, path / name / labels)
        for name in sorted(_folders(path))
        for images, labels in names
        if (path / name / images).is_dir() and (path / name / labels).is_dir()
    }


def pairs(root: Path, folders: Folders, suffix: str, known: frozenset[str] = frozenset()) -> Iterator[Pair | Skipped]:
    """The pairs in two folders, in order of their stems; what has no counterpart is listed.

    Args:
        root: the tree's root, already resolved, which no link may leave.
        folders: of the images, and of the files about them.
        suffix: of the files about them, lower case.
        known: folders in these two that are read by themselves, by name.
    """
    found: list[dict[str, list[str]]] = []
    for folder in folders:
        if leaves(root, folder):
            yield Skipped(_relative(root, folder), "is a link that leaves the folder of the data set; copy it into it")
            return
    for folder, suffixes in zip(folders, (IMAGE_SUFFIXES, frozenset({suffix})), strict=True):
        stems: dict[str, list[str]] = {}
        for name in _names(folder, known):
            if isinstance(name, Skipped):
                yield Skipped(_relative(root, folder / name.row), name.reason)
            elif Path(name).suffix.lower() in suffixes:
                stems.setdefault(Path(name).stem, []).append(name)
        found.append(stems)
    images, labels = found
    for stem in sorted({*images, *labels}):
        yield _pair(root, folders, images.get(stem, []), labels.get(stem, []))


def _pair(root: Path, folders: Folders, images: list[str], labels: list[str]) -> Pair | Skipped:
    files = [folder / name for folder, names in zip(folders, (images, labels), strict=True) for name in names]
    row = _relative(root, files[-1])
    if not labels:
        return Skipped(row, f"has no file of the same name in {_relative(root, folders[1])}; add it")
    if not images:
        return Skipped(row, f"has no image of the same name in {_relative(root, folders[0])}; add it")
    if len(files) > 2:
        return Skipped(row, "belongs to more than one file by its name; give each image a name of its own")
    image, label = (file.relative_to(root).as_posix() for file in files)
    if not is_text(image, label) or "\\" in image + label:
        return Skipped(row, "has a name that is not UTF-8, or with a backslash; rename it")
    try:
        return Pair(row, inside(root, image), image, inside(root, label))
    except RealnessError as error:
        return Skipped(row, str(error))


def _names(folder: Path, known: frozenset[str]) -> Iterator[str | Skipped]:
    try:
        with os.scandir(folder) as entries:
            found = sorted((entry.name, entry.is_dir()) for entry in entries if not entry.name.startswith("."))
    except FileNotFoundError:
        return
    except OSError as error:
        yield Skipped("", f"cannot be listed ({error.strerror}); check its permissions")
        return
    for name, is_folder in found:
        if is_folder and name not in known:
            yield Skipped(name, "is a folder too deep to be read here; import the folder above it by itself")
        elif not is_folder:
            yield name


def _folders(path: Path) -> set[str]:
    try:
        with os.scandir(path) as entries:
            return {entry.name for entry in entries if entry.is_dir() and not entry.name.startswith((".", "__MACOSX"))}
    except OSError:
        return set()


def _has_files(path: Path) -> bool:
    try:
        with os.scandir(path) as entries:
            return any(entry.is_file() and not entry.name.startswith(".") for entry in entries)
    except OSError:
        return False


def _relative(root: Path, path: Path) -> str:
    return printable(path.relative_to(root).as_posix())
