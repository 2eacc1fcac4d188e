"""Opinion statistics of a study, or of all: progress, mean opinion scores, agreement, and each reviewer."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from realness.atomic import write_bytes
from realness.domain import Judgement, ReviewKind
from realness.errors import InvalidValue
from realness.exchange.to_csv import check_target, table
from realness.opinion import MeanOpinion, mean_opinion
from realness.opinion.quality import Accuracy, Consistency, gold_accuracy, repeat_consistency
from realness.store import StudyState, Vote
from realness.workbench.bench import Workbench

if TYPE_CHECKING:
    from realness.opinion.agreement import Interval
    from realness.opinion.panel import Panel, Votes

COLUMNS = ("image", "image_sha256", "n", "mos", "low", "high", "mos_p913", "mos_p910")
Repeats = Mapping[str, Sequence[tuple[float, float]]]
Golds = Mapping[str, Sequence[tuple[float, float, float]]]
NONE: Mapping[str, Any] = MappingProxyType({})
"""Nothing came again, and of no image the answer is known."""
_REVIEW = ReviewKind.REVIEW.value
_DIGITS = 3
_MINUTE = 60.0


@dataclass(frozen=True)
class ReviewerStats:
    """One reviewer.

    Attributes:
        reviewer: the pseudonym.
        bias: by how much the ratings lie above the others'; None where nobody else rated the same images.
        inconsistency: the standard deviation of the ratings about the opinion scores, bias apart; None likewise.
        minutes: active time an answer, the median.
        wrong_accepted: how many texts that were made wrong on purpose were found accurate, of `wrong_seen`.
        repeats: images that came again and were rated again.
        repeat_difference: how far the two ratings lie apart, the mean; None without repeats.
        gold_right: how many ratings lie where they are known to belong, of `gold_seen`.
    """

    reviewer: str
    rated: int
    skipped: int
    flagged: int
    mean: float | None
    bias: float | None
    inconsistency: float | None
    minutes: float
    wrong_accepted: int
    wrong_seen: int
    repeats: int = 0
    repeat_difference: float | None = None
    gold_seen: int = 0
    gold_right: int = 0


@dataclass(frozen=True)
class ImageStats:
    """The opinion scores of one image: the plain mean with its interval, without bias (P.913), most likely (P.910)."""

    image_id: int
    mos: MeanOpinion
    p913: float
    p910: float | None


@dataclass(frozen=True)
class Stats:
    """What `opinion_statistics` found.

    Attributes:
        studies: how far each is.
        images: those with a rating, by id.
        alpha: Krippendorff's, for interval data; None without images that two rated.
        icc: the intraclass correlation ICC(1); None likewise.
        without_p910: why there is no maximum likelihood; None where there is one.
    """

    studies: Sequence[StudyState]
    images: Sequence[ImageStats]
    reviewers: Sequence[ReviewerStats]
    alpha: "Interval | None"
    icc: "Interval | None"
    without_p910: str | None

    def as_json(self) -> dict[str, Any]:
        """The figures by name, images left out."""
        ratings = sum(one.rated for one in self.reviewers)
        told: dict[str, Any] = {"images": sum(one.images for one in self.studies), "rated": len(self.images)}
        told |= {"ratings": ratings, "mos": _round(fmean(one.mos.mean for one in self.images)) if self.images else None}
        for name, figure in (("alpha", self.alpha), ("icc", self.icc)):
            told[name] = _round(figure.value) if figure else None
            told[f"{name}_ci"] = [_round(figure.low), _round(figure.high)] if figure else None
        told["studies"] = [asdict(one) for one in self.studies]
        told["reviewers"] = [{name: _round(each) for name, each in asdict(one).items()} for one in self.reviewers]
        return told | {"without_p910": self.without_p910}


def opinion_statistics(bench: Workbench, study: str | None = None) -> Stats:
    """The statistics of the current answers in one study, or in all.

    Raises:
        NotFound: there is no study of that name.
    """
    store = bench.store
    chosen = store.studies.named(study).id if study else None
    repeats, golds = store.controls.repeated(chosen), store.controls.gold_ratings(chosen)
    return statistics_of(store.panel.votes(chosen), store.panel.states(chosen), repeats=repeats, golds=golds)


def statistics_of(
    found: Sequence[Vote], states: Sequence[StudyState], *, repeats: Repeats = NONE, golds: Golds = NONE
) -> Stats:
    """The same of answers that were read already.

    Args:
        repeats: by pseudonym, the first and the repeated rating of each image that came again.
        golds: by pseudonym, the rating of each image with a known answer, and from where to where that lies.
    """
    rated = [one for one in found if rates(one)]
    answers: dict[str, list[Vote]] = defaultdict(list)
    for one in found:
        answers[one.reviewer].append(one)
    names = sorted(answers)
    care = {name: _care(repeats.get(name, ()), golds.get(name, ())) for name in names}
    if not rated:
        reviewers = [_reviewer(name, answers[name], None, 0, care[name]) for name in names]
        return Stats(states, [], reviewers, None, None, "there is no rating")
    from realness.opinion.agreement import intraclass, krippendorff  # noqa: PLC0415  numpy, for many ratings only
    from realness.opinion.panel import Votes, bias_removed  # noqa: PLC0415

    by_name = {name: at for at, name in enumerate(names)}
    votes = Votes.of([(one.image_id, by_name[one.reviewer], one.rating or 0.0) for one in rated])
    unbiased = bias_removed(votes)
    likely, why = _likely(votes)
    shared, at = set(votes.at_least(2).reviewers), {reviewer: row for row, reviewer in enumerate(votes.reviewers)}
    reviewers = [
        _reviewer(name, answers[name], unbiased if number in shared else None, at.get(number, 0), care[name])
        for name, number in by_name.items()
    ]
    images = _images(rated, dict(zip(votes.images, unbiased.scores.tolist(), strict=True)), likely)
    return Stats(states, images, reviewers, krippendorff(votes), intraclass(votes), why)


def rates(one: Vote) -> bool:
    """Whether an answer gives a rating that counts."""
    return one.kind == _REVIEW and one.rating is not None


def _likely(votes: "Votes") -> tuple[dict[int, float], str | None]:
    """The most likely scores of the images that enough people rated; and why there are none."""
    from realness.opinion.panel import FEWEST_FOR_LIKELIHOOD, maximum_likelihood  # noqa: PLC0415

    many = votes.at_least(FEWEST_FOR_LIKELIHOOD)
    try:
        if not many.images:
            raise InvalidValue(f"no image has {FEWEST_FOR_LIKELIHOOD} ratings")
        return dict(zip(many.images, maximum_likelihood(many).scores.tolist(), strict=True)), None
    except InvalidValue as error:
        return {}, str(error)


def _care(
    repeats: Sequence[tuple[float, float]], golds: Sequence[tuple[float, float, float]]
) -> tuple[Consistency, Accuracy]:
    return repeat_consistency(repeats), gold_accuracy(golds)


def _images(rated: Sequence[Vote], unbiased: Mapping[int, float], likely: Mapping[int, float]) -> list[ImageStats]:
    ratings: dict[int, list[float]] = defaultdict(list)
    for one in rated:
        ratings[one.image_id].append(one.rating or 0.0)
    return [
        ImageStats(image, mean_opinion(ratings[image]), without, likely.get(image))
        for image, without in unbiased.items()
    ]


def _reviewer(
    name: str, own: Sequence[Vote], panel: "Panel | None", at: int, care: tuple[Consistency, Accuracy]
) -> ReviewerStats:
    kinds = [one.kind for one in own]
    ratings = [one.rating or 0.0 for one in own if rates(one)]
    again, gold = care
    wrong = [one for one in own if one.planted_wrong and one.judgement is not None]
    return ReviewerStats(
        name,
        len(ratings),
        kinds.count(ReviewKind.SKIP.value),
        kinds.count(ReviewKind.FLAG.value),
        fmean(ratings) if ratings else None,
        float(panel.bias[at]) if panel else None,
        float(panel.inconsistency[at]) if panel else None,
        median(one.active_seconds for one in own) / _MINUTE,
        sum(one.judgement == Judgement.ACCURATE.value for one in wrong),
        len(wrong),
        again.n,
        again.difference,
        gold.n,
        gold.right,
    )


def write_opinions(bench: Workbench, stats: Stats, out: Path) -> None:
    """Write the opinion scores of every rated image to a CSV file: plain, without bias, most likely.

    Raises:
        CannotWrite: the file cannot be written, or something else than opinion scores lies there.
    """
    check_target(out, [COLUMNS])
    names = bench.store.panel.names()
    lines: list[Sequence[Any]] = [COLUMNS]
    for one in stats.images:
        figures = (one.mos.mean, one.mos.low, one.mos.high, one.p913, one.p910)
        lines.append((*names[one.image_id], one.mos.n, *(_round(each) for each in figures)))
    write_bytes(out, table(lines))


def _round(value: Any) -> Any:
    return round(value, _DIGITS) if isinstance(value, float) else value
