"""Who looks for what was planted: the dense map, the published windows, and what any of them has to beat."""

import copy
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from PIL import Image

from realness.domain import Finding
from realness.dream.sampling import values_at_pixels
from realness.planting.sampling import blur, luma, soft_noise

if TYPE_CHECKING:
    from realness.clip import Clip
    from realness.dream import Dream

PAPER_STRIDE = 32
UNTRAINED_EVERY = 3


class Locator(Protocol):
    """Takes an image `(H, W, 3)` uint8 and phrases; gives realness `(n, H, W)`, one for each phrase, higher = real."""

    def __call__(self, image: np.ndarray, phrases: Sequence[str]) -> np.ndarray:
        """Look for phrases on an image."""
        ...


@dataclass
class Timed:
    """A locator that knows how long it took.

    Attributes:
        seconds: of all calls.
        calls: how many images it looked at.
        every: it is asked only of every so many plantings, where it is slow.
        budget: seconds after which it is asked of no further planting, where it is very slow.
        needs_text: whether the phrase makes a difference to it.
    """

    locate: Locator
    every: int = 1
    budget: float = math.inf
    needs_text: bool = True
    seconds: float = 0.0
    calls: int = field(default=0)

    def __call__(self, image: np.ndarray, phrases: Sequence[str]) -> np.ndarray:
        """Look for phrases on an image, and count the time."""
        start = time.perf_counter()
        found = self.locate(image, phrases)
        self.seconds += time.perf_counter() - start
        self.calls += 1
        return found


def locators(spec: str, seed: int, window_every: int, budgets: tuple[float, float]) -> dict[str, Timed]:
    """The methods compared, by name; see `Timed` for what is known of each.

    Args:
        spec: the CLIP whose maps are measured.
        seed: of the untrained weights and the random map.
        window_every: the window methods look at every so many plantings.
        budgets: seconds that `released` and `paper` may take.
    """
    from realness.clip import load  # noqa: PLC0415  torch takes seconds to import
    from realness.dream import Dream  # noqa: PLC0415

    trained = load(spec)
    chance = np.random.default_rng(seed)
    return {
        "dense": Timed(dense(Dream(trained))),
        "released": Timed(_released(trained), every=window_every, budget=budgets[0]),
        f"paper --stride {PAPER_STRIDE}": Timed(_paper(trained, PAPER_STRIDE), every=window_every, budget=budgets[1]),
        "untrained": Timed(dense(Dream(untrained(trained, seed))), every=UNTRAINED_EVERY),
        "sharpness": Timed(_sharpness, needs_text=False),
        "random": Timed(
            lambda image, phrases: _repeated(soft_noise(chance, image.shape[:2], 48), phrases), needs_text=False
        ),
    }


def dense(dream: "Dream") -> Locator:
    """The dense map: one pass for all phrases."""

    def locate(image: np.ndarray, phrases: Sequence[str]) -> np.ndarray:
        found = dream.map(image, ". ".join(phrases), findings=[Finding(phrase) for phrase in phrases])
        return np.stack([values_at_pixels(replace(found, values=layer)) for layer in found.layers])

    return locate


def _released(clip: "Clip") -> Locator:
    from realness.dream import windows  # noqa: PLC0415

    def locate(image: np.ndarray, phrases: Sequence[str]) -> np.ndarray:
        size, stride = windows.RELEASED_SIZE, windows.RELEASED_STRIDE
        found = windows.mean_cosines(clip, Image.fromarray(image), phrases, size, stride)
        return np.stack([windows.released(one) for one in found])

    return locate


def _paper(clip: "Clip", stride: int) -> Locator:
    from realness.dream import windows  # noqa: PLC0415

    def locate(image: np.ndarray, phrases: Sequence[str]) -> np.ndarray:
        picture = Image.fromarray(image)
        scales = [windows.mean_cosines(clip, picture, phrases, size, stride) for size in windows.PAPER_SIZES]
        return windows.paper(scales)

    return locate


def _sharpness(image: np.ndarray, phrases: Sequence[str]) -> np.ndarray:
    """How usual the fine detail of a place is for its image: blind to the text, finds blur and grain without training.

    Minus the distance of the logarithm of local detail from its median, in the manner of forensic noise maps.
    """
    gray = luma(image.astype(np.float32))
    detail = np.log(blur(np.abs(gray - blur(gray, 1.5)), 8) + 0.5)
    return _repeated(-np.abs(detail - np.median(detail)), phrases)


def _repeated(values: np.ndarray, phrases: Sequence[str]) -> np.ndarray:
    return np.repeat(values[None], len(phrases), axis=0)


def untrained(clip: "Clip", seed: int) -> "Clip":
    """The same architecture with fresh weights, from a fixed seed."""
    import torch  # noqa: PLC0415

    fresh = replace(clip, model=copy.deepcopy(clip.model), weights_id="untrained")
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for module in fresh.model.modules():
            reset = getattr(module, "reset_parameters", None) or getattr(module, "_reset_parameters", None)
            if callable(reset):
                reset()
                continue
            for parameter in module.parameters(recurse=False):
                if parameter.ndim >= 2:  # embeddings and projections; the logit scale is none
                    parameter.normal_(std=parameter.shape[-1] ** -0.5)
    return fresh


def thinned(values: np.ndarray, step: int = 2) -> np.ndarray:
    """Every other pixel: maps and masks are smooth, so the figures are the same, in a quarter of the time."""
    return values[..., ::step, ::step]
