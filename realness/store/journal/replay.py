"""Making again what the journal tells of and the database lacks. Twice is the same as once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, DateTime, Table, and_, func, insert, select, update

from realness.domain import name_key
from realness.store.engine import Database, now
from realness.store.journal.files import Damage, read_lines
from realness.store.journal.journal import people_in
from realness.store.tables import (
    assignments,
    descriptions,
    findings,
    image_sources,
    images,
    maps,
    repeats,
    review_findings,
    review_regions,
    reviewers,
    reviews,
    studies,
    study_images,
)

_BATCH = 200
"""Lines a transaction."""
_SAID = ("provider", "model", "prompt_version", "text_sha256")
_MAPPED = ("text_sha256", "method", "clip", "weights", "version")


@dataclass
class Replayed:
    """What came of a replay.

    Attributes:
        lines: read.
        reviews: made again.
        ratings: ratings of images without a review that were made again, and those of repeats.
        known: reviews that were in the database.
        conflicts: reviews in whose place the database has another one.
        damage: lines that could not be read.
    """

    lines: int = 0
    reviews: int = 0
    ratings: int = 0
    known: int = 0
    conflicts: int = 0
    damage: Damage = field(default_factory=Damage)


def replay(
    database: Database, folder: Path, progress: Callable[[int, int | None], None] = lambda _done, _total: None
) -> Replayed:
    """Put into the database what the journal in `folder` has and it lacks, with people, studies, images, descriptions
    and maps that it is of. Reviews have the ids that they had, where these are free, and studies
    that are made again the settings that they had last.

    Args:
        progress: told of lines.
    """
    told, people, made = Replayed(), people_in(folder), {}
    lines = read_lines(folder, told.damage)
    while batch := list(islice(lines, _BATCH)):
        with database.write() as connection:
            for one in batch:
                _Line(connection, one, people, made).replay(told)
        told.lines += len(batch)
        progress(told.lines, None)
    with database.write() as connection:
        for study, settings in made.items():
            connection.execute(update(studies).where(studies.c.id == study).values(_values(studies, settings)))
    return told


class _Line:
    """One record, and where it belongs in this database."""

    def __init__(
        self, connection: Connection, told: dict[str, Any], people: dict[str, Any], made: dict[int, Any]
    ) -> None:
        self.connection, self.told, self.people, self.made = connection, told, people, made

    def replay(self, to: Replayed) -> None:
        """Make it again, if it is not there."""
        if self.told["kind"] == "rating":
            to.ratings += self._rate(*self._place())
            return
        submission = self.told["review"]["submission_id"]
        if self._first(reviews, submission_id=submission) is not None:
            to.known += 1
            return
        study, image, me = self._place()
        self._rate(study, image, me)
        names = {name: self.told["review"][name] for name in ("role", "revision")}
        if self._first(reviews, study_id=study, image_id=image, reviewer_id=me, **names) is not None:
            to.conflicts += 1
            return
        self._review(study, image, me)
        to.reviews += 1

    def _place(self) -> tuple[int, int, int]:
        study = self._study()
        image = self._ensure(images, self.told["image"], "sha256")
        for source, name in self.told["names"]:
            self._ensure(
                image_sources, {"image_id": image, "source": source, "name": name}, "image_id", "source", "name"
            )
        if self.told["place"] is not None:
            placed = self.told["place"] | {"study_id": study, "image_id": image}
            self._ensure(study_images, placed, "study_id", "image_id")
        return study, image, self._person()

    def _study(self) -> int:
        """Its id; of one that this replay has made the settings are noted, as they were told last."""
        found = self._first(studies, name=self.told["study"]["name"])
        if found is None:
            found = self._add(studies, self.told["study"])
            self.made[found] = None
        if found in self.made:
            self.made[found] = self.told["study"]
        return found

    def _person(self) -> int:
        pseudonym = self.told["person"]
        unknown = {"pseudonym": pseudonym, "name": pseudonym, "role": "reviewer"}
        said = self.people.get(pseudonym, unknown)
        key = name_key(said["name"])
        found = self._first(reviewers, name_key=key)
        if found is not None:
            return found
        if self._first(reviewers, pseudonym=pseudonym) is not None:  # it is somebody else's by now
            newest = self.connection.execute(select(func.max(reviewers.c.id))).scalar() or 0
            said = said | {"pseudonym": f"reviewer-{newest + 1}"}
        return self._add(reviewers, said | {"name_key": key})

    def _rate(self, study: int, image: int, me: int) -> bool:
        """Whether a rating was made again, that of the image or that of its repeat."""
        mine = {"study_id": study, "image_id": image, "reviewer_id": me}
        rated, again = self.told["rated"] or {}, self.told.get("again")
        made = False
        if self.told.get("review", {}).get("role", "reviewer") == "reviewer":
            given, c = self._ensure(assignments, mine, *mine), assignments.c
            if rated.get("blind_rating") is not None:
                missing = update(assignments).where(c.id == given, c.blind_rating.is_(None))
                made = self.connection.execute(missing.values(_values(assignments, rated))).rowcount > 0
        if again is not None and self._first(repeats, **mine) is None:
            self._add(repeats, mine | again)
            made = True
        return made

    def _review(self, study: int, image: int, me: int) -> None:
        told, c = self.told, reviews.c
        said = told["description"] and self._description(image, told["description"])
        mapped = told["map"] and self._ensure(maps, told["map"] | {"image_id": image}, "image_id", *_MAPPED)
        if told["check"]:
            here = and_(study_images.c.study_id == study, study_images.c.image_id == image)
            self.connection.execute(
                update(study_images).where(here, study_images.c.check_id.is_(None)).values(check_id=said)
            )
        values = told["review"] | {"study_id": study, "image_id": image, "reviewer_id": me}
        values |= {"description_id": said, "map_id": mapped}
        values["offered"] = told["offered"] and [self._description(image, one) for one in told["offered"]]
        if told["sources"] is not None:
            found = select(c.id, c.submission_id).where(c.submission_id.in_(told["sources"]))
            ids = {submission: identifier for identifier, submission in self.connection.execute(found)}
            values["sources"] = [ids[one] for one in told["sources"] if one in ids]
        if self._first(reviews, id=told["through"][0]) is None:
            values["id"] = told["through"][0]
        review = self._add(reviews, values)
        for one in told["findings"]:
            answered = (
                None if one["machine"] is None else self._first(findings, description_id=said, position=one["machine"])
            )
            finding = self._add(review_findings, one | {"review_id": review, "finding_id": answered})
            for mark in one["regions"]:
                self._add(review_regions, mark | {"review_finding_id": finding})

    def _description(self, image: int, told: dict[str, Any]) -> int:
        found = self._first(descriptions, image_id=image, **{name: told[name] for name in _SAID})
        if found is None:
            found = self._add(descriptions, told | {"image_id": image})
            for part in told["findings"]:
                self._add(findings, part | {"description_id": found})
        return found

    def _ensure(self, table: Table, told: dict[str, Any], *key: str, **more: Any) -> int:
        found = self._first(table, **{name: told[name] for name in key})
        return self._add(table, told | more) if found is None else found

    def _first(self, table: Table, **key: Any) -> int | None:
        query = select(table.c.id).where(*(table.c[name] == value for name, value in key.items()))
        return self.connection.execute(query).scalar()

    def _add(self, table: Table, told: dict[str, Any]) -> int:
        values = {"created_at": now()} | _values(table, told)
        return self.connection.execute(insert(table).values(values).returning(table.c.id)).scalar_one()


def _values(table: Table, told: dict[str, Any]) -> dict[str, Any]:
    """What a table has columns for; an older journal may lack some and a newer one have more."""
    return {
        name: datetime.fromisoformat(value) if isinstance(table.c[name].type, DateTime) and value is not None else value
        for name, value in told.items()
        if name in table.c
    }
