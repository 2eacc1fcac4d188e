"""Where something is planted: blobs, ellipses and rounded boxes, anywhere on the image, with a soft inner border."""

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from realness.errors import InvalidValue
from realness.planting.sampling import smoothstep

SMALLEST, LARGEST = 40.0, 130.0
"""Diameters in pixels. They shrink with images too small for them."""
_MARGIN = 16
_FAINTEST = 0.02
_HARD = 1 / 3


@dataclass(frozen=True)
class Area:
    """A planting place.

    Attributes:
        rows, columns: the box around it, with a margin that gives filters real neighbours.
        alpha: `(h, w)` float32 over that box, 0 outside the mask, rising from its border to 1 inside.
        shape: `(height, width)` of the whole image.
    """

    rows: slice
    columns: slice
    alpha: np.ndarray
    shape: tuple[int, int]

    @property
    def mask(self) -> np.ndarray:
        """The exact mask over the whole image, `(H, W)` bool."""
        whole = np.zeros(self.shape, dtype=bool)
        whole[self.rows, self.columns] = self.alpha > 0
        return whole

    @property
    def extent(self) -> float:
        """Diameter in pixels of a disc of the same area."""
        return float(np.sqrt(np.count_nonzero(self.alpha) * 4 / np.pi))


def random_area(rng: np.random.Generator, shape: tuple[int, int], *, varied: bool = False) -> Area:
    """A blob, ellipse or rounded box, its centre uniform over the image, cut off where the image ends.

    Args:
        rng: the source of all chance.
        shape: `(height, width)` of the image.
        varied: of sizes beyond `SMALLEST` and `LARGEST`, and a third of them with hard borders.
    """
    height, width = shape
    limit = 0.75 * min(shape)
    smallest, largest = (SMALLEST * 0.7, LARGEST * 1.35) if varied else (SMALLEST, LARGEST)
    across = rng.uniform(min(smallest, limit * 0.6), min(largest, limit))
    stretch = math.exp(rng.uniform(-0.4, 0.4))
    half = max(2.0, across / 2 / stretch), max(2.0, across / 2 * stretch)
    centre = rng.uniform(0, height), rng.uniform(0, width)
    area = area_at(rng, shape, centre, half)
    if varied and rng.random() < _HARD:
        return replace(area, alpha=(area.alpha > 0).astype(np.float32))
    return area


def area_at(
    rng: np.random.Generator, shape: tuple[int, int], centre: tuple[float, float], half: tuple[float, float]
) -> Area:
    """A blob, ellipse or rounded box at a given place, turned at random.

    Args:
        rng: the source of all chance.
        shape: `(height, width)` of the image.
        centre: `(y, x)` in pixels, inside the image.
        half: half its size before turning, `(down, across)` in pixels.
    """
    (height, width), (centre_y, centre_x), (half_y, half_x) = shape, centre, half
    reach = 1.45 * max(half_y, half_x) + _MARGIN
    rows = slice(max(0, int(centre_y - reach)), min(height, int(centre_y + reach) + 1))
    columns = slice(max(0, int(centre_x - reach)), min(width, int(centre_x + reach) + 1))
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + 0.5 - centre_y
    x = np.arange(columns.start, columns.stop, dtype=np.float32)[None, :] + 0.5 - centre_x
    depth = _depth(rng, y, x, half_y, half_x)
    alpha = smoothstep(depth / rng.uniform(0.2, 0.5)).astype(np.float32)
    alpha[alpha < _FAINTEST] = 0
    if not alpha.any():  # a centre in the outermost corner of a tiny image
        return area_of(np.ones(shape, dtype=bool))
    return _fitted(rows.start, columns.start, alpha, shape)


def area_of(mask: np.ndarray) -> Area:
    """The planting place that covers exactly a given mask, with a soft border inside it.

    Args:
        mask: `(H, W)` bool with at least one pixel.

    Raises:
        InvalidValue: the mask is empty or not a two-dimensional array of booleans.
    """
    if mask.ndim != 2 or mask.dtype != bool or not mask.any():
        raise InvalidValue("a mask must be a (height, width) array of booleans with at least one True")
    depth = np.asarray(ndimage.distance_transform_edt(np.pad(mask, 1)))[1:-1, 1:-1]
    feather = np.clip(0.35 * depth.max(), 1.0, 16.0)
    alpha = np.where(mask, np.maximum(smoothstep(depth / (feather + 1)), _FAINTEST), 0)
    return _fitted(0, 0, alpha.astype(np.float32), mask.shape)


def _fitted(top: int, left: int, alpha: np.ndarray, shape: tuple[int, int]) -> Area:
    """The area without the empty rows and columns around the margin: every kind's time goes with the box."""
    filled_y, filled_x = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    rows = slice(max(0, int(filled_y[0]) - _MARGIN), min(alpha.shape[0], int(filled_y[-1]) + 1 + _MARGIN))
    columns = slice(max(0, int(filled_x[0]) - _MARGIN), min(alpha.shape[1], int(filled_x[-1]) + 1 + _MARGIN))
    box = slice(top + rows.start, top + rows.stop), slice(left + columns.start, left + columns.stop)
    return Area(*box, np.ascontiguousarray(alpha[rows, columns]), shape)


def _depth(rng: np.random.Generator, y: np.ndarray, x: np.ndarray, half_y: float, half_x: float) -> np.ndarray:
    """How far inside the shape each pixel lies: 0 at its border, 1 at its centre, negative outside."""
    turn = rng.uniform(0, np.pi)
    u = (x * math.cos(turn) + y * math.sin(turn)) / half_x
    v = (y * math.cos(turn) - x * math.sin(turn)) / half_y
    outline = rng.choice(("blob", "ellipse", "box"), p=(0.5, 0.25, 0.25))
    if outline == "box":
        return 1 - np.sqrt(np.sqrt((u * u) ** 2 + (v * v) ** 2))
    radius = np.sqrt(u * u + v * v)
    if outline == "ellipse":
        return 1 - radius
    direction = (u + 1j * v) / np.maximum(radius, np.float32(1e-6))
    border, wave = np.ones_like(radius), direction
    for waves in (2, 3, 4, 5):
        wave = wave * direction
        turned = np.complex64(rng.uniform(-0.3, 0.3) / waves * np.exp(1j * rng.uniform(0, 2 * np.pi)))
        border += (wave * turned).real
    return 1 - radius / border
