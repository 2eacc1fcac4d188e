"""The dense realness map: one forward pass, a layer for each finding, no stretching by image."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from realness.clip import Clip, read_tuning
from realness.dream.dense import dense_features, stride
from realness.dream.tuning import Tuning

MAX_SIDE = 512
"""Longest side of a grid, in tokens."""
MAX_INPUT = 2048
"""Longest side of the resized image, in pixels: what is larger is made smaller first."""


@dataclass(frozen=True)
class DenseMap:
    """What the dense method gives, at its grid.

    Attributes:
        values: `(h, w)` in [0, 1], higher = more realistic: at each place the least realistic of the layers.
        raw: `(h, w)` mean cosine with the findings.
        layers: `(n, h, w)` in [0, 1].
    """

    values: np.ndarray
    raw: np.ndarray
    layers: np.ndarray


@torch.inference_mode()
def dense_map(clip: Clip, pixels: np.ndarray, phrases: Sequence[str]) -> DenseMap:
    """Map an image against findings.

    Each layer is 1 - P(unreal) by `Tuning`'s logistic, the same for every image. The layers combine by their
    minimum: a place is as unreal as the worst thing said of it, and a finding that is elsewhere changes nothing.

    Args:
        pixels: `(H, W, 3)` uint8 RGB.
        phrases: at least one.

    Raises:
        UnsupportedModel: the CLIP's image tower gives no dense features.
    """
    tuning = Tuning.read(read_tuning(clip).get("dense", {}))
    features = dense_features(clip.model.visual, _input(clip, pixels, tuning))[0].float()
    found = torch.einsum("dhw,nd->nhw", features, clip.encode_text(phrases))
    neutral = torch.einsum("dhw,d->hw", features, _mean_neutral(clip, tuning.neutral))
    unreal = torch.sigmoid(tuning.temperature * (found - neutral) + tuning.bias)
    layers = (1 - unreal).cpu().numpy()
    return DenseMap(layers.min(axis=0), found.mean(dim=0).cpu().numpy(), layers)


@lru_cache(maxsize=1)
def _mean_neutral(clip: Clip, phrases: tuple[str, ...]) -> Tensor:
    """The mean embedding `(d,)` of the neutral phrases, whose cosine is their mean cosine; the same for every image."""
    return clip.encode_text(phrases).mean(dim=0)


def _input(clip: Clip, pixels: np.ndarray, tuning: Tuning) -> Tensor:
    """The image at its own aspect, resized so that its tokens have the size the model is used to."""
    step = stride(clip.model.visual)
    height, width = pixels.shape[:2]
    scale = step / tuning.pixels_per_token if tuning.pixels_per_token else 2 * min(clip.image_size) / min(height, width)
    scale = min(scale, MAX_INPUT / max(height, width), MAX_SIDE * step / max(height, width))
    high, wide = (max(step, round(side * scale / step) * step) for side in (height, width))
    # Resized as 8-bit pixels, as CLIP's own preprocess does: a photograph of 100 megapixels as floats takes 1.3 GB.
    image = np.array(Image.fromarray(pixels).resize((wide, high), Image.Resampling.BICUBIC))
    tensor = torch.from_numpy(image).to(clip.device).permute(2, 0, 1)[None].float() / 255
    mean, std = (torch.tensor(values, device=clip.device).view(1, 3, 1, 1) for values in clip.mean_std)
    return ((tensor - mean) / std).to(clip.dtype)
