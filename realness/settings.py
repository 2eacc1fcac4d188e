"""Where things are kept, read once from options and the environment and passed on."""

import os
import re
import shlex
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from realness.errors import InvalidValue

DEFAULT_DATABASE, DEFAULT_DATA = "sqlite:///annotations.db", "data"
ASSETS = Path(__file__).resolve().parent.parent / "assets"
"""The project's own files: the weights of `mini` and the screens' scripts and style sheet."""

_PASSWORD = re.compile(r"^([^:/@]*):.*@")
_LONGEST_SHOWN = 200
"""Characters of a path that a message repeats."""


def place(text: str | Path) -> Path:
    """The path that a person named, with `~` and `~user` for a home folder.

    Raises:
        InvalidValue: it is empty, its user is unknown, or the system refuses to look there.
    """
    name = str(text)
    shown = name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}…"
    if not name or "\0" in name:
        raise InvalidValue("a path is empty or holds a NUL character; name a file or a folder")
    try:
        path = Path(name).expanduser()
        with suppress(FileNotFoundError, NotADirectoryError):  # it may be made yet
            path.stat()
    except RuntimeError:
        raise InvalidValue(f"{shown} names a user that this machine does not know; write the whole path") from None
    except OSError as error:
        raise InvalidValue(f"{shown} cannot be looked up ({error.strerror}); name another place") from error
    return path


def without_password(url: str) -> str:
    """A database URL as it may be shown."""
    kind, mark, rest = url.partition("://")
    return kind + mark + _PASSWORD.sub(r"\1:***@", rest)


@dataclass(frozen=True)
class Settings:
    """Everything a command or the app needs to know before it opens anything.

    Attributes:
        database: a SQLAlchemy URL; SQLite files by `sqlite:///relative` or `sqlite:////absolute`, a PostgreSQL database
            by `postgresql://USER:PASSWORD@HOST/NAME`.
        data: the folder of images, maps, thumbnails and exports.
    """

    database: str = DEFAULT_DATABASE
    data: Path = Path(DEFAULT_DATA)

    def options(self) -> str:
        """The global options of a command that works on the same, as a shell takes them; none for the defaults. No
        password is in them.
        """
        given = (("--db", without_password(self.database), DEFAULT_DATABASE), ("--data", str(self.data), DEFAULT_DATA))
        return shlex.join(word for name, value, usual in given if value != usual for word in (name, value))

    def environment(self) -> dict[str, str]:
        """That of a process which works on the same: who lists processes sees no password."""
        return {**os.environ, "REALNESS_DB": self.database, "REALNESS_DATA": str(self.data)}

    def model(self, preset: str) -> Path:
        """Where CORE of a preset lies unless another place is named."""
        return self.data / "core" / preset

    @classmethod
    def read(cls, database: str | None = None, data: str | Path | None = None) -> "Settings":
        """Options first, then `$REALNESS_DB` and `$REALNESS_DATA`, then the defaults."""
        url = database or os.environ.get("REALNESS_DB") or DEFAULT_DATABASE
        if "://" not in url:
            raise InvalidValue(f"--db must be a database URL such as {DEFAULT_DATABASE}, got {without_password(url)!r}")
        folder = place(data or os.environ.get("REALNESS_DATA") or DEFAULT_DATA)
        if folder.exists() and not folder.is_dir():
            raise InvalidValue(f"--data must be a folder, but {folder} is a file")
        return cls(url, folder)
