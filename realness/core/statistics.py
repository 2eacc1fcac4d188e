"""Statistics of an image's pixels: what photographs have in common and generated images often miss.

Natural-scene statistics (BRISQUE, Mittal et al. 2012), texture (local binary patterns), residuals (SPAM, Pevny et al.
2010), gradients, colour, spectrum, compression, sharpness and layout. They know nothing of what an image shows.
"""

from functools import cache
from typing import Any

import numpy as np
from PIL import Image
from scipy import fft, ndimage
from scipy.special import gamma
from skimage.color import rgb2lab
from skimage.feature import local_binary_pattern, structure_tensor, structure_tensor_eigenvalues

STATISTICS_VERSION = 1
"""Goes up when the same pixels would give other numbers."""
LONG_SIDE = 512
"""Pixels: larger images are made smaller first, so that numbers mean the same at every size."""
_TINY = 1e-6


def image_statistics(pixels: np.ndarray) -> np.ndarray:
    """All statistics of an image, always as many and in the same order.

    Args:
        pixels: `(H, W, 3)` uint8 RGB.

    Returns:
        `(n,)` float32, finite.
    """
    pixels = _sized(pixels)
    colours = pixels.astype(np.float32)
    luma = colours @ np.array([0.299, 0.587, 0.114], np.float32)
    scales = [luma, _halved(luma), _halved(_halved(luma))]
    found = [
        *(_natural_scene(each) for each in scales),
        *(_gradients(each) for each in scales),
        *(_patterns(each) for each in scales),
        *(_structure(each) for each in scales[:2]),
        _chroma(colours, luma),
        _residuals(luma),
        _residuals(colours[..., 0] - colours[..., 1]),
        _colour(colours),
        _tones(luma),
        _spectrum(luma),
        _blocks(luma),
        _sharpness(luma),
        _layout(colours, luma),
    ]
    return np.nan_to_num(np.concatenate(found)).astype(np.float32)


def _sized(pixels: np.ndarray) -> np.ndarray:
    """At most `LONG_SIDE` on the long side, and at least 64 pixels on both, so that every statistic exists."""
    height, width = pixels.shape[:2]
    scale = min(1.0, LONG_SIDE / max(height, width))
    size = (max(64, round(width * scale)), max(64, round(height * scale)))
    if size == (width, height):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def _halved(luma: np.ndarray) -> np.ndarray:
    height, width = (side // 2 * 2 for side in luma.shape)
    return luma[:height, :width].reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))


@cache
def _gaussian_shapes() -> tuple[np.ndarray, np.ndarray]:
    """Shapes of generalised Gaussians, and their ratios of mean absolute value squared to variance, which rise."""
    shapes = np.arange(0.15, 10, 0.005)
    return shapes, gamma(2 / shapes) ** 2 / (gamma(1 / shapes) * gamma(3 / shapes))


def _shape(values: np.ndarray) -> float:
    """The shape of the generalised Gaussian with the same moments: 2 is a Gaussian, less has heavier tails."""
    shapes, ratios = _gaussian_shapes()
    ratio = float(np.abs(values).mean() ** 2 / (np.square(values).mean() + _TINY))
    return float(np.interp(ratio, ratios, shapes))


def _skew(values: np.ndarray) -> float:
    """The skewness; 0 where all values are alike."""
    return _moment(values, 3)


def _tails(values: np.ndarray) -> float:
    """The excess kurtosis; 0 for a Gaussian, and where all values are alike."""
    fourth = _moment(values, 4)
    return fourth - 3 if fourth else 0.0


def _moment(values: np.ndarray, power: int) -> float:
    centred = values.astype(float) - values.mean(dtype=float)
    deviation = np.sqrt(np.square(centred).mean())
    return float(((centred / deviation) ** power).mean()) if deviation > _TINY else 0.0


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's; 0 where one of the two is constant."""
    one, other = (each.ravel().astype(float) - each.mean(dtype=float) for each in (one, other))
    spread = np.sqrt(np.square(one).mean() * np.square(other).mean())
    return float((one * other).mean() / spread) if spread > _TINY else 0.0


def _asymmetric(values: np.ndarray) -> list[float]:
    """Shape, mean, and deviations left and right of an asymmetric generalised Gaussian, by its moments."""
    negative, positive = values[values < 0], values[values > 0]
    left = float(np.sqrt(np.square(negative).mean())) if negative.size else 0.0
    right = float(np.sqrt(np.square(positive).mean())) if positive.size else 0.0
    tilt = left / (right + _TINY)
    ratio = float(np.abs(values).mean() ** 2 / (np.square(values).mean() + _TINY))
    shapes, ratios = _gaussian_shapes()
    shape = float(np.interp(ratio * (tilt**3 + 1) * (tilt + 1) / (tilt**2 + 1) ** 2, ratios, shapes))
    mean = (right - left) * float(gamma(2 / shape) / np.sqrt(gamma(1 / shape) * gamma(3 / shape)))
    return [shape, mean, left, right]


def _normalised(plane: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean-subtracted, contrast-normalised values, and the local deviation that they were divided by."""
    mean = ndimage.gaussian_filter(plane, 7 / 6, truncate=3)
    deviation = np.sqrt(np.abs(ndimage.gaussian_filter(plane * plane, 7 / 6, truncate=3) - mean * mean))
    return (plane - mean) / (deviation + 1), deviation


def _natural_scene(luma: np.ndarray) -> np.ndarray:
    values, deviation = _normalised(luma)
    found = [_shape(values), values.std(), _skew(values), _tails(values)]
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        found += _asymmetric(values * np.roll(values, (down, right), (0, 1)))
    logs = np.log(deviation + 1)
    found += [logs.mean(), logs.std(), _skew(logs), *np.percentile(logs, (5, 25, 75, 95))]
    return np.array(found)


def _gradients(luma: np.ndarray) -> np.ndarray:
    derivative: Any = ndimage.gaussian_filter
    down, right = derivative(luma, 0.7, order=(1, 0)), derivative(luma, 0.7, order=(0, 1))
    strength = np.hypot(down, right)
    logs = np.log(strength + 0.5)
    angles = np.arctan2(down, right) % np.pi
    turns, _ = np.histogram(angles, bins=8, range=(0, np.pi), weights=strength)
    turns = turns / (turns.sum() + _TINY)
    strong = np.sort(turns)[::-1]
    found = [_shape(down), _shape(right), np.log(down.std() + 0.1), np.log(right.std() + 0.1), logs.mean(), logs.std()]
    found += [_skew(logs), _tails(logs), *np.percentile(logs, (10, 50, 90, 99))]
    return np.array([*found, *turns, strong[0] - strong[-1], -(turns * np.log(turns + _TINY)).sum()])


def _patterns(luma: np.ndarray) -> np.ndarray:
    """Uniform local binary patterns: their histogram, and the same where the contrast is strong."""
    codes = local_binary_pattern(luma.astype(np.uint8), 8, 1, "uniform")
    contrast = ndimage.uniform_filter(np.abs(luma - ndimage.uniform_filter(luma, 3)), 3)
    plain = np.bincount(codes.ravel().astype(int), minlength=10)
    weighted = np.bincount(codes.ravel().astype(int), weights=contrast.ravel(), minlength=10)
    return np.concatenate([np.sqrt(plain / plain.sum()), np.sqrt(weighted / (weighted.sum() + _TINY))])


def _structure(luma: np.ndarray) -> np.ndarray:
    """How much places have one direction: lines and hair against foam and noise."""
    tensor: Any = structure_tensor
    great, small = structure_tensor_eigenvalues(tensor(luma, sigma=1.5))
    coherence = (great - small) / (great + small + 1)
    energy = np.log(great + small + 1)
    tied = _correlation(np.asarray(coherence), np.asarray(energy))
    return np.array([coherence.mean(), coherence.std(), *np.percentile(coherence, (10, 50, 90)), tied])


def _chroma(colours: np.ndarray, luma: np.ndarray) -> np.ndarray:
    """Natural-scene statistics of two opponent planes at two scales, and how they follow the luma."""
    found: list[float] = []
    for plane in (colours[..., 0] - colours[..., 1], colours[..., 2] - luma):
        for each, light in ((plane, luma), (_halved(plane), _halved(luma))):
            values, deviation = _normalised(each)
            bright, contrast = _normalised(light)
            logs, lights = np.log(deviation + 1), np.log(contrast + 1)
            found += [_shape(values), float(values.std()), float(_tails(values))]
            found += [float(logs.mean()), float(logs.std()), float((values * bright).mean())]
            found.append(float(((logs - logs.mean()) * (lights - lights.mean())).mean()))
    return np.array(found)


def _residuals(plane: np.ndarray) -> np.ndarray:
    """How differences of neighbours follow each other (Markov transitions, truncated at 2), along and across."""
    found = []
    for order in (1, 2):
        table = np.zeros((5, 5))
        for axis in (0, 1):
            steps = np.clip(np.rint(np.diff(plane, n=order, axis=axis) / order), -2, 2).astype(int) + 2
            pairs = steps.take(range(steps.shape[axis] - 1), axis) * 5 + steps.take(range(1, steps.shape[axis]), axis)
            table += np.bincount(pairs.ravel(), minlength=25).reshape(5, 5)
        table = table + table[::-1, ::-1]  # the same upside down
        found.append(np.sqrt(table / table.sum()).ravel()[:13])
        found.append((np.diag(table) / (table.sum(axis=1) + 1))[:3])
    return np.concatenate(found)


def _colour(colours: np.ndarray) -> np.ndarray:
    small = colours[::2, ::2]
    lab = rgb2lab(small / 255).reshape(-1, 3)
    most, least = small.max(axis=2), small.min(axis=2)
    saturation = (most - least) / (most + 1)
    chroma, hue = np.hypot(lab[:, 1], lab[:, 2]), np.arctan2(lab[:, 2], lab[:, 1])
    hues, _ = np.histogram(hue, bins=12, range=(-np.pi, np.pi), weights=chroma)
    hues = hues / (hues.sum() + _TINY)
    found = [*lab.mean(axis=0), *lab.std(axis=0), *(_skew(each) for each in lab.T), chroma.mean(), chroma.std()]
    found += [saturation.mean(), saturation.std(), *np.percentile(saturation, (5, 50, 95))]
    found += [
        (most > 254).mean(),
        (least < 1).mean(),
        np.percentile(least, 10),
        ndimage.minimum_filter(least, 15).mean(),
    ]
    found += [_correlation(small[..., one], small[..., other]) for one, other in ((0, 1), (0, 2), (1, 2))]
    found += [-(hues * np.log(hues + _TINY)).sum()]
    return np.array([*found, *np.sqrt(hues)])


def _tones(luma: np.ndarray) -> np.ndarray:
    counts, _ = np.histogram(luma, bins=64, range=(0, 256))
    shares = counts / counts.sum()
    entropy = -(shares * np.log(shares + _TINY)).sum()
    fine, _ = np.histogram(luma, bins=256, range=(0, 256))
    gaps = (fine[2:-2] == 0).mean()  # stretched tones leave holes
    return np.array([luma.mean(), luma.std(), _skew(luma), entropy, gaps, *np.percentile(luma, (1, 10, 90, 99))])


def _spectrum(luma: np.ndarray) -> np.ndarray:
    """The power by frequency, round the circle and by direction: photographs fall by about 1 / f squared."""
    height, width = luma.shape
    window = np.hanning(height)[:, None] * np.hanning(width)[None]
    power = np.log(np.abs(np.asarray(fft.rfft2((luma - luma.mean()) * window))) ** 2 / window.sum() + 1)
    up, right = np.abs(fft.fftfreq(height))[:, None], fft.rfftfreq(width)[None]
    radius = np.hypot(up, right)
    edges = np.geomspace(0.01, 0.5, 17)
    rings = np.digitize(radius, edges).ravel()
    sums, counts = np.bincount(rings, power.ravel(), minlength=18), np.bincount(rings, minlength=18)
    profile = (sums / np.maximum(counts, 1))[1:17]
    middles = np.log(np.sqrt(edges[:-1] * edges[1:]))
    slope, level = np.polyfit(middles, profile, 1)
    rest = profile - (slope * middles + level)
    angle = np.arctan2(up, right + _TINY)
    sides = []
    for low, high in ((0.03, 0.12), (0.12, 0.3), (0.3, 0.5)):
        ring = (radius >= low) & (radius < high)
        parts = [power[ring & (angle >= a) & (angle < b)].mean() for a, b in ((0, 0.3), (0.3, 1.27), (1.27, 1.6))]
        sides += [parts[0] - parts[1], parts[2] - parts[1]]
        sides.append(float(power[ring].std()))
    return np.array([slope, level, np.square(rest).mean(), *rest, *sides])


def _blocks(luma: np.ndarray) -> np.ndarray:
    """Traces of compression and of upsampling: steps at every 8th pixel, energy by frequency of 8 x 8 blocks."""
    found = []
    for plane in (luma, luma.T):
        steps = np.abs(np.diff(plane, axis=1)).mean(axis=0)
        for period in (2, 4, 8):
            usable = steps[: len(steps) // period * period].reshape(-1, period).mean(axis=0)
            found.append((usable.max() - usable.min()) / (usable.mean() + _TINY))
    height, width = (side // 8 * 8 for side in luma.shape)
    blocks = luma[:height, :width].reshape(height // 8, 8, width // 8, 8).transpose(0, 2, 1, 3)
    energy = np.abs(np.asarray(fft.dctn(blocks, axes=(2, 3), norm="ortho")))
    logs, frequency = np.log(energy + 0.5).reshape(-1, 64), np.add.outer(np.arange(8), np.arange(8)).ravel()
    for each in range(1, 15):
        found.append(logs[:, frequency == each].mean())
    found += [logs[:, frequency == 3].std(), logs[:, frequency == 9].std(), (energy[..., 4:, 4:] < 0.5).mean()]
    return np.array(found)


def _sharpness(luma: np.ndarray) -> np.ndarray:
    """How sharpness and noise are spread over an image: depth of field, flat areas, noise by brightness."""
    detail = np.abs(ndimage.laplace(luma))
    height, width = (side // 16 * 16 for side in luma.shape)
    parts = luma[:height, :width].reshape(height // 16, 16, width // 16, 16)
    fine = np.log(detail[:height, :width].reshape(parts.shape).mean(axis=(1, 3)) + 0.3)
    contrast = np.log(parts.std(axis=(1, 3)) + 0.3)
    brightness = parts.mean(axis=(1, 3))
    middle = fine[
        fine.shape[0] // 4 : -(fine.shape[0] // 4) or None, fine.shape[1] // 4 : -(fine.shape[1] // 4) or None
    ]
    found = [fine.mean(), fine.std(), _skew(fine), *np.percentile(fine, (1, 5, 25, 50, 75, 95, 99))]
    found += [contrast.mean(), contrast.std(), *np.percentile(contrast, (5, 50, 95)), middle.mean() - fine.mean()]
    found += [(contrast < 0.5).mean(), fine[: len(fine) // 2].mean() - fine[len(fine) // 2 :].mean()]
    quiet = np.percentile(fine, 20)
    order = np.argsort(brightness, axis=None)
    found += [np.percentile(fine.ravel()[third], 10) for third in np.array_split(order, 3)]
    ratio = fine - contrast  # detail beside contrast: what is smooth has little of it
    found += [quiet, ratio.mean(), ratio.std(), *np.percentile(ratio, (5, 50, 95))]
    return np.array(found)


def _layout(colours: np.ndarray, luma: np.ndarray) -> np.ndarray:
    """Brightness and saturation on a coarse grid, contrast of the middle, and likeness to the mirror image."""
    grid = np.asarray(Image.fromarray(luma).resize((4, 3), Image.Resampling.BOX)) / 255
    spread = np.asarray(Image.fromarray(colours.max(axis=2) - colours.min(axis=2)).resize((4, 3), Image.Resampling.BOX))
    small = np.asarray(Image.fromarray(luma).resize((32, 24), Image.Resampling.BOX)).astype(float)
    mirrored = _correlation(small, small[:, ::-1])
    return np.array([*grid.ravel(), *(spread / 255).ravel(), mirrored])
