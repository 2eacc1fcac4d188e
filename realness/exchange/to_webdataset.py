"""The `webdataset` format: tar files of an image, its text and what is known of it, under one number each."""

import io
import tarfile
from typing import Any

from realness.exchange.examples import Example
from realness.exchange.folders import Writer, about
from realness.exchange.to_jsonl import dumps
from realness.images import EXTENSIONS

SHARD = 1 << 30
"""Bytes after which another tar file begins."""


class WebDataset(Writer):
    """Texts."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._open: dict[str, tarfile.TarFile] = {}
        self._shards: dict[str, int] = {}

    def add(self, example: Example) -> None:
        """Write an image with its text; the question lies in the JSON."""
        image = example.image.read()
        told = {"system": self.prompt.system, "question": self.prompt.user, **about(example)}
        shard = self._shard(example.split)
        parts = {EXTENSIONS[example.image.format]: image, ".txt": example.text.encode(), ".json": dumps(told).encode()}
        for suffix, data in parts.items():
            entry = tarfile.TarInfo(f"{self.rows:09d}{suffix}")
            entry.size = len(data)
            shard.addfile(entry, io.BytesIO(data))
        self.rows += 1

    def close(self) -> None:
        """End the tar files; without an example there is one empty file."""
        if not self.rows:
            self._shard("train")
        for shard in self._open.values():
            shard.close()

    def _shard(self, split: str) -> tarfile.TarFile:
        shard = self._open.get(split)
        if shard is None or shard.offset > SHARD:
            if shard is not None:
                shard.close()
            number = self._shards[split] = self._shards.get(split, -1) + 1
            shard = tarfile.open(self.folder.place(f"{split}-{number:06d}.tar"), "x")  # noqa: SIM115  `close` ends it
            self._open[split] = shard
        return shard
