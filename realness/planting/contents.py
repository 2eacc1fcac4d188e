"""Kinds that put something where it does not belong: copies, pastes, foreign light."""

import numpy as np
from PIL import Image

from realness.planting.sampling import blur, luma, smoothstep, soft_noise, warp
from realness.planting.site import Site

_CASTS = ((1.2, 1.0, 0.76), (0.78, 0.97, 1.2), (0.9, 1.06, 0.86), (1.1, 0.88, 1.08), (1.18, 1.08, 0.76))


def duplicated(site: Site, rng: np.random.Generator) -> np.ndarray:
    """The same thing twice: a neighbouring part shown again, or one piece repeated side by side."""
    patch = site.patch
    if rng.random() < 0.5:
        return site.mix(patch + (_tiled(site, rng) - patch) * site.between(0.75, 1.0))
    copy = _beside(site, rng)
    level = blur(patch, 0.3 * site.area.extent + 1) - blur(copy, 0.3 * site.area.extent + 1)
    return site.mix(copy + site.between(0.75, 0.1) * level)


def pasted(site: Site, rng: np.random.Generator) -> np.ndarray:
    """A piece of another part of the picture, at another scale and light, with the halo of a poor cut-out."""
    piece = site.elsewhere(rng, 0.6, 1.7) * rng.uniform(0.85, 1.2) + rng.uniform(-12, 12)
    hard = smoothstep(site.area.alpha / site.between(0.7, 0.3))[..., None]
    rim = (4 * site.area.alpha * (1 - site.area.alpha))[..., None]
    patch = site.patch
    halo = rng.choice((-1, 1)) * site.between(8, 34)
    return patch + (piece - patch) * hard + halo * rim


def merged(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Things that run into each other: another part shows through, half transparent, as in a failed transition."""
    patch = site.patch
    other = _beside(site, rng) if rng.random() < 0.6 else site.elsewhere(rng, 0.8, 1.3)
    share = np.clip(0.5 + 0.22 * soft_noise(rng, patch.shape[:2], 0.35 * site.area.extent + 4), 0.2, 0.8)[..., None]
    blend = patch * (1 - share) + other * share
    return patch + (blend - patch) * (site.area.alpha * site.between(0.7, 1.0))[..., None]


def ghosted(site: Site, rng: np.random.Generator) -> np.ndarray:
    """A double image: everything shown a second time, faintly and a little beside itself."""
    patch = site.textured(rng)
    angle, away = rng.uniform(0, 2 * np.pi), site.between(5, 0.1 * site.area.extent + 6)
    still = np.zeros(patch.shape[:2], dtype=np.float32)
    copy = warp(patch, still + away * np.sin(angle), still + away * np.cos(angle))
    return site.mix(patch + (copy - patch) * site.between(0.35, 0.55))


def erased(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Something taken out and badly filled: what lies around it, drawn in without any detail."""
    patch, alpha = site.patch, site.area.alpha
    outside = (alpha <= 0).astype(np.float32)[..., None] + 1e-3
    filled, size = patch, site.area.extent
    for reach in (0.3, 0.12):
        around = blur(patch * outside, reach * size + 2) / blur(outside, reach * size + 2)
        filled = around if filled is patch else 0.6 * filled + 0.4 * around
    grain = rng.standard_normal(filled.shape[:2]).astype(np.float32)[..., None]
    hard = smoothstep(alpha / site.between(0.6, 0.25))[..., None]
    return patch + (filled + grain * rng.uniform(0, 3) - patch) * hard * site.between(0.8, 1.0)


def lettering(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Writing that cannot be read: rows of strokes that are almost letters."""
    height, width = site.area.alpha.shape
    tall = rng.uniform(9, 22)
    rows, columns = int(height / tall / 1.35) + 1, int(width / tall / 0.8) + 1
    strokes = rng.random((rows, 5, columns, 3)) < 0.55
    strokes &= rng.random((rows, 1, columns, 1)) > 0.12  # spaces between words
    cells = np.zeros((rows, 7, columns, 4), dtype=np.float32)
    cells[:, 1:6, :, :3] = strokes
    page = Image.fromarray(cells.reshape(rows * 7, columns * 4) * 255).resize((width, height), Image.Resampling.BICUBIC)
    ink = smoothstep((np.asarray(page, dtype=np.float32) / 255 - 0.3) * 2.5)
    y, x = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)[None, :]
    wobble = soft_noise(rng, (height, width), tall)
    ink = warp(ink[..., None], 1.5 * wobble + (x - width / 2) * rng.uniform(-0.15, 0.15), 1.5 * wobble + 0 * y)
    patch = site.patch
    light = float(luma(patch)[site.area.alpha > 0].mean()) < rng.uniform(90, 150)
    colour = np.clip((225 if light else 30) + rng.normal(0, 30, 3), 0, 255).astype(np.float32)
    return patch + (colour - patch) * ink * (site.area.alpha > 0.15)[..., None] * site.between(0.45, 0.95)


def mismatched_light(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Light or colour from another scene: too bright, too dark, or with a cast."""
    patch = site.patch
    way = rng.choice(("light", "cast", "both"))
    gain = np.ones(3, dtype=np.float32)
    if way != "cast":
        gain *= 1 + site.between(0.18, 0.5) if rng.random() < 0.5 else 1 - site.between(0.18, 0.45)
    if way != "light":
        cast = np.asarray(_CASTS[rng.integers(len(_CASTS))], dtype=np.float32)
        gain *= 1 + (cast - 1) * site.between(0.5, 1.15)
    # Dark places hardly show a factor, so some of the light is added.
    lifted = patch * gain + (gain - 1) * 28
    if way != "light" and rng.random() < 0.5:
        gray = luma(lifted)[..., None]
        lifted = gray + (lifted - gray) * rng.uniform(1.05, 1.3)
    return site.mix(lifted)


def shadow(site: Site, rng: np.random.Generator) -> np.ndarray:
    """A shadow that nothing casts: dark, a little blue, sharper on one side."""
    patch = site.patch
    alpha = site.area.alpha
    angle = rng.uniform(0, 2 * np.pi)
    height, width = alpha.shape
    y, x = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    fall = smoothstep(0.75 + 0.7 * (x * np.cos(angle) + y * np.sin(angle)))
    dark = site.between(0.3, 0.72) * (0.45 + 0.55 * fall)[..., None]
    tint = np.asarray((1.0, 0.95, 0.85), dtype=np.float32)
    depth = smoothstep(alpha * rng.uniform(1.0, 2.5))[..., None]
    return patch - (patch + 10) * dark * tint * depth


def _beside(site: Site, rng: np.random.Generator) -> np.ndarray:
    """The part of the photograph one diameter away in some direction: of eight directions a lively one."""
    height, width = site.area.alpha.shape
    full_y, full_x = site.photograph.shape[:2]
    top, left = site.area.rows.start, site.area.columns.start
    best, liveliest = site.patch, -1.0
    away = site.area.extent * rng.uniform(0.7, 1.25)
    for angle in rng.uniform(0, 2 * np.pi) + np.arange(8) * np.pi / 4:
        down, right = round(away * np.sin(angle)), round(away * np.cos(angle))
        y = int(np.clip(top + down, 0, full_y - height))
        x = int(np.clip(left + right, 0, full_x - width))
        cut = site.photograph[y : y + height, x : x + width]
        moved = min(1.0, np.hypot(y - top, x - left) / away)
        lively = (float(cut[::3, ::3, 1].std()) + 1) * moved * rng.uniform(0.6, 1.4)
        if lively > liveliest:
            best, liveliest = cut, lively
    return best.astype(np.float32)


def _tiled(site: Site, rng: np.random.Generator) -> np.ndarray:
    """One piece of the patch repeated along a direction, every other one mirrored or not."""
    patch = site.textured(rng)
    height, width = patch.shape[:2]
    piece = max(6, round(site.area.extent * rng.uniform(0.28, 0.5)))
    rows, columns = np.arange(height), np.arange(width)
    across = rng.random() < 0.6
    line = columns if across else rows
    start = (len(line) - piece) // 2
    fold = np.abs((line - start) % (2 * piece) - piece + 0.5) if rng.random() < 0.25 else (line - start) % piece
    source = np.clip(start + fold.astype(np.int64), 0, len(line) - 1)
    tiled = patch[:, source] if across else patch[source]
    if rng.random() < 0.35:  # both ways: a pattern
        other = rows if across else columns
        middle = (len(other) - piece) // 2
        source = np.clip(middle + (other - middle) % piece, 0, len(other) - 1)
        tiled = tiled[source] if across else tiled[:, source]
    return blur(tiled, 0.6)
