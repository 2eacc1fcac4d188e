"""Kinds that change a surface and leave shapes where they are."""

import numpy as np

from realness.planting.sampling import blur, box_mean, luma, soft_noise, warp
from realness.planting.site import Site


def plastic(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Over-smooth: fine texture gone, outlines kept, with the soft sheen of plastic."""
    patch = site.patch
    smooth = _guided(patch, round(site.between(3, 6)), site.between(250, 1500))
    smooth = _guided(smooth, round(site.between(3, 5)), site.between(250, 1200))
    gray = luma(smooth)[..., None]
    smooth = gray + (smooth - gray) * site.between(1.05, 1.3)
    sheen = np.clip(soft_noise(rng, patch.shape[:2], 0.45 * site.area.extent + 4), 0, 1.6)
    return site.mix(smooth + (sheen * site.between(6, 26))[..., None])


def misplaced_blur(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Out of focus where nothing else is."""
    return site.mix(blur(site.textured(rng), site.between(1.8, 6.5)))


def noisy(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Grain that the rest of the picture does not have: coloured or gray, fine or clumped."""
    height, width = site.area.alpha.shape
    channels = 3 if rng.random() < 0.6 else 1
    grain = rng.standard_normal((height, width, channels)).astype(np.float32)
    clump = rng.choice((0.0, 0.6, 1.0))
    if clump:
        grain = blur(grain, clump)
        grain /= grain.std()
    return site.mix(site.patch + grain * site.between(7, 28))


def pixelated(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Blocks, as from a picture enlarged or compressed too far."""
    patch = site.textured(rng)
    height, width = patch.shape[:2]
    block = round(site.between(4, 11))
    shift_y, shift_x = rng.integers(0, block, 2)
    fill_y, fill_x = -(height + shift_y) % block, -(width + shift_x) % block
    padded = np.pad(patch, ((shift_y, fill_y), (shift_x, fill_x), (0, 0)), "edge")
    rows, columns = padded.shape[0] // block, padded.shape[1] // block
    means = padded.reshape(rows, block, columns, block, 3).mean(axis=(1, 3))
    means += rng.standard_normal((rows, columns, 1)).astype(np.float32) * site.between(1, 4)
    blocks = np.repeat(np.repeat(means, block, axis=0), block, axis=1)
    blocks = blocks[shift_y : shift_y + height, shift_x : shift_x + width]
    return site.mix(blocks * 0.92 + patch * 0.08)


def oversharp(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Overly crisp: exaggerated local contrast with halos around edges."""
    patch = site.textured(rng)
    fine, wide = blur(patch, 1.0), blur(patch, rng.uniform(3, 6))
    sharp = patch + site.between(1.0, 3.0) * (patch - fine) + site.between(0.4, 1.5) * (patch - wide)
    return site.mix(sharp)


def painted(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Like a drawing: few flat colours with borders between them."""
    patch = site.textured(rng)
    flat = _guided(patch, 3, 400)
    steps = round(site.between(9, 4))
    levels = 255 / steps
    offset = rng.uniform(0, levels)
    flat = (np.floor((flat + offset) / levels) + 0.5) * levels - offset
    gray = luma(flat)[..., None]
    flat = blur(gray + (flat - gray) * site.between(1.1, 1.5), 0.6)
    return site.mix(patch + (flat - patch) * site.between(0.6, 1.0))


def gridded(site: Site, rng: np.random.Generator) -> np.ndarray:
    """A regular pattern over everything: the checkerboard or weave that upsampling networks leave."""
    height, width = site.area.alpha.shape
    period = rng.uniform(2.5, 8)
    angle = rng.choice((0.0, rng.uniform(0, np.pi)))
    y, x = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)[None, :]
    along = np.cos((x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / period))
    across = np.cos((y * np.cos(angle) - x * np.sin(angle)) * (2 * np.pi / period))
    pattern = (along * across, along, (along + across) / 2)[rng.integers(3)]
    tint = 1 + rng.normal(0, 0.25, 3).astype(np.float32)
    return site.mix(site.patch + pattern[..., None] * tint * site.between(7, 26))


def fringed(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Colour fringes: red and blue slid apart from green."""
    patch = site.textured(rng)
    angle, slide = rng.uniform(0, 2 * np.pi), site.between(1.6, 6)
    still = np.zeros(patch.shape[:2], dtype=np.float32)
    down, right = still + slide * np.sin(angle), still + slide * np.cos(angle)
    red, blue = warp(patch[..., :1], down, right), warp(patch[..., 2:], -down, -right)
    return site.mix(np.concatenate([red, patch[..., 1:2], blue], axis=2))


def _guided(patch: np.ndarray, radius: int, roughness: float) -> np.ndarray:
    """Smooth what varies less than `roughness` (a variance) and keep stronger edges (the guided filter on itself).

    He, Sun and Tang, "Guided Image Filtering", ECCV 2010, with the patch as its own guide.
    """
    width = 2 * radius + 1
    mean = box_mean(patch, width)
    variance = np.maximum(box_mean(patch * patch, width) - mean * mean, 0)
    gain = variance / (variance + np.float32(roughness))
    return box_mean(gain, width) * patch + box_mean(mean * (1 - gain), width)
