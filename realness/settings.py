"""Where things are kept, read once from options and the environment and passed on."""

import os
from dataclasses import dataclass
from pathlib import Path

from realness.errors import InvalidValue

DEFAULT_DATABASE = "sqlite:///annotations.db"
ASSETS = Path(__file__).resolve().parent.parent / "assets"
"""The project's own files: the weights of `mini` and the screens' scripts and style sheet."""


@dataclass(frozen=True)
class Settings:
    """Everything a command or the app needs to know before it opens anything.

    Attributes:
        database: a SQLAlchemy URL; SQLite files by `sqlite:///relative` or `sqlite:////absolute`.
        data: the folder of images, maps, thumbnails and exports.
    """

    database: str = DEFAULT_DATABASE
    data: Path = Path("data")

    @classmethod
    def read(cls, database: str | None = None, data: str | Path | None = None) -> "Settings":
        """Options first, then `$REALNESS_DB` and `$REALNESS_DATA`, then the defaults."""
        url = database or os.environ.get("REALNESS_DB") or DEFAULT_DATABASE
        if "://" not in url:
            raise InvalidValue(f"--db must be a database URL such as {DEFAULT_DATABASE}, got {url!r}")
        folder = Path(data or os.environ.get("REALNESS_DATA") or "data").expanduser()
        if folder.exists() and not folder.is_dir():
            raise InvalidValue(f"--data must be a folder, but {folder} is a file")
        return cls(url, folder)
