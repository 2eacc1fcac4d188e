"""How well a CLIP finds what people marked, and how the map is to read it."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from realness.clip import Clip
from realness.dream.dense_map import contrasts, dense_map, embed, pyramid
from realness.dream.metrics import Interval, bootstrap_interval, pixel_auroc
from realness.dream.sampling import resized
from realness.dream.tuning import Tuning
from realness.training.clip_export import fit_logistic
from realness.training.regions_data import Phrases, Sample

_FLAT = 0.1
"""Share of the temperature before, below which a fitted one tells nothing."""
_MEASURED = 512
"""Pixels of the longest side at which a map is held against a mask; larger masks are thinned out."""


def localisation(clip: Clip, samples: Sequence[Sample]) -> list[float]:
    """Pixel AUROC of the dense map of each phrase against its region, the mean for each image."""
    found = []
    for sample in samples:
        pixels = sample.pixels()
        layers = dense_map(clip, pixels, [place.phrase for place in sample.places]).layers
        size = pixels.shape[1], pixels.shape[0]
        scores = []
        for place, layer in zip(sample.places, layers, strict=True):
            mask, step = place.mask(), -(-max(size) // _MEASURED)
            if not mask[::step, ::step].any() or mask[::step, ::step].all():
                step = 1
            unreal = -resized(layer, size, Image.Resampling.BILINEAR)
            scores.append(pixel_auroc(unreal[::step, ::step], mask[::step, ::step]))
        found.append(float(np.mean(scores)))
    return found


def told(values: Sequence[float] | np.ndarray) -> dict[str, float | int | list[float]]:
    """A mean over images with its bootstrap interval, rounded: `auroc`, `ci`, `n`."""
    known: Interval = bootstrap_interval(values)
    return {"auroc": round(known.mean, 4), "ci": [round(known.low, 4), round(known.high, 4)], "n": known.n}


def directions(clip: Clip, phrases: Sequence[str], tuning: Tuning) -> Tensor:
    """`(n, D)`: the embedding of each phrase less the mean one of the neutral phrases.

    Its product with the features of a place is the difference of cosines that the map works with.
    """
    texts = embed(clip, phrases, tuning)
    return (texts.findings - texts.neutral).clone()


def cover_of(masks: np.ndarray, grid: tuple[int, int], device: torch.device) -> Tensor:
    """The share of each token's cell that each of the masks `(p, H, W)` covers: `(p, h, w)` in [0, 1]."""
    pixels = torch.from_numpy(masks).to(device).float()
    return functional.adaptive_avg_pool2d(pixels[None], grid)[0] if len(masks) else pixels.new_zeros(0, *grid)


@torch.no_grad()
def calibrate(clip: Clip, samples: Sequence[Sample], tuning: Tuning, seed: int) -> tuple[float, float]:
    """Temperature and bias for `realness.json`, fitted on tokens of images kept apart.

    An image is asked about its own phrases, and about as many that were said of others, as descriptions do. Where the
    contrast tells nothing about the tokens of these images taken together, a fit would make every map flat: then the
    CLIP is read as before.
    """
    phrases = Phrases(samples)
    rng = np.random.default_rng((seed, 8))
    scores, covers = [], []
    for sample in samples:
        pixels, own = sample.pixels(), [place.phrase for place in sample.places]
        wrong = [phrases.texts[number] for number in phrases.wrong(sample, len(own), rng)]
        contrast, _ = contrasts(clip, pyramid(clip, pixels, tuning), embed(clip, own + wrong, tuning), tuning)
        grid = contrast.shape[1], contrast.shape[2]
        # One by one: a mask of a large photograph as floats takes half a gigabyte.
        cover = torch.cat([cover_of(place.mask()[None], grid, clip.device) for place in sample.places])
        scores.append(contrast.flatten().clone())
        covers.append(torch.cat([cover, cover.new_zeros(len(wrong), *cover.shape[1:])]).flatten())
    slope, bias = fit_logistic(torch.cat(scores).cpu(), torch.cat(covers).cpu())
    usable = slope > _FLAT * tuning.temperature and math.isfinite(bias)
    return (slope, bias) if usable else (tuning.temperature, tuning.bias)
