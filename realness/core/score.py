"""What every CORE is, whatever it is made of: a folder that scores images."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from realness.domain import Skipped
from realness.domain.words import RATING_HIGH, RATING_LOW
from realness.errors import InvalidValue

if TYPE_CHECKING:
    from realness.core.features import FeatureCache
    from realness.core.samples import Sample

Progress = Callable[[int, int | None], None]
NONE = "none"
"""As a SPEC: no image, or no text."""
PRESETS = ("fast", "paper")
_IN_95_PERCENT = 1.96


@dataclass(frozen=True)
class Prediction:
    """What CORE says of an image.

    Attributes:
        rating: 0 to 100, higher = more real.
        low, high: in which 95 % of mean opinion scores are to be expected, within the scale; None for a model that
            knows no uncertainty.
    """

    rating: float
    low: float | None
    high: float | None

    @classmethod
    def within(cls, rating: float, deviation: float) -> "Prediction":
        """From a rating and its standard deviation, which is not finite where it is unknown."""
        if not np.isfinite(deviation):
            return cls(rating, None, None)
        low, high = rating - _IN_95_PERCENT * deviation, rating + _IN_95_PERCENT * deviation
        return cls(rating, max(RATING_LOW, low), min(RATING_HIGH, high))


class Core(ABC):
    """A trained realness score. Works without a database.

    Attributes:
        facts: what its folder tells of its training.
    """

    facts: Mapping[str, Any]

    @staticmethod
    def load(folder: Path | str) -> "Core":
        """A trained model from its folder, of either preset.

        Raises:
            NotFound: there is none.
            InvalidValue: its files are damaged, or it was trained on another scale.
            UnsupportedModel: an encoder gives other numbers by now than in its training.
            WeightsNotFound: an encoder's weights cannot be had.
        """
        from realness.core.checkpoint import read, read_card  # noqa: PLC0415  it makes a Core

        folder = Path(folder)
        preset = read_card(folder).get("preset")
        if preset == "paper":
            from realness.core.paper import read_paper  # noqa: PLC0415  torch

            return read_paper(folder)
        if preset == "fast":
            return read(folder)
        raise InvalidValue(
            f"the model in {folder} is of the preset {preset!r}, this version reads {' and '.join(PRESETS)}"
        )

    def __repr__(self) -> str:
        """The model's name alone: its tensors would fill pages."""
        return f"{type(self).__name__}({self.facts.get('name', 'not written yet')})"

    @property
    def name(self) -> str:
        """By which its predictions are known: the preset and the digest of its numbers."""
        return str(self.facts["name"])

    @property
    @abstractmethod
    def reads_text(self) -> bool:
        """Whether a sample needs a description."""

    @abstractmethod
    def predict(self, image: Image.Image | np.ndarray | Path | str, text: str = "") -> Prediction:
        """Score one image, even one that the model learned from: `predict_all` scores those as if they were left out.

        Args:
            image: a file, RGB pixels `(H, W, 3)` uint8, or a picture.
            text: its description, verdict included; needed by a model that reads text.

        Raises:
            InvalidValue: the model reads text and there is none.
            UnreadableImage: the file is no image.
        """

    @abstractmethod
    def predict_all(
        self, samples: "Sequence[Sample]", cache: "FeatureCache", progress: Progress | None = None
    ) -> tuple[list[Prediction | None], list[Skipped]]:
        """Score many images; None for those that could not be used, and why.

        Args:
            cache: of vectors by frozen encoders; a model without any leaves it alone.
        """

    def learned_from(self, sha256: str) -> bool:
        """Whether `predict_all` scores an image by what learned from it: held against its rating, it flatters."""
        return False

    def check_text(self, text: str) -> None:
        """Refuse to score without a description what is scored by it.

        Raises:
            InvalidValue: the model reads text and there is none.
        """
        if not isinstance(text, str):
            raise InvalidValue(f"a description must be text, got {type(text).__name__}")
        if self.reads_text and not text.strip():
            raise InvalidValue(
                "this model reads the description, and there is none; give one, or train with --text none"
            )


def image_item(image: Image.Image | np.ndarray | Path | str) -> Path | np.ndarray:
    """An image as encoders take it: a file, or `(H, W, 3)` uint8.

    Raises:
        InvalidValue: an array of another shape or kind.
    """
    if isinstance(image, Image.Image):
        return np.array(image.convert("RGB"))
    if isinstance(image, np.ndarray):
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
            raise InvalidValue(f"an image array must be (H, W, 3) uint8, got {image.shape} {image.dtype}")
        return image
    return Path(image)


def without_text(samples: "Sequence[Sample]") -> list[Skipped]:
    """The samples that a model which reads text cannot use."""
    return [
        Skipped(one.sha256, "has no description, which this model reads (train with --text none)")
        for one in samples
        if not one.text.strip()
    ]
