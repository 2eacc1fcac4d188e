"""What Browse joins and says of each image for one reviewer: facets, and what may be seen."""

from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    case,
    false,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    true,
)

from realness.domain import ReviewKind, ReviewRole, Study
from realness.store.tables import (
    assignments,
    current_reviews,
    drafts,
    reviews,
    study_images,
    summaries,
)

WORDS: dict[str, Sequence[str]] = {
    "status": ("todo", "draft", "reviewed", "skipped", "flagged"),
    "verdict": ("yes", "somewhat", "no"),
    "origin": ("generated", "photograph"),
    "agreement": ("agrees", "disagrees"),
    "flags": ("flagged",),
    "ratings": ("complete", "open"),
    "notes": ("noted",),
}
"""The facets whose values are known, with these values."""
FOR_LEADS = ("ratings", "notes", "generator")
"""The facets that are told to those who lead."""


def rating_reviews() -> ColumnElement[bool]:
    """Which current reviews give a rating that counts: no skip, no flag, no adjudication."""
    c = current_reviews.c
    return and_(c.kind == ReviewKind.REVIEW.value, c.role == ReviewRole.REVIEWER.value, c.rating.is_not(None))


class Parts:
    """The parts of a listing's rows for one reviewer of one study: what is joined, and what it says.

    Who leads is told of everybody's flags, of notes, of what made an image and whether it needs more ratings; others of
    their own flags alone.
    """

    review = reviews.alias("mine")
    lease = assignments.alias("lease")

    def __init__(self, study: Study, reviewer_id: int, *, leads: bool = False) -> None:
        self.study, self.reviewer_id, self.leads = study, reviewer_id, leads
        self.seen: ColumnElement[bool] = self.lease.c.blind_rating.is_not(None) if study.settings.blind else true()

    def seen_only(self, value: ColumnElement) -> ColumnElement:
        """The value where the reviewer may see it, else nothing."""
        return case((self.seen, value), else_=null())

    @property
    def joined(self) -> FromClause:
        """The study's images with their summaries, this reviewer's lease and newest revision, none of them twice."""
        revision, inside = reviews.alias("revision"), study_images.c
        newest = (
            select(revision.c.id)
            .where(*self._mine(revision), revision.c.role == "reviewer")
            .order_by(revision.c.revision.desc())
            .limit(1)
            .correlate(study_images)
            .scalar_subquery()
        )
        return (
            study_images.join(
                summaries, and_(summaries.c.image_id == inside.image_id, inside.study_id == self.study.id)
            )
            .outerjoin(self.lease, and_(*self._mine(self.lease)))
            .outerjoin(self.review, self.review.c.id == newest)
        )

    def _mine(self, table: FromClause) -> list[ColumnElement[bool]]:
        c = table.c
        return [
            c.study_id == self.study.id,
            c.image_id == study_images.c.image_id,
            c.reviewer_id == self.reviewer_id,
        ]

    def facet(self, name: str, *, numbered: bool = False) -> ColumnElement:
        """The value of one of `WORDS` for each image, as a word or as its number, from 1; without one None or 0."""
        words, none = WORDS[name], literal(0) if numbered else null()
        if name in FOR_LEADS and not self.leads:
            return none
        choices = [(condition, words.index(word) + 1 if numbered else word) for word, condition in self._when(name)]
        return case(*choices, else_=none)

    def _when(self, name: str) -> list[tuple[str, ColumnElement[bool]]]:
        """The words of a facet, each with its condition; the first that holds counts."""
        told = summaries.c
        if name == "status":
            return [*self.begun, ("todo", true())]
        if name == "flags":
            return [("flagged", self.flagged)]
        if name == "notes":
            return [("noted", self.noted)]
        if name == "ratings":
            return [("complete", study_images.c.remaining <= 0), ("open", true())]
        if name == "verdict":
            conditions = [(word, self.verdict == word) for word in WORDS[name]]
        elif name == "origin":
            conditions = [("photograph", told.is_real.is_(True)), ("generated", told.is_real.is_(False))]
        else:  # whether the opinion lies in the score's 95 % interval
            conditions = [
                ("agrees", self.opinion.between(told.low, told.high)),
                ("disagrees", or_(self.opinion < told.low, self.opinion > told.high)),
            ]
        return [(word, and_(self.seen, condition)) for word, condition in conditions]

    @property
    def begun(self) -> list[tuple[str, ColumnElement[bool]]]:
        """The words of `status` for what this reviewer has begun."""
        kind = self.review.c.kind
        drafted = select(drafts.c.image_id).where(
            drafts.c.study_id == self.study.id, drafts.c.reviewer_id == self.reviewer_id
        )
        begun = or_(self.lease.c.blind_rating.is_not(None), study_images.c.image_id.in_(drafted))
        answered = [("reviewed", kind == "review"), ("skipped", kind == "skip"), ("flagged", kind == "flag")]
        return [*answered, ("draft", begun)]

    @property
    def flagged(self) -> ColumnElement[bool]:
        """Whether somebody whose flags are told has one on the image."""
        c = current_reviews.c
        # Written out, or SQLite would not find that the index of flags is enough.
        flags = select(c.image_id).where(c.study_id == self.study.id, c.kind == literal_column("'flag'"))
        flags = flags.where(c.role == ReviewRole.REVIEWER.value)
        return study_images.c.image_id.in_(flags if self.leads else flags.where(c.reviewer_id == self.reviewer_id))

    @property
    def noted(self) -> ColumnElement[bool]:
        """Whether somebody's answer holds a note to those who lead."""
        c = current_reviews.c
        # Written out as above, for the index of notes.
        noted = select(c.image_id).where(c.study_id == self.study.id, c.note != literal_column("''"))
        return study_images.c.image_id.in_(noted.where(c.role == ReviewRole.REVIEWER.value))

    @property
    def generator_id(self) -> ColumnElement[int]:
        """The number of what made the image, for those who lead; a blind study hides it like all that is known."""
        return self.seen_only(summaries.c.generator_id) if self.leads else null()

    @property
    def tag_set_id(self) -> ColumnElement[int]:
        """The number of the image's tags: they may say something of it."""
        return self.seen_only(study_images.c.tag_set_id)

    @property
    def verdict(self) -> ColumnElement[str]:
        """The reviewer's verdict, else the newest description's."""
        return func.coalesce(self.review.c.verdict, summaries.c.verdict)

    @property
    def opinion(self) -> ColumnElement[float]:
        """The imported opinion score; without one the mean of the ratings here, once one's own review is in."""
        c = current_reviews.c
        here = (c.study_id == self.study.id, c.image_id == study_images.c.image_id)
        mine = (c.reviewer_id == self.reviewer_id, c.role == "reviewer", c.kind == "review")
        own = select(c.id).where(*here, *mine).correlate(study_images).exists()
        mean = select(func.avg(c.rating)).where(*here, rating_reviews()).correlate(study_images).scalar_subquery()
        # Asked only where nothing was imported: a join with one's own review would be made for every image.
        return func.coalesce(summaries.c.opinion, case((own, mean)))


class Untouched(Parts):
    """The same for images that this reviewer has not begun: there is nothing to join."""

    def __init__(self, study: Study, reviewer_id: int, *, leads: bool = False) -> None:
        super().__init__(study, reviewer_id, leads=leads)
        self.seen = false() if study.settings.blind else true()

    @property
    def joined(self) -> FromClause:
        """The study's images with their summaries."""
        inside = study_images.c
        return study_images.join(
            summaries, and_(summaries.c.image_id == inside.image_id, inside.study_id == self.study.id)
        )

    @property
    def begun(self) -> list[tuple[str, ColumnElement[bool]]]:
        """Nothing is."""
        return []

    @property
    def flagged(self) -> ColumnElement[bool]:
        """Only others can have flagged the image."""
        return super().flagged if self.leads else false()

    @property
    def verdict(self) -> ColumnElement[str]:
        """The newest description's."""
        return summaries.c.verdict

    @property
    def opinion(self) -> ColumnElement[float]:
        """The imported one: the ratings here are shown to those who have reviewed."""
        return summaries.c.opinion
