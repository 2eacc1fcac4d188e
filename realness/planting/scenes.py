"""Procedural scenes: ground, sky, things with surfaces. Not photographs, but endless variety for training."""

import numpy as np

from realness.planting.sampling import blur, smoothstep, soft_noise, to_uint8


def scene(rng: np.random.Generator, size: tuple[int, int] = (512, 384)) -> np.ndarray:
    """A made-up scene: a textured background, sometimes a horizon, and 4 to 14 shaded, textured things.

    Args:
        rng: the source of all chance.
        size: `(width, height)` in pixels.

    Returns:
        `(height, width, 3)` uint8 RGB.
    """
    width, height = size
    canvas = _surface(rng, (height, width))
    if rng.random() < 0.6:
        canvas = _with_horizon(rng, canvas)
    for _ in range(rng.integers(4, 15)):
        _add_thing(rng, canvas)
    if rng.random() < 0.5:
        canvas = blur(canvas, rng.uniform(0.5, 0.9))
    light = 1 + 0.12 * soft_noise(rng, (height, width), 0.7 * max(size))
    grain = rng.standard_normal((height, width, 1)).astype(np.float32) * rng.uniform(0.5, 4)
    return to_uint8(canvas * light[..., None] + grain)


def _with_horizon(rng: np.random.Generator, ground: np.ndarray) -> np.ndarray:
    height, width = ground.shape[:2]
    line = rng.uniform(0.25, 0.65) * height + soft_noise(rng, (1, width), rng.uniform(20, 150)) * rng.uniform(1, 14)
    below = smoothstep((np.arange(height, dtype=np.float32)[:, None] - line) / 2 + 0.5)[..., None]
    fall = np.linspace(1, 0, height, dtype=np.float32)[:, None, None]
    sky = _colour(rng) * fall + _colour(rng) * (1 - fall)
    sky = sky + 10 * soft_noise(rng, (height, width), rng.uniform(40, 160))[..., None]
    return (sky * (1 - below) + ground * below).astype(np.float32)


def _add_thing(rng: np.random.Generator, canvas: np.ndarray) -> None:
    height, width = canvas.shape[:2]
    half = rng.uniform(0.05, 0.24, 2) * min(height, width) + 4
    middle_y, middle_x = rng.uniform(0, height), rng.uniform(0, width)
    reach = 1.4 * half.max() + 2
    rows = slice(max(0, int(middle_y - reach)), min(height, int(middle_y + reach) + 1))
    columns = slice(max(0, int(middle_x - reach)), min(width, int(middle_x + reach) + 1))
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] - middle_y
    x = np.arange(columns.start, columns.stop, dtype=np.float32)[None, :] - middle_x
    turn = rng.uniform(0, np.pi)
    u, v = (x * np.cos(turn) + y * np.sin(turn)) / half[1], (y * np.cos(turn) - x * np.sin(turn)) / half[0]
    power = rng.choice((2.0, 2.0, 4.0, 12.0))
    radius = (np.abs(u) ** power + np.abs(v) ** power) ** (1 / power)
    inside = smoothstep((1 - radius) * half.min() / 1.5)[..., None]
    angle = rng.uniform(0, 2 * np.pi)
    shading = 1 + 0.35 * (u * np.cos(angle) + v * np.sin(angle)) - 0.2 * radius**2
    thing = _surface(rng, radius.shape) * shading[..., None]
    canvas[rows, columns] += (thing - canvas[rows, columns]) * inside


def _surface(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """A textured plane, `shape + (3,)` float32: rough, grained, striped, tiled, speckled or nearly plain."""
    first, second = _colour(rng), _colour(rng)
    second = first + (second - first) * rng.uniform(0.15, 0.8)
    materials = (_rough, _grained, _striped, _tiled, _speckled, _plain)
    share = materials[rng.integers(len(materials))](rng, shape)
    fine = soft_noise(rng, shape, rng.uniform(1.5, 4)) * rng.uniform(1, 7)
    return (first + (second - first) * share[..., None] + fine[..., None]).astype(np.float32)


def _rough(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    share = np.zeros(shape, dtype=np.float32)
    cell, weight = rng.uniform(30, 90), 0.5
    while cell > 2:
        share += weight * soft_noise(rng, shape, cell)
        cell, weight = cell / 2.3, weight * rng.uniform(0.55, 0.85)
    return np.clip(share + 0.5, -0.2, 1.2)


def _grained(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    along = _across(rng, shape) + 9 * soft_noise(rng, shape, rng.uniform(40, 110))
    return 0.5 + 0.5 * np.sin(along / rng.uniform(1.2, 4) + 2 * soft_noise(rng, shape, 25))


def _striped(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    wave = np.sin(_across(rng, shape) * 2 * np.pi / rng.uniform(8, 40))
    return smoothstep(wave * rng.uniform(1, 5) + 0.5)


def _tiled(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    tall = rng.uniform(8, 30)
    wide = tall * rng.uniform(1, 2.6)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    row = np.floor(y / tall)
    x = x + (row % 2) * wide * rng.choice((0.0, 0.5))
    near = np.minimum(np.minimum(y % tall, tall - y % tall), np.minimum(x % wide, wide - x % wide))
    tone = rng.uniform(0, 0.5, (64, 64)).astype(np.float32)[row.astype(int) % 64, (x // wide).astype(int) % 64]
    return tone + 0.6 * smoothstep(1.5 - near / rng.uniform(0.7, 1.6))


def _speckled(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    field = soft_noise(rng, shape, rng.uniform(3, 12))
    return smoothstep((field - rng.uniform(0.0, 1.0)) * rng.uniform(1, 5))


def _plain(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return 0.5 + 0.25 * soft_noise(rng, shape, rng.uniform(80, 200))


def _across(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    angle = rng.uniform(0, np.pi)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return (x * np.cos(angle) + y * np.sin(angle)).astype(np.float32)


def _colour(rng: np.random.Generator) -> np.ndarray:
    gray = rng.uniform(35, 220)
    return np.clip(gray + rng.normal(0, 32, 3), 5, 250).astype(np.float32)
