"""Small rated images whose rating can be seen, and read: for tests of CORE."""

import csv
import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

from realness.core.samples import Rated

_SAID = (
    "Yes. The {} is melted, garbled and distorted.",
    "Somewhat. The {} is slightly off.",
    "No. The {} looks natural.",
)
_THINGS = ("cup", "hand", "roof", "sign", "dog")


def write_rated(folder: Path, count: int, seed: int = 0, size: tuple[int, int] = (96, 72)) -> list[Rated]:
    """Images that get noisier, and whose texts get worse, as their rating falls; neither tells all of it."""
    folder.mkdir(parents=True, exist_ok=True)
    rng, samples = np.random.default_rng(seed), []
    for number in range(count):
        seen, said = rng.uniform(0, 1, 2)
        smooth = rng.uniform(60, 200) + np.linspace(-50, 50, size[0])[None, :, None] * rng.normal(size=3)
        pixels = np.clip(smooth + rng.normal(0, 1 + 40 * (1 - seen), (size[1], size[0], 3)), 0, 255).astype(np.uint8)
        file = folder / f"{seed}-{number}.png"
        Image.fromarray(pixels).save(file)
        text = _SAID[min(2, int(3 * said))].format(_THINGS[number % len(_THINGS)])
        rating = round(float(np.clip(10 + 40 * seen + 40 * said + rng.normal(0, 2), 0, 100)), 3)
        samples.append(Rated(hashlib.sha256(file.read_bytes()).hexdigest(), file, text, rating))
    return samples


def write_table(folder: Path, samples: list[Rated]) -> Path:
    """The samples as a CSV file that `import` and `core` take."""
    table = folder / "rated.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(("image", "description", "rating"))
        lines.writerows((one.file.name, one.text, one.rating) for one in samples)
    return table
