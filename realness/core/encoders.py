"""Frozen encoders of images and texts, by SPEC. What needs torch is loaded when it is asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from realness import images
from realness.core.statistics import STATISTICS_VERSION, image_statistics
from realness.domain import Skipped
from realness.errors import InvalidValue, UnreadableImage

IMAGE_SPECS = "stats, resnet18, resnet50 or clip:SPEC"
TEXT_SPECS = "tfidf, clip:SPEC, a local folder or a hub's id of a BERT-family model"
_BATCH = 16


class Encoder(Protocol):
    """Turns images or texts into vectors, each on its own, always the same."""

    @property
    def spec(self) -> str:
        """What it was asked for by."""
        ...

    @property
    def identity(self) -> str:
        """Changes when the same input would give other numbers: a digest of the weights, or a version."""
        ...

    def encode(self, items: Sequence[Any]) -> Iterator[np.ndarray | Skipped]:
        """A vector `(d,)` float32 of each item in turn, or why it cannot be read.

        Args:
            items: texts; or images, as files or as `(H, W, 3)` uint8.
        """
        ...


def image_encoder(spec: str) -> Encoder:
    """The image encoder of a SPEC.

    Raises:
        InvalidValue: it is none.
        WeightsNotFound: its weights cannot be had.
    """
    if spec == "stats":
        return StatisticsEncoder()
    if spec.startswith("clip:") or spec in ("resnet18", "resnet50"):
        from realness.core.frozen import clip_images, resnet_images  # noqa: PLC0415  torch

        return clip_images(spec) if spec.startswith("clip:") else resnet_images(spec)
    raise InvalidValue(f"--image must be {IMAGE_SPECS}, got {spec!r}")


def text_encoder(spec: str) -> Encoder:
    """The text encoder of a SPEC other than `tfidf`, which is learned with each model.

    Raises:
        InvalidValue: it is none.
        WeightsNotFound: its weights cannot be had.
    """
    from realness.core.frozen import bert_texts, clip_texts  # noqa: PLC0415  torch

    return clip_texts(spec) if spec.startswith("clip:") else bert_texts(spec)


@dataclass(frozen=True)
class StatisticsEncoder:
    """Image statistics, several images at once."""

    spec: str = "stats"
    identity: str = f"stats-{STATISTICS_VERSION}"

    def encode(self, items: Sequence[Any]) -> Iterator[np.ndarray | Skipped]:
        """See `Encoder`."""
        from joblib import Parallel, cpu_count, delayed  # noqa: PLC0415  scikit-learn's

        if len(items) < 2 * _BATCH:  # processes take longer to start
            yield from map(_statistics, items)
            return
        jobs: Any = Parallel(n_jobs=cpu_count(), return_as="generator")
        yield from jobs(delayed(_statistics)(item) for item in items)


def _statistics(item: Path | np.ndarray) -> np.ndarray | Skipped:
    pixels = opened_image(item)
    return pixels if isinstance(pixels, Skipped) else image_statistics(pixels)


@dataclass(frozen=True)
class BatchEncoder:
    """Encodes in batches by a function, which is what every network does.

    Attributes:
        batch: a list of `(H, W, 3)` uint8 images, or of texts, to `(n, d)` float32.
        of_images: whether the items are image files.
    """

    spec: str
    identity: str
    batch: Any
    of_images: bool

    def encode(self, items: Sequence[Any]) -> Iterator[np.ndarray | Skipped]:
        """See `Encoder`."""
        for start in range(0, len(items), _BATCH):
            some = items[start : start + _BATCH]
            opened = [opened_image(item) for item in some] if self.of_images else list(some)
            good = [each for each in opened if not isinstance(each, Skipped)]
            vectors = iter(self.batch(good) if good else ())
            for each in opened:
                yield each if isinstance(each, Skipped) else next(vectors)


def opened_image(item: Path | np.ndarray) -> np.ndarray | Skipped:
    """`(H, W, 3)` uint8 of a file, or why it cannot be read."""
    if isinstance(item, np.ndarray):
        return item
    try:
        return np.array(images.read_image(item)[1])
    except UnreadableImage as error:
        return Skipped(item.name, str(error))
