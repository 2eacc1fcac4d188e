"""The review, step by step: the next image, its reveal, the lock, drafts, submitting, undo."""

from dataclasses import dataclass, replace
from typing import Any

from realness.domain import (
    Draft,
    Lock,
    Region,
    RegionShape,
    Reviewer,
    ReviewKind,
    StoredDescription,
    StoredImage,
    StoredMap,
    StoredReview,
    Study,
    StudyProgress,
    Submission,
)
from realness.errors import InvalidValue, Locked, NotFound
from realness.store import CHECK, Taken
from realness.workbench.bench import Workbench
from realness.workbench.choices import Text, map_name, texts, with_ids

AHEAD = 2
"""How many images the browser loads ahead."""


@dataclass(frozen=True)
class Reveal:
    """What a machine said: shown after the blind rating is locked.

    Attributes:
        description, map: of a choice those that were chosen in the newest review.
        texts: the descriptions to choose from, in order; none where there is no choice.
    """

    description: StoredDescription | None
    map: StoredMap | None
    texts: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Item:
    """One image under review, with everything this reviewer may see of it now.

    Attributes:
        base_revision: the revision an answer is based on; 0 when there is none yet.
        reveal: None until the rating is locked in a blind study.
    """

    image: StoredImage
    base_revision: int
    blind: bool
    lock: Lock | None
    draft: Draft | None
    review: StoredReview | None
    reveal: Reveal | None


@dataclass(frozen=True)
class Turn:
    """What a reviewer has before them: the image, or None when all is done; those that follow; how far they are."""

    item: Item | None
    ahead: tuple[StoredImage, ...]
    progress: StudyProgress


@dataclass(frozen=True)
class Desk:
    """One reviewer in one study."""

    bench: Workbench
    study: Study
    reviewer: Reviewer

    @property
    def shown(self) -> Study:
        """The study as this person may see it outside the review itself: for who sees all, nothing of it is hidden."""
        if not self.reviewer.sees_all:
            return self.study
        return replace(self.study, settings=replace(self.study.settings, blind=False))

    def progress(self) -> StudyProgress:
        """How far this reviewer is."""
        return self.bench.store.studies.progress(self.study.id, self.reviewer.id)

    def next(self) -> Turn:
        """The image this reviewer is on, or the next one, and those that follow; none in a closed study."""
        if self.study.closed:
            return Turn(None, (), self.progress())
        return self._turn(self.bench.store.assignments.take(self.study, self.reviewer.id, AHEAD))

    def open(self, key: str) -> Item:
        """A certain image, reviewed before or not.

        Raises:
            NotFound: it is not in this study.
        """
        image = self.bench.store.assignments.open(self.study, key, self.reviewer.id)
        if image is None:
            raise NotFound("there is no such image in this study; reload the page")
        return self._item(image)

    def last(self) -> Item:
        """What this reviewer submitted last, to be undone by a new revision.

        Raises:
            NotFound: nothing was submitted yet.
        """
        review = self.bench.store.reviews.last(self.study.id, self.reviewer.id)
        if review is None:
            raise NotFound("there is nothing to undo in this study yet")
        return self._item(self.bench.store.images.by_id(review.submission.image_id))

    def beside(self, item: Item) -> Turn:
        """A certain image, and those that follow."""
        coming = self.bench.store.assignments.ahead(self.study, self.reviewer.id, item.image.id, AHEAD)
        return Turn(item, tuple(coming), self.progress())

    def map_ahead(self, image: StoredImage) -> StoredMap | None:
        """The map of an image that comes next; None where the study is blind, or its map is that of a choice."""
        settings = self.study.settings
        return None if settings.blind or settings.choices > 1 else self._reveal(image).map

    def lock(self, image: StoredImage, rating: float) -> tuple[Lock, Reveal]:
        """Lock the blind rating and reveal what the machine said; of a repeat there is nothing to reveal.

        Raises:
            Locked: another rating is locked already.
            StudyClosed: the study takes no ratings any more.
        """
        lock = self.bench.store.assignments.lock(self.study.id, image.id, self.reviewer.id, rating)
        return lock, Reveal(None, None) if lock.repeat else self._reveal(image)

    def save_draft(self, image: StoredImage, base_revision: int, body: dict[str, Any]) -> Draft:
        """Keep what is typed so far."""
        return self.bench.store.reviews.save_draft(self.reviewer.id, self.study.id, image.id, base_revision, body)

    def submit(self, submission: Submission, image: StoredImage) -> tuple[StoredReview, Turn]:
        """Keep a review of an image, and take the next one; see `ReviewStore.submit` for what can be refused."""
        for finding in submission.findings:
            for region in finding.regions:
                check_inside(region, image)
        if offered := self.texts(image.id):
            submission = with_ids(submission, offered)
        reviews = self.bench.store.reviews
        saved, taken = reviews.submit_and_take(self.study, self.reviewer.id, submission, AHEAD)
        return saved, self._turn(taken)

    def current(self, image_id: int) -> StoredReview | None:
        """This reviewer's newest revision."""
        return self.bench.store.reviews.current(self.study.id, image_id, self.reviewer.id)

    def texts(self, image_id: int) -> tuple[Text, ...]:
        """The descriptions that this reviewer chooses from, in order; none where there is no choice."""
        if self.study.settings.choices == 1:
            return ()
        return texts(self.bench, self.study.id, image_id, self.reviewer.id)

    def is_choosing(self, image_id: int) -> bool:
        """Whether this reviewer has to choose first: what else is shown of the texts would tell them apart."""
        if self.study.settings.choices == 1 or self.reviewer.sees_all:
            return False
        own = self.current(image_id)
        return bool((own is None or own.submission.kind is not ReviewKind.REVIEW) and self.texts(image_id))

    def told(self, image_id: int) -> StoredDescription | None:
        """The description of an image that this reviewer knows: of several the one they chose."""
        said = self.bench.store.descriptions
        own = self.current(image_id) if self.study.settings.choices > 1 else None
        if own is not None and own.submission.description_id is not None:
            return said.of_image(image_id, own.submission.description_id)
        return said.shown(self.study.id, image_id)

    def may_see(self, image_id: int) -> bool:
        """Whether this reviewer may see what a machine or others said of the image."""
        if not self.shown.settings.blind:
            return True
        return self.bench.store.assignments.locked(self.study.id, image_id, self.reviewer.id) is not None

    def visible_map(self, map_id: int) -> StoredMap:
        """A map of an image of this study that this reviewer may see.

        Raises:
            NotFound: there is none.
            Locked: the rating is not locked yet.
        """
        found = self.bench.store.maps.by_id(map_id)
        if not self.bench.store.studies.holds(self.study.id, found.image_id):
            raise NotFound("there is no such map in this study; reload the page")
        if not self.may_see(found.image_id):
            raise Locked("lock the rating first; the map is shown after it")
        if not self.tells_nothing(found, self.told(found.image_id)):
            raise NotFound("there is no such map in this study; reload the page")
        return found

    def map_to_choose(self, image: StoredImage, name: int) -> StoredMap:
        """The map of this name of the descriptions that this reviewer chooses from.

        Raises:
            NotFound: there is none.
            Locked: the rating is not locked yet.
        """
        if not self.may_see(image.id):
            raise Locked("lock the rating first; the map is shown after it")
        found = [one.map for one in self.texts(image.id) if one.map and map_name(one.map) == name]
        if not found:
            raise NotFound("there is no such map in this study; reload the page")
        return max(found, key=lambda one: len(one.phrases))  # as it is, not as it stands in for another one's

    def tells_nothing(self, found: StoredMap, shown: StoredDescription | None) -> bool:
        """Whether this reviewer may see a map without being told of checks: where a study shows a wrong text the map of
        that one alone, and elsewhere none of a text that some other study shows as a check.

        Args:
            shown: what the study shows beside the map's image.
        """
        if self.reviewer.sees_all or shown is None:
            return True
        said = self.said(found)
        if said is not None and said.description.text == shown.description.text:
            return True
        return CHECK not in (shown.description.provider, said and said.description.provider)

    def said(self, found: StoredMap) -> StoredDescription | None:
        """The description that a map is of; None where it is of no description."""
        if found.description_id is None:
            return None
        return self.bench.store.descriptions.of_image(found.image_id, found.description_id)

    def _turn(self, taken: Taken) -> Turn:
        given, coming, progress = taken
        if given is None:
            return Turn(None, (), progress)
        if given.repeat or given.fresh:
            reveal = None if self.study.settings.blind else self._reveal(given.image)
            item = Item(given.image, 0, self.study.settings.blind, None, None, None, reveal)
        else:
            item = self._item(given.image)
        return Turn(item, tuple(coming), progress)

    def _item(self, image: StoredImage) -> Item:
        place = (self.study.id, image.id, self.reviewer.id)
        with self.bench.store.database.together():
            lock = self.bench.store.assignments.locked(*place)
            review = self.bench.store.reviews.current(*place)
            draft = self.bench.store.reviews.draft(*place)
            shown = lock is not None or not self.study.settings.blind
            reveal = self._reveal(image, draft, review) if shown else None
        base_revision = review.revision if review else 0
        return Item(image, base_revision, self.study.settings.blind, lock, draft, review, reveal)

    def _reveal(self, image: StoredImage, draft: Draft | None = None, review: StoredReview | None = None) -> Reveal:
        """The description that a draft or a review speaks of, else what the study shows, with its map."""
        said, answered = self.bench.store.descriptions, review and review.submission.description_id
        with self.bench.store.database.together():
            if offered := self.texts(image.id):
                chosen = next((one for one in offered if one.description.id == answered), None)
                return Reveal(chosen and chosen.description, chosen and chosen.map, offered)
            description = None
            if (drafted := _drafted(draft)) not in (None, answered):
                description = said.answerable(self.study.id, image.id, drafted)
            if description is None and answered is not None:
                description = said.of_image(image.id, answered)
            description = description or said.shown(self.study.id, image.id)
            text = description and description.description.text
            return Reveal(description, self.bench.store.maps.of_text(image.id, text))


def _drafted(draft: Draft | None) -> int | None:
    """The id of the description that a draft says it speaks of: whatever a browser sent; None for nothing of use."""
    told = draft.body.get("description_id") if draft else None
    return told if type(told) is int and 0 < told < 2**63 else None


def desk(bench: Workbench, reviewer: Reviewer, study_id: int | None) -> Desk | None:
    """A reviewer in a study; without an id in the newest unfinished one. None when there is no study.

    Raises:
        NotFound: there is no study with this id.
    """
    if study_id is not None:
        return Desk(bench, bench.store.studies.by_id(study_id), reviewer)
    desks = [Desk(bench, study, reviewer) for study in bench.store.studies.all()]
    open_ones = (one for one in desks if not one.study.closed)
    unfinished = (one for one in open_ones if (progress := one.progress()).done < progress.images)
    return next(unfinished, desks[0] if desks else None)


def desk_at(bench: Workbench, reviewer: Reviewer, study_id: int, key: str) -> tuple[Desk, StoredImage]:
    """A reviewer in a study, and an image.

    Raises:
        NotFound: there is no such study, or no such image.
    """
    with bench.store.database.together():
        return Desk(bench, bench.store.studies.by_id(study_id), reviewer), bench.store.images.by_key(key)


def check_inside(region: Region, image: StoredImage) -> None:
    """Refuse a mark that reaches over the image's edges; a mask was checked against its size when it was made."""
    if region.shape is RegionShape.MASK:
        return
    width, height = image.facts.width, image.facts.height
    if max(region.coordinates[0::2]) > width or max(region.coordinates[1::2]) > height:
        raise InvalidValue(f"a mark lies outside the image of {width} x {height} pixels; draw it again")
