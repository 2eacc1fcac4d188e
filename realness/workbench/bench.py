"""The parts that every verb needs, put together in one place."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from realness.domain import StoredImage
from realness.errors import DatabaseProblem, UnreadableImage
from realness.settings import Settings
from realness.store import Store
from realness.store.dialects import address_of

Progress = Callable[[int, int | None], None]
"""Told how many are done, and of how many where that is known."""


def silent(_done: int, _total: int | None) -> None:
    """A `Progress` that tells nobody."""


def digest(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checked(path: Path, sha256: str) -> Path:
    """The path of an image's bytes, held against their hash.

    Raises:
        UnreadableImage: the file is gone, or is another one by now.
    """
    try:
        same = digest(path) == sha256
    except OSError as error:
        raise UnreadableImage("this image's file is missing; import it again") from error
    if not same:
        raise UnreadableImage("this image's file was changed since it was imported; import the original again")
    return path


def journal_folder(settings: Settings) -> Path:
    """Where the journal lies: with the images, without which it could not be used, and on another disk than the
    database where these are. Several databases may share a data folder; each has its own, by its file's name.
    """
    return settings.data / "journal" / address_of(settings.database).name


@dataclass(frozen=True)
class Workbench:
    """The settings and the store. The verbs are in the modules beside this one."""

    settings: Settings
    store: Store

    @classmethod
    def open(cls, settings: Settings) -> "Workbench":
        """Open the database and make the data folder.

        Raises:
            DatabaseProblem: the database or the data folder cannot be opened or made.
        """
        try:
            settings.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = f"{error.strerror}"
            raise DatabaseProblem("cannot make the data folder {place}: " + reason, settings.data) from error
        return cls(settings, Store.open(settings.database, journal_folder(settings), settings.data / "backups"))

    def close(self) -> None:
        """Give the database back."""
        self.store.close()

    def image_file(self, image: StoredImage) -> Path:
        """Where an image's bytes should lie."""
        return self.settings.data / image.path  # an absolute path, of a linked image, stays as it is

    def checked_file(self, image: StoredImage) -> Path:
        """Where an image's bytes lie, held against its hash.

        Raises:
            UnreadableImage: the file is gone, or is another one by now.
        """
        return checked(self.image_file(image), image.facts.sha256)

    def beside(self, kind: str, name: str) -> Path:
        """A file of the data folder: `DATA/KIND/aa/NAME`, spread over 256 folders by the name's first letters."""
        return self.settings.data / kind / name[:2] / name
