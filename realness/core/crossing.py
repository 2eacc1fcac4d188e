"""Measuring without peeking: every score comes from a model that never saw its image."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold

from realness.core.fitting import fit
from realness.core.kernels import IMAGE, VERDICT, Encoded, family_of
from realness.core.measures import Agreement, Difference, agreement, difference

Progress = Callable[[int, int | None], None]
ABLATION = ("image", "text", "both")
BASELINES = ("verdict", "tfidf ridge", "constant")


@dataclass(frozen=True)
class Evaluation:
    """What cross-validation found.

    Attributes:
        ablation: by `image`, `text`, `both`, those that the model has.
        baselines: by `verdict`, `tfidf ridge`, `constant`; on the same folds. Without descriptions the last alone.
        both_minus_better_alone: the paired difference of SROCCs; None when only one of the two is there.
        predictions: by the names of `ablation` and `baselines`, one `(n,)` a seed, out of fold.
        ratings: `(n,)`.
    """

    ablation: dict[str, Agreement]
    baselines: dict[str, Agreement]
    both_minus_better_alone: Difference | None
    predictions: dict[str, list[np.ndarray]]
    ratings: np.ndarray

    @property
    def whole(self) -> str:
        """Which row of the ablation is the whole model's: `both`, or the only one."""
        return next(name for name in reversed(ABLATION) if name in self.ablation)


def parts_of(sources: Sequence[str]) -> dict[str, list[str]]:
    """The sources of each row of the ablation; the verdict belongs to the text."""
    image = [each for each in sources if family_of(each) == IMAGE]
    text = [each for each in sources if family_of(each) != IMAGE]
    found = {"image": image, "text": text, "both": [*image, *text]}
    return {name: each for name, each in found.items() if each and (name != "both" or (image and text))}


def cross_validate(
    encoded: Encoded,
    ratings: np.ndarray,
    counts: np.ndarray,
    sources: Sequence[str],
    *,
    head: str = "gp",
    folds: int = 5,
    seeds: int = 5,
    progress: Progress | None = None,
) -> Evaluation:
    """Score every sample by models fitted to the other folds, for several ways to make the folds.

    Args:
        encoded: the samples, each image once.
        ratings, counts: as `heads.fit` takes them.
        folds: how many parts; each is scored by a model of the others.
        seeds: how often the parts are made anew.
    """
    parts = parts_of(sources)
    names = [*parts, *baselines_of(encoded.texts)]
    predictions = {name: [np.zeros(len(ratings)) for _ in range(seeds)] for name in names}
    for seed in range(seeds):
        splits = KFold(folds, shuffle=True, random_state=seed).split(ratings)
        for done, (known, left) in enumerate(splits, 1 + seed * folds):
            inside, outside = encoded.take(known), encoded.take(left)
            for name, some in parts.items():
                fitted = fit(inside, ratings[known], counts[known], some, head)
                predictions[name][seed][left] = fitted.predict(outside)[0]
            for name, predicted in baselines(inside, ratings[known], counts[known], outside).items():
                predictions[name][seed][left] = predicted
            if progress is not None:
                progress(done, folds * seeds)
    return summed_up(predictions, ratings)


def summed_up(predictions: dict[str, list[np.ndarray]], ratings: np.ndarray) -> Evaluation:
    """The figures of out-of-fold predictions.

    Args:
        predictions: as `Evaluation` has them.
        ratings: `(n,)`.
    """
    found = {name: agreement(runs, ratings) for name, runs in predictions.items()}
    ablation = {name: found[name] for name in ABLATION if name in found}
    paired = None
    if "both" in ablation:
        better = max(("image", "text"), key=lambda name: ablation[name].srocc)
        paired = difference(predictions["both"], predictions[better], ratings)
    return Evaluation(
        ablation, {name: found[name] for name in BASELINES if name in found}, paired, predictions, ratings
    )


def baselines_of(texts: Sequence[str]) -> tuple[str, ...]:
    """Which baselines there can be: without a description of every image, the constant alone."""
    return BASELINES if all(text.strip() for text in texts) else BASELINES[-1:]


def baselines(inside: Encoded, ratings: np.ndarray, counts: np.ndarray, outside: Encoded) -> dict[str, np.ndarray]:
    """What the simplest predictors say: the verdict word alone, TF-IDF with ridge regression, the mean."""
    mean = float(np.average(ratings, weights=counts))
    constant = {"constant": np.full(len(outside), mean)}
    if baselines_of([*inside.texts, *outside.texts]) != BASELINES:
        return constant
    groups = {}
    for verdict in {tuple(row) for row in inside.vectors[VERDICT]}:
        same = (inside.vectors[VERDICT] == verdict).all(axis=1)
        groups[verdict] = float(np.average(ratings[same], weights=counts[same]))
    words: Any = TfidfVectorizer(ngram_range=(1, 2))
    ridge = Ridge(alpha=1.0).fit(words.fit_transform(inside.texts), ratings, sample_weight=counts)
    return {
        "verdict": np.array([groups.get(tuple(row), mean) for row in outside.vectors[VERDICT]]),
        "tfidf ridge": np.asarray(ridge.predict(words.transform(outside.texts))),
    } | constant
