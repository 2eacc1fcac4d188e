"""What CORE said of images, and what it learns from: their opinion scores."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, insert, or_, select

from realness.domain import StoredImage
from realness.store.descriptions import own_words
from realness.store.engine import Database, now
from realness.store.facets import rating_reviews
from realness.store.rows import image_name, stored_image
from realness.store.tables import (
    current_reviews,
    descriptions,
    images,
    opinion_scores,
    predictions,
    study_images,
    summaries,
)


@dataclass(frozen=True)
class Scorable:
    """An image that can be scored.

    Attributes:
        text: its newest description; empty where there is none.
        description_id: of that description.
    """

    image: StoredImage
    text: str
    description_id: int | None


@dataclass(frozen=True)
class Opinion(Scorable):
    """An image that people have rated.

    Attributes:
        imported: the mean opinion score that a data set gives, 0 to 100; None without one.
        votes: of how many ratings that is the mean, where known.
        people: the ratings of the current reviews here.
        name: of the image in its source.
    """

    imported: float | None
    votes: int | None
    people: tuple[float, ...]
    name: str


@dataclass(frozen=True)
class NewPrediction:
    """A score to keep: 0 to 100, with its 95 % interval where the model knows one."""

    image_id: int
    description_id: int | None
    rating: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class PredictionStore:
    """Reads what CORE learns from, keeps what it says."""

    database: Database

    def opinions(self, study_id: int | None = None) -> list[Opinion]:
        """Every image with an opinion score or a rating, in order of import.

        A description that was made wrong on purpose is none: nothing is to be learned from it.
        """
        query = _scorable(descriptions.c.planted_wrong.is_(False), study_id).add_columns(image_name().label("name"))
        scored = select(opinion_scores.c.image_id).where(opinion_scores.c.rating.is_not(None))
        scores = select(opinion_scores.c.image_id, opinion_scores.c.rating, opinion_scores.c.votes).where(
            opinion_scores.c.rating.is_not(None)
        )
        c = current_reviews.c
        reviewed = rating_reviews()
        rated = select(c.image_id).where(reviewed)
        query = query.where(or_(images.c.id.in_(scored), images.c.id.in_(rated)))
        with self.database.read() as connection:
            rows = connection.execute(query).mappings().all()
            people: dict[int, list[float]] = {}
            for image_id, rating in connection.execute(select(c.image_id, c.rating).where(reviewed).order_by(c.id)):
                people.setdefault(image_id, []).append(rating)
            imported: dict[int, tuple[float, int | None]] = {}
            for image_id, rating, votes in connection.execute(scores.order_by(opinion_scores.c.id)):
                imported.setdefault(image_id, (rating, votes))  # of several, the first, as everywhere
        return [
            Opinion(
                stored_image(row),
                row["said"] or "",
                row["description_id"],
                *imported.get(row["id"], (None, None)),
                tuple(people.get(row["id"], ())),
                row["name"] or "",
            )
            for row in rows
        ]

    def missing(
        self, model: str, *, by_text: bool, limit: int | None = None, study_id: int | None = None
    ) -> list[Scorable]:
        """Images that this model has not scored with their newest description yet, in order of import.

        Args:
            by_text: whether the model reads descriptions: then a new one asks for a new score.
        """
        done = exists().where(predictions.c.image_id == images.c.id, predictions.c.model == model)
        if by_text:
            done = done.where(predictions.c.description_id == descriptions.c.id)
        query = _scorable(None, study_id).where(~done).limit(limit)
        with self.database.read() as connection:
            return [
                Scorable(stored_image(row), row["said"] or "", row["description_id"])
                for row in connection.execute(query).mappings()
            ]

    def add(self, model: str, found: Sequence[NewPrediction]) -> None:
        """Keep scores. One that is there already, of the same image, description and model, stays as it is."""
        with self.database.write() as connection:
            for one in found:
                same = predictions.c.description_id
                same = same.is_(None) if one.description_id is None else same == one.description_id
                there = select(predictions.c.id).where(
                    predictions.c.image_id == one.image_id, predictions.c.model == model, same
                )
                if connection.execute(there).scalar() is None:
                    connection.execute(insert(predictions).values(**vars(one), model=model, created_at=now()))

    def kept(self, model: str, study_id: int | None = None) -> Iterator[Mapping[str, Any]]:
        """The newest score of each image by a model, in order of import: `name`, `sha256`, `rating`, `low`, `high`."""
        newest = select(func.max(predictions.c.id)).where(predictions.c.model == model)
        newest = newest.group_by(predictions.c.image_id)
        c = predictions.c
        query = (
            select(image_name().label("name"), images.c.sha256, c.rating, c.low, c.high)
            .join_from(predictions, images, images.c.id == c.image_id)
            .where(c.id.in_(newest))
            .order_by(images.c.id)
        )
        if study_id is not None:
            inside = select(study_images.c.image_id).where(study_images.c.study_id == study_id)
            query = query.where(c.image_id.in_(inside))
        with self.database.read() as connection:
            for row in connection.execution_options(yield_per=500).execute(query).mappings():
                yield dict(row)

    def count(self, model: str | None = None) -> int:
        """How many scores are kept, of one model or of all."""
        query = select(func.count()).select_from(predictions)
        if model is not None:
            query = query.where(predictions.c.model == model)
        with self.database.read() as connection:
            return connection.execute(query).scalar_one()

    def any(self) -> bool:
        """Whether there is a score at all."""
        with self.database.read() as connection:
            return connection.execute(select(predictions.c.id).limit(1)).first() is not None

    def scored(self, study_id: int) -> int:
        """How many images of a study have a score."""
        query = (
            select(func.count())
            .select_from(study_images)
            .join(summaries, summaries.c.image_id == study_images.c.image_id)
            .where(study_images.c.study_id == study_id, summaries.c.score.is_not(None))
        )
        with self.database.read() as connection:
            return connection.execute(query).scalar_one()

    def newest_model(self, study_id: int) -> str | None:
        """Whose score of an image of this study is the newest; None before the first."""
        inside = select(study_images.c.id).where(
            study_images.c.study_id == study_id, study_images.c.image_id == predictions.c.image_id
        )
        query = select(predictions.c.model).where(inside.exists()).order_by(predictions.c.id.desc()).limit(1)
        with self.database.read() as connection:
            return connection.execute(query).scalar()

    def rated(self) -> int:
        """How many images have an opinion score or a rating: those there are to learn from."""
        c = current_reviews.c
        imported = select(opinion_scores.c.image_id).where(opinion_scores.c.rating.is_not(None))
        people = select(c.image_id).where(rating_reviews())
        either = imported.union(people).subquery()
        with self.database.read() as connection:
            return connection.execute(select(func.count()).select_from(either)).scalar_one()


def _scorable(said: ColumnElement[bool] | None, study_id: int | None) -> Select:
    """Images with their newest description, of those that `said` lets through."""
    newest = select(func.max(descriptions.c.id)).where(descriptions.c.text != "", own_words())
    newest = newest.group_by(descriptions.c.image_id)
    if said is not None:
        newest = newest.where(said)
    query = (
        select(images, descriptions.c.text.label("said"), descriptions.c.id.label("description_id"))
        .outerjoin(descriptions, and_(descriptions.c.image_id == images.c.id, descriptions.c.id.in_(newest)))
        .order_by(images.c.id)
    )
    if study_id is not None:
        query = query.where(images.c.id.in_(select(study_images.c.image_id).where(study_images.c.study_id == study_id)))
    return query
