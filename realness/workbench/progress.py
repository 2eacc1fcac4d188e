"""How far a study and the people in it are, and how long the rest takes."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from realness.domain import ReviewKind
from realness.store import StudyState, Vote
from realness.workbench.stats import rates

WINDOW = 14
"""Days back from today whose pace is taken for the pace to come."""
FEWEST_DAYS = 3
"""Days with ratings among them from which on days left are told."""
_SKIP = ReviewKind.SKIP.value


@dataclass(frozen=True)
class PersonDone:
    """How far one reviewer is.

    Attributes:
        done: images answered, skips and flags among them.
        target: these and the images that the study's overlap still leaves open to this person.
        a_day: ratings a day over the last `WINDOW` days, or since the first rating where that was later.
        last: the day of the last answer.
    """

    reviewer: str
    done: int
    target: int
    a_day: float
    last: str


@dataclass(frozen=True)
class StudyDone:
    """How far a study is.

    Attributes:
        asked: ratings that the study asks for.
        given: how many of them there are; what goes beyond an image's overlap is none.
        left: answers that images still wait for; a flag is an answer, a skip is none.
        a_day: as in `PersonDone`, of all together.
        days_left: at that pace; None where too few days are known, or nothing was rated of late.
        days: how many of the current ratings were saved on each day that has some.
    """

    asked: int
    given: int
    left: int
    a_day: float
    days_left: int | None
    days: Mapping[str, int]
    people: Sequence[PersonDone]


def study_done(votes: Sequence[Vote], state: StudyState, today: date) -> StudyDone:
    """How far one study is, from its current answers."""
    ratings: Counter[int] = Counter()
    answers: Counter[int] = Counter()
    own: dict[str, set[int]] = defaultdict(set)
    last: dict[str, str] = {}
    by_day: dict[str, Counter[str]] = defaultdict(Counter)
    for one in votes:
        own[one.reviewer].add(one.image_id)
        last[one.reviewer] = max(one.day, last.get(one.reviewer, ""))
        if one.kind != _SKIP:
            answers[one.image_id] += 1
        if rates(one):
            ratings[one.image_id] += 1
            by_day[one.reviewer][one.day] += 1
    full = {image for image, n in answers.items() if n >= state.overlap}
    together = sum(by_day.values(), Counter[str]())
    a_day, days = _pace(together, today)
    left = state.overlap * state.images - _within(answers, state.overlap)
    people = [
        PersonDone(
            name, len(own[name]), state.images - len(full - own[name]), _pace(by_day[name], today)[0], last[name]
        )
        for name in sorted(own)
    ]
    days_left = math.ceil(left / a_day) if a_day and days >= FEWEST_DAYS else None
    given = _within(ratings, state.overlap)
    return StudyDone(
        state.overlap * state.images, given, left, a_day, days_left, dict(sorted(together.items())), people
    )


def _within(counts: Counter[int], overlap: int) -> int:
    return sum(min(n, overlap) for n in counts.values())


def _pace(days: Counter[str], today: date) -> tuple[float, int]:
    """Ratings a day in the window; and on how many days of it there were some."""
    if not days:
        return 0.0, 0
    begin = max(today - timedelta(WINDOW - 1), date.fromisoformat(min(days)))
    recent = [n for day, n in days.items() if day >= begin.isoformat()]
    return sum(recent) / max(1, (today - begin).days + 1), len(recent)
