"""How well descriptions agree with people, over images: every figure is a ratio of two sums, with its interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from realness.describe.comparing import Part, Said, edit_rate, likeness, matched

FIGURES = ("verdict_accuracy", "precision", "recall", "f1", "hter", "chrf", "words")
"""Names of the figures: shares from 0 to 1, but for `hter`, edits for each word of the corrected text (lower is
better), `chrf`, 0 to 100, and `words`, the length of the explanation."""
LOWER_IS_BETTER = ("hter",)
RESAMPLES = 2000
_CHUNK = 1_000_000
"""Numbers that are drawn at once, at most."""
_SEED = 0

Sums = Mapping[str, tuple[float, float]]
"""By figure, numerator and denominator of one image."""


@dataclass(frozen=True)
class Figure:
    """A ratio over images with its bootstrap 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Paired:
    """How much higher a figure is for one describer than for another, on the same images.

    Attributes:
        difference: of the two figures.
        low, high: bootstrap 95 % interval, both resampled together.
        p: of a permutation test that swaps the two, image by image, at random (two-sided).
    """

    difference: float
    low: float
    high: float
    p: float


def compare(machine: Said, people: Sequence[Said]) -> dict[str, tuple[float, float]]:
    """The sums of one image, the mean over the people who answered it."""
    each = [_compare(machine, person) for person in people]
    names = {name: None for one in each for name in one}
    return {
        name: (
            float(np.mean([one[name][0] for one in each if name in one])),
            float(np.mean([one[name][1] for one in each if name in one])),
        )
        for name in names
    }


def kinds(machine: Said, people: Sequence[Said]) -> dict[str, dict[str, tuple[float, float]]]:
    """By kind of finding the sums of `recall` (of what people found) and of `precision` (of what the machine found)."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for person in people:
        pairs = matched(machine.parts, person.parts, person.dropped)
        for name, parts, hit in (
            ("recall", person.parts, set(pairs.values())),
            ("precision", machine.parts, set(pairs)),
        ):
            _count(found, name, parts, hit, 1 / len(people))
    return found


def _count(
    found: dict[str, dict[str, tuple[float, float]]], name: str, parts: Sequence[Part], hit: set[int], weight: float
) -> None:
    for at, part in enumerate(parts):
        if part.kind:
            into = found.setdefault(part.kind, {})
            right, n = into.get(name, (0.0, 0.0))
            into[name] = (right + weight * (at in hit), n + weight)


def _compare(machine: Said, person: Said) -> dict[str, tuple[float, float]]:
    found = {
        "hter": (edit_rate(machine.text, person.text), 1.0),
        "chrf": (likeness(machine.text, person.text), 1.0),
        "words": (float(len(machine.explanation.split())), 1.0),
    }
    if person.verdict is not None:
        found["verdict_accuracy"] = (float(machine.verdict is person.verdict), 1.0)
    right = float(len(matched(machine.parts, person.parts, person.dropped)))
    said, there = len(machine.parts), len(person.parts)
    return found | {"precision": (right, said), "recall": (right, there), "f1": (2 * right, said + there)}


def figures(images: Sequence[Sums]) -> dict[str, Figure]:
    """Every figure that the images have a denominator for, with the interval of a bootstrap over images.

    Images that were made from one photograph are not independent; with few photographs the intervals are too narrow.
    """
    found = {}
    for name in _names(images):
        sums = _table(images, name)
        if sums[:, 1].sum() > 0:
            low, high = np.percentile(_ratios(_resampled(sums)), (2.5, 97.5))
            found[name] = Figure(float(_ratios(sums.sum(0))), float(low), float(high))
    return found


def paired(ours: Sequence[Sums], theirs: Sequence[Sums]) -> dict[str, Paired]:
    """The paired test for every figure that both have, image by image in one order."""
    found = {}
    for name in [name for name in _names(ours) if name in _names(theirs)]:
        both = np.concatenate([_table(ours, name), _table(theirs, name)], axis=1)
        if not (both[:, 1].sum() > 0 and both[:, 3].sum() > 0):
            continue
        difference = float(_differences(both.sum(0)))
        low, high = np.percentile(_differences(_resampled(both)), (2.5, 97.5))
        swapped = np.abs(_differences(_swapped(both)))
        as_far = int((swapped >= abs(difference) - 1e-12).sum())
        found[name] = Paired(difference, float(low), float(high), (as_far + 1) / (len(swapped) + 1))
    return found


def _names(images: Sequence[Sums]) -> list[str]:
    there = {name for one in images for name in one}
    return [*(name for name in FIGURES if name in there), *sorted(there - set(FIGURES))]


def _table(images: Sequence[Sums], name: str) -> np.ndarray:
    """`(n, 2)`: numerator and denominator of each image; 0 and 0 where it has none."""
    return np.array([one.get(name, (0.0, 0.0)) for one in images], dtype=float)


def _resampled(sums: np.ndarray) -> np.ndarray:
    """`(RESAMPLES, k)`: the sums over images drawn with replacement; always the same draws."""
    rng, n = np.random.default_rng(_SEED), len(sums)
    turns = max(1, _CHUNK // n)
    sizes = [min(turns, RESAMPLES - done) for done in range(0, RESAMPLES, turns)]
    return np.concatenate([sums[rng.integers(0, n, (size, n))].sum(1) for size in sizes])


def _swapped(both: np.ndarray) -> np.ndarray:
    """`(RESAMPLES, 4)`: the sums with ours and theirs changed over in images chosen at random."""
    rng, n = np.random.default_rng(_SEED), len(both)
    change = both[:, [2, 3, 0, 1]] - both
    turns = max(1, _CHUNK // n)
    sizes = [min(turns, RESAMPLES - done) for done in range(0, RESAMPLES, turns)]
    return both.sum(0) + np.concatenate([rng.integers(0, 2, (size, n)) @ change for size in sizes])


def _ratios(sums: np.ndarray) -> np.ndarray:
    """Numerator by denominator in the last axis; 0 where there is none."""
    return np.divide(sums[..., 0], sums[..., 1], out=np.zeros_like(sums[..., 0]), where=sums[..., 1] > 0)


def _differences(sums: np.ndarray) -> np.ndarray:
    return _ratios(sums[..., :2]) - _ratios(sums[..., 2:])
