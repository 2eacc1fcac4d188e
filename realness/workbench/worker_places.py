"""Where workers find the images: on this machine, or on many that share a folder or a bucket."""

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import unquote

from realness.domain import StoredImage
from realness.engines import Engine
from realness.errors import EngineProblem, InvalidValue, UnreadableImage
from realness.workbench.bench import Workbench, checked

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


_KINDS = ("s3", "gs", "gcs", "file")


@dataclass(frozen=True)
class Place:
    """The data folder as workers see it: a folder, or a URL that fsspec reads (`s3://…`, `gs://…`).

    A URL may hold a key by mistake, so no message repeats it.
    """

    url: str

    @classmethod
    def of(cls, bench: Workbench, engine: Engine) -> "Place":
        """Where the engine's workers find the images of this workbench.

        Raises:
            InvalidValue: it is a URL of a kind that nothing here reads, or one that holds a key.
        """
        url = engine.data or str(bench.settings.data.resolve())
        if "://" in url:
            _file_system(url)
        return cls(url)

    @contextmanager
    def file(self, image: StoredImage) -> Iterator[Path]:
        """An image's bytes as a file for the block, held against its hash; of a URL they are a copy.

        Raises:
            UnreadableImage: the file is gone, or is another one by now.
            EngineProblem: this machine cannot see the place at all.
        """
        if "://" in self.url and not Path(image.path).is_absolute():
            with self._fetched(image) as copy:
                yield checked(copy, image.facts.sha256)
        else:
            folder = Path(self.url)
            if "://" not in self.url and not folder.is_dir():
                raise EngineProblem(
                    f"a worker on {socket.gethostname()} sees no folder {folder}; share it with that machine under "
                    "this path, or say with --ray-data where workers find the data folder"
                )
            yield checked(folder / image.path, image.facts.sha256)

    @contextmanager
    def _fetched(self, image: StoredImage) -> Iterator[Path]:
        system, folder = _file_system(self.url)
        with tempfile.NamedTemporaryFile(suffix=Path(image.path).suffix) as copy:
            try:
                with cast("BinaryIO", system.open(f"{folder}/{image.path}", "rb", cache_type="none")) as stream:
                    copy.write(stream.read(image.facts.size + 1))  # what is longer is another file
            except FileNotFoundError:
                raise UnreadableImage("this image's file is not where --ray-data says; copy it there") from None
            except Exception as error:
                raise EngineProblem(
                    f"a worker on {socket.gethostname()} cannot read what --ray-data names ({_reason(error)}); check "
                    "it, and that machine's credentials"
                ) from error
            copy.flush()
            yield Path(copy.name)


def _file_system(url: str) -> tuple["AbstractFileSystem", str]:
    """What reads a URL, which fsspec keeps for the process, and the path in it."""
    from fsspec.core import url_to_fs  # noqa: PLC0415  for other places than folders alone

    kind, _, rest = url.partition("://")
    if kind not in _KINDS:
        raise InvalidValue(f"--ray-data cannot be read: no place is {kind[:20]}://…; name a folder, s3://… or gs://…")
    if "?" in url or "#" in url or "@" in unquote(rest.split("/", 1)[0]):
        raise InvalidValue(
            "--ray-data is only where the images are, s3://BUCKET/PATH or gs://BUCKET/PATH; give keys and other "
            "settings to each machine by its environment (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, …)"
        )
    try:
        return url_to_fs(url)
    except (ImportError, ValueError, OSError) as error:
        raise InvalidValue(
            f"--ray-data cannot be read: {_reason(error)}; install requirements-ray.txt, and name a folder, s3://… or "
            "gs://…"
        ) from error


def _reason(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]
