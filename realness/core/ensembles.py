"""Heads that are ensembles over folds: each member is fitted without one fold of the training.

A sample of the training is scored by the member that never saw it, any other by all of them; where they disagree, and
how far off they are where they have not looked, tells how sure a score is.
"""

import warnings
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.linalg import eigh
from scipy.sparse import issparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold
from sklearn.neural_network import MLPRegressor
from sklearn.svm import SVR

from realness.core.heads import Head, weighted
from realness.core.kernels import Encoded, family_of
from realness.core.measures import deviations_of

MEMBERS = 5
HIDDEN = 529
"""Units between the two layers of `mlp`, as published."""
_BEGIN = "learned/"
_COST, _TUBE = 1.0, 0.2
_DIRECTIONS = 64
"""Principal directions of sparse vectors that `mlp` reads: a few hundred texts do not tell of thousands of words."""
_GAIN = 10.0
"""How long the vectors of each source are that `mlp` reads."""
_LEARNING: dict[str, Any] = {"alpha": 1.0, "learning_rate_init": 3e-4, "max_iter": 300}
_LEARNING |= {"validation_fraction": 0.15, "n_iter_no_change": 10}
_BATCH, _FEWEST_STOPPED = 32, 14
"""Samples of a step of `mlp`, and from how many on a part is kept apart to stop by."""


@dataclass(frozen=True, kw_only=True)
class Ensemble(Head):
    """Members over folds.

    Attributes:
        apart: `(n,)` which member was fitted without each sample.
        said: `(n,)` what that member says of it, standardised.
        off: how far the members are off where they have not looked: RMSE, in points of the scale.
        learned: by name; the first axis is the member, or the name begins with `all/`.
    """

    apart: np.ndarray
    said: np.ndarray
    off: float
    learned: Mapping[str, np.ndarray]

    @classmethod
    def fitted(cls, common: Mapping[str, Any], targets: np.ndarray) -> Self:
        """Fit the members.

        Args:
            common: the attributes that every head has.
            targets: `(n,)` the ratings, standardised.
        """
        apart = np.zeros(len(targets), int)
        for member, (_, left) in enumerate(KFold(MEMBERS, shuffle=True, random_state=0).split(targets)):
            apart[left] = member
        blank = cls(**common, apart=apart, said=np.zeros(len(targets)), off=0.0, learned={})
        learned = blank._learn(targets)
        taught = cls(**common, apart=apart, said=np.zeros(len(targets)), off=0.0, learned=learned)
        said = taught._asked(taught.placed)[apart, np.arange(len(targets))]
        off = float(np.sqrt(np.average((said - targets) ** 2, weights=taught.counts))) * taught.spread
        return cls(**common, apart=apart, said=said, off=off, learned=learned)

    def predict(self, encoded: Encoded, known: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """See `Head`. What is left out of a score are the members that saw the sample."""
        found = self._on_scale(self._asked(self.spaces.placed(encoded, self.sources)))
        asked = np.ones_like(found, bool)
        if known is not None:
            at = np.flatnonzero(known >= 0)
            asked[:, at] = np.arange(len(found))[:, None] == self.apart[known[at]]
        return np.average(found, axis=0, weights=asked), deviations_of(found, self.off, asked)

    def left_out(self) -> tuple[np.ndarray, np.ndarray]:
        """See `Head`. A fold at a time."""
        return self._on_scale(self.said), np.full(len(self.said), self.off)

    def numbers(self) -> dict[str, np.ndarray]:
        """See `Head`."""
        return {"apart": self.apart, "said": self.said} | {
            f"learned/{name}": each for name, each in self.learned.items()
        }

    def told(self) -> dict[str, float]:
        """See `Head`."""
        return {"uncertainty": self.off}

    @classmethod
    def restored(cls, common: Mapping[str, Any], numbers: Mapping[str, np.ndarray], told: Mapping[str, Any]) -> Self:
        """See `Head`."""
        learned = {name.removeprefix(_BEGIN): each for name, each in numbers.items() if name.startswith(_BEGIN)}
        off = float(told["uncertainty"])
        return cls(**common, apart=numbers["apart"], said=numbers["said"], off=off, learned=learned)

    def check(self) -> None:
        """See `Head`."""
        super().check()
        one = self._asked({source: each[:1] for source, each in self.placed.items()})
        if self.apart.shape != self.counts.shape or set(self.apart.tolist()) != set(range(MEMBERS)):
            raise ValueError("its folds do not fit each other")
        if self.said.shape != self.counts.shape or one.shape != (MEMBERS, 1) or not np.isfinite(one).all():
            raise ValueError("its members do not fit each other")

    @abstractmethod
    def _learn(self, targets: np.ndarray) -> dict[str, np.ndarray]:
        """What the members learn, each without its fold."""

    @abstractmethod
    def _asked(self, rows: Mapping[str, Any]) -> np.ndarray:
        """What each member says of placed samples, standardised: `(MEMBERS, m)`."""


class Machines(Ensemble):
    """Support vector regression on the weighted sum of the kernels: `svr`."""

    def _learn(self, targets: np.ndarray) -> dict[str, np.ndarray]:
        likeness = self._likeness(self.placed)
        coefficients, shifts = np.zeros((MEMBERS, len(targets))), np.zeros(MEMBERS)
        for member in range(MEMBERS):
            known = np.flatnonzero(self.apart != member)
            machine = SVR(kernel="precomputed", C=_COST, epsilon=_TUBE)
            machine.fit(likeness[np.ix_(known, known)], targets[known], sample_weight=self.counts[known])
            dual: Any = machine.dual_coef_
            coefficients[member, known[machine.support_]] = dual.ravel()
            shifts[member] = np.ravel(machine.intercept_)[0]
        return {"coefficients": coefficients, "shifts": shifts}

    def _asked(self, rows: Mapping[str, Any]) -> np.ndarray:
        return self.learned["coefficients"] @ self._likeness(rows).T + self.learned["shifts"][:, None]

    def _likeness(self, rows: Mapping[str, Any]) -> np.ndarray:
        return weighted(self.spaces.likeness(rows, self.placed), self.chosen.weights)


class Networks(Ensemble):
    """The published head, two fully connected layers with ReLU between them, on the vectors beside each other: `mlp`.

    Of sparse vectors their principal directions are read. Each member stops when a part of its own training, which it
    does not learn from, is no longer scored better.
    """

    def _learn(self, targets: np.ndarray) -> dict[str, np.ndarray]:
        directions = {f"all/{source}": _directions(each) for source, each in self.placed.items() if issparse(each)}
        vectors = self._vectors(self.placed, directions)
        layers = []
        for member in range(MEMBERS):
            known = self.apart != member
            count = int(known.sum())
            options = _LEARNING | {"early_stopping": count >= _FEWEST_STOPPED, "batch_size": min(_BATCH, count // 2)}
            network = MLPRegressor(hidden_layer_sizes=(HIDDEN,), random_state=member, **options)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # the last epoch is no worse than the one before
                network.fit(vectors[known], targets[known], sample_weight=self.counts[known])
            layers.append([*network.coefs_, *network.intercepts_])
        names = ("first", "second", "first shift", "second shift")
        return directions | {name: np.stack(each) for name, each in zip(names, zip(*layers, strict=True), strict=True)}

    def _asked(self, rows: Mapping[str, Any]) -> np.ndarray:
        learned, vectors = self.learned, self._vectors(rows, self.learned)
        hidden = np.maximum(vectors @ learned["first"] + learned["first shift"][:, None], 0)
        return (hidden @ learned["second"] + learned["second shift"][:, None])[..., 0]

    def _vectors(self, rows: Mapping[str, Any], directions: Mapping[str, np.ndarray]) -> np.ndarray:
        """The sources beside each other, each as long as its family's kernel counts."""
        found = []
        for source, each in rows.items():
            if issparse(each):
                each = np.asarray((each @ self.placed[source].T).todense()) @ directions[f"all/{source}"]
            found.append(_GAIN * np.sqrt(self.chosen.weights[family_of(source)]) * np.asarray(each, float))
        return np.hstack(found)


def _directions(rows: Any) -> np.ndarray:
    """What likeness to the samples `rows` is multiplied by for their coordinates in their principal directions."""
    count = rows.shape[0]
    inner = np.asarray((rows @ rows.T).todense(), float)
    values, vectors = eigh(inner, subset_by_index=(max(0, count - _DIRECTIONS), count - 1))
    kept = values > 1e-9 * values.max()
    return vectors[:, kept] / np.sqrt(values[kept])
