"""Reviews: inserted, never changed. And drafts: what is not submitted yet."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, insert, select, update

from realness import __version__
from realness.domain import (
    Draft,
    FindingState,
    Region,
    ReviewedFinding,
    ReviewKind,
    ReviewRole,
    StoredReview,
    Submission,
)
from realness.errors import Conflict, InvalidValue, Locked
from realness.store.engine import Database, aware, now
from realness.store.rows import Row, region, region_row, stored_review
from realness.store.tables import (
    assignments,
    descriptions,
    drafts,
    findings,
    images,
    maps,
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
        """Keep a review as a new revision, and drop its draft, in one transaction.

        The same submission again gives the review it made. The blind rating comes from the lock, never
        from the browser.

        Raises:
            Conflict: a revision newer than the base is there.
            Locked: a full review whose rating is not locked.
            InvalidValue: the study is closed, the image was not given to this reviewer, the description, the
                map or a finding belongs to another image, or a full review answers a description without
                judging it.
        """
        with self.database.write() as connection:
            again = _load(connection, reviews.c.submission_id == submission.submission_id)
            if again:
                return _same(again[0], reviewer_id, submission)
            place = (submission.study_id, submission.image_id)
            current = _newest(connection, _of(reviews, reviewer_id, *place), submission.role)
            if current != submission.base_revision:
                raise Conflict("this image was reviewed in another tab meanwhile; choose which review to keep")
            rating = _check(connection, reviewer_id, submission)
            review_id = _insert(connection, reviewer_id, submission, current + 1, rating)
            connection.execute(delete(drafts).where(_of(drafts, reviewer_id, submission.study_id, submission.image_id)))
            return _load(connection, reviews.c.id == review_id)[0]

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
        with self.database.write() as connection:
            begun = select(assignments.c.id).where(_of(assignments, reviewer_id, study_id, image_id))
            if connection.execute(begun).first() is None:
                raise InvalidValue("this image was not opened for a review; reload the page")
            reviewed = _of(reviews, reviewer_id, study_id, image_id)
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


def _newest(connection: Connection, mine: ColumnElement[bool], role: ReviewRole) -> int:
    query = select(func.max(reviews.c.revision)).where(mine, reviews.c.role == role)
    return connection.execute(query).scalar() or 0


def _same(stored: StoredReview, reviewer_id: int, submission: Submission) -> StoredReview:
    place = (stored.submission.study_id, stored.submission.image_id)
    if stored.reviewer_id != reviewer_id or place != (submission.study_id, submission.image_id):
        raise InvalidValue("this submission id was used for another review; send a new one")
    if _answers(stored.submission) != _answers(submission):
        raise InvalidValue("another answer was saved under this submission id; send this one under a new id")
    return stored


def _answers(submission: Submission) -> tuple[Any, ...]:
    """What was answered; times and the rating, which the lock gives, may differ in a retry."""
    names = ("kind", "role", "judgement", "verdict", "explanation", "second_rating", "reason", "note")
    findings = [(one.state, one.phrase, one.finding_id, len(one.regions)) for one in submission.findings]
    return (*(getattr(submission, name) for name in names), findings)


def _check(connection: Connection, reviewer_id: int, submission: Submission) -> float | None:
    """Hold the submission against the database; gives the rating that counts."""
    closed = connection.execute(select(studies.c.closed_at).where(studies.c.id == submission.study_id)).first()
    if closed is None or closed.closed_at is not None:
        raise InvalidValue("this study takes no reviews; choose another one")
    mine = _of(assignments, reviewer_id, submission.study_id, submission.image_id)
    begun = connection.execute(select(assignments.c.blind_rating).where(mine)).first()
    if begun is None:
        raise InvalidValue("this image was not opened for a review; reload the page")
    if submission.kind is ReviewKind.REVIEW and begun.blind_rating is None:
        raise Locked("lock the rating first; a review needs one")
    for table, identifier, name in (
        (descriptions, submission.description_id, "description"),
        (maps, submission.map_id, "map"),
    ):
        belongs = select(table.c.id).where(table.c.id == identifier, table.c.image_id == submission.image_id)
        if identifier is not None and connection.execute(belongs).first() is None:
            raise InvalidValue(f"the {name} belongs to another image; reload the page")
    answered = {finding.finding_id for finding in submission.findings} - {None}
    known = select(findings.c.id).where(findings.c.description_id == submission.description_id)
    if answered - set(connection.execute(known).scalars()):
        raise InvalidValue("a finding belongs to another description; reload the page")
    if submission.kind is ReviewKind.REVIEW and submission.description_id is not None and submission.judgement is None:
        raise InvalidValue("judge the description first, then submit the review")
    return begun.blind_rating


def _insert(
    connection: Connection, reviewer_id: int, submission: Submission, revision: int, rating: float | None
) -> int:
    names = ("submission_id", "study_id", "image_id", "role", "kind", "second_rating", "description_id", "map_id")
    names += ("judgement", "verdict", "explanation", "active_seconds", "reason", "note", "client_at")
    values = {name: getattr(submission, name) for name in names}
    values |= {"reviewer_id": reviewer_id, "revision": revision, "rating": rating, "app_version": __version__}
    statement = insert(reviews).values(**values, created_at=now()).returning(reviews.c.id)
    review_id = connection.execute(statement).scalar_one()
    for position, finding in enumerate(submission.findings):
        row = {"review_id": review_id, "position": position, "state": finding.state, "phrase": finding.phrase}
        row |= {"kind": finding.kind, "finding_id": finding.finding_id, "created_at": now()}
        statement = insert(review_findings).values(row).returning(review_findings.c.id)
        finding_id = connection.execute(statement).scalar_one()
        for place, part in enumerate(finding.regions):
            row = {"review_finding_id": finding_id, "position": place, "created_at": now(), **region_row(part)}
            connection.execute(insert(review_regions).values(row))
    return review_id


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
