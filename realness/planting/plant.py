"""Planting one known inconsistency into a photograph."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from realness.errors import InvalidValue
from realness.planting.kinds import EFFECTS, KINDS
from realness.planting.masks import Area, area_of, random_area
from realness.planting.sampling import to_uint8
from realness.planting.site import Effect, Site
from realness.planting.variants import VARIANTS
from realness.planting.wording import PHRASINGS, place_of, word

_SMALLEST_SIDE = 8
_VARIED = 0.5
_SEEN = 3.5
"""Mean change, in gray levels, below which a planting is made again, more plainly."""


@dataclass(frozen=True)
class Planted:
    """A photograph with one inconsistency at a known place.

    Attributes:
        image: `(H, W, 3)` uint8; equal to `original` bit for bit outside the mask.
        original: `(H, W, 3)` uint8, untouched.
        mask: `(H, W)` bool, True where the inconsistency was planted, soft border included.
        kind: one of `KINDS`.
        phrase: a clause that says what looks wrong, such as "the surface on the left looks melted".
        strength: in [0, 1], from subtle to plain; more than was asked for where that could not have been seen.
    """

    image: np.ndarray
    original: np.ndarray
    mask: np.ndarray
    kind: str
    phrase: str
    strength: float


def plant(
    photograph: np.ndarray,
    kind: str,
    rng: np.random.Generator,
    *,
    mask: np.ndarray | None = None,
    strength: float | None = None,
    phrasing: str = "train",
    varied: bool = False,
) -> Planted:
    """Plant one inconsistency into a photograph. The same generator state gives the same result.

    Args:
        photograph: `(H, W, 3)` or gray `(H, W)`, uint8, at least 8 pixels a side; not changed.
        kind: one of `KINDS`.
        rng: the source of all chance.
        mask: `(H, W)` bool, where to plant; by default a blob, ellipse or rounded box of 40 to 130 pixels
            (less in small images), its centre uniform over the image.
        strength: in [0, 1], from subtle to plain; by default drawn.
        phrasing: "train" or "held_out"; the two share no template.
        varied: in half of the cases in one of `VARIANTS`' ways, and where no mask is given also at places smaller,
            larger and harder of border than the usual ones. For training.

    Raises:
        InvalidValue: the photograph, the mask, the kind, the strength or the phrasing cannot be used.
    """
    original = _checked(photograph)
    if kind not in EFFECTS:
        raise InvalidValue(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    if phrasing not in PHRASINGS:
        raise InvalidValue(f"phrasing must be one of {', '.join(PHRASINGS)}, got {phrasing!r}")
    if strength is not None and not 0 <= strength <= 1:
        raise InvalidValue(f"strength must be from 0 to 1, got {strength}")
    if mask is not None and mask.shape != original.shape[:2]:
        raise InvalidValue(f"the mask must have the photograph's shape {original.shape[:2]}, got {mask.shape}")
    area = random_area(rng, original.shape[:2], varied=varied) if mask is None else area_of(mask)
    drawn = float(rng.uniform(0.15, 1.0)) if strength is None else float(strength)
    ways = [EFFECTS[kind]]
    if varied and rng.random() < _VARIED:
        ways.insert(0, VARIANTS[kind][rng.integers(len(VARIANTS[kind]))])
    image, used = _changed(original, ways, area, drawn, rng)
    whole = area.mask
    phrase = word(kind, rng, phrasing=phrasing, place=place_of(whole, rng))
    return Planted(image, original, whole, kind, phrase, used)


def _changed(
    original: np.ndarray, ways: Sequence[Effect], area: Area, strength: float, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """The photograph with the change; where it can hardly be seen more plainly, up to twice, then in the next way."""
    inside = area.alpha > 0
    before = original[area.rows, area.columns]
    best, best_seen, used = before, -1.0, strength
    for effect, attempt in product(ways, (strength, min(1.0, strength + 0.3), 1.0)):
        after = to_uint8(effect(Site(original, area, attempt), rng))
        change = np.abs(after.astype(np.int16) - before)
        seen = float((change[..., 0] + change[..., 1] + change[..., 2])[inside].mean()) / 3
        if seen > best_seen:
            best, best_seen, used = after, seen, attempt
        if best_seen >= _SEEN:
            break
    image = original.copy()
    np.copyto(image[area.rows, area.columns], best, where=inside[..., None])
    return image, used


def _checked(photograph: np.ndarray) -> np.ndarray:
    if photograph.dtype != np.uint8 or photograph.ndim not in (2, 3):
        raise InvalidValue(f"a photograph must be (height, width, 3) uint8, got {photograph.shape} {photograph.dtype}")
    if photograph.ndim == 2:
        photograph = np.repeat(photograph[..., None], 3, axis=2)
    if photograph.shape[2] != 3 or min(photograph.shape[:2]) < _SMALLEST_SIDE:
        raise InvalidValue(f"a photograph needs 3 channels and at least 8 pixels a side, got {photograph.shape}")
    return photograph
