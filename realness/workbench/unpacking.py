"""Uploaded files as something to import: a .zip unpacked within limits, a table found among its images."""

import shutil
import stat
import zipfile
import zlib
from pathlib import Path

from realness.errors import CannotWrite, ImportFailed, InvalidValue
from realness.exchange import detect_layout
from realness.workbench.bench import Progress, silent
from realness.workbench.uploads import Limits, check_name

RATIO, FREELY = 100, 64 << 20
"""How many times larger a .zip may be inside than it is, and the bytes that it may hold whatever it is."""
TABLES = (".csv", ".tsv", ".jsonl", ".ndjson")
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError)


def source_in(content: Path, limits: Limits | None = None, progress: Progress = silent) -> Path:
    """What to import of the files in a folder: the only .zip unpacked, else the only folder, else the table.

    Raises:
        ImportFailed: a .zip cannot be used, or there are several tables.
    """
    found = _only(content)
    if found.is_file() and zipfile.is_zipfile(found):
        found = _only(unpack(found, content.with_name("unpacked") / found.stem, limits or Limits(), progress))
    if not found.is_dir() or detect_layout(found) != "folder":
        return found
    tables = sorted(one for one in found.iterdir() if one.is_file() and one.suffix.lower() in TABLES)
    if len(tables) > 1:
        raise ImportFailed(f"there are {len(tables)} tables, {tables[0].name} and others; leave one beside the images")
    return tables[0] if tables else found


def unpack(archive: Path, into: Path, limits: Limits, progress: Progress = silent) -> Path:
    """The files of a .zip in a new folder.

    What it announces is an upper bound of what is written: reading a file ends at the size that the directory gives.

    Args:
        progress: told of files.

    Raises:
        ImportFailed: it is empty, damaged or encrypted, holds a link, a name twice or one that leads out, or far more
            than it should.
        CannotWrite: the disk has no room.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            files = [one for one in opened.infolist() if not one.is_dir()]
            if not files:
                raise ImportFailed(f"{archive.name} holds no files; pack the images themselves")
            _check_size(archive, files, limits)
            places = [into.joinpath(*_parts(one)) for one in files]
            for done, (one, place) in enumerate(zip(files, places, strict=True), 1):
                _extract(opened, one, place)
                progress(done, len(files))
    except _DAMAGED as error:
        raise ImportFailed(f"{archive.name} is damaged: {error}; make it or send it again") from error
    except NotImplementedError as error:
        raise ImportFailed(f"{archive.name} is packed in a way that is not read here; make a plain .zip") from error
    except RuntimeError as error:  # zipfile's word for a password
        raise ImportFailed(f"{archive.name} cannot be unpacked: {error}; make it again without a password") from error
    except OSError as error:
        raise CannotWrite(f"{archive.name} cannot be unpacked: {error.strerror or error}; make room") from error
    return into


def _extract(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, place: Path) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(entry) as packed, place.open("xb") as file:
            shutil.copyfileobj(packed, file, 1 << 20)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise ImportFailed(
            f"{entry.filename!r} is in it twice, or a file and a folder; give each its own name"
        ) from error


def _only(folder: Path) -> Path:
    """The only thing that lies in a folder, else the folder; what systems leave beside files does not count."""
    found = [one for one in folder.iterdir() if not one.name.startswith(".") and one.name != "__MACOSX"]
    return found[0] if len(found) == 1 else folder


def _check_size(archive: Path, files: list[zipfile.ZipInfo], limits: Limits) -> None:
    size = sum(one.file_size for one in files)
    if len(files) > limits.files:
        raise ImportFailed(f"{archive.name} holds {len(files):,} files, more than {limits.files:,}; send it in parts")
    if size > limits.bytes:
        raise ImportFailed(
            f"{archive.name} holds {size / 1e9:.1f} GB, more than {limits.bytes / 1e9:.1f}; use a folder"
        )
    if size > FREELY and size > RATIO * archive.stat().st_size:
        raise ImportFailed(f"{archive.name} holds over {RATIO} times its own size, as no images do; it is not unpacked")
    free = shutil.disk_usage(archive.parent).free
    if 2 * size > free:
        raise CannotWrite(f"the disk has {free / 1e9:.1f} GB for twice {size / 1e9:.1f} GB; make room")


def _parts(entry: zipfile.ZipInfo) -> list[str]:
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ImportFailed(f"{entry.filename!r} is a link; pack the file itself")
    try:
        return check_name(entry.filename)
    except InvalidValue as error:
        raise ImportFailed(str(error)) from error
