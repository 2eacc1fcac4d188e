"""Regions as masks: boxes, polygons and run lengths on the pixels of an image."""

import numpy as np

from realness.domain import Region, RegionShape
from realness.errors import InvalidValue


def rasterise(region: Region, size: tuple[int, int]) -> np.ndarray:
    """The pixels of a region.

    A pixel belongs to a box or a polygon when its centre lies inside, half-open: whole coordinates give exactly the
    pixels from the first to before the last, and shapes that share an edge share no pixel. A polygon that crosses
    itself is filled wherever its outline winds around (the rule of a browser's canvas). A shape too thin to hold the
    centre of any pixel marks the one under its middle, so that no mark is lost. What lies outside the image is cut off.

    Args:
        region: in pixels of the image, upright.
        size: `(width, height)` of the image.

    Returns:
        `(H, W)` bool, True inside; all False when the whole region lies outside the image.

    Raises:
        InvalidValue: a mask is of another size, or its runs are not whole numbers.
    """
    width, height = size
    farthest = 64.0 * (width + height)  # a polygon that reaches beyond is cut there: its slopes stay what they are
    values = np.asarray(region.coordinates, dtype=float)
    if region.shape is not RegionShape.MASK:
        values = np.minimum(values, farthest)
    if region.shape is RegionShape.MASK:
        return _runs(values, region.size, size)
    if region.shape is RegionShape.BOX:
        x0, y0, x1, y1 = values
        values = np.array([x0, y0, x1, y0, x1, y1, x0, y1])
    inside = _polygon(values[0::2], values[1::2], width, height)
    if not inside.any():
        x, y = (int((each.min() + each.max()) / 2) for each in (values[0::2], values[1::2]))
        if x < width and y < height:
            inside[y, x] = True
    return inside


def _runs(runs: np.ndarray, told: tuple[int, int] | None, size: tuple[int, int]) -> np.ndarray:
    width, height = size
    if told != (width, height):
        raise InvalidValue(f"a mask of {told} pixels is no mask of an image of {size}; mark the image again")
    if (runs != np.floor(runs)).any():
        raise InvalidValue("the run lengths of a mask must be whole numbers")
    outside_first = np.arange(len(runs)) % 2 == 1
    return np.repeat(outside_first, runs.astype(np.int64)).reshape(height, width)


def _polygon(xs: np.ndarray, ys: np.ndarray, width: int, height: int) -> np.ndarray:
    """Each edge adds its direction to the rows it crosses, right of it; where the sum is not 0, it winds around."""
    winding = np.zeros((height, width + 1), dtype=np.int16)
    for x0, y0, x1, y1 in zip(xs, ys, np.roll(xs, -1), np.roll(ys, -1), strict=True):
        low, high = (int(np.clip(np.ceil(y - 0.5), 0, height)) for y in sorted((y0, y1)))
        if low >= high:
            continue
        rows = np.arange(low, high)
        crossed = x0 + (rows + 0.5 - y0) * ((x1 - x0) / (y1 - y0))
        columns = np.clip(np.ceil(crossed - 0.5), 0, width).astype(np.int64)
        winding[rows, columns] += 1 if y1 > y0 else -1
    return np.cumsum(winding[:, :width], axis=1, dtype=np.int16) != 0
