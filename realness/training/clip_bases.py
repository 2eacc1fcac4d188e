"""What is planted into: crops of photographs and procedural scenes, varied so that nothing is learned by heart."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from realness.errors import InvalidValue, UnreadableImage
from realness.images import IMAGE_SUFFIXES, read_image
from realness.planting import scene, training_photographs

_POOL, _USES = 24, 30
"""Scenes at hand at any time, and how many crops are drawn before the oldest one is replaced."""


_LONGEST = 1100
"""Pixels of the long side of one's own photographs: a crop is to show things, not a corner of one."""
_SHORTEST = 200


@dataclass(frozen=True, eq=False)
class Bases:
    """Where crops come from.

    Attributes:
        photographs: `(H, W, 3)` uint8 each.
        digest: of those that were added to the wheels' own, empty without any: another set is another training.
        added: how many those are.
    """

    photographs: tuple[np.ndarray, ...] = field(default_factory=lambda: tuple(training_photographs().values()))
    digest: str = ""
    added: int = 0

    @classmethod
    def read(cls, folder: Path | None) -> "Bases":
        """The wheels' photographs, and those of a folder, made smaller where they are large.

        Raises:
            InvalidValue: the folder is none, or holds no photograph of at least 200 pixels a side.
        """
        if folder is None:
            return cls()
        if not folder.is_dir():
            raise InvalidValue(f"{folder} is not a folder; give one with photographs")
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
        found = tuple(_small_enough(files))
        if not found:
            raise InvalidValue(f"{folder} holds no photograph of at least {_SHORTEST} x {_SHORTEST} pixels")
        told = hashlib.sha256()
        for pixels in found:
            told.update(pixels.tobytes())
        return cls((*training_photographs().values(), *found), told.hexdigest()[:16], len(found))

    def crop(self, seed: int, index: int, side: int, photographs: float) -> np.ndarray:
        """One untouched crop, `(side, side, 3)` uint8: the same for the same arguments.

        Args:
            seed: of the whole training.
            index: which crop.
            side: in pixels.
            photographs: the probability of a photograph; else it is a procedural scene.
        """
        rng = np.random.default_rng((seed, 1, index))
        if rng.random() < photographs:
            picture = self.photographs[rng.integers(len(self.photographs))]
        else:
            newest = index // _USES
            picture = _scene(seed, newest + int(rng.integers(_POOL)))
        return _lived(_turned(_cut(picture, side, rng), rng), rng)


def _small_enough(files: Iterable[Path]) -> Iterable[np.ndarray]:
    for file in files:
        try:
            picture = read_image(file)[1].convert("RGB")
        except UnreadableImage:
            continue
        if min(picture.size) >= _SHORTEST:
            picture.thumbnail((_LONGEST, _LONGEST), Image.Resampling.LANCZOS)
            yield np.array(picture)


@lru_cache(maxsize=2 * _POOL)
def _scene(seed: int, number: int) -> np.ndarray:
    return scene(np.random.default_rng((seed, 2, number)), (512, 384))


def _cut(picture: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """A square at a random place, resized to `side` from 0.55 to 2.2 times that many pixels."""
    most = min(min(picture.shape[:2]), 2.2 * side)
    size = int(np.clip(side * np.exp(rng.uniform(np.log(0.55), np.log(2.2))), 0.5 * side, most))
    y, x = (int(rng.integers(whole - size + 1)) for whole in picture.shape[:2])
    cut = Image.fromarray(picture[y : y + size, x : x + size])
    filters = (Image.Resampling.BICUBIC, Image.Resampling.LANCZOS, Image.Resampling.BILINEAR)
    return np.asarray(cut.resize((side, side), filters[rng.integers(3)]))


def _turned(crop: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    turns = rng.choice((0, 1, 2, 3), p=(0.7, 0.1, 0.1, 0.1))
    return np.rot90(crop, turns)


def _lived(crop: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Colour, exposure, softness, grain and compression of the whole picture: none of it an inconsistency."""
    values = crop.astype(np.float32) / 255
    if rng.random() < 0.3:
        values = values[..., rng.permutation(3)]
    gray = values.mean(axis=2, keepdims=True)
    values = gray + (values - gray) * rng.uniform(0.3, 1.5)
    values = np.clip(values, 0, 1) ** rng.uniform(0.7, 1.45)
    values = (values - 0.5) * rng.uniform(0.7, 1.2) + 0.5 + rng.uniform(-0.1, 0.1)
    values = values * (1 + rng.normal(0, 0.06, 3).astype(np.float32))
    way = rng.random()
    if way < 0.25:
        values = ndimage.gaussian_filter(values, rng.uniform(0.4, 1.3), axes=(0, 1), truncate=3)
    elif way < 0.4:
        soft = ndimage.gaussian_filter(values, 1.0, axes=(0, 1), truncate=3)
        values = values + (values - soft) * rng.uniform(0.2, 1.0)
    if rng.random() < 0.3:
        values = values + rng.normal(0, rng.uniform(0.004, 0.03), values.shape).astype(np.float32)
    pixels = np.clip(np.rint(values * 255), 0, 255).astype(np.uint8)
    return _compressed(pixels, int(rng.integers(55, 96))) if rng.random() < 0.25 else pixels


def _compressed(pixels: np.ndarray, quality: int) -> np.ndarray:
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, format="JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("RGB"))
