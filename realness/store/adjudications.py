"""Adjudications: a lead's answer on an image that several people answered, and the images that wait for one.

Each is a row of `reviews` in the role of adjudicator. The newest of an image in a study, by whomever, is the one that
counts; the others stay.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, literal, or_, select, true

from realness.domain import ReviewKind, ReviewRole, Role, StoredImage, StoredReview, Submission
from realness.errors import Conflict, InvalidValue, NotAllowed, NotFound
from realness.store.engine import Database, now
from realness.store.reviews import check_belongs, insert_review, reviewed_findings, same_review
from realness.store.rows import stored_image, stored_review
from realness.store.tables import current_reviews, descriptions, images, maps, reviewers, reviews, studies, study_images

OTHER_WORD, NOTE, FLAG = 25, 25, 50
"""What different verdicts, different judgements, a note and a flag weigh beside the spread of the ratings, 0 to 100."""


class Which(StrEnum):
    """Which images are listed."""

    TODO = "todo"
    FLAGGED = "flagged"
    DONE = "done"
    ALL = "all"


@dataclass(frozen=True)
class Disputed:
    """An image that several people reviewed, or of which somebody wrote to the lead: a flag or a note.

    Attributes:
        number: its place in the study, from 1.
        reviews: full ones, one a person.
        low, high: the least and the greatest blind rating; None without one.
        verdicts, judgements: how many different ones there are.
        flags, notes: how many people flagged it, and wrote a note.
        adjudicated: whether there is an adjudication.
        changed: whether somebody answered after it.
    """

    image: StoredImage
    number: int
    reviews: int
    low: float | None
    high: float | None
    verdicts: int
    judgements: int
    flags: int
    notes: int
    adjudicated: bool
    changed: bool


@dataclass(frozen=True)
class Disputes:
    """A part of the list, and how many images there are of each kind."""

    images: tuple[Disputed, ...]
    counts: dict[Which, int]


@dataclass(frozen=True)
class Revision:
    """One revision of somebody's answer; `reviewer` is the pseudonym."""

    reviewer: str
    review: StoredReview


@dataclass(frozen=True)
class AdjudicationStore:
    """Reads what is to be decided and keeps decisions."""

    database: Database

    def disputes(self, study_id: int, which: Which, *, own: int | None, offset: int, limit: int) -> Disputes:
        """Images with at least two full reviews, a flag or a note; those that differ most first.

        Args:
            own: only images that this reviewer has reviewed; None for all.
        """
        listed = _disputes(study_id, own).subquery()
        c = listed.c
        wanted = {
            Which.TODO: ~c.adjudicated,
            Which.FLAGGED: c.flags > 0,
            Which.DONE: c.adjudicated,
            Which.ALL: true(),
        }
        query = select(listed).where(wanted[which]).order_by(c.apart.desc(), c.position).limit(limit).offset(offset)
        counts = select(*(func.coalesce(func.sum(case((condition, 1), else_=0)), 0) for condition in wanted.values()))
        with self.database.read() as connection:
            rows = connection.execute(query).mappings().all()
            found = connection.execute(counts.select_from(listed)).one()
        return Disputes(tuple(_disputed(row) for row in rows), dict(zip(wanted, found, strict=True)))

    def revisions(self, study_id: int, image_id: int, role: ReviewRole) -> list[Revision]:
        """Every revision of every answer in a role on an image, the newest first."""
        with self.database.read() as connection:
            return _revisions(connection, _of(study_id, image_id, role))

    def submit(self, adjudicator_id: int, submission: Submission, base: int | None) -> StoredReview:
        """Keep an adjudication. Drafts, assignments and queues stay as they are.

        The same submission again gives the adjudication it made.

        Args:
            base: the id of the newest adjudication that the adjudicator knows of; None for none.

        Raises:
            Conflict: the image was adjudicated meanwhile, or a review that this was taken from has changed.
            NotAllowed: the person leads no studies.
            NotFound: there is no such study.
            InvalidValue: no reason is given, nothing is decided, or a source, the description, the map or a finding
                belongs to another image or study.
        """
        with self.database.keeping() as connection:
            again = _revisions(connection, reviews.c.submission_id == submission.submission_id)
            if again:
                return same_review(again[0].review, adjudicator_id, submission)
            _check(connection, adjudicator_id, submission, base)
            mine = _of(submission.study_id, submission.image_id, ReviewRole.ADJUDICATOR)
            newest = select(func.max(reviews.c.revision)).where(mine, reviews.c.reviewer_id == adjudicator_id)
            before = connection.execute(newest).scalar() or 0
            kept = replace(submission, base_revision=before)
            at = now()
            review_id = insert_review(connection, adjudicator_id, kept, before + 1, kept.rating, at)
            return StoredReview(review_id, adjudicator_id, before + 1, kept, at)


def newest_adjudication(study_id: ColumnElement[int], image_id: ColumnElement[int]) -> ColumnElement[int]:
    """The id of the adjudication that counts, inside a query; NULL without one."""
    decided = reviews.alias("decided").c
    query = select(func.max(decided.id)).where(decided.study_id == study_id, decided.image_id == image_id)
    return query.where(decided.role == ReviewRole.ADJUDICATOR.value).scalar_subquery()


def _of(study_id: int, image_id: int, role: ReviewRole) -> ColumnElement[bool]:
    c = reviews.c
    return and_(c.study_id == study_id, c.image_id == image_id, c.role == role.value)


def _revisions(connection: Connection, condition: ColumnElement[bool]) -> list[Revision]:
    query = select(reviews, reviewers.c.pseudonym).join(reviewers, reviewers.c.id == reviews.c.reviewer_id)
    rows = connection.execute(query.where(condition).order_by(reviews.c.id.desc())).mappings().all()
    return [
        Revision(row["pseudonym"], stored_review(row, reviewed_findings(connection, row["id"], row["image_id"])))
        for row in rows
    ]


def _check(connection: Connection, adjudicator_id: int, submission: Submission, base: int | None) -> None:
    if submission.role is not ReviewRole.ADJUDICATOR or submission.kind is not ReviewKind.REVIEW:
        raise InvalidValue("an adjudication is a full answer in the role of adjudicator")
    role = connection.execute(select(reviewers.c.role).where(reviewers.c.id == adjudicator_id)).scalar()
    if role not in (Role.LEAD.value, Role.ADMIN.value):
        raise NotAllowed("adjudicating is for those who lead studies; ask one of them")
    if connection.execute(select(studies.c.id).where(studies.c.id == submission.study_id)).first() is None:
        raise NotFound("there is no such study; reload the page")
    inside = and_(study_images.c.study_id == submission.study_id, study_images.c.image_id == submission.image_id)
    if connection.execute(select(study_images.c.id).where(inside)).first() is None:
        raise InvalidValue("the image is not in this study; reload the page")
    if not submission.reason.strip():
        raise InvalidValue("an adjudication needs a reason; say why")
    if submission.verdict is None and not submission.explanation.strip() and not submission.findings:
        raise InvalidValue("nothing is decided yet; choose a review, or give a verdict")
    described, mapped = (
        connection.execute(select(table.c.image_id).where(table.c.id == identifier)).scalar()
        for table, identifier in ((descriptions, submission.description_id), (maps, submission.map_id))
    )
    check_belongs(connection, submission, described, mapped)
    _check_sources(connection, submission)
    study, image = literal(submission.study_id), literal(submission.image_id)
    if connection.execute(select(newest_adjudication(study, image))).scalar() != base:
        raise Conflict("somebody adjudicated this image meanwhile; look at theirs before yours takes its place")


def _check_sources(connection: Connection, submission: Submission) -> None:
    if submission.sources is None or len(set(submission.sources)) != len(submission.sources):
        raise InvalidValue("an adjudication says which reviews it was taken from, each once")
    c, here = reviews.c, _of(submission.study_id, submission.image_id, ReviewRole.REVIEWER)
    known = set(connection.execute(select(c.id).where(here, c.kind == ReviewKind.REVIEW.value)).scalars())
    if set(submission.sources) - known:
        raise InvalidValue("a review that this was taken from is not one of this image in this study; reload the page")
    current = select(current_reviews.c.id).where(current_reviews.c.id.in_(submission.sources))
    if len(connection.execute(current).all()) < len(submission.sources):
        raise Conflict("a review that this was taken from has changed meanwhile; look at it again")


def _disputes(study_id: int, own: int | None) -> Select:
    """The images of a study that are to be decided or were, each with how far people are apart."""
    c = current_reviews.c
    full = c.kind == ReviewKind.REVIEW.value
    given = select(
        c.image_id,
        func.sum(case((full, 1), else_=0)).label("reviews"),
        func.min(case((full, c.rating))).label("low"),
        func.max(case((full, c.rating))).label("high"),
        func.count(func.distinct(case((full, c.verdict)))).label("verdicts"),
        func.count(func.distinct(case((full, c.judgement)))).label("judgements"),
        func.sum(case((c.kind == ReviewKind.FLAG.value, 1), else_=0)).label("flags"),
        func.sum(case((c.note != "", 1), else_=0)).label("notes"),
        func.max(c.id).label("newest"),
        func.max(case((and_(full, c.reviewer_id == own), 1), else_=0)).label("own"),
    )
    given = given.where(c.study_id == study_id, c.role == ReviewRole.REVIEWER.value).group_by(c.image_id).subquery()
    decided = select(reviews.c.image_id, func.max(reviews.c.id).label("id"))
    decided = decided.where(reviews.c.study_id == study_id, reviews.c.role == ReviewRole.ADJUDICATOR.value)
    decided = decided.group_by(reviews.c.image_id).subquery()
    apart = func.coalesce(given.c.high - given.c.low, 0)
    apart += case((given.c.verdicts > 1, OTHER_WORD), else_=0) + case((given.c.judgements > 1, OTHER_WORD), else_=0)
    apart += case((given.c.flags > 0, FLAG), else_=0) + case((given.c.notes > 0, NOTE), else_=0)
    query = (
        select(images, study_images.c.position, given, apart.label("apart"))
        .add_columns(decided.c.id.is_not(None).label("adjudicated"))
        .add_columns(func.coalesce(given.c.newest > decided.c.id, False).label("changed"))
        .join(study_images, study_images.c.image_id == images.c.id)
        .join(given, given.c.image_id == images.c.id)
        .outerjoin(decided, decided.c.image_id == images.c.id)
        .where(study_images.c.study_id == study_id, or_(given.c.reviews >= 2, given.c.flags + given.c.notes > 0))
    )
    return query if own is None else query.where(given.c.own == 1)


def _disputed(row: Any) -> Disputed:
    same = ("reviews", "low", "high", "verdicts", "judgements", "flags", "notes")
    values = {name: row[name] for name in same}
    seen = {name: bool(row[name]) for name in ("adjudicated", "changed")}
    return Disputed(image=stored_image(row), number=row["position"] + 1, **values, **seen)
