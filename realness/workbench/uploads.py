"""What a browser sends to be imported: piece by piece into a folder of its own below the data folder, within limits.

Nothing of a name or a size is believed. A folder goes when its import has ended, when it is given up, when nobody has
sent anything for an hour, or when the server starts again.
"""

import secrets
import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from realness.atomic import made_folder
from realness.domain import check_text, fits_one_line
from realness.errors import CannotWrite, Conflict, InvalidValue, NotFound
from realness.settings import Settings

PIECE = 8 << 20
"""Most bytes of one piece."""
LONGEST_NAME, LONGEST_PART, DEEPEST = 1000, 200, 20
"""Characters of a name with its folders, bytes of each part of it, and how many parts."""
_IDLE = 3600.0
_SPARE = 256 << 20
"""Bytes of the disk that an upload leaves free."""
_GONE = "this upload is not open any more; send the files again"


@dataclass(frozen=True)
class Limits:
    """What one upload may hold."""

    bytes: int = 20 << 30
    files: int = 50_000


@dataclass
class Upload:
    """Files that are being sent.

    Attributes:
        owner: the reviewer who sends them.
        files, bytes: what was announced.
        sizes: bytes so far, by name.
        received: bytes so far, of all.
        closed: nothing is added any more, though a piece may have been on its way.
    """

    folder: Path
    owner: int
    files: int
    bytes: int
    sizes: dict[str, int] = field(default_factory=dict)
    received: int = 0
    closed: bool = False
    touched: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def content(self) -> Path:
        """Where the files lie. Its name is kept as the images' source where single files were sent."""
        return self.folder / "upload"


class Uploads:
    """Those that are open, in `DATA/uploads`."""

    def __init__(self, settings: Settings, limits: Limits | None = None) -> None:
        self.root, self.limits = settings.data / "uploads", limits or Limits()
        self._lock = threading.Lock()
        self._open: dict[str, Upload] = {}

    def clear(self) -> None:
        """Take away what an earlier server left."""
        shutil.rmtree(self.root, ignore_errors=True)

    def open(self, owner: int, files: int, size: int) -> str:
        """Begin an upload; gives its key.

        Raises:
            InvalidValue: it would be too much.
            CannotWrite: the disk has no room for it, or the folder cannot be made.
        """
        limits = self.limits
        if not 1 <= files <= limits.files:
            raise InvalidValue(f"{files:,} files are more than {limits.files:,}; import from a folder of this machine")
        if not 0 <= size <= limits.bytes:
            raise InvalidValue(f"more than {limits.bytes / 1e9:.1f} GB; import from a folder of this machine")
        self._forget_idle()
        key = secrets.token_hex(16)
        made = Upload(made_folder(self.root / key), owner, files, size)
        made_folder(made.content)
        free = shutil.disk_usage(self.root).free - _SPARE
        if 2 * size > free:  # the images are copied once more when they are imported
            shutil.rmtree(made.folder, ignore_errors=True)
            raise CannotWrite(f"the disk has {max(0, free) / 1e9:.1f} GB for twice {size / 1e9:.1f} GB; make room")
        with self._lock:
            self._open[key] = made
        return key

    def add(self, key: str, owner: int, name: str, offset: int, data: bytes) -> int:
        """Write a piece at the end of a file; gives the file's size. The last piece may come twice.

        Raises:
            NotFound: there is no such upload of this person.
            InvalidValue: the name is no good, or it is more than was announced.
            Conflict: something before this piece is missing.
        """
        upload = self._of(key, owner)
        parts = check_name(name)
        with upload.lock:
            if upload.closed:
                raise NotFound(_GONE)
            upload.touched = time.monotonic()
            size = upload.sizes.get(name, 0)
            if offset + len(data) == size and offset < size:
                return size
            if offset != size:
                raise Conflict(f"{name} has {size} bytes here, and this piece begins at {offset}; send it again")
            if name not in upload.sizes and len(upload.sizes) >= upload.files:
                raise InvalidValue("this is another file than was announced; begin again")
            if upload.received + len(data) > upload.bytes:
                raise InvalidValue("these are more bytes than were announced; begin again")
            _append(upload.content.joinpath(*parts), size, data)
            upload.sizes[name] = size + len(data)
            upload.received += len(data)
            return upload.sizes[name]

    def take(self, key: str, owner: int) -> Upload:
        """An upload that is whole, to be imported: nothing is added to it any more. Who takes it removes it.

        Raises:
            NotFound: there is no such upload of this person.
            Conflict: something is missing.
        """
        upload = self._of(key, owner)
        with upload.lock:
            if len(upload.sizes) != upload.files or upload.received != upload.bytes:
                raise Conflict(f"{len(upload.sizes)} of {upload.files} files came whole; send them again")
            upload.closed = True
        with self._lock:
            if self._open.pop(key, None) is None:
                raise NotFound(_GONE)
        return upload

    def drop(self, key: str, owner: int) -> None:
        """Give an upload up.

        Raises:
            NotFound: there is no such upload of this person.
        """
        upload = self._of(key, owner)
        with self._lock:
            self._open.pop(key, None)
        remove(upload)

    def _of(self, key: str, owner: int) -> Upload:
        with self._lock:
            upload = self._open.get(key)
        if upload is None or upload.owner != owner:
            raise NotFound(_GONE)
        return upload

    def _forget_idle(self) -> None:
        with self._lock:
            idle = [key for key, one in self._open.items() if time.monotonic() - one.touched > _IDLE]
            left = [self._open.pop(key) for key in idle]
        for upload in left:
            remove(upload)


def remove(upload: Upload) -> None:
    """Take the files of an upload away."""
    with upload.lock:
        upload.closed = True
        shutil.rmtree(upload.folder, ignore_errors=True)


def check_name(name: str) -> list[str]:
    """The parts of a file's name with its folders, none of which leads out of where it is put.

    Raises:
        InvalidValue: one does, or it is no name that every system can keep.
    """
    shown = name if len(name) <= 100 else f"{name[:100]}…"
    if not name or len(check_text(name, "a file's name")) > LONGEST_NAME:
        raise InvalidValue(f"a file's name has 1 to {LONGEST_NAME} characters; rename {shown!r}")
    parts = name.split("/")
    if len(parts) > DEEPEST:
        raise InvalidValue(f"{shown!r} lies more than {DEEPEST} folders deep; move it up")
    for part in parts:
        if part.strip() in ("", ".", "..") or len(part.encode()) > LONGEST_PART:
            raise InvalidValue(f"{shown!r} is no name of a file below a folder; rename it")
        if "\\" in part or not fits_one_line(part):
            raise InvalidValue(f"{shown!r} holds a backslash or a character that no line of text holds; rename it")
    return parts


def _append(path: Path, size: int, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb" if size == 0 and not path.exists() else "r+b") as file:
            file.truncate(size)  # what a piece that broke off has left
            file.seek(size)
            file.write(data)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise InvalidValue(f"{path.name}, or a folder that it is in, is a file and a folder; rename one") from error
    except OSError as error:
        raise CannotWrite(f"{path.name} cannot be kept: {error.strerror or error}; make room, or rename it") from error
