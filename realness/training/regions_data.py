"""People's regions as a training sees them: gathered by image, split by image, drawn as crops."""

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from realness.errors import InvalidValue
from realness.images import read_image
from realness.workbench.bench import digest
from realness.workbench.regions import RegionExample

FEWEST = 10
"""Images with marked places below which nothing is to be learned, nor measured."""
_SHARE, _LEAST, _MOST = 0.2, 4, 100
"""Of the images that are kept apart for validation: their share, and how many at least and at most."""
_WHOLE, _SMALLEST = 0.25, 0.6
"""Share of the images that are shown whole; the smallest side of a crop, as a share of the image's."""
_TOKENS = 24
"""Tokens along the longest side of a crop, for a CLIP whose tokens have a fixed size."""
_SIDES = ("left", "right")


@dataclass(frozen=True, eq=False)
class Place:
    """A phrase and where it is said of. The mask is kept packed: those of a data set in full would fill the memory."""

    phrase: str
    kind: str | None
    packed: bytes
    shape: tuple[int, int]

    @classmethod
    def of(cls, phrase: str, kind: str | None, mask: np.ndarray) -> "Place":
        """Pack a mask `(H, W)` bool."""
        height, width = mask.shape
        return cls(phrase, kind, zlib.compress(np.packbits(mask).tobytes(), 1), (height, width))

    def mask(self) -> np.ndarray:
        """`(H, W)` bool."""
        height, width = self.shape
        bits = np.frombuffer(zlib.decompress(self.packed), dtype=np.uint8)
        return np.unpackbits(bits, count=height * width).reshape(self.shape).astype(bool)


@dataclass(frozen=True, eq=False)
class Sample:
    """One image with its places; without any, an image in which nobody found anything."""

    image: Path
    places: tuple[Place, ...] = ()

    def pixels(self) -> np.ndarray:
        """`(H, W, 3)` uint8 RGB, upright.

        Raises:
            UnreadableImage: the file is gone or damaged.
        """
        return np.array(read_image(self.image)[1].convert("RGB"))


@dataclass(frozen=True, eq=False)
class Regions:
    """The examples of one training.

    Attributes:
        training, validation: images with places, none in both.
        untouched: images in which nobody found anything; for training only.
        digest: of all of it, 16 hexadecimal digits.
    """

    training: tuple[Sample, ...]
    validation: tuple[Sample, ...]
    untouched: tuple[Sample, ...]
    digest: str

    @property
    def places(self) -> int:
        """How many places there are in training and validation."""
        return sum(len(sample.places) for sample in (*self.training, *self.validation))


def gather(examples: Iterable[RegionExample], untouched: Iterable[Path] = (), seed: int = 0) -> Regions:
    """Put examples together by image and keep some images apart for validation, drawn from `seed`.

    Places of one phrase on one image, marked by several people, become one. A mark that covers nothing or the whole
    image says nothing about where, and is left out.

    Raises:
        InvalidValue: fewer than 10 images have a marked place.
    """
    known: dict[Path, str] = {}
    found: dict[str, tuple[Path, dict[str, Place]]] = {}
    packed: dict[str, Sample] = {}
    for example in examples:
        if example.image not in known:
            known[example.image] = digest(example.image)
        _, phrases = found.setdefault(known[example.image], (example.image, {}))
        before = phrases.get(example.phrase)
        kind, mask = (before.kind, before.mask() | example.mask) if before else (example.kind, example.mask)
        phrases[example.phrase] = Place.of(example.phrase, kind, mask)
    for name, (image, phrases) in found.items():
        places = [place for place in phrases.values() if 0 < place.mask().mean() < 1]
        if places:
            packed[name] = Sample(image, tuple(sorted(places, key=lambda place: place.phrase)))
    if len(packed) < FEWEST:
        raise InvalidValue(
            f"learning from people needs at least {FEWEST} images with marked places, and there "
            f"{'is' if len(packed) == 1 else 'are'} {len(packed)}; review and mark more"
        )
    names = sorted(packed)
    apart = min(_MOST, max(_LEAST, round(_SHARE * len(names))))
    drawn = {names[at] for at in np.random.default_rng((seed, 0)).permutation(len(names))[:apart]}
    clean = {digest(path): path for path in untouched}
    clean = {name: clean[name] for name in sorted(clean) if name not in found}
    return Regions(
        tuple(packed[name] for name in names if name not in drawn),
        tuple(packed[name] for name in names if name in drawn),
        tuple(Sample(path) for path in clean.values()),
        _digest(packed, clean),
    )


def _digest(packed: dict[str, Sample], clean: dict[str, Path]) -> str:
    told = hashlib.sha256("\0".join(clean).encode())
    for name in sorted(packed):
        for place in packed[name].places:
            told.update("\0".join((name, place.phrase, place.kind or "")).encode())
            told.update(np.packbits(place.mask()).tobytes())
    return told.hexdigest()[:16]


class Phrases:
    """Every phrase of the examples by its number, and which of them are said of the same."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        kinds: dict[str, set[str]] = {}
        for place in (place for sample in samples for place in sample.places):
            kinds.setdefault(place.phrase, set()).update({place.kind} if place.kind else ())
        self.texts = sorted(kinds)
        self.number = {text: number for number, text in enumerate(self.texts)}
        self._kinds = [kinds[text] for text in self.texts]

    def wrong(self, sample: Sample, count: int, rng: np.random.Generator) -> list[int]:
        """Numbers of up to `count` phrases that nobody said of an image, nor anything else of a kind found in it."""
        own = {place.phrase for place in sample.places}
        kinds = set[str]().union(*(self._kinds[self.number[text]] for text in own if text in self.number))
        wrong: list[int] = []
        for number in rng.permutation(len(self.texts)):
            if len(wrong) == count:
                break
            if self.texts[number] not in own and not self._kinds[number] & kinds:
                wrong.append(int(number))
        return wrong


@dataclass(frozen=True, eq=False)
class Shown:
    """One crop of a step.

    Attributes:
        pixels: `(h, w, 3)` uint8 RGB.
        masks: `(p, h, w)` bool, where each of its own phrases is said of.
        own: their numbers.
        scale: which of the CLIP's scales it is shown at.
        wrong: numbers of phrases that are not said of it.
    """

    pixels: np.ndarray
    masks: np.ndarray
    own: list[int]
    wrong: list[int]
    scale: int


def show(
    sample: Sample,
    phrases: Phrases,
    wrong: int,
    rng: np.random.Generator,
    sizes: Sequence[float | None] = (None,),
) -> Shown:
    """A random crop that keeps a part of a marked place; half of them turned over, where no phrase names a side.

    Args:
        sample: the image.
        phrases: of all examples.
        wrong: how many phrases of other images it is asked about.
        rng: the source of all chance.
        sizes: at each of the CLIP's scales the side of a token in pixels of the image, which limits the crop; None
            where every image is scaled to one size.
    """
    pixels, scale = sample.pixels(), int(rng.integers(len(sizes)))
    masks = np.array([place.mask() for place in sample.places]).reshape(-1, *pixels.shape[:2])
    rows, columns = _window(masks, pixels.shape[:2], rng, sizes[scale])
    pixels, masks = pixels[rows, columns], masks[:, rows, columns]
    seen = [at for at, mask in enumerate(masks) if mask.any()]
    own = [phrases.number[sample.places[at].phrase] for at in seen]
    masks = masks[seen]
    sided = any(side in place.phrase.lower() for place in sample.places for side in _SIDES)
    if not sided and rng.random() < 0.5:
        pixels, masks = pixels[:, ::-1], masks[:, :, ::-1]
    told = phrases.wrong(sample, wrong, rng)
    return Shown(np.ascontiguousarray(pixels), np.ascontiguousarray(masks), own, told, scale)


def _window(
    masks: np.ndarray, size: Sequence[int], rng: np.random.Generator, token: float | None
) -> tuple[slice, slice]:
    shares = (1.0, 1.0) if rng.random() < _WHOLE else rng.uniform(_SMALLEST, 1, 2)
    longest = max(size) if token is None else round(_TOKENS * token)
    centre = rng.integers(0, size)
    if len(masks):
        marked = np.flatnonzero(masks[rng.integers(len(masks))])
        centre = np.unravel_index(marked[rng.integers(len(marked))], masks.shape[1:])
    cut = []
    for whole, share, middle in zip(size, shares, centre, strict=True):
        length = max(1, min(round(whole * share), longest))
        first = int(rng.integers(max(0, middle - length + 1), min(middle, whole - length) + 1))
        cut.append(slice(first, first + length))
    return cut[0], cut[1]
