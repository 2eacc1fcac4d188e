"""The folder of an export: its files as they grow, its images once each, its hash."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from realness.exchange.examples import Example, Picture
from realness.exchange.to_jsonl import dumps
from realness.images import read_image
from realness.prompts import Prompt

MANIFEST = "manifest.json"
"""The manifest's name inside of a folder."""
_DATA_URI_SIDE = 2048
"""Longest side, in pixels, of an image inside of a JSON file."""
_BLOCK = 1 << 20


class Folder:
    """A folder that is being filled. Names of files in it are relative, with `/`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._open: dict[str, TextIO] = {}
        self._lists: set[str] = set()
        self._held: set[str] = set()

    def line(self, name: str, value: Any) -> None:
        """Add a line of JSON to a file."""
        self._file(name).write(dumps(value) + "\n")

    def item(self, name: str, value: Any) -> None:
        """Add an item to a file that is one JSON list."""
        file = self._file(name)
        file.write(",\n" if name in self._lists else "[\n")
        self._lists.add(name)
        file.write(dumps(value))

    def text(self, name: str, text: str) -> None:
        """Write a whole file."""
        place = self.place(name)
        place.write_text(text, encoding="utf-8")

    def image(self, image: Picture, within: str = "images", name: str = "") -> str:
        """Put an image into the folder, its bytes as they came; where it is, relative to this folder.

        Raises:
            UnreadableImage: its file is missing or another one by now.
        """
        relative = f"{within}/{name or image.name}"
        if relative not in self._held:
            self.place(relative).write_bytes(image.read())
            self._held.add(relative)
        return relative

    def empty(self, name: str, text: str = "") -> None:
        """See to it that there is a file, if need be one that holds nothing."""
        if name not in self._open and not (self.root / name).exists():
            self.text(name, text)

    def place(self, name: str) -> Path:
        """Where a file lies; the folders above it are made."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def close(self) -> None:
        """End the files that grow."""
        for name, file in self._open.items():
            if name in self._lists:
                file.write("\n]\n")
            file.close()
        self._open.clear()

    def _file(self, name: str) -> TextIO:
        if name not in self._open:
            self._open[name] = self.place(name).open("w", encoding="utf-8", newline="\n")
        return self._open[name]


class Writer:
    """One format that is a folder.

    Attributes:
        rows: how many there are in it so far.
        excluded: what it has no place for, by reason.
        notes: what whoever uses it has to know.
    """

    def __init__(self, folder: Folder, prompt: Prompt) -> None:
        self.folder, self.prompt, self.rows = folder, prompt, 0
        self.excluded: dict[str, int] = {}
        self.notes: list[str] = []

    def add(self, example: Example) -> None:
        """Write an example.

        Raises:
            UnreadableImage: its image's file is missing or changed; nothing of the example is written then.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Write what is known at the end only; a format without an example is valid and empty then."""


def messages(prompt: Prompt, before: str = "") -> list[dict[str, str]]:
    """What is asked, as messages; `before` stands for the image where a format wants a mark for it."""
    system = [{"role": "system", "content": prompt.system}] if prompt.system else []
    return [*system, {"role": "user", "content": before + prompt.user}]


def reply(text: str) -> dict[str, str]:
    """What is answered, as a message."""
    return {"role": "assistant", "content": text}


def about(example: Example) -> dict[str, str]:
    """Where an example comes from, all as texts: loaders want one type for a column, and find none in nulls alone."""
    row = example.row
    names = ("image_sha256", "source", "study", "reviewer", "role", "judgement", "provider", "model", "prompt_version")
    told = {name: getattr(row, name) or "" for name in (*names, "created_at")}
    return told | {"machine_text": row.machine_text or "", "split": example.split}


def jpeg(image: Picture, longest: int = _DATA_URI_SIDE) -> bytes:
    """An image as JPEG: upright, sRGB, without metadata, at most `longest` pixels on its long side.

    Raises:
        UnreadableImage: as `Picture.read`.
    """
    image.read()
    _, pixels = read_image(image.path)
    pixels.thumbnail((longest, longest))
    buffer = io.BytesIO()
    pixels.convert("RGB").save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def data_uri(data: bytes) -> str:
    """A JPEG inside of a text."""
    return "data:image/jpeg;base64," + base64.b64encode(data).decode()


def files_in(root: Path) -> Iterator[tuple[str, Path]]:
    """Every file of a folder but its manifest, by its relative name, in order of the names."""
    found = [(path.relative_to(root).as_posix(), path) for path in root.rglob("*") if path.is_file()]
    return iter(sorted(one for one in found if one[0] != MANIFEST))


def digest(root: Path) -> dict[str, Any]:
    """The hash of a folder: of one line for each file, `SHA256  NAME`, in order of the names; the manifest apart."""
    whole, size, count = hashlib.sha256(), 0, 0
    for name, path in files_in(root):
        with path.open("rb") as file:
            each = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{each}  {name}\n".encode())
        size, count = size + path.stat().st_size, count + 1
    return {"files": count, "bytes": size, "sha256": whole.hexdigest()}


def pack(root: Path, target: Path) -> dict[str, Any]:
    """A folder as one .zip, images as they are; its size and hash."""
    with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED, compresslevel=1) as held:
        for name, path in [*files_in(root), (MANIFEST, root / MANIFEST)]:
            told = zipfile.ZipInfo(name)
            told.compress_type = (
                zipfile.ZIP_DEFLATED if path.suffix.startswith((".json", ".csv")) else zipfile.ZIP_STORED
            )
            with path.open("rb") as file, held.open(told, "w", force_zip64=True) as into:
                while block := file.read(_BLOCK):
                    into.write(block)
    with target.open("rb") as file:
        return {"bytes": target.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
