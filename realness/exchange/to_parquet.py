"""The `parquet` format: a data set for the Hugging Face Hub, images inside, with its card."""

from collections import Counter
from typing import Any

from realness.exchange.dataset_card import card
from realness.exchange.examples import Example, Use
from realness.exchange.folders import Writer, about, messages, reply

CONFIGS = {Use.TEXT: "sft", Use.PAIR: "preference", Use.LABEL: "kto"}
_MESSAGES = {"prompt": (), "completion": (Use.TEXT, Use.LABEL), "chosen": (Use.PAIR,), "rejected": (Use.PAIR,)}
_GROUP, _GROUP_BYTES = 256, 64 << 20
"""Rows, and bytes of images, that are kept in memory before they are written."""
_SHARD = 500_000_000
"""Bytes of images after which another file begins."""


class Parquet(Writer):
    """Texts, pairs and labels: a configuration each, in files `CONFIG/SPLIT-NUMBER.parquet`."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._shards: dict[tuple[Use, str], _Shards] = {}
        self._said: Counter[str] = Counter()
        self._images: set[str] = set()

    def add(self, example: Example) -> None:
        """Write a row."""
        data = example.image.read()
        row: dict[str, Any] = {"images": [{"bytes": data, "path": example.image.name}]}
        row |= {"prompt": messages(self.prompt), "rating": example.row.rating, **about(example)}
        if example.use is Use.PAIR:
            row |= {"chosen": [reply(example.text)], "rejected": [reply(example.rejected)]}
        else:
            row |= {"completion": [reply(example.text)]} | _labelled(example)
        self._of(example.use, example.split).add(row, len(data))
        self._said[" ".join(filter(None, (example.row.provider, example.row.model)))] += 1
        self._images.add(example.row.image_sha256)
        self.rows += 1

    def close(self) -> None:
        """Write what is left, and the card; without an example there is one file of no rows."""
        if not self.rows:
            self._of(Use.TEXT, "train").flush()
        for shards in self._shards.values():
            shards.close()
        counts = {(CONFIGS[use], split): shards.rows for (use, split), shards in self._shards.items()}
        self.folder.text("README.md", card(counts, self._said, len(self._images)))

    def _of(self, use: Use, split: str) -> "_Shards":
        if (use, split) not in self._shards:
            self._shards[use, split] = _Shards(self, use, split)
        return self._shards[use, split]


class _Shards:
    """The files of a split of a configuration."""

    def __init__(self, writer: Parquet, use: Use, split: str) -> None:
        self._folder, self._name, self._schema = writer.folder, f"{CONFIGS[use]}/{split}", _schema(use)
        self._kept: list[dict[str, Any]] = []
        self._bytes, self._written, self._number, self.rows = 0, 0, 0, 0
        self._file: Any = None

    def add(self, row: dict[str, Any], size: int) -> None:
        """Keep a row until there are enough for a group."""
        self._kept.append(row)
        self._bytes += size
        self.rows += 1
        if len(self._kept) >= _GROUP or self._bytes >= _GROUP_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is kept as a group."""
        import pyarrow as pa  # noqa: PLC0415  the app, which counts what would leave, loads none of it
        import pyarrow.parquet as pq  # noqa: PLC0415

        if self._file is None:
            place = self._folder.place(f"{self._name}-{self._number:05d}.parquet")
            self._file = pq.ParquetWriter(place, self._schema, compression="zstd")
        if self._kept:  # a group of no rows is one that readers stumble over
            self._file.write_table(pa.Table.from_pylist(self._kept, schema=self._schema))
        self._written += self._bytes
        self._kept, self._bytes = [], 0
        if self._written >= _SHARD:
            self.close()
            self._number, self._written = self._number + 1, 0

    def close(self) -> None:
        """End the file that is open."""
        if self._kept:
            self.flush()
        if self._file is not None:
            self._file.close()
            self._file = None


def _labelled(example: Example) -> dict[str, bool]:
    return {"label": example.label} if example.use is Use.LABEL else {}


def _schema(use: Use) -> Any:
    """The columns, as `datasets` writes them: so that images are shown as images."""
    from datasets import Features, Image, List, Value  # noqa: PLC0415

    said = List({"role": Value("string"), "content": Value("string")})
    columns: dict[str, Any] = {"images": List(Image())}
    columns |= {name: said for name, uses in _MESSAGES.items() if not uses or use in uses}
    columns |= {"label": Value("bool")} if use is Use.LABEL else {}
    names = ("image_sha256", "source", "study", "reviewer", "role", "judgement", "provider", "model", "prompt_version")
    columns |= {name: Value("string") for name in (*names, "created_at", "machine_text", "split")}
    return Features(columns | {"rating": Value("float64")}).arrow_schema
