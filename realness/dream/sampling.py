"""Maps at other sizes: at the image's pixels, or small enough to keep. Needs no torch."""

from dataclasses import replace

import numpy as np
from PIL import Image

from realness.domain import RealnessMap

MAX_GRID = 512
"""Longest side of a map that is kept."""


def values_at_pixels(found: RealnessMap) -> np.ndarray:
    """The combined map at the image's own pixels, bilinear: `(H, W)` float32, higher = more realistic."""
    return resized(found.values, found.size, Image.Resampling.BILINEAR)


def to_keep(found: RealnessMap) -> RealnessMap:
    """The map with its grid averaged down to at most `MAX_GRID` on the long side."""
    height, width = found.values.shape
    scale = MAX_GRID / max(height, width)
    if scale >= 1:
        return found
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    layers = [resized(layer, size, Image.Resampling.BOX) for layer in found.layers]
    return replace(
        found,
        values=resized(found.values, size, Image.Resampling.BOX),
        raw=resized(found.raw, size, Image.Resampling.BOX),
        layers=np.stack(layers) if layers else np.empty((0, size[1], size[0]), np.float32),
    )


def resized(values: np.ndarray, size: tuple[int, int], how: Image.Resampling) -> np.ndarray:
    """`(h, w)` values at `size` = (width, height), float32."""
    if size == values.shape[::-1]:
        return values.astype(np.float32)
    return np.asarray(Image.fromarray(values.astype(np.float32)).resize(size, how), np.float32)


def fitted(unreal: np.ndarray, longest: int) -> np.ndarray:
    """A mask or heat map `(h, w)` at most `longest` on the long side, float32.

    A mask (bool) stays one, of 0 and 1, and no mark in it is lost.
    """
    height, width = unreal.shape
    scale = min(1.0, longest / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = resized(unreal.astype(np.float32), size, Image.Resampling.BOX)
    if unreal.dtype != bool:
        return small
    mask = small >= 0.5
    return (mask if mask.any() else small > 0).astype(np.float32)
