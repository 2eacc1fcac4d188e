"""Little data sets in the layouts that are imported, made for one test."""

from pathlib import Path

import numpy as np
from PIL import Image

from realness import exchange
from realness.domain import ImportedRecord, Skipped

NAMES = ("f1.png", "f2.png", "r1.png")
WORDS = (
    "Somewhat. The hat’s brim merges with the dog's ear.",
    '"Yes, the wheel, left, has no ""spokes"""',
    '"No, there is nothing\nunrealistic in this image."',
)
TEXTS = (WORDS[0], 'Yes, the wheel, left, has no "spokes"', "No, there is nothing\nunrealistic in this image.")
RATINGS = (66.0, 40.0, 90.0)
Z_SCORES = tuple(0.057637 * rating - 3.689390 for rating in RATINGS)


def picture(path: Path, seed: int = 0) -> Path:
    """A tiny PNG that differs by its seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)).save(path, "PNG")
    return path


def raise_td(root: Path, split: str = "train", ratings: bool = True) -> Path:
    """A RAISE-TD tree of three images, with RAISE's ratings beside it or without."""
    folder = root / "datasets" / split
    for seed, name in enumerate(NAMES):
        picture(folder / "images" / name, seed)
    rows = [f"{name},{z!r},{text}" for name, z, text in zip(NAMES, Z_SCORES, WORDS, strict=True)]
    table(folder / "image_descriptions.csv", "filename,MOS,description", *rows)
    if ratings:
        rating_file(root / "ratings" / f"{split}.csv")
    return root


def raise_mos(root: Path, split: str = "train") -> Path:
    """A RAISE tree of three images."""
    for seed, name in enumerate(NAMES):
        picture(root / "dataset" / "images" / f"{split}_images" / name, seed)
    rating_file(root / "dataset" / "ratings" / f"{split}.csv")
    return root


def rating_file(path: Path) -> Path:
    """RAISE's rating file for the three images."""
    rows = [f"{name},{rating!r},{z!r}" for name, rating, z in zip(NAMES, RATINGS, Z_SCORES, strict=True)]
    return table(path, "filename,MOS_Rating,MOS_ZScore", *rows)


def table(path: Path, *rows: str | bytes) -> Path:
    """A text file of lines, some of them bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join((row.encode() if isinstance(row, str) else row) + b"\n" for row in rows))
    return path


def taken(path: Path, **options: str) -> tuple[list[ImportedRecord], list[Skipped]]:
    """What an import takes and what it skips."""
    found = list(exchange.read(path, **options))
    return (
        [item for item in found if isinstance(item, ImportedRecord)],
        [item for item in found if isinstance(item, Skipped)],
    )
