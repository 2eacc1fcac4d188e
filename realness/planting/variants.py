"""Other ways to make each kind, plainer and cruder ones, as another program would make them.

For training alone: what is learned is to be the kind, not one way of making it. The sample study and `bench locate`
never draw them.
"""

from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from scipy import ndimage

from realness.planting.sampling import blur, luma, resize, soft_noise, to_uint8, warp
from realness.planting.site import Effect, Site


def _filtered(patch: np.ndarray, by: ImageFilter.Filter | type[ImageFilter.Filter]) -> np.ndarray:
    return np.asarray(Image.fromarray(to_uint8(patch)).filter(by), dtype=np.float32)  # pyright: ignore[reportArgumentType]


def _odd(value: float) -> int:
    return 2 * round((value - 1) / 2) + 1


def _direction(rng: np.random.Generator, length: float) -> tuple[float, float]:
    angle = rng.uniform(0, 2 * np.pi)
    return length * np.sin(angle), length * np.cos(angle)


def _slid(patch: np.ndarray, down: float, right: float) -> np.ndarray:
    still = np.zeros(patch.shape[:2], dtype=np.float32)
    return warp(patch, still + down, still + right)


def _centred(site: Site) -> tuple[np.ndarray, np.ndarray]:
    height, width = site.area.alpha.shape
    y = np.arange(height, dtype=np.float32)[:, None] - height / 2
    x = np.arange(width, dtype=np.float32)[None, :] - width / 2
    return np.broadcast_to(y, (height, width)), np.broadcast_to(x, (height, width))


def speckles(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Single pixels black, white or coloured."""
    patch = site.patch
    hit = rng.random(patch.shape[:2]) < site.between(0.02, 0.2)
    dots = rng.choice((0.0, 255.0), (*patch.shape[:2], 1 if rng.random() < 0.5 else 3))
    return site.mix(np.where(hit[..., None], dots, patch).astype(np.float32))


def multiplied_grain(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Grain that goes with the light, or blotches of a few pixels."""
    grain = soft_noise(rng, site.area.alpha.shape, rng.uniform(1.2, 4))[..., None]
    return site.mix(site.patch * (1 + grain * site.between(0.05, 0.25)) + grain * site.between(3, 10))


def coarse_pixels(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Made small, and large again without smoothing."""
    patch = site.textured(rng)
    height, width = patch.shape[:2]
    block = site.between(2.5, 10)
    small = Image.fromarray(to_uint8(patch)).resize((max(1, round(width / block)), max(1, round(height / block))))
    return site.mix(np.asarray(small.resize((width, height), Image.Resampling.NEAREST), dtype=np.float32))


def compressed(site: Site, rng: np.random.Generator) -> np.ndarray:
    """JPEG at a quality that nobody would choose."""
    buffer = BytesIO()
    Image.fromarray(to_uint8(site.textured(rng))).save(buffer, format="JPEG", quality=round(site.between(12, 2)))
    return site.mix(np.asarray(Image.open(buffer).convert("RGB"), dtype=np.float32))


def motion_blur(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Blurred along a straight line, as of a moving camera."""
    patch = site.textured(rng)
    down, right = _direction(rng, 1.0)
    reach = site.between(4, 14)
    steps = np.linspace(-reach, reach, 9)
    return site.mix(np.mean([_slid(patch, down * step, right * step) for step in steps], axis=0))


def small_and_large(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Made small, and large again smoothly."""
    patch = site.textured(rng)
    height, width = patch.shape[:2]
    part = site.between(2.5, 8)
    return site.mix(resize(resize(patch, (max(2, round(height / part)), max(2, round(width / part)))), (height, width)))


def median(site: Site, rng: np.random.Generator) -> np.ndarray:
    """The median of each neighbourhood, perhaps with a polish."""
    smooth = _filtered(site.patch, ImageFilter.MedianFilter(_odd(site.between(5, 11))))
    gray = luma(smooth)[..., None]
    return site.mix(blur(smooth, 1.0) + (smooth - gray) * rng.uniform(0, 0.3) + rng.uniform(0, 8))


def flattened(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Fine detail taken down, the coarse left as it is."""
    patch = site.patch
    coarse = blur(patch, rng.uniform(3, 6))
    return site.mix(coarse + (patch - coarse) * site.between(0.25, 0.0))


def few_colours(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Reduced to a handful of colours."""
    picture = Image.fromarray(to_uint8(blur(site.textured(rng), 1.0)))
    return site.mix(np.asarray(picture.quantize(round(site.between(9, 3))).convert("RGB"), dtype=np.float32))


def oil(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Each place takes the brightest or the darkest of its neighbourhood, as broad strokes do."""
    by = ImageFilter.MaxFilter if rng.random() < 0.5 else ImageFilter.MinFilter
    size = _odd(site.between(3, 7))
    return site.mix(_filtered(_filtered(site.textured(rng), by(size)), ImageFilter.MedianFilter(5)))


def shuffled_tiles(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Square tiles put back in another order."""
    patch = site.textured(rng)
    tile = round(rng.uniform(6, 18))
    rows, columns = patch.shape[0] // tile, patch.shape[1] // tile
    if rows * columns < 2:
        return site.mix(patch[::-1])
    whole = patch[: rows * tile, : columns * tile].reshape(rows, tile, columns, tile, 3).swapaxes(1, 2)
    flat = whole.reshape(rows * columns, tile, tile, 3).copy()
    moved = rng.permutation(len(flat))[: max(2, round(len(flat) * site.between(0.5, 1.0)))]
    flat[moved] = flat[rng.permutation(moved)]
    result = patch.copy()
    result[: rows * tile, : columns * tile] = (
        flat.reshape(rows, columns, tile, tile, 3).swapaxes(1, 2).reshape(rows * tile, columns * tile, 3)
    )
    return site.mix(result)


def scattered(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Each pixel from anywhere near it."""
    reach = site.between(3, 12)
    down, right = (rng.uniform(-reach, reach, site.area.alpha.shape) for _ in range(2))
    return site.mix(blur(warp(site.textured(rng), down, right), 0.6))


def dragged(site: Site, rng: np.random.Generator) -> np.ndarray:
    """One line of pixels drawn out over the rest."""
    patch = site.textured(rng)
    across = rng.random() < 0.5
    size = patch.shape[1] if across else patch.shape[0]
    at = round(size * rng.uniform(0.2, 0.8))
    kept = np.arange(size)
    pulled = np.where(kept > at, at + (kept - at) * site.between(0.35, 0.02), kept).astype(np.int64)
    return site.mix(patch[:, pulled] if across else patch[pulled])


def channels_apart(site: Site, rng: np.random.Generator) -> np.ndarray:
    """One channel of the three slid by some pixels."""
    patch = site.textured(rng).copy()
    which = int(rng.integers(3))
    patch[..., which] = _slid(patch[..., which : which + 1], *_direction(rng, site.between(2, 9)))[..., 0]
    return site.mix(patch)


def rippled(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Rows or columns that sway, or rings as on water."""
    y, x = _centred(site)
    push, length = site.between(3, 10), rng.uniform(12, 45)
    if rng.random() < 0.35:
        radius = np.hypot(y, x) + 1e-3
        wave = push * np.sin(radius * (2 * np.pi / length))
        return site.mix(warp(site.patch, wave * y / radius, wave * x / radius))
    wave = push * np.sin((y if rng.random() < 0.5 else x) * (2 * np.pi / length) + rng.uniform(0, 6.3))
    other = push * np.sin((x + y) * (1.4 * np.pi / length)) if rng.random() < 0.4 else 0 * wave
    return site.mix(warp(site.patch, other, wave) if rng.random() < 0.5 else warp(site.patch, wave, other))


def lens(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Swollen as through a lens, or sucked in."""
    y, x = _centred(site)
    radius = np.clip(np.hypot(y, x) / (0.5 * site.area.extent + 1), 0, 1)
    bend = site.between(0.35, 0.9) * (1 - radius**2) * rng.choice((-1, 1))
    return site.mix(warp(site.patch, -y * bend, -x * bend))


def scaled(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Drawn larger or smaller along one side, or both, all over the place."""
    y, x = _centred(site)
    factor = 1 / site.between(1.3, 2.2) if rng.random() < 0.6 else site.between(1.25, 1.9)
    sides = (1, 0) if (way := rng.random()) < 0.35 else (0, 1) if way < 0.7 else (1, 1)
    return site.mix(warp(site.patch, sides[0] * y * (factor - 1), sides[1] * x * (factor - 1)))


def sheared(site: Site, rng: np.random.Generator) -> np.ndarray:
    """One half slid along a straight cut, or everything moved a little to the side."""
    y, x = _centred(site)
    slide = site.between(6, 22) * rng.choice((-1, 1))
    half = (x if rng.random() < 0.5 else y) > rng.uniform(-0.2, 0.2) * site.area.extent
    moved = np.where(half if rng.random() < 0.7 else np.ones_like(half), slide, 0).astype(np.float32)
    nothing = np.zeros_like(moved)
    return site.mix(warp(site.patch, moved, nothing) if rng.random() < 0.5 else warp(site.patch, nothing, moved))


def flipped(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Mirrored, upside down, or on its side."""
    patch = site.textured(rng)
    way = rng.integers(4)
    if way == 3:
        return site.mix(resize(np.rot90(patch, rng.choice((1, 3))), patch.shape[:2]))
    return site.mix((patch[:, ::-1], patch[::-1], patch[::-1, ::-1])[way])


def hard_edges(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Edges pulled up by an unsharp mask, or the contrast of every neighbourhood."""
    patch = site.textured(rng)
    if rng.random() < 0.5:
        by = ImageFilter.UnsharpMask(rng.uniform(1, 4), round(site.between(150, 420)), 0)
        return site.mix(_filtered(patch, by))
    mean = blur(patch, rng.uniform(5, 12))
    spread = np.sqrt(np.maximum(blur((patch - mean) ** 2, 8), 4))
    return site.mix(patch + ((patch - mean) / spread * 48 + mean - patch) * site.between(0.4, 1.0))


def lines(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Thin lines or dots at even distances."""
    height, width = site.area.alpha.shape
    period = int(rng.integers(3, 12))
    rows, columns = (np.arange(height) % period == 0)[:, None], (np.arange(width) % period == 0)[None, :]
    drawn = (rows | columns, rows | (columns & False), columns | (rows & False), rows & columns)[rng.integers(4)]
    if period < 5 and rng.random() < 0.5:
        drawn = (np.arange(height)[:, None] // (period - 1) + np.arange(width)[None, :] // (period - 1)) % 2 == 0
    return site.mix(site.patch + drawn[..., None] * np.float32(site.between(14, 60) * rng.choice((-1, 1))))


def cloned(site: Site, rng: np.random.Generator) -> np.ndarray:
    """What lies beside it shown again, at the same size and light."""
    height, width = site.area.alpha.shape
    full_y, full_x = site.photograph.shape[:2]
    down, right = _direction(rng, site.area.extent * rng.uniform(0.6, 1.3))
    y = int(np.clip(site.area.rows.start + down, 0, full_y - height))
    x = int(np.clip(site.area.columns.start + right, 0, full_x - width))
    return site.mix(site.photograph[y : y + height, x : x + width].astype(np.float32))


def dropped_in(site: Site, rng: np.random.Generator) -> np.ndarray:
    """A piece from elsewhere, as it is, or turned and in other colours."""
    piece = site.elsewhere(rng, 0.5, 2.0)
    if rng.random() < 0.5:
        piece = piece[..., rng.permutation(3)] * rng.uniform(0.7, 1.3)
    return site.mix(piece)


def see_through(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Another part laid over it, evenly transparent."""
    patch = site.patch
    return site.mix(patch + (site.elsewhere(rng, 0.7, 1.4) - patch) * site.between(0.35, 0.6))


def echoes(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Several faint copies in a row."""
    patch = site.textured(rng)
    down, right = _direction(rng, site.between(4, 9))
    copies = [_slid(patch, down * number, right * number) for number in range(int(rng.integers(2, 4)))]
    return site.mix(np.mean(copies, axis=0))


def filled(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Covered with one colour, that of the rim or any."""
    patch, alpha = site.patch, site.area.alpha
    rim = patch[alpha <= 0]
    colour = rim.mean(axis=0) if len(rim) and rng.random() < 0.7 else rng.uniform(20, 235, 3)
    fade = 4 * soft_noise(rng, alpha.shape, 0.5 * site.area.extent + 4)[..., None]
    return site.mix(patch + (colour + fade - patch).astype(np.float32) * site.between(0.75, 1.0))


def false_words(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Rows of real letters that make no words."""
    height, width = site.area.alpha.shape
    page = Image.new("L", (width, height))
    draw, tall = ImageDraw.Draw(page), rng.uniform(10, 26)
    font = ImageFont.load_default(tall)
    for top in np.arange(rng.uniform(-0.5, 0) * tall, height, tall * rng.uniform(1.0, 1.4)):
        letters = rng.integers(33, 123, max(1, int(2.2 * width / tall)))
        text = "".join(" " if rng.random() < 0.15 else chr(letter) for letter in letters)
        draw.text((0, top), text, fill=255, font=font)
    ink = np.asarray(page, dtype=np.float32)[..., None] / 255
    patch = site.patch
    light = float(luma(patch).mean()) < 120
    colour = np.clip((225 if light else 30) + rng.normal(0, 35, 3), 0, 255).astype(np.float32)
    return site.mix(patch + (colour - patch) * ink * site.between(0.55, 1.0))


def other_colour(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Another gamma, hue, saturation or brightness."""
    values = np.clip(site.patch, 0, 255) / 255
    way = rng.integers(4)
    if way == 0:
        values = values ** (site.between(1.25, 2.2) if rng.random() < 0.5 else site.between(0.8, 0.45))
    elif way == 1:
        values = values + (values[..., [1, 2, 0]] - values) * site.between(0.4, 1.0)
    elif way == 2:
        gray = (values @ np.asarray((0.299, 0.587, 0.114), dtype=np.float32))[..., None]
        values = gray + (values - gray) * (site.between(0.4, 0.0) if rng.random() < 0.5 else site.between(1.6, 2.6))
    else:
        values = values + rng.normal(0, 0.3, 3).astype(np.float32) * site.between(0.5, 1.0)
    return site.mix(np.clip(values, 0, 1).astype(np.float32) * 255)


def light_spot(site: Site, rng: np.random.Generator) -> np.ndarray:
    """A light that falls on this place alone, brighter towards one side."""
    y, x = _centred(site)
    down, right = _direction(rng, 1 / max(site.area.extent, 1.0))
    fall = np.clip(0.6 + y * down + x * right, 0.1, 1.2)[..., None]
    glow = np.asarray((1.0, rng.uniform(0.75, 1.0), rng.uniform(0.5, 1.0)), dtype=np.float32)
    return site.mix(site.patch + fall * glow * site.between(25, 90))


def hard_shadow(site: Site, rng: np.random.Generator) -> np.ndarray:
    """Evenly dark, with an edge as sharp as the mask's."""
    return site.mix(site.patch * site.between(0.75, 0.3) - rng.uniform(0, 6))


def striped_shadow(site: Site, rng: np.random.Generator) -> np.ndarray:
    """A shadow across the place, or the shadow of bars."""
    y, x = _centred(site)
    angle, width = rng.uniform(0, np.pi), rng.uniform(0.5, 1.2) * site.area.extent
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / width) + rng.uniform(0, 6.3))
    dark = ndimage.gaussian_filter((wave > -0.3).astype(np.float32), rng.uniform(0.6, 4))
    return site.mix(site.patch * (1 - dark[..., None] * site.between(0.3, 0.7)))


VARIANTS: dict[str, tuple[Effect, ...]] = {
    "warped": (rippled, lens),
    "stretched": (scaled,),
    "smeared": (dragged, motion_blur),
    "garbled": (shuffled_tiles, scattered),
    "broken_edge": (sheared,),
    "turned": (flipped,),
    "plastic": (median, flattened),
    "misplaced_blur": (motion_blur, small_and_large),
    "noisy": (speckles, multiplied_grain),
    "pixelated": (coarse_pixels, compressed),
    "oversharp": (hard_edges,),
    "painted": (few_colours, oil),
    "gridded": (lines,),
    "fringed": (channels_apart,),
    "duplicated": (cloned,),
    "pasted": (dropped_in,),
    "merged": (see_through,),
    "ghosted": (echoes,),
    "erased": (filled,),
    "lettering": (false_words,),
    "mismatched_light": (other_colour, light_spot),
    "shadow": (hard_shadow, striped_shadow),
}
"""By kind."""
