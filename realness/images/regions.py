"""Regions as masks: boxes, polygons and run lengths on the pixels of an image."""

from collections.abc import Sequence

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


def bounding_box(regions: Sequence[Region], size: tuple[int, int]) -> tuple[float, float, float, float] | None:
    """The smallest box around regions, `(x0, y0, x1, y1)` in pixels, half-open, cut off at the image's edges.

    Args:
        size: `(width, height)` of the image.

    Returns:
        None where no region reaches into the image.
    """
    width, height = size
    boxes = np.array([box for region in regions if (box := _around(region)) is not None], dtype=float).reshape(-1, 4)
    boxes = np.clip(boxes, 0, [width, height, width, height])
    boxes = boxes[(boxes[:, 0] < boxes[:, 2]) & (boxes[:, 1] < boxes[:, 3])]
    if not len(boxes):
        return None
    x0, y0 = boxes[:, :2].min(0)
    x1, y1 = boxes[:, 2:].max(0)
    return float(x0), float(y0), float(x1), float(y1)


def _around(region: Region) -> tuple[float, float, float, float] | None:
    values = np.asarray(region.coordinates, dtype=float)
    if region.shape is not RegionShape.MASK:
        xs, ys = values[0::2], values[1::2]
        return xs.min(), ys.min(), xs.max(), ys.max()
    ends = np.cumsum(values)[1::2]
    starts, ends = (ends - values[1::2])[ends > ends - values[1::2]], ends[ends > ends - values[1::2]]
    if not len(starts) or region.size is None:
        return None
    width = region.size[0]
    top, bottom = starts.min() // width, (ends.max() - 1) // width + 1
    whole_rows = starts // width != (ends - 1) // width  # a run that goes on in the next row touches both edges
    left = 0 if whole_rows.any() else (starts % width).min()
    right = width if whole_rows.any() else ((ends - 1) % width).max() + 1
    return left, top, right, bottom


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
