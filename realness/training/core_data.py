"""What CORE learns from, in memory: every image decoded once, every text cut into tokens once; and augmentation."""

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from realness.core.bert import Bert
from realness.core.encoders import opened_image
from realness.core.network import sized
from realness.core.samples import Rated, Sample, weights_of
from realness.core.score import NONE, without_text
from realness.domain import Skipped
from realness.training.core_config import CoreConfig

Progress = Callable[[int, int | None], None]
_GREY = np.array((0.299, 0.587, 0.114))
_YIQ = np.array(((0.299, 0.587, 0.114), (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112)))


@dataclass(frozen=True)
class Pictures:
    """Decoded images.

    Attributes:
        pixels: `(n, H, W, 3)` uint8, 0.6 MB an image at the published size; None for a model of texts alone.
        used: which of the samples they are of.
    """

    pixels: Tensor | None
    used: list[int]

    @classmethod
    def read(
        cls, samples: Sequence[Sample], config: CoreConfig, progress: Progress | None = None
    ) -> tuple["Pictures", list[Skipped]]:
        """Decode what can be used, several at once.

        Returns:
            The images, and which samples cannot be used: without a description, or unreadable.
        """
        skipped = without_text(samples) if config.text != NONE else []
        mute = {one.row for one in skipped}
        usable = [at for at, one in enumerate(samples) if one.sha256 not in mute]
        if config.image == NONE:
            return cls(None, usable), skipped

        def one(at: int) -> Tensor | Skipped:
            pixels = opened_image(samples[at].file)
            return pixels if isinstance(pixels, Skipped) else sized([pixels], config.size)[0]

        found: dict[int, Tensor] = {}
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for done, (at, each) in enumerate(zip(usable, pool.map(one, usable), strict=True), 1):
                if isinstance(each, Skipped):
                    skipped.append(Skipped(samples[at].sha256, each.reason))
                else:
                    found[at] = each
                if progress is not None:
                    progress(done, len(usable))
        pixels = torch.stack(list(found.values())) if found else torch.empty((0, *config.size, 3), dtype=torch.uint8)
        return cls(pixels, list(found)), skipped


@dataclass(frozen=True)
class Data:
    """Samples as a network takes them, in the order of the samples.

    Attributes:
        pixels: `(n, H, W, 3)` uint8; None for a model of texts alone.
        tokens: ids and mask, `(n, L)` each; None for a model of images alone.
        ratings: `(n,)`, 0 to 100.
        counts: `(n,)`: how much each counts, mean 1.
    """

    pixels: Tensor | None
    tokens: tuple[Tensor, Tensor] | None
    ratings: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, samples: Sequence[Rated], pixels: Tensor | None, bert: Bert | None) -> "Data":
        """From samples and their pixels."""
        tokens = bert.tokens([one.text for one in samples]) if bert is not None else None
        return cls(pixels, tokens, np.array([one.rating for one in samples]), weights_of(samples))

    def take(self, at: np.ndarray) -> tuple[Tensor | None, tuple[Tensor, Tensor] | None]:
        """Pixels and tokens of some."""
        chosen = torch.from_numpy(at)
        pixels = None if self.pixels is None else self.pixels[chosen]
        return pixels, None if self.tokens is None else (self.tokens[0][chosen], self.tokens[1][chosen])

    def __len__(self) -> int:
        return len(self.ratings)


def split(count: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Which images to learn from, and which to choose the epoch by: at least 2 of each."""
    order = np.random.default_rng((seed, 0)).permutation(count)
    apart = min(max(2, round(count * share)), count - 2)
    return np.sort(order[apart:]), np.sort(order[:apart])


def augmented(images: Tensor, config: CoreConfig, rng: np.random.Generator) -> Tensor:
    """Images mirrored, turned, and changed in colour, each in its own way, as published.

    Brightness, contrast, saturation and hue follow in an order drawn for each image. All of them together are one
    matrix an image: values are cut to the range once, in the end, and the hue is turned in YIQ.

    Args:
        images: `(n, 3, H, W)` in [0, 1].
    """
    turned = _turned(images, config, rng)
    means = turned.mean(dim=(2, 3)).cpu().numpy().astype(float)
    changes = [_colour(mean, config.jitter, rng) for mean in means]
    matrices, offsets = (
        torch.from_numpy(np.stack(each)).to(images.device, images.dtype) for each in zip(*changes, strict=True)
    )
    flat = torch.baddbmm(offsets[..., None], matrices, turned.flatten(2))
    return flat.clamp_(0, 1).view_as(turned).contiguous(memory_format=torch.channels_last)


def _turned(images: Tensor, config: CoreConfig, rng: np.random.Generator) -> Tensor:
    """Mirrored and turned about the middle; the nearest pixel, black where there is none, as torchvision does it."""
    count, _, height, width = images.shape
    angles = np.radians(rng.uniform(-config.rotation, config.rotation, count))
    signs = np.where(rng.random(count) < config.flip, -1.0, 1.0)
    cos, sin, zero = np.cos(angles), np.sin(angles), np.zeros(count)
    across = np.stack((signs * cos, -signs * sin * height / width, zero), axis=1)
    down = np.stack((sin * width / height, cos, zero), axis=1)
    moves = torch.from_numpy(np.stack((across, down), axis=1)).to(images.device, images.dtype)
    grid = functional.affine_grid(moves, [count, 3, height, width], align_corners=False)
    return functional.grid_sample(images, grid, mode="nearest", align_corners=False).contiguous()


def _colour(
    mean: np.ndarray, jitter: tuple[float, float, float, float], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A matrix `(3, 3)` and an offset `(3,)` that an image's colours are changed by.

    Args:
        mean: of the image's colours, which its contrast is about.
    """
    matrix, offset = np.eye(3), np.zeros(3)
    strengths = [rng.uniform(1 - most, 1 + most) for most in jitter[:3]] + [rng.uniform(-jitter[3], jitter[3])]
    for which in rng.permutation(4):
        strength, move = strengths[which], np.zeros(3)
        if which == 0:
            step = strength * np.eye(3)
        elif which == 1:
            step = strength * np.eye(3)
            move += (1 - strength) * (_GREY @ (matrix @ mean + offset))
        elif which == 2:
            step = strength * np.eye(3) + (1 - strength) * np.tile(_GREY, (3, 1))
        else:
            cos, sin = math.cos(2 * math.pi * strength), math.sin(2 * math.pi * strength)
            step = np.linalg.inv(_YIQ) @ np.array(((1, 0, 0), (0, cos, -sin), (0, sin, cos))) @ _YIQ
        matrix, offset = step @ matrix, step @ offset + move
    return matrix, offset
