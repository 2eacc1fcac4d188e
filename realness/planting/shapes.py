"""Kinds that move pixels: shape, proportion, direction. Offsets fade with alpha, so there is no seam to see."""

import math

import numpy as np

from realness.planting.sampling import blur, soft_noise, warp
from realness.planting.site import Site


def warped(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Bend the shape: a swirl, waves, or uneven bulges, with the faint shading that bent surfaces have."""
    y, x, radius = _coordinates(site)
    size = site.area.extent
    push = site.between(0.07, 0.2) * size
    way = rng.choice(("swirl", "waves", "bulges"))
    if way == "swirl":
        turn = site.between(0.7, 2.2) * rng.choice((-1, 1)) * site.area.alpha
        down = x * np.sin(turn) + y * (np.cos(turn) - 1)
        right = x * (np.cos(turn) - 1) - y * np.sin(turn)
    elif way == "waves":
        angle, length = rng.uniform(0, np.pi), rng.uniform(0.22, 0.45) * size
        phase = rng.uniform(0, 2 * np.pi)
        along = np.sin((x * math.cos(angle) + y * math.sin(angle)) * 2 * np.pi / length + phase)
        down, right = push * 0.7 * along * math.cos(angle), -push * 0.7 * along * math.sin(angle)
    else:
        cell = max(6.0, rng.uniform(0.25, 0.45) * size)
        down = push * soft_noise(rng, radius.shape, cell)
        right = push * soft_noise(rng, radius.shape, cell)
    down, right = down * site.area.alpha, right * site.area.alpha
    folds = np.gradient(down, axis=0) + np.gradient(right, axis=1)
    shading = np.clip(blur(folds.astype(np.float32), 1.5), -1.2, 1.2) * site.between(3, 10)
    return warp(site.patch, down, right) + (shading * site.area.alpha)[..., None]


def stretched(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Wrong proportions: everything drawn out along one direction, or swollen, or pinched thin."""
    y, x, _ = _coordinates(site)
    angle = rng.uniform(0, np.pi)
    along = x * math.cos(angle) + y * math.sin(angle)
    across = y * math.cos(angle) - x * math.sin(angle)
    power = site.between(0.35, 0.75)
    pull, squeeze = rng.choice(((-power, power * 0.9), (-power, -power), (power * 1.3, power * 1.3), (-power, 0)))
    moved_along, moved_across = along * pull * site.area.alpha, across * squeeze * site.area.alpha
    down = moved_along * math.sin(angle) + moved_across * math.cos(angle)
    right = moved_along * math.cos(angle) - moved_across * math.sin(angle)
    return warp(site.patch, down, right)


def smeared(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Melted: texture drawn out along a bending direction, or running down in drips."""
    patch = site.textured(rng)
    shape = site.area.alpha.shape
    reach = site.between(8, 0.5 * min(80.0, site.area.extent) + 6)
    if rng.random() < 0.3:
        runs = np.abs(soft_noise(rng, (1, shape[1]), rng.uniform(5, 12))) + 0.2
        y, _, _ = _coordinates(site)
        drop = -reach * runs * np.clip((y + site.area.extent / 2) / site.area.extent, 0, 1)
        melted = warp(patch, drop.astype(np.float32), np.zeros(shape, dtype=np.float32))
        return site.mix(blur(melted, 1.0))
    angle = rng.uniform(0, 2 * np.pi) + 0.5 * soft_noise(rng, shape, 45)
    down, right = np.sin(angle).astype(np.float32), np.cos(angle).astype(np.float32)
    step = reach / 2
    while step >= 1:  # averaging with itself at halved steps draws a line of any length in few passes
        patch = 0.5 * (patch + warp(patch, down * step, right * step))
        step /= 2
    return site.mix(patch)


def garbled(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Texture that means nothing: scraps of it shuffled about, or its fine structure knotted up."""
    patch = site.textured(rng)
    shape = site.area.alpha.shape
    if rng.random() < 0.5:
        cell = rng.uniform(4, 8)
        push = site.between(3, 9)
        knotted = warp(patch, push * soft_noise(rng, shape, cell), push * soft_noise(rng, shape, cell))
        return site.mix(knotted + site.between(0.1, 0.6) * (knotted - blur(knotted, 2)))
    scrap = rng.uniform(6, 14)
    y, x, _ = _coordinates(site)
    wobble_y, wobble_x = soft_noise(rng, shape, 9) * 2.5, soft_noise(rng, shape, 9) * 2.5
    row = ((y + wobble_y - y.min()) / scrap).astype(np.int32) % 32
    column = ((x + wobble_x - x.min()) / scrap).astype(np.int32) % 32
    jumps = rng.uniform(-1, 1, (2, 32, 32)).astype(np.float32) * site.between(6, 26)
    shuffled = warp(patch, jumps[0][row, column], jumps[1][row, column])
    return site.mix(shuffled)


def broken_edge(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Edges that do not meet: strips slid along a cut against each other, so that lines run on beside themselves."""
    y, x, _ = _coordinates(site)
    angle = rng.uniform(0, np.pi)
    across = y * math.cos(angle) - x * math.sin(angle)
    across = across + soft_noise(rng, across.shape, 30) * 1.5
    gap = site.area.extent * rng.choice((0.35, 0.5, 4.0))  # two strips, three, or one cut
    strip = np.floor((across + rng.uniform(-0.15, 0.15) * site.area.extent) / gap).astype(np.int32)
    slides = rng.uniform(0.6, 1.0, 16) * np.resize((1, -1), 16) * rng.choice((-1, 1))
    slide = slides[strip % 16] * site.between(5, 14)
    # A faint step of light as well: in flat places a slide alone shows nothing.
    step = (slides[strip % 16] * site.between(2, 8)).astype(np.float32)
    fade = np.sqrt(site.area.alpha)
    moved = warp(site.patch, slide * math.sin(angle) * fade, slide * math.cos(angle) * fade)
    return moved + (step * site.area.alpha)[..., None]


def turned(site: Site, rng: np.random.Generator) -> np.ndarray:
    """A piece that stands the wrong way: turned by 20 to 180 degrees, or upside down."""
    y, x, _ = _coordinates(site)
    if rng.random() < 0.4 * site.strength:
        down, right = -2 * y, np.zeros_like(x)
    else:
        angle = math.radians(site.between(20, 150) + rng.uniform(0, 30)) * rng.choice((-1, 1))
        down = x * math.sin(angle) + y * (math.cos(angle) - 1)
        right = x * (math.cos(angle) - 1) - y * math.sin(angle)
    return site.mix(warp(site.textured(rng), down, right))


def _coordinates(site: Site) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Offsets down and right of each pixel from the middle of the mask, and their length, `(h, w)` float32."""
    alpha = site.area.alpha
    total = alpha.sum()
    rows, columns = np.arange(alpha.shape[0], dtype=np.float32), np.arange(alpha.shape[1], dtype=np.float32)
    y = np.broadcast_to((rows - (alpha.sum(axis=1) @ rows) / total)[:, None], alpha.shape)
    x = np.broadcast_to((columns - (alpha.sum(axis=0) @ columns) / total)[None, :], alpha.shape)
    return y, x, np.hypot(y, x)
