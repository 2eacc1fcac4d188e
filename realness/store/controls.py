"""What a study holds its reviewers against: images whose right rating is known, images that come twice, wrong texts."""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, insert, or_, select, update

from realness.domain import StoredImage, check_rating
from realness.errors import InvalidValue
from realness.store.descriptions import CHECK, own_words
from realness.store.engine import Database, now
from realness.store.rows import stored_image
from realness.store.tables import assignments, descriptions, findings, images, maps, repeats, reviewers, study_images

T = TypeVar("T")
_MOST = 50
"""Wrong texts of each 100 images, at most."""


@dataclass(frozen=True)
class Gold:
    """An image whose right rating is known.

    Attributes:
        number: in the study, from 1.
        low, high: the ratings that are right, 0 to 100.
        rated: how many people have rated it.
    """

    image: StoredImage
    number: int
    low: float
    high: float
    rated: int


@dataclass(frozen=True)
class Checks:
    """The wrong texts of a study.

    Attributes:
        planted: how many images have one.
        described: how many images have a text at all: the share is of these.
        unmapped: how many wrong texts have no map yet.
        rated: how many images with a wrong text somebody has rated; these keep it.
    """

    planted: int
    described: int
    unmapped: int
    rated: int


@dataclass(frozen=True)
class ControlStore:
    """Sets and reads gold images, repeats and wrong texts."""

    database: Database

    def set_gold(self, study_id: int, ratings: Mapping[str, tuple[float, float] | None]) -> int:
        """Say of images, by SHA-256, from which to which rating is right; None takes that back. How many changed.

        Raises:
            InvalidValue: a range is off the scale or upside down, or an image is not in the study; nothing is changed.
        """
        changed = 0
        with self.database.write() as connection:
            for sha256, between in ratings.items():
                gold = None
                if between is not None:
                    low, high = check_rating(between[0], "low"), check_rating(between[1], "high")
                    if low > high:
                        told = f"the right ratings of {sha256[:12]} go from {low:g} to {high:g}; swap them"
                        raise InvalidValue(told, "low")
                    gold = {"low": low, "high": high}
                image = select(images.c.id).where(images.c.sha256 == sha256).scalar_subquery()
                here = and_(study_images.c.study_id == study_id, study_images.c.image_id == image)
                if connection.execute(update(study_images).where(here).values(gold=gold)).rowcount == 0:
                    raise InvalidValue(f"there is no image {sha256[:12]}… in this study; nothing was changed")
                changed += 1
        return changed

    def golds(self, study_id: int) -> dict[str, tuple[float, float]]:
        """The right ratings that are known, from and to, by the image's SHA-256."""
        query = select(images.c.sha256, study_images.c.gold).join(study_images, study_images.c.image_id == images.c.id)
        query = query.where(study_images.c.study_id == study_id, study_images.c.gold.is_not(None))
        with self.database.read() as connection:
            return {sha256: (gold["low"], gold["high"]) for sha256, gold in connection.execute(query)}

    def gold_images(self, study_id: int) -> list[Gold]:
        """The images whose right rating is known, in the study's order."""
        here = study_images.c
        given = assignments.c
        rated = select(func.count()).where(
            given.study_id == study_id, given.image_id == images.c.id, given.blind_rating.is_not(None)
        )
        query = select(images, here.position, here.gold, rated.correlate(images).scalar_subquery().label("rated"))
        query = query.join(study_images, here.image_id == images.c.id)
        query = query.where(here.study_id == study_id, here.gold.is_not(None)).order_by(here.position)
        with self.database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            Gold(stored_image(row), row["position"] + 1, row["gold"]["low"], row["gold"]["high"], row["rated"])
            for row in rows
        ]

    def image_named(self, study_id: int, said: str) -> StoredImage | None:
        """The image of a study with this key or, from 1, this number; None when there is none."""
        known: ColumnElement[bool] = images.c.key == said
        if said.isascii() and said.isdigit() and len(said) <= 9:
            known = or_(known, study_images.c.position == int(said) - 1)
        query = select(images).join(study_images, study_images.c.image_id == images.c.id)
        query = query.where(study_images.c.study_id == study_id, known).order_by((images.c.key == said).desc()).limit(1)
        with self.database.read() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else stored_image(row)

    def plant_checks(self, study_id: int, share: int, seed: int = 0) -> int:
        """Give so many of each 100 described images that nobody has rated the text of another image; those that had one
        and were not rated are given back their own first.

        Returns:
            How many images of the study have a wrong text now.

        Raises:
            InvalidValue: the share is none, or there are not two texts to take from.
        """
        if not 0 <= share <= _MOST:
            raise InvalidValue(f"wrong texts must be from 0 to {_MOST} of each 100 images, got {share}", "share")
        inside = study_images.c
        rated = exists().where(
            assignments.c.study_id == inside.study_id,
            assignments.c.image_id == inside.image_id,
            assignments.c.blind_rating.is_not(None),
        )
        newest = select(func.max(descriptions.c.id)).where(own_words(), descriptions.c.text != "")
        newest = newest.group_by(descriptions.c.image_id)
        described = (
            select(inside.id.label("place"), descriptions, rated.label("rated"))
            .join(descriptions, descriptions.c.image_id == inside.image_id)
            .where(inside.study_id == study_id, descriptions.c.id.in_(newest))
            .order_by(inside.position)
        )
        with self.database.write() as connection:
            connection.execute(update(study_images).where(inside.study_id == study_id, ~rated).values(check_id=None))
            rows = connection.execute(described).all()
            telling = [row for row in rows if row.verdict != "no"]
            free = [row for row in rows if not row.rated]
            kept = select(func.count()).where(inside.study_id == study_id, inside.check_id.is_not(None))
            wanted = round(len(rows) * share / 100) - connection.execute(kept).scalar_one()
            chance = random.Random(seed)
            if wanted > 0 and len({row.text for row in telling}) < 2:
                told = "wrong texts are those of other images, and fewer than two are described so far"
                raise InvalidValue(told, "share")
            for row in chance.sample(free, min(max(wanted, 0), len(free))):
                other = chance.choice([one for one in telling if one.text != row.text and one.image_id != row.image_id])
                check = _check(connection, row.image_id, other)
                connection.execute(update(study_images).where(inside.id == row.place).values(check_id=check))
            return connection.execute(kept).scalar_one()

    def checks(self, study_id: int) -> int:
        """How many images of a study have a wrong text."""
        query = select(func.count()).where(study_images.c.study_id == study_id, study_images.c.check_id.is_not(None))
        with self.database.read() as connection:
            return connection.execute(query).scalar_one()

    def told_checks(self, study_id: int) -> Checks:
        """How many wrong texts a study has, and what there is of them."""
        here, said = study_images.c, descriptions.c
        count = select(func.count()).select_from(study_images).where(here.study_id == study_id)
        planted = count.where(here.check_id.is_not(None))
        described = exists().where(said.image_id == here.image_id, own_words(), said.text != "")
        mapped = exists().where(
            said.id == here.check_id, maps.c.image_id == here.image_id, maps.c.text_sha256 == said.text_sha256
        )
        given = assignments.c
        rated = exists().where(
            given.study_id == here.study_id, given.image_id == here.image_id, given.blind_rating.is_not(None)
        )
        queries = (planted, count.where(described), planted.where(~mapped), planted.where(rated))
        with self.database.read() as connection:
            return Checks(*(connection.execute(query).scalar_one() for query in queries))

    def repeated(self, study_id: int | None = None) -> dict[str, list[tuple[float, float]]]:
        """Of each person, by pseudonym, the first and the second rating of every image that came twice."""
        same = and_(
            assignments.c.study_id == repeats.c.study_id,
            assignments.c.image_id == repeats.c.image_id,
            assignments.c.reviewer_id == repeats.c.reviewer_id,
        )
        query = (
            select(reviewers.c.pseudonym, assignments.c.blind_rating, repeats.c.rating)
            .select_from(repeats)
            .join(assignments, same)
            .join(reviewers, reviewers.c.id == repeats.c.reviewer_id)
            .where(assignments.c.blind_rating.is_not(None), repeats.c.rating.is_not(None))
            .order_by(repeats.c.id)
        )
        if study_id is not None:
            query = query.where(repeats.c.study_id == study_id)
        with self.database.read() as connection:
            return _by_person((name, (first, second)) for name, first, second in connection.execute(query))

    def gold_ratings(self, study_id: int | None = None) -> dict[str, list[tuple[float, float, float]]]:
        """Of each person, by pseudonym, every rating of a gold image with the range that is right."""
        here = and_(
            study_images.c.study_id == assignments.c.study_id, study_images.c.image_id == assignments.c.image_id
        )
        query = (
            select(reviewers.c.pseudonym, assignments.c.blind_rating, study_images.c.gold)
            .select_from(study_images)
            .join(assignments, here)
            .join(reviewers, reviewers.c.id == assignments.c.reviewer_id)
            .where(study_images.c.gold.is_not(None), assignments.c.blind_rating.is_not(None))
            .order_by(assignments.c.id)
        )
        if study_id is not None:
            query = query.where(study_images.c.study_id == study_id)
        with self.database.read() as connection:
            rows = connection.execute(query)
            return _by_person((name, (rating, gold["low"], gold["high"])) for name, rating, gold in rows)


def _check(connection: Connection, image_id: int, other: Row) -> int:
    """The id of another image's description as a wrong text of this image, copied unless that was done before."""
    same = select(descriptions.c.id).where(
        descriptions.c.image_id == image_id,
        descriptions.c.provider == CHECK,
        descriptions.c.text_sha256 == other.text_sha256,
    )
    there = connection.execute(same).scalar()
    if there is not None:
        return there
    values = {name: getattr(other, name) for name in ("text", "text_sha256", "verdict", "explanation")}
    values |= {"image_id": image_id, "provider": CHECK, "prompt_version": f"of-{other.id}"}
    values |= {"planted_wrong": True, "created_at": now()}
    check = connection.execute(insert(descriptions).values(values).returning(descriptions.c.id)).scalar_one()
    said = select(findings).where(findings.c.description_id == other.id)
    for part in connection.execute(said).all():
        copied = {name: getattr(part, name) for name in ("position", "phrase", "kind", "start")}
        connection.execute(insert(findings).values(description_id=check, created_at=now(), **copied))
    return check


def _by_person(rows: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for pseudonym, value in rows:
        found[pseudonym].append(value)
    return dict(found)
