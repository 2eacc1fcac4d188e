"""How the dense map reads a CLIP: read from `realness.json` beside a local one, stated defaults for others."""

from dataclasses import dataclass, fields
from typing import Any

from realness.errors import UnsupportedModel

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
            scale that open_clip's weights converge to, and a contrast of 0 means P = 0.5.
        pixels_per_token: side of a token in image pixels; None: the image's short side is made twice the model's.
        neutral: the neutral prompts.
    """

    temperature: float = 33.0
    bias: float = 0.0
    pixels_per_token: float | None = None
    neutral: tuple[str, ...] = NEUTRAL

    @classmethod
    def read(cls, told: dict[str, Any]) -> "Tuning":
        """From the object under `dense` in `realness.json`; what it leaves out keeps its default.

        Raises:
            UnsupportedModel: a value is of the wrong type.
        """
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in told.items() if name in known}
        try:
            for name in {"temperature", "bias", "pixels_per_token"} & values.keys():
                values[name] = None if values[name] is None else float(values[name])
            if "neutral" in values:
                values["neutral"] = tuple(str(text) for text in values["neutral"]) or NEUTRAL
            return cls(**values)
        except (TypeError, ValueError) as error:
            raise UnsupportedModel("realness.json beside the weights is damaged; train the model again") from error
