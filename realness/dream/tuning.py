"""How the dense map reads a CLIP: read from `realness.json` beside a local one, stated defaults for others."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from realness.dream.dense import ATTENTIONS
from realness.errors import UnsupportedModel

MAX_SCALES = 3
NEUTRAL = (
    "a natural photograph",
    "the surface looks natural",
    "the texture is sharp and realistic",
    "the shape is correct and plausible",
    "the light and the shadows are consistent",
    "nothing looks unusual here",
)
"""What a finding is held against. An ensemble, so that no single wording decides."""


@dataclass(frozen=True)
class Tuning:
    """From cosines to a probability that means the same on every image.

    P(unreal) at a place = sigmoid(temperature * (cos(place, finding) - mean cos(place, neutral)) + bias).

    Attributes:
        temperature, bias: of the logistic; fitted for `mini`. For other CLIPs temperature is a third of the logit
            scale that open_clip's weights converge to, and a contrast of 0, which knows nothing, means P = 0.25: the
            prior that `mini` is calibrated at, and what a viewer hides.
        pixels_per_token: side of a token in image pixels, one for each scale, three at most; empty: one scale, at
            which the image's short side is twice the model's.
        neutral: the neutral prompts.
        attention, blocks: of a ViT, see `dense_features`; the defaults are what ClearCLIP found best without training.
    """

    temperature: float = 33.0
    bias: float = -1.0986
    pixels_per_token: tuple[float, ...] = ()
    neutral: tuple[str, ...] = NEUTRAL
    attention: str = "qq"
    blocks: int = 1

    @classmethod
    def read(cls, told: dict[str, Any]) -> "Tuning":
        """From the object under `dense` in `realness.json`; what it leaves out keeps its default.

        Raises:
            UnsupportedModel: a value is of the wrong type.
        """
        if not isinstance(told, dict):
            raise UnsupportedModel("what realness.json says of `dense` must be an object; train the model again")
        try:
            read = {name: _READERS[name](value) for name, value in told.items() if name in _READERS}
            tuning = cls(**{name: value for name, value in read.items() if value not in ((), None)})
        except (TypeError, ValueError) as error:
            raise UnsupportedModel("realness.json beside the weights is damaged; train the model again") from error
        if len(tuning.pixels_per_token) > MAX_SCALES or not all(size > 0 for size in tuning.pixels_per_token):
            raise UnsupportedModel(f"realness.json beside the weights must name 1 to {MAX_SCALES} scales above 0")
        return tuning


def _numbers(value: Any) -> tuple[float, ...]:
    """One number, several, or none."""
    given = value if isinstance(value, list) else [] if value is None else [value]
    return tuple(float(each) for each in given)


def _finite(value: Any) -> float:
    if not math.isfinite(float(value)):
        raise ValueError("not finite")
    return float(value)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise TypeError("not a list of texts")
    return tuple(value)


def _attention(value: Any) -> str:
    if value not in ATTENTIONS:
        raise ValueError("no way to attend")
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "temperature": _finite,
    "bias": _finite,
    "pixels_per_token": _numbers,
    "neutral": _texts,
    "attention": _attention,
    "blocks": int,
}
