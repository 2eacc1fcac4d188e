"""Reviews: inserted, never changed. And drafts: what is not submitted yet."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, func, insert, select, update

from realness import __version__
from realness.domain import (
    Draft,
    FindingState,
    Region,
    ReviewedFinding,
    ReviewKind,
    ReviewRole,
    StoredReview,
    Study,
    Submission,
)
from realness.errors import Conflict, InvalidValue, Locked, StudyClosed
from realness.store.descriptions import answerable
from realness.store.dialects.locks import in_order
from realness.store.engine import Database, aware, now
from realness.store.offers import offered
from realness.store.queues import Taken, take
from realness.store.rows import Row, region, region_row, stored_review
from realness.store.tables import (
    assignments,
    descriptions,
    drafts,
    findings,
    images,
    maps,
    repeats,
    review_findings,
    review_regions,
    reviews,
    studies,
)


@dataclass(frozen=True)
class ReviewStore:
    """Reads and writes reviews and drafts."""

    database: Database

    def submit(self, reviewer_id: int, submission: Submission) -> StoredReview:
        """Keep a review as a new revision, in one transaction; a trigger drops its draft.

        The same submission again gives the review it made. The blind rating comes from the lock, never
        from the browser.

        Raises:
            Conflict: a revision newer than the base is there.
            Locked: a full review whose rating is not locked.
            InvalidValue: the study is closed, the image was not given to this reviewer, the description, the
                map or a finding belongs to another image, a full review answers a description without judging it,
                or where there are several it is not one of those that were shown.
        """
        with self.database.keeping(person=reviewer_id) as connection:
            return _submit(connection, reviewer_id, submission)

    def submit_and_take(
        self, study: Study, reviewer_id: int, submission: Submission, ahead: int
    ) -> tuple[StoredReview, Taken]:
        """The same, and the image that comes next; see `queues.take`. In the same transaction where there is one
        writer; else in one of its own, so that nobody waits for an image while holding another.
        """
        with self.database.keeping(person=reviewer_id) as connection:
            saved = _submit(connection, reviewer_id, submission)
            if self.database.backend.one_writer:
                return saved, take(connection, study, reviewer_id, ahead)
        with self.database.write(person=reviewer_id) as connection:
            return saved, take(connection, study, reviewer_id, ahead)

    def current(self, study_id: int, image_id: int, reviewer_id: int) -> StoredReview | None:
        """This reviewer's newest revision, or None. An adjudication by the same person is no revision of it."""
        own = and_(_of(reviews, reviewer_id, study_id, image_id), reviews.c.role == ReviewRole.REVIEWER)
        with self.database.read() as connection:
            found = _load(connection, own, last=True)
        return found[0] if found else None

    def last(self, study_id: int, reviewer_id: int) -> StoredReview | None:
        """What this reviewer submitted last in the study: what undo reopens."""
        mine = and_(
            reviews.c.study_id == study_id, reviews.c.reviewer_id == reviewer_id, reviews.c.role == ReviewRole.REVIEWER
        )
        with self.database.read() as connection:
            found = _load(connection, mine, last=True)
        return found[0] if found else None

    def save_draft(self, reviewer_id: int, study_id: int, image_id: int, base_revision: int, body: dict) -> Draft:
        """Keep what the reviewer has typed so far, over what was there.

        Raises:
            Conflict: the base is not the newest revision: the draft comes after its review, or from a tab that
                knows nothing of it.
            InvalidValue: the image was not given to this reviewer.
        """
        key = {"study_id": study_id, "image_id": image_id, "reviewer_id": reviewer_id}
        values: dict[str, Any] = {"base_revision": base_revision, "body": body, "saved_at": now()}
        with self.database.write(person=reviewer_id) as connection:
            begun = select(assignments.c.id).where(_of(assignments, reviewer_id, study_id, image_id))
            if connection.execute(begun).first() is None:
                raise InvalidValue("this image was not opened for a review; reload the page")
            reviewed = _of(reviews, reviewer_id, study_id, image_id)
            if connection.execute(select(repeats.c.id).where(_open_repeat(reviewer_id, study_id, image_id))).first():
                return Draft(body, base_revision, values["saved_at"])  # of a repeat the rating alone is kept
            if _newest(connection, reviewed, ReviewRole.REVIEWER) != base_revision:
                raise Conflict("this image was reviewed meanwhile; reload the page to go on from that review")
            mine = _of(drafts, reviewer_id, study_id, image_id)
            if connection.execute(update(drafts).where(mine).values(values)).rowcount == 0:
                connection.execute(insert(drafts).values(**key, **values, created_at=values["saved_at"]))
        return Draft(body, base_revision, values["saved_at"])

    def draft(self, study_id: int, image_id: int, reviewer_id: int) -> Draft | None:
        """The draft, or None."""
        with self.database.read() as connection:
            row = connection.execute(select(drafts).where(_of(drafts, reviewer_id, study_id, image_id))).first()
        return None if row is None else Draft(row.body, row.base_revision, aware(row.saved_at) or row.saved_at)


def _of(table: Table, reviewer_id: int, study_id: int, image_id: int) -> ColumnElement[bool]:
    c = table.c
    return and_(c.reviewer_id == reviewer_id, c.study_id == study_id, c.image_id == image_id)


def _open_repeat(reviewer_id: int, study_id: int, image_id: int) -> ColumnElement[bool]:
    return and_(_of(repeats, reviewer_id, study_id, image_id), repeats.c.rated_at.is_(None))


def _newest(connection: Connection, mine: ColumnElement[bool], role: ReviewRole) -> int:
    query = select(func.max(reviews.c.revision)).where(mine, reviews.c.role == role)
    return connection.execute(query).scalar() or 0


def same_review(stored: StoredReview, reviewer_id: int, submission: Submission) -> StoredReview:
    """What was kept under this submission's id, when it is this submission that comes again.

    Raises:
        InvalidValue: it is another one.
    """
    place = (stored.submission.study_id, stored.submission.image_id)
    if stored.reviewer_id != reviewer_id or place != (submission.study_id, submission.image_id):
        raise InvalidValue("this submission id was used for another review; send a new one")
    if _answers(stored.submission) != _answers(submission):
        raise InvalidValue("another answer was saved under this submission id; send this one under a new id")
    return stored


def _answers(submission: Submission) -> tuple[Any, ...]:
    """What was answered; times and the rating, which the lock gives, may differ in a retry."""
    names = ("kind", "role", "judgement", "verdict", "explanation", "second_rating", "reason", "note", "sources")
    names += ("description_id", "map_id", "findings")
    given = submission.rating if submission.role is ReviewRole.ADJUDICATOR else None
    return (*(getattr(submission, name) for name in names), given)


def _submit(connection: Connection, reviewer_id: int, submission: Submission) -> StoredReview:
    if submission.role is not ReviewRole.REVIEWER:
        raise InvalidValue("an adjudication is no review; keep it as one")
    at = now()
    place = {"study": submission.study_id, "image": submission.image_id, "me": reviewer_id}
    asked = {"description": submission.description_id, "map": submission.map_id, "role": submission.role.value}
    state = connection.execute(_STATE, place | asked | {"submission": submission.submission_id}).one_or_none()
    if state is not None and state.again is not None:
        return same_review(_load(connection, reviews.c.id == state.again)[0], reviewer_id, submission)
    if state is not None and (state.newest or 0) != submission.base_revision:
        if submission.kind is not ReviewKind.REVIEW and _pass_over(connection, place, at):
            return _load(connection, _of(reviews, reviewer_id, submission.study_id, submission.image_id))[0]
        raise Conflict("this image was reviewed in another tab meanwhile; choose which review to keep")
    choice = offered(connection, place) if state is not None and state.choices > 1 else ()
    rating = _check(connection, state, place, submission, choice)
    if submission.kind is ReviewKind.REVIEW:
        submission = replace(submission, offered=choice or None)
    revision = submission.base_revision + 1
    review_id = insert_review(connection, reviewer_id, submission, revision, rating, at)
    return StoredReview(review_id, reviewer_id, revision, replace(submission, rating=rating), at)


def _pass_over(connection: Connection, place: dict[str, int], at: datetime) -> bool:
    """End the repeat of an image, if it is with this person, without a rating."""
    return connection.execute(_END_REPEAT, place | {"at": at}).rowcount > 0


def _check(
    connection: Connection, state: Any, place: dict[str, int], submission: Submission, choice: tuple[int, ...]
) -> float | None:
    """Hold the submission against the database; gives the rating that counts."""
    if state is None or state.closed_at is not None:
        raise StudyClosed("this study is closed and takes no reviews; choose another one")
    if state.given is None:
        raise InvalidValue("this image was not opened for a review; reload the page")
    if submission.kind is ReviewKind.REVIEW and state.blind_rating is None:
        raise Locked("lock the rating first; a review needs one")
    check_belongs(connection, submission, state.described, state.mapped)
    if submission.description_id is not None and not _is_shown(connection, state, place, submission, choice):
        raise InvalidValue("this study does not show that description; reload the page")
    if submission.kind is ReviewKind.REVIEW and submission.description_id is None and choice:
        raise InvalidValue("choose one of the descriptions first, then submit the review")
    if submission.kind is ReviewKind.REVIEW and submission.description_id is not None and submission.judgement is None:
        raise InvalidValue("judge the description first, then submit the review")
    return state.blind_rating


def _is_shown(
    connection: Connection, state: Any, place: dict[str, int], submission: Submission, choice: tuple[int, ...]
) -> bool:
    """Whether the study shows the description that is answered, or the person answered it before; of several it is one
    of those to choose from.
    """
    if choice:
        return submission.description_id in choice
    asked = place | {"description": submission.description_id}
    return bool(state.shown) or connection.execute(_ANSWERED, asked).first() is not None


def check_belongs(connection: Connection, submission: Submission, described: int | None, mapped: int | None) -> None:
    """Hold what a submission speaks of against its image; `described` and `mapped` are the images of its description
    and its map.

    Raises:
        InvalidValue: the description, the map or a finding belongs to another image.
    """
    for identifier, of_image, name in (
        (submission.description_id, described, "description"),
        (submission.map_id, mapped, "map"),
    ):
        if identifier is not None and of_image != submission.image_id:
            raise InvalidValue(f"the {name} belongs to another image; reload the page")
    answered = {finding.finding_id for finding in submission.findings} - {None}
    if answered:
        known = connection.execute(_KNOWN, {"description": submission.description_id}).scalars()
        if answered - set(known):
            raise InvalidValue("a finding belongs to another description; reload the page")


def insert_review(
    connection: Connection, reviewer_id: int, submission: Submission, revision: int, rating: float | None, at: datetime
) -> int:
    """Keep a review that was checked, with its findings and marks; its id."""
    names = ("submission_id", "study_id", "image_id", "role", "kind", "second_rating", "description_id", "map_id")
    names += ("judgement", "verdict", "explanation", "active_seconds", "reason", "note", "client_at", "sources")
    names += ("offered",)
    values = {name: getattr(submission, name) for name in names}
    values |= {"reviewer_id": reviewer_id, "revision": revision, "rating": rating, "app_version": __version__}
    in_order(connection)
    review_id = connection.execute(_ADD_REVIEW, values | {"created_at": at}).scalar_one()
    if not submission.findings:
        return review_id
    rows = [
        {"review_id": review_id, "position": position, "state": one.state, "phrase": one.phrase, "kind": one.kind}
        | {"finding_id": one.finding_id, "created_at": at}
        for position, one in enumerate(submission.findings)
    ]
    ids = {position: added for added, position in connection.execute(_ADD_FINDINGS, rows)}
    marks = [
        {"review_finding_id": ids[position], "position": place, "created_at": at, **region_row(part)}
        for position, one in enumerate(submission.findings)
        for place, part in enumerate(one.regions)
    ]
    if marks:
        connection.execute(_ADD_REGIONS, marks)
    return review_id


# ---- the statements of a save, made once: making one takes about as long as running it ----

_ADD_REVIEW = insert(reviews).returning(reviews.c.id)
_ADD_FINDINGS = insert(review_findings).returning(review_findings.c.id, review_findings.c.position)
_ADD_REGIONS = insert(review_regions)
_END_REPEAT = (
    update(repeats)
    .where(repeats.c.study_id == bindparam("study"), repeats.c.image_id == bindparam("image"))
    .where(repeats.c.reviewer_id == bindparam("me"), repeats.c.rated_at.is_(None))
    .values(rated_at=bindparam("at"))
)
_KNOWN = select(findings.c.id).where(findings.c.description_id == bindparam("description"))
_again = select(reviews.c.id).where(reviews.c.submission_id == bindparam("submission"))
_newest_revision = select(func.max(reviews.c.revision)).where(
    reviews.c.study_id == bindparam("study"),
    reviews.c.image_id == bindparam("image"),
    reviews.c.reviewer_id == bindparam("me"),
    reviews.c.role == bindparam("role"),
)
_ANSWERED = select(reviews.c.id).where(
    reviews.c.study_id == bindparam("study"),
    reviews.c.image_id == bindparam("image"),
    reviews.c.reviewer_id == bindparam("me"),
    reviews.c.description_id == bindparam("description"),
)
_said = select(answerable()).where(descriptions.c.id == bindparam("description"))
_STATE = (
    select(
        studies.c.closed_at,
        studies.c.choices,
        assignments.c.id.label("given"),
        assignments.c.blind_rating,
        _again.scalar_subquery().label("again"),
        _newest_revision.scalar_subquery().label("newest"),
        _said.scalar_subquery().label("shown"),
        *(
            select(table.c.image_id).where(table.c.id == bindparam(name)).scalar_subquery().label(label)
            for table, name, label in ((descriptions, "description", "described"), (maps, "map", "mapped"))
        ),
    )
    .select_from(studies)
    .outerjoin(
        assignments,
        and_(
            assignments.c.study_id == studies.c.id,
            assignments.c.image_id == bindparam("image"),
            assignments.c.reviewer_id == bindparam("me"),
        ),
    )
    .where(studies.c.id == bindparam("study"))
)


def _load(connection: Connection, condition: ColumnElement[bool], *, last: bool = False) -> list[StoredReview]:
    query = select(reviews).where(condition).order_by(reviews.c.id.desc())
    rows = connection.execute(query.limit(1) if last else query).mappings().all()
    return [stored_review(row, reviewed_findings(connection, row["id"], row["image_id"])) for row in rows]


def reviewed_findings(connection: Connection, review_id: int, image_id: int) -> tuple[ReviewedFinding, ...]:
    """The findings of one review, with their regions, in order."""
    size = connection.execute(select(images.c.width, images.c.height).where(images.c.id == image_id)).one()
    query = select(review_findings).where(review_findings.c.review_id == review_id).order_by(review_findings.c.position)
    found = []
    for row in connection.execute(query).mappings().all():
        parts = select(review_regions).where(review_regions.c.review_finding_id == row["id"])
        marks = connection.execute(parts.order_by(review_regions.c.position)).mappings()
        found.append(_reviewed(row, tuple(region(mark, (size.width, size.height)) for mark in marks)))
    return tuple(found)


def _reviewed(row: Row, regions: tuple[Region, ...]) -> ReviewedFinding:
    return ReviewedFinding(FindingState(row["state"]), row["phrase"], row["finding_id"], row["kind"], regions)
