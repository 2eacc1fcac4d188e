"""The dense realness map: one forward pass a scale, a layer for each finding, no stretching by image."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from realness.clip import Clip, read_tuning
from realness.dream.dense import dense_features, stride
from realness.dream.tuning import Tuning

MAX_SIDE = 512
"""Longest side of a grid, in tokens."""
MAX_INPUT = 2048
"""Longest side of the resized image, in pixels: what is larger is made smaller first."""
SMALLEST_REAL = 1e-6

COMBINATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "minimum": lambda layers: layers.min(axis=0),
    "mean": lambda layers: layers.mean(axis=0),
    "product": lambda layers: layers.prod(axis=0),
    "harmonic mean": lambda layers: len(layers) / (1 / np.maximum(layers, SMALLEST_REAL)).sum(axis=0),
}
"""Ways to make one map `(h, w)` of layers `(n, h, w)` in [0, 1]. `bench locate` measures them against each other."""
COMBINED_BY = "harmonic mean"
"""Near the least realistic layer, so that findings that are elsewhere hide nothing, and steadier than the minimum where
one of them is not there at all: that is what was measured. WinCLIP (arXiv 2303.14814) joins its windows so, too."""


@dataclass(frozen=True)
class DenseMap:
    """What the dense method gives, at its finest grid.

    Attributes:
        values: `(h, w)` in [0, 1], higher = more realistic: the layers, combined by `COMBINED_BY`.
        raw: `(h, w)` mean cosine with the findings.
        layers: `(n, h, w)` in [0, 1].
    """

    values: np.ndarray
    raw: np.ndarray
    layers: np.ndarray


@dataclass(frozen=True)
class Phrases:
    """Embedded texts, ready for any number of images.

    Attributes:
        findings: `(n, d)` unit embeddings.
        neutral: `(d,)`, the mean of the neutral phrases' embeddings: its cosine is their mean cosine.
    """

    findings: Tensor
    neutral: Tensor


@torch.inference_mode()
def dense_map(clip: Clip, pixels: np.ndarray, phrases: Sequence[str]) -> DenseMap:
    """Map an image against findings.

    Each layer is 1 - P(unreal) by `Tuning`'s logistic of the contrast, the same for every image.

    Args:
        pixels: `(H, W, 3)` uint8 RGB.
        phrases: at least one.

    Raises:
        UnsupportedModel: the CLIP's image tower gives no dense features.
    """
    tuning = tuning_of(clip)
    return mapped(clip, pyramid(clip, pixels, tuning), embed(clip, phrases, tuning), tuning)


def mapped(clip: Clip, inputs: Sequence[Tensor], phrases: Phrases, tuning: Tuning) -> DenseMap:
    """The map of an image at model resolution: from pixels to the grid, and nothing else."""
    contrast, raw = contrasts(clip, inputs, phrases, tuning)
    layers = torch.sigmoid(-(tuning.temperature * contrast + tuning.bias)).cpu().numpy()
    return DenseMap(COMBINATIONS[COMBINED_BY](layers), raw.cpu().numpy(), layers)


@torch.inference_mode()
def contrasts(clip: Clip, inputs: Sequence[Tensor], phrases: Phrases, tuning: Tuning) -> tuple[Tensor, Tensor]:
    """How much more each place is like each finding than like what is neutral; the mean over the scales.

    Args:
        inputs: an image `(1, 3, y, x)` at each scale, from `pyramid`.

    Returns:
        `(n, h, w)` differences of cosines, and `(h, w)` the findings' mean cosine, at the finest scale's grid.
    """
    # The neutral phrases go through the same product as the findings: one pass over the features.
    texts = torch.cat([phrases.findings, phrases.neutral[None]])
    cosines = []
    for pixels in inputs:
        features = dense_features(clip.model.visual, pixels, attention=tuning.attention, blocks=tuning.blocks)[0]
        cosines.append(torch.einsum("dhw,nd->nhw", features.float(), texts))
    finest = max((each.shape[1:] for each in cosines), key=lambda grid: grid[0] * grid[1])
    found = torch.stack([_at(finest, each) for each in cosines]).mean(dim=0) if len(cosines) > 1 else cosines[0]
    return found[:-1] - found[-1], found[:-1].mean(dim=0)


def tuning_of(clip: Clip) -> Tuning:
    """How this CLIP is to be read: from `realness.json` beside it, or the defaults."""
    return Tuning.read(read_tuning(clip).get("dense", {}))


def embed(clip: Clip, phrases: Sequence[str], tuning: Tuning) -> Phrases:
    """Embed findings; the neutral phrases are embedded once for all images."""
    return Phrases(clip.encode_text(phrases), _mean_neutral(clip, tuning.neutral))


@lru_cache(maxsize=4)
def _mean_neutral(clip: Clip, phrases: tuple[str, ...]) -> Tensor:
    return clip.encode_text(phrases).mean(dim=0)


def _at(grid: torch.Size, values: Tensor) -> Tensor:
    if values.shape[1:] == grid:
        return values
    return functional.interpolate(values[None], size=grid, mode="bilinear", align_corners=False)[0]


def pyramid(clip: Clip, pixels: np.ndarray, tuning: Tuning) -> list[Tensor]:
    """The image at its own aspect, once for each scale, resized so that its tokens have the tuning's sizes.

    Scales that come to the same size, as on very large images, are one.

    Returns:
        `(1, 3, y, x)` each, normalised, y and x multiples of the tower's stride.
    """
    step = stride(clip.model.visual)
    height, width = pixels.shape[:2]
    scales = [step / size for size in tuning.pixels_per_token] or [2 * min(clip.image_size) / min(height, width)]
    most = min(MAX_INPUT, MAX_SIDE * step) / max(height, width)
    fitted = [min(scale, most) for scale in scales]
    sizes = [(_multiple(height * scale, step), _multiple(width * scale, step)) for scale in fitted]
    return [_normalised(clip, pixels, size) for size in dict.fromkeys(sizes)]


def _multiple(side: float, step: int) -> int:
    return max(step, round(side / step) * step)


def _normalised(clip: Clip, pixels: np.ndarray, size: tuple[int, int]) -> Tensor:
    # Resized as 8-bit pixels, as CLIP's own preprocess does: a photograph of 100 megapixels as floats takes 1.3 GB.
    image = np.array(Image.fromarray(pixels).resize((size[1], size[0]), Image.Resampling.BICUBIC))
    tensor = torch.from_numpy(image).to(clip.device).permute(2, 0, 1)[None].float() / 255
    mean, std = (torch.tensor(values, device=clip.device).view(1, 3, 1, 1) for values in clip.mean_std)
    return ((tensor - mean) / std).to(clip.dtype)
