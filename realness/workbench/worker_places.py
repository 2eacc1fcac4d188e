"""Where workers find the images: on this machine, or on many that share a folder or a bucket."""

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from realness.domain import StoredImage
from realness.engines import Engine
from realness.errors import EngineProblem, InvalidValue, UnreadableImage
from realness.workbench.bench import Workbench, checked

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem


@dataclass(frozen=True)
class Place:
    """The data folder as workers see it: a folder, or a URL that PyArrow reads (`s3://…`, `gs://…`).

    A URL may hold a key, so no message repeats it.
    """

    url: str

    @classmethod
    def of(cls, bench: Workbench, engine: Engine) -> "Place":
        """Where the engine's workers find the images of this workbench.

        Raises:
            InvalidValue: it is a URL of a kind that nothing here reads.
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
                with system.open_input_stream(f"{folder}/{image.path}") as stream:
                    copy.write(stream.read(image.facts.size + 1))  # what is longer is another file
            except FileNotFoundError:
                raise UnreadableImage("this image's file is not where --ray-data says; copy it there") from None
            except OSError as error:
                reason = str(error).splitlines()[0][:200]
                raise EngineProblem(
                    f"a worker on {socket.gethostname()} cannot read what --ray-data names ({reason}); check it, and "
                    "that machine's credentials"
                ) from error
            copy.flush()
            yield Path(copy.name)


@cache
def _file_system(url: str) -> tuple["FileSystem", str]:
    from pyarrow import ArrowInvalid, fs  # noqa: PLC0415  for other places than folders alone

    try:
        return fs.FileSystem.from_uri(url)
    except (ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0][:200]
        raise InvalidValue(f"--ray-data cannot be read ({reason}); name a folder, s3://… or gs://…") from error
