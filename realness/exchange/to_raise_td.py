"""The `mos-csv` format: mean opinion scores in RAISE's columns, as a RAISE-TD tree that can be imported again.

`ratings/SPLIT.csv`, `datasets/SPLIT/image_descriptions.csv`, `datasets/SPLIT/images/`; and `opinions.csv`, which
says of each file what RAISE has no column for: which image it is, how many ratings its score is the mean of, and the
interval.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from realness.exchange.examples import Example, Use
from realness.exchange.folders import Writer
from realness.exchange.rows import ExportRow
from realness.exchange.to_csv import table
from realness.images import EXTENSIONS
from realness.opinion import mean_opinion

_OPINIONS = ("filename", "split", "image_sha256", "mos", "ratings", "low", "high", "z_score")


@dataclass
class _Image:
    """What is known of an image so far; `votes` by reviewer and rating."""

    name: str
    split: str
    row: ExportRow
    text: str = ""
    votes: list[tuple[str, float]] = field(default_factory=list)


class RaiseTd(Writer):
    """Ratings and texts: one row an image, with its newest text, a person's before a machine's."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._images: dict[str, _Image] = {}

    def add(self, example: Example) -> None:
        """Keep a rating or a text."""
        row = example.row
        known = self._images.get(row.image_sha256)
        if known is None:
            known = _Image(self._name(row, example), example.split, row)
            self.folder.image(example.image, f"datasets/{example.split}/images", known.name)
            self._images[row.image_sha256] = known
            self.rows += 1
        if example.use is Use.RATING:
            assert row.rating is not None
            assert row.reviewer is not None
            known.votes.append((row.reviewer, row.rating))
            return
        if known.text:
            self.excluded["another text of the image"] = self.excluded.get("another text of the image", 0) + 1
        if not (known.text and row.source == "machine" and known.row.source == "human"):
            known.text = example.text if row.source == "human" else (row.machine_text or "")
            known.row = row

    def close(self) -> None:
        """Write the tables; without an image there are those of a training split, with their heads alone."""
        spread = _spread(self._images.values())
        opinions: list[Sequence[Any]] = [_OPINIONS]
        for split in sorted({one.split for one in self._images.values()}) or ["train"]:
            described: list[Sequence[Any]] = [("filename", "MOS", "description")]
            rated: list[Sequence[Any]] = [("filename", "MOS_Rating", "MOS_ZScore")]
            for sha256, one in self._images.items():
                if one.split == split:
                    mean, z_score, told = _opinion(one, spread)
                    described.append((one.name, z_score, one.text))
                    rated += [(one.name, mean, z_score)] if (mean, z_score) != (None, None) else []
                    opinions.append((one.name, split, sha256, mean, *told, z_score))
            self.folder.place(f"datasets/{split}/image_descriptions.csv").write_bytes(table(described))
            self.folder.place(f"ratings/{split}.csv").write_bytes(table(rated))
        self.folder.place("opinions.csv").write_bytes(table(opinions))

    def _name(self, row: ExportRow, example: Example) -> str:
        """RAISE names photographs r1, r2 … and generated images f1, f2 …; what is neither known to be gets its hash."""
        if row.is_real is None:
            return example.image.name
        return f"{'r' if row.is_real else 'f'}{len(self._images) + 1}{EXTENSIONS[example.image.format]}"


def _spread(images: Any) -> dict[str, tuple[float, float]]:
    """Mean and deviation of each person's ratings, of those whose ratings differ."""
    each: dict[str, list[float]] = {}
    for one in images:
        for reviewer, rating in one.votes:
            each.setdefault(reviewer, []).append(rating)
    found = {who: (statistics.fmean(given), statistics.pstdev(given)) for who, given in each.items()}
    return {who: (mean, deviation) for who, (mean, deviation) in found.items() if deviation > 0}


def _opinion(
    one: _Image, spread: dict[str, tuple[float, float]]
) -> tuple[float | None, float | None, tuple[int | None, float | None, float | None]]:
    """Score, z-score, and number of ratings with the interval: of people's ratings here, else as it was imported."""
    if not one.votes:
        return one.row.opinion_rating, one.row.opinion_z_score, (None, None, None)
    found = mean_opinion([rating for _, rating in one.votes])
    scores = [(rating - spread[who][0]) / spread[who][1] for who, rating in one.votes if who in spread]
    return found.mean, statistics.fmean(scores) if scores else None, (found.n, found.low, found.high)
