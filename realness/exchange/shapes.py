"""Regions from the numbers of a data set: finite, and cut off where the image begins.

How far an image reaches to the right and down is not known before it is opened, so that edge is left to whoever uses
the region.
"""

import math
from typing import Any

from realness.domain import Region, RegionShape
from realness.errors import InvalidValue

_Points = list[tuple[float, float]]


def box_between(value: object) -> Region:
    """A box from two opposite corners `[x, y, x, y]` in pixels, in whichever order.

    Raises:
        InvalidValue: these are not four finite numbers, or no part of the image lies between them.
    """
    x0, y0, x1, y1 = _numbers(value, "a box [x1, y1, x2, y2]", 4)
    left, right, top, bottom = (max(0.0, each) for each in (min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)))
    if left >= right or top >= bottom:
        raise InvalidValue("has a box without area, or left of the image or above it")
    return Region(RegionShape.BOX, (left, top, right, bottom))


def box_of_size(value: object) -> Region:
    """A box from its upper left corner and its size, `[x, y, width, height]` in pixels.

    Raises:
        InvalidValue: as `box_between`, or a size is negative.
    """
    x, y, width, height = _numbers(value, "a box [x, y, width, height]", 4)
    if width < 0 or height < 0:
        raise InvalidValue("has a box of negative size")
    return box_between([x, y, x + width, y + height])


def polygon(value: object) -> Region:
    """A polygon from a flat list `[x, y, x, y, …]` in pixels; what lies left of the image or above it is cut off.

    Raises:
        InvalidValue: these are not three points or more of finite numbers, or nothing is left of them.
    """
    values = _numbers(value, "a polygon [x1, y1, x2, y2, x3, y3, …]")
    if len(values) % 2 or len(values) < 6:
        raise InvalidValue(f"has a polygon of {len(values)} numbers; it needs three points or more, two numbers each")
    points = list(zip(values[::2], values[1::2], strict=True))
    for axis in (0, 1):
        points = _clipped(points, axis)
    if len(points) < 3:
        raise InvalidValue("has a polygon left of the image or above it")
    return Region(RegionShape.POLYGON, tuple(each for point in points for each in point))


def _numbers(value: Any, what: str, count: int | None = None) -> list[float]:
    if not isinstance(value, list) or (count is not None and len(value) != count):
        raise InvalidValue(f"must be {what}")
    if any(isinstance(each, bool) or not isinstance(each, int | float) or not math.isfinite(each) for each in value):
        raise InvalidValue(f"must be {what} of finite numbers")
    return [float(each) for each in value]


def _clipped(points: _Points, axis: int) -> _Points:
    """The part of a polygon where the coordinate is not negative (Sutherland and Hodgman's rule for one edge)."""
    kept: _Points = []
    for before, here in zip(points[-1:] + points[:-1], points, strict=True):
        if (before[axis] < 0) != (here[axis] < 0):
            weighed = here[axis] * before[1 - axis] - before[axis] * here[1 - axis]
            crossing = weighed / (here[axis] - before[axis])
            kept.append((0.0, crossing) if axis == 0 else (crossing, 0.0))
        if here[axis] >= 0:
            kept.append(here)
    return kept
