"""Adjudicating: the reviews of an image side by side, and the answer of who leads in their place."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from realness.domain import ReviewKind, ReviewRole, StoredDescription, StoredImage, StoredReview, Submission
from realness.errors import Locked, NotFound
from realness.store import Disputes, Revision, Which
from realness.workbench.reviewing import Desk, Reveal, check_inside

PAGE = 200
"""How many images are listed at once."""


@dataclass(frozen=True)
class Case:
    """An image with everything that was answered.

    Attributes:
        reveal: what the machine said: the description that most reviews answered, with its map.
        answers: of each person, all revisions, the newest first; in the order in which the people came.
        adjudications: the newest, which counts, first.
        texts: the descriptions that were answered, by their ids: where people chose among several, each review is held
            against its own.
        gold: the ratings that count as right, lowest and highest; None where nobody knows.
    """

    image: StoredImage
    number: int
    reveal: Reveal
    answers: Sequence[Sequence[Revision]]
    adjudications: Sequence[Revision]
    gold: tuple[float, float] | None
    texts: Mapping[int, StoredDescription]


def disputes(desk: Desk, which: Which, offset: int = 0) -> Disputes:
    """The images to be decided or decided. Who works alone sees those that they have reviewed: others' answers stay
    hidden until one's own is in.
    """
    own = None if desk.reviewer.sees_all else desk.reviewer.id
    return desk.bench.store.adjudications.disputes(desk.study.id, which, own=own, offset=offset, limit=PAGE)


def opened(desk: Desk, key: str) -> Case:
    """One image.

    Raises:
        NotFound: it is not in this study.
        Locked: one's own review is not in yet.
    """
    store = desk.bench.store
    image = store.images.by_key(key)
    place = store.studies.place(desk.study.id, image.id)
    if place is None:
        raise NotFound("there is no such image in this study; reload the page")
    _check_seen(desk, image)
    revisions = store.adjudications.revisions(desk.study.id, image.id, ReviewRole.REVIEWER)
    people = sorted({one.review.reviewer_id for one in revisions})
    answers = [[one for one in revisions if one.review.reviewer_id == person] for person in people]
    said = _answered(desk, image, [each[0].review for each in answers])
    shown = Reveal(said, store.maps.of_text(image.id, said and said.description.text))
    answered = (one.review.submission.description_id for one in revisions)
    spoken = sorted({one for one in answered if one is not None})
    decided = store.adjudications.revisions(desk.study.id, image.id, ReviewRole.ADJUDICATOR)
    gold = store.controls.golds(desk.study.id).get(image.facts.sha256)
    texts = {one: said for one in spoken if (said := store.descriptions.of_image(image.id, one))}
    return Case(image, place.number, shown, answers, decided, gold, texts)


def adjudicate(desk: Desk, submission: Submission, image: StoredImage, base: int | None) -> StoredReview:
    """Keep an adjudication; see `AdjudicationStore.submit` for what can be refused."""
    _check_seen(desk, image)
    for finding in submission.findings:
        for region in finding.regions:
            check_inside(region, image)
    return desk.bench.store.adjudications.submit(desk.reviewer.id, submission, base)


def _check_seen(desk: Desk, image: StoredImage) -> None:
    own = None if desk.reviewer.sees_all else desk.current(image.id)
    if not desk.reviewer.sees_all and (own is None or own.submission.kind is not ReviewKind.REVIEW):
        raise Locked("review this image first; others' answers are shown after it")


def _answered(desk: Desk, image: StoredImage, current: Sequence[StoredReview]) -> StoredDescription | None:
    """The description that most reviews answered, of equals the newest; without one, what a review would show."""
    store = desk.bench.store.descriptions
    counts = Counter(one.submission.description_id for one in current if one.submission.description_id)
    most = max(counts, key=lambda identifier: (counts[identifier], identifier), default=None)
    return store.of_image(image.id, most) if most else store.shown(desk.study.id, image.id)
