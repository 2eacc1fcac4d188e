"""What CORE says held against what people say, as far as one reviewer may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from realness.opinion import mean_opinion
from realness.store import Scored
from realness.workbench.learning import PRESET, unseen
from realness.workbench.reviewing import Desk

if TYPE_CHECKING:
    from realness.core.measures import Agreement

FEWEST_RATED = 20
"""As CORE itself needs; a test holds the two together."""
FEWEST_PAIRS = 3
"""Images that figures are made of, at least."""
MOST_PAIRS = 1000
"""Images that are drawn, and that figures are made of, at most: of more, so many at random."""


@dataclass(frozen=True)
class Pair:
    """An image with its score and its mean opinion score.

    Attributes:
        number: its place in the study, from 1.
        mos_low, mos_high: the interval of the mean, where there are enough ratings.
        n: of how many ratings here it is the mean; None for an imported one.
    """

    key: str
    sha256: str
    number: int
    score: float
    low: float | None
    high: float | None
    mos: float
    mos_low: float | None
    mos_high: float | None
    n: int | None


@dataclass(frozen=True)
class Insights:
    """CORE against people in one study.

    Attributes:
        model: whose score the newest is; None before the first.
        scored: how many images of the study have a score.
        rated: how many images CORE could learn from, of all studies.
        of: how many pairs there are; `pairs` are those drawn.
        figures: of the pairs; None when they are too few.
        unseen: by leave-one-out, what the model in the data folder got where it had not learned from an image: figures
            by name; None when that is not the model of the newest score.
    """

    model: str | None
    scored: int
    rated: int
    of: int
    pairs: Sequence[Pair]
    figures: "Agreement | None"
    unseen: dict[str, Any] | None


def insights(desk: Desk) -> Insights:
    """What a reviewer may know of the scores of a study."""
    store = desk.bench.store
    drawn, of = store.browse.scored(desk.shown, desk.reviewer.id, MOST_PAIRS)
    pairs = [_pair(one) for one in drawn]
    model, scored = store.predictions.newest_model(desk.study.id), store.predictions.scored(desk.study.id)
    rated = store.predictions.rated()
    return Insights(model, scored, rated, of, pairs, _figures(pairs), _unseen(desk, model))


def _pair(one: Scored) -> Pair:
    if one.opinion is not None:
        return Pair(*one.image, one.score, one.low, one.high, one.opinion, None, None, None)
    mos = mean_opinion(one.ratings)
    return Pair(*one.image, one.score, one.low, one.high, mos.mean, mos.low, mos.high, mos.n)


def _figures(pairs: Sequence[Pair]) -> "Agreement | None":
    if len(pairs) < FEWEST_PAIRS or len({one.mos for one in pairs}) < 2 or len({one.score for one in pairs}) < 2:
        return None
    import numpy as np  # noqa: PLC0415  with scipy, for those who look at the plot

    from realness.core.measures import agreement  # noqa: PLC0415

    return agreement([np.array([one.score for one in pairs])], np.array([one.mos for one in pairs]))


def _unseen(desk: Desk, model: str | None) -> dict[str, Any] | None:
    found = unseen(desk.bench.settings.model(PRESET))
    return found if found is not None and found["name"] == model else None
