"""Small array tools of the kinds: bilinear warps, soft noise, blurs. Patches are `(h, w, 3)` float32, 0-255."""

import numpy as np
from PIL import Image
from scipy import ndimage


def warp(patch: np.ndarray, down: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Sample `patch` at each pixel moved by `(down, right)` pixels, bilinearly, clamped at the edges.

    Args:
        patch: `(h, w, c)` float32.
        down: `(h, w)` offsets in pixels.
        right: `(h, w)` offsets in pixels.
    """
    height, width = patch.shape[:2]
    y = np.clip(np.arange(height, dtype=np.float32)[:, None] + down.astype(np.float32), 0, height - 1)
    x = np.clip(np.arange(width, dtype=np.float32)[None, :] + right.astype(np.float32), 0, width - 1)
    top, left = np.floor(y), np.floor(x)
    fy, fx = (y - top)[..., None], (x - left)[..., None]  # float32, which halves the time
    top, left = top.astype(np.int32) * width, left.astype(np.int32)
    bottom, beside = np.minimum(top + width, (height - 1) * width), np.minimum(left + 1, width - 1)
    flat = patch.reshape(height * width, -1)
    upper, lower = flat[top + left], flat[bottom + left]
    upper += (flat[top + beside] - upper) * fx
    lower += (flat[bottom + beside] - lower) * fx
    upper += (lower - upper) * fy
    return upper


def soft_noise(rng: np.random.Generator, shape: tuple[int, int], cell: float) -> np.ndarray:
    """Smooth random field, `shape` float32, of standard deviation near 1 and details of about `cell` pixels."""
    height, width = shape
    rows, columns = max(2, round(height / cell) + 2), max(2, round(width / cell) + 2)
    coarse = rng.standard_normal((rows, columns)).astype(np.float32)
    resized = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(resized, dtype=np.float32) * 1.3


def blur(patch: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian-like blur over the first two axes; three box filters, so the time does not grow with `sigma`."""
    if sigma < 1.2:
        return ndimage.gaussian_filter(patch, sigma, truncate=3, axes=(0, 1))
    width = 2 * round((float(np.sqrt(4 * sigma**2 + 1)) - 1) / 2) + 1  # odd, so that nothing shifts
    for _ in range(3):
        patch = box_mean(patch, width)
    return patch


def box_mean(values: np.ndarray, width: int) -> np.ndarray:
    """Mean over a `width` x `width` box around each pixel, on the first two axes."""
    return ndimage.uniform_filter1d(ndimage.uniform_filter1d(values, width, axis=0), width, axis=1)


def resize(patch: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Resize a 0-255 patch to `shape` (height, width), bilinearly with anti-aliasing."""
    picture = Image.fromarray(to_uint8(patch))
    return np.asarray(picture.resize((shape[1], shape[0]), Image.Resampling.BILINEAR), dtype=np.float32)


def to_uint8(patch: np.ndarray) -> np.ndarray:
    """Round to 0-255."""
    return np.clip(np.rint(patch), 0, 255).astype(np.uint8)


def luma(patch: np.ndarray) -> np.ndarray:
    """Brightness `(h, w)` of an RGB patch (Rec. 601)."""
    return patch @ np.asarray((0.299, 0.587, 0.114), dtype=np.float32)


def smoothstep(values: np.ndarray) -> np.ndarray:
    """0 below 0, 1 above 1, and smooth between."""
    clipped = np.clip(values, 0, 1)
    return clipped * clipped * (3 - 2 * clipped)
