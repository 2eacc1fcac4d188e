"""The parts of Insights that tell what reviewers say together, as far as one person may see it.

Everybody sees how far the panel agrees and how far the study is, and the own row among the people. Who leads sees all
rows. An image's opinion score is told to who has reviewed the image; to leads too, unless the study is blind to them.
"""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from statistics import fmean, median, quantiles
from typing import Any

from realness.domain import Study
from realness.opinion import FEW
from realness.store import StudyState, Vote
from realness.workbench.bench import Workbench
from realness.workbench.insights import Pair
from realness.workbench.marked import MOST, MarkedMaps
from realness.workbench.plots import Plot, PlotName
from realness.workbench.progress import FEWEST_DAYS, study_done
from realness.workbench.reviewing import Desk
from realness.workbench.stats import Golds, ImageStats, Repeats, Stats, rates, statistics_of

MOST_DRAWN = 1000
"""Images that are drawn, at most; figures are of all."""
_MINUTE = 60.0


class PartName(StrEnum):
    """The parts, but for the scores, which `insights` tells."""

    PROGRESS = "progress"
    OPINIONS = "opinions"
    AGREEMENT = "agreement"
    PEOPLE = "people"
    MAPS = "maps"
    DESCRIBERS = "describers"


@dataclass(frozen=True)
class Part:
    """One part: its figures by name, a row for each person who may be seen, and its plots."""

    figures: Mapping[str, Any]
    people: Sequence[Mapping[str, Any]]
    plots: Sequence[Plot]

    def as_json(self) -> dict[str, Any]:
        """For the screen."""
        return {
            "figures": self.figures,
            "people": self.people,
            "plots": {plot.name: plot.as_json() for plot in self.plots},
        }


@dataclass(frozen=True)
class Known:
    """What is the same for everybody: the answers of a study and their statistics.

    Attributes:
        repeats, golds: as `statistics_of` takes them.
    """

    votes: Sequence[Vote]
    state: StudyState
    repeats: Repeats = field(default_factory=dict)
    golds: Golds = field(default_factory=dict)

    @cached_property
    def stats(self) -> Stats:
        """Of all answers."""
        return statistics_of(self.votes, [self.state], repeats=self.repeats, golds=self.golds)


def scores_plot(pairs: Sequence[Pair], model: str | None) -> Plot:
    """CORE's scores against people's."""
    names = ("score", "low", "high", "mos", "mos_low", "mos_high", "n")
    rows = [
        {
            "image": one.number,
            "image_sha256": one.sha256,
            **{name: getattr(one, name) for name in names},
            "model": model,
        }
        for one in pairs
    ]
    caption = f"n {_counted(len(pairs), 'image')}; by {model}; lines: 95 % intervals; dashed: equal"
    keys = [one.key for one in pairs]
    return Plot.of(PlotName.SCORES, "Predicted score against people", caption, rows, keys=keys)


def known(bench: Workbench, study: Study) -> Known:
    """The answers of a study."""
    (state,) = bench.store.panel.states(study.id)
    controls = bench.store.controls
    votes = bench.store.panel.votes(study.id)
    return Known(votes, state, controls.repeated(study.id), controls.gold_ratings(study.id))


def visible(desk: Desk, votes: Sequence[Vote]) -> Collection[int] | None:
    """The images whose opinions this person may see; None for all."""
    if desk.reviewer.leads and not desk.shown.settings.blind:
        return None
    mine = desk.reviewer.pseudonym
    return {one.image_id for one in votes if one.reviewer == mine and rates(one)}


def _seen(desk: Desk, known: Known) -> list[ImageStats]:
    seen = visible(desk, known.votes)
    return [one for one in known.stats.images if seen is None or one.image_id in seen]


_OF_CONTROLS = {"wrong_seen", "wrong_accepted", "repeats", "repeat_difference", "gold_seen", "gold_right"}
"""What tells how a reviewer did on images that were put there to see how people review."""


def _people(desk: Desk, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """The rows this person may see, one's own marked."""
    mine = desk.reviewer.pseudonym
    return [asdict(one) | {"you": one.reviewer == mine} for one in rows if desk.reviewer.leads or one.reviewer == mine]


def _drawn(images: Sequence[Any]) -> list[Any]:
    """At most so many, at random but always the same."""
    return [images[at] for at in sorted(random.Random(0).sample(range(len(images)), min(MOST_DRAWN, len(images))))]


def _counted(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def _n(drawn: Sequence[Any], of: Sequence[Any]) -> str:
    return f"n {_counted(len(drawn), 'image')}" + (f" drawn at random of {len(of)}" if len(drawn) < len(of) else "")


def _progress(desk: Desk, known: Known) -> Part:
    done = study_done(known.votes, known.state, datetime.now(UTC).date())
    sums, rows = 0, []
    for day, n in done.days.items():
        sums += n
        rows.append({"day": day, "ratings": n, "ratings_so_far": sums})
    counted = f"n {_counted(sums, 'rating')} on {_counted(len(rows), 'day')} (UTC)"
    caption = f"{counted}; a rating counts on the day it was last changed"
    figures = asdict(known.state) | {"fewest_days": FEWEST_DAYS}
    figures |= {name: getattr(done, name) for name in ("asked", "given", "left", "a_day", "days_left")}
    return Part(figures, _people(desk, done.people), [Plot.of(PlotName.RATINGS, "Ratings a day", caption, rows)])


def _opinions(desk: Desk, known: Known) -> Part:
    seen = _seen(desk, known)
    drawn = sorted(_drawn(seen), key=lambda one: one.mos.mean)
    ratings: dict[int, list[float]] = {one.image_id: [] for one in drawn if one.mos.n < FEW}
    for vote in known.votes:
        if vote.image_id in ratings and rates(vote):
            ratings[vote.image_id].append(vote.rating or 0.0)
    places = desk.bench.store.panel.places(desk.study.id, [one.image_id for one in drawn])
    rows = [_opinion(one, places[one.image_id], ratings.get(one.image_id)) for one in drawn]
    many = sum(one.mos.n >= FEW for one in seen)
    caption = (
        f"{_n(drawn, seen)}, {sum(one.mos.n >= FEW for one in drawn)} with a 95 % t-interval (from {FEW} ratings on)"
    )
    figures = {
        "images": len(seen),
        "rated": len(known.stats.images),
        "of": desk.study.images,
        "mean": fmean(one.mos.mean for one in seen) if seen else None,
        "ratings": median(one.mos.n for one in seen) if seen else None,
        "with_interval": many,
        "with_p910": sum(one.p910 is not None for one in seen),
        "without_p910": known.stats.without_p910,
        "few": FEW,
    }
    keys = [places[one.image_id][0] for one in drawn]
    return Part(figures, [], [Plot.of(PlotName.MOS, "Mean opinion scores", caption, rows, keys=keys)])


def _opinion(one: ImageStats, place: tuple[str, str, int], votes: list[float] | None) -> dict[str, Any]:
    row = {"image": place[2], "image_sha256": place[1], "n": one.mos.n, "mos": one.mos.mean}
    row |= {"low": one.mos.low, "high": one.mos.high, "mos_p913": one.p913, "mos_p910": one.p910}
    return row | {"votes": sorted(votes) if votes else None}


def _agreement(desk: Desk, known: Known) -> Part:
    stats = known.stats
    seen = [one for one in _seen(desk, known) if one.mos.n > 1]
    ratings: dict[int, list[float]] = {one.image_id: [] for one in seen}
    for vote in known.votes:
        if vote.image_id in ratings and rates(vote):
            ratings[vote.image_id].append(vote.rating or 0.0)
    spreads = {image: _deviation(values) for image, values in ratings.items()}
    drawn = sorted(_drawn(seen), key=lambda one: -spreads[one.image_id])
    places = desk.bench.store.panel.places(desk.study.id, [one.image_id for one in drawn])
    rows = [
        {"image": places[one.image_id][2], "image_sha256": places[one.image_id][1], "n": one.mos.n, "mos": one.mos.mean,
         "sd": spreads[one.image_id]}
        for one in drawn
    ]  # fmt: skip
    figures = {
        "alpha": asdict(stats.alpha) if stats.alpha else None,
        "icc": asdict(stats.icc) if stats.icc else None,
        "shared": sum(one.mos.n > 1 for one in stats.images),
        "rated": len(stats.images),
        "images": len(seen),
        "spread": median(spreads.values()) if spreads else None,
    }
    caption = f"{_n(drawn, seen)} with two ratings or more"
    keys = [places[one.image_id][0] for one in drawn]
    return Part(figures, [], [Plot.of(PlotName.SPREAD, "Spread of ratings against MOS", caption, rows, keys=keys)])


def _deviation(values: Sequence[float]) -> float:
    """The standard deviation. That of `statistics` is exact, and takes twenty times as long."""
    mean = fmean(values)
    return (sum((value - mean) ** 2 for value in values) / (len(values) - 1)) ** 0.5


def _care(desk: Desk, known: Known) -> Part:
    people = _people(desk, known.stats.reviewers)
    if not desk.reviewer.leads:  # whoever saw the count grow would know which image was a control
        people = [{name: value for name, value in row.items() if name not in _OF_CONTROLS} for row in people]
    names = {row["reviewer"] for row in people}
    others = [row for row in people if row["bias"] is not None]
    columns = ("reviewer", "rated", "mean", "bias", "inconsistency")
    rows = [{name: row[name] for name in columns} for row in sorted(others, key=lambda row: row["bias"])]
    caption = f"n {_counted(len(rows), 'reviewer')}; dot: bias; line: one inconsistency to each side"
    plots = [Plot.of(PlotName.REVIEWERS, "Bias and inconsistency", caption, rows)]
    minutes = [one.active_seconds / _MINUTE for one in known.votes if one.reviewer in names]
    figures = {
        "people": len(known.stats.reviewers),
        "minutes": median(minutes) if minutes else None,
        "middle": _middle(minutes) if minutes else None,
        "all": desk.reviewer.leads,
    }
    return Part(figures, people, [*plots, _minutes([one for one in known.votes if one.reviewer in names])])


def _minutes(votes: Sequence[Vote]) -> Plot:
    days: dict[str, list[float]] = {}
    for one in votes:
        days.setdefault(one.day, []).append(one.active_seconds / _MINUTE)
    rows = []
    for day, minutes in sorted(days.items()):
        low, high = _middle(minutes)
        rows.append({"day": day, "n": len(minutes), "median": median(minutes), "low": low, "high": high})
    counted = f"n {_counted(len(votes), 'answer')} on {_counted(len(rows), 'day')} (UTC)"
    caption = f"{counted}; median and middle half of the active time"
    return Plot.of(PlotName.MINUTES, "Minutes an image", caption, rows)


def _middle(values: Sequence[float]) -> tuple[float, float]:
    """The quartiles."""
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high


def maps_part(desk: Desk, found: MarkedMaps) -> Part:
    """Maps against the places that people marked."""
    ranked = sorted(found.images, key=lambda one: one.auroc)
    places = desk.bench.store.panel.places(desk.study.id, [one.image_id for one in ranked])
    rows = [
        {"image": places[one.image_id][2], "image_sha256": places[one.image_id][1], "auroc": one.auroc,
         "pointing": one.pointing, "marked_share": one.area, "clip": one.clip}
        for one in ranked
    ]  # fmt: skip
    clips = sorted({one.clip for one in ranked})
    figures = {
        "auroc": asdict(found.auroc) if found.auroc else None,
        "pointing": asdict(found.pointing) if found.pointing else None,
        "area": fmean(one.area for one in ranked) if ranked else None,
        "images": len(ranked),
        "of": found.of,
        "left_out": found.left_out,
        "most": MOST,
        "clips": clips,
    }
    drawn = f" drawn at random of {found.of}" if found.of > MOST else ""
    caption = f"n {_counted(len(ranked), 'image')}{drawn}; maps by {', '.join(clips)}; dashed: chance"
    mean = (found.auroc.mean, found.auroc.low, found.auroc.high) if found.auroc else None
    keys = [places[one.image_id][0] for one in ranked]
    plot = Plot.of(PlotName.MAPS, "Maps against people's marks", caption, rows, keys=keys, mean=mean)
    return Part(figures, [], [plot])


PARTS: dict[PartName, Callable[[Desk, Known], Part]] = {
    PartName.PROGRESS: _progress,
    PartName.OPINIONS: _opinions,
    PartName.AGREEMENT: _agreement,
    PartName.PEOPLE: _care,
}
"""How each part is made of what is known; that of the maps takes the maps themselves, too."""
