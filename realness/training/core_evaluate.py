"""Measuring CORE trained end to end, without peeking: folds, each scored by networks that never saw its images."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.model_selection import KFold
from torch import Tensor

from realness.atomic import made_folder, write_bytes
from realness.core.crossing import Evaluation, baselines, baselines_of, summed_up
from realness.core.kernels import VERDICT, Encoded
from realness.core.measures import Agreement, agreement
from realness.core.network import image_network
from realness.core.samples import Rated, weights_of
from realness.core.score import NONE
from realness.core.words import verdict_features
from realness.domain import Skipped
from realness.errors import InvalidValue
from realness.training.core_config import CoreConfig
from realness.training.core_data import Data, Pictures
from realness.training.core_train import Progress, Steps, learn, steps_of, text_half
from realness.workbench.bench import Workbench
from realness.workbench.measuring import Measured, check_apart, check_results, written
from realness.workbench.scoring import Source, check_found, rated_images


def evaluate_end_to_end(
    bench: Workbench,
    source: Source,
    config: CoreConfig,
    out: Path,
    *,
    folds: int = 5,
    seeds: int = 1,
    test: Path | None = None,
    progress: Progress | None = None,
) -> Measured:
    """Measure the preset `paper` by cross-validation, and on another set if one is given; write what it found.

    The images of each fold are scored by networks that chose their epoch within the other folds. The other set is
    scored by `seeds` networks trained on all of the source. What each network said is kept in `out` until all is done,
    so that a stopped evaluation goes on.

    Args:
        out: the folder that gets `core.md`, `core.png` and `core.csv`.
        test: a data set with ratings, none of whose images may be in the source.
        progress: told how many steps are done, of how many.

    Raises:
        InvalidValue: too few rated images, one rating for all, more folds than images, a test image in the source, or a
            training diverged.
        WeightsNotFound: published weights cannot be had.
        CannotWrite: `out` cannot be written.
    """
    image_network(config.image, fresh=config.fresh)  # weights that cannot be had are told of before images are read
    check_results(out)
    found = rated_images(bench, source)
    check_found(found.samples, found.skipped, folds)
    others = None if test is None else rated_images(bench, Source(test))
    if others is not None:
        check_apart(found.samples, others.samples)
    known, left = _Set.read(found.samples, config)
    skipped = [*found.skipped, *left]
    check_found(known.samples, skipped, folds)
    apart = None
    if others is not None:
        apart, left = _Set.read(others.samples, config)
        skipped += [*others.skipped, *left]
        if len(apart.samples) < 3:
            raise InvalidValue(f"--test has {len(apart.samples)} images that can be scored; at least 3 are needed")
    total = _total(config, len(known.samples), folds, seeds, apart is not None)
    sets = [known] if apart is None else [known, apart]
    said = _Said.open(out, config, sets, folds, Steps(progress, total))
    tested = None if apart is None else _tested(config, known, apart, seeds, said)
    crossed = _crossed(config, known, folds, seeds, said)
    title = f"{config.title}; {folds} folds x {seeds} seeds"
    measured = written(crossed, tested, known.samples, skipped, out, title)
    said.file.unlink(missing_ok=True)
    return measured


@dataclass(frozen=True)
class _Set:
    """Samples that can be used, and their pixels as `Pictures` has them."""

    samples: Sequence[Rated]
    pixels: Tensor | None

    @classmethod
    def read(cls, samples: Sequence[Rated], config: CoreConfig) -> tuple["_Set", list[Skipped]]:
        """Decoded, and what had to be left out."""
        pictures, skipped = Pictures.read(samples, config)
        return cls([samples[at] for at in pictures.used], pictures.pixels), skipped

    def take(self, at: np.ndarray) -> "_Set":
        """Some of them."""
        pixels = None if self.pixels is None else self.pixels[torch.from_numpy(at)]
        return _Set([self.samples[each] for each in at], pixels)

    @property
    def ratings(self) -> np.ndarray:
        """`(n,)`."""
        return np.array([one.rating for one in self.samples])

    @property
    def encoded(self) -> Encoded:
        """As the baselines take them."""
        texts = [one.text for one in self.samples]
        return Encoded({VERDICT: verdict_features(texts)}, texts)


@dataclass
class _Said:
    """What networks said of images they had not seen, kept in a file until the evaluation is done.

    Attributes:
        ratings: `(n,)` of each training by its name.
    """

    file: Path
    steps: Steps
    ratings: dict[str, list[float]]

    @classmethod
    def open(cls, out: Path, config: CoreConfig, sets: Sequence[_Set], folds: int, steps: Steps) -> "_Said":
        """With what an evaluation of the same recipe, images and folds has kept."""
        told = [
            asdict(config),
            folds,
            *([(one.sha256, one.text, one.rating, one.votes) for one in each.samples] for each in sets),
        ]
        key = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]
        file = made_folder(out) / f"core-{key}.json"
        try:
            return cls(file, steps, dict(json.loads(file.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError):
            return cls(file, steps, {})  # there is none, or it was damaged: from the beginning

    def by(self, name: str, config: CoreConfig, inside: _Set, outside: _Set, seed: int) -> np.ndarray:
        """What a network that learns from one set says of another, `(n,)`."""
        if len(self.ratings.get(name, ())) == len(outside.samples):
            self.steps.add(steps_of(config, len(inside.samples)))
        else:
            self.ratings[name] = _scored(config, inside, outside, seed, self.steps).tolist()
            write_bytes(self.file, json.dumps(self.ratings).encode())
        return np.array(self.ratings[name])


def _scored(config: CoreConfig, inside: _Set, outside: _Set, seed: int, steps: Steps) -> np.ndarray:
    bert = text_half(config, inside.samples)
    seen = config.image != NONE
    learned = learn(config, Data.of(inside.samples, inside.pixels if seen else None, bert), bert, seed, steps)
    tokens = bert.tokens([one.text for one in outside.samples]) if bert is not None else None
    return learned.network.ratings(outside.pixels if seen else None, tokens, config.batch)


def _crossed(config: CoreConfig, known: _Set, folds: int, seeds: int, said: _Said) -> Evaluation:
    parts, ratings, counts = config.parts(), known.ratings, weights_of(known.samples)
    names = [*parts, *baselines_of([one.text for one in known.samples])]
    predictions = {name: [np.zeros(len(ratings)) for _ in range(seeds)] for name in names}
    for seed in range(seeds):
        for fold, (inside, outside) in enumerate(KFold(folds, shuffle=True, random_state=seed).split(ratings)):
            taught, asked = known.take(inside), known.take(outside)
            for name, part in parts.items():
                number = config.seed + seed * folds + fold
                predictions[name][seed][outside] = said.by(f"{name} {seed} {fold}", part, taught, asked, number)
            for name, each in baselines(taught.encoded, ratings[inside], counts[inside], asked.encoded).items():
                if name in predictions:
                    predictions[name][seed][outside] = each
    return summed_up(predictions, ratings)


def _tested(config: CoreConfig, known: _Set, apart: _Set, seeds: int, said: _Said) -> Agreement:
    runs = [said.by(f"test {seed}", config, known, apart, config.seed + seed) for seed in range(seeds)]
    return agreement(runs, apart.ratings)


def _total(config: CoreConfig, count: int, folds: int, seeds: int, tested: bool) -> int:
    """How many steps all trainings of an evaluation take."""
    sizes = [len(inside) for inside, _ in KFold(folds).split(np.zeros(count))]
    crossed = sum(steps_of(config, size) for size in sizes) * len(config.parts())
    return seeds * (crossed + (steps_of(config, count) if tested else 0))
