"""What describers replied to which request, and the descriptions that came of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, exists, func, insert, select, true

from realness.domain import Description, StoredImage
from realness.store.batches import LIVE
from realness.store.dialects.said import numbers_of
from realness.store.engine import Database, now
from realness.store.images import add_description
from realness.store.rows import image_name, stored_image
from realness.store.tables import batches, images, replies, study_images

DESCRIBED = "described"
"""The status of a reply that gave a description."""
_OF_DESCRIPTIONS = ("parameters", "raw_reply", "input_tokens", "output_tokens", "cost", "seconds")


@dataclass(frozen=True)
class NewReply:
    """A describer's reply to one image, with what it took.

    Attributes:
        request: the SHA-256 of all that was asked but the image: describer, prompt, parameters.
        parameters: as they were sent.
        status: `described`, or why there is no description: `refused`, `empty`, `invalid`.
        reason: the same in words; empty where it is described.
        raw: the reply as it came.
        cost: in US dollars; None where the price is not known.
        seconds: from asking to the reply; None in a batch.
        attempts: how often was asked: 2 where the first reply had to be repaired.
        description: what the reply says, where it is described.
        batch_id: the batch that it came with.
    """

    image_id: int
    request: str
    provider: str
    model: str
    prompt_version: str
    parameters: Mapping[str, Any]
    status: str
    raw: str
    reason: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None
    seconds: float | None = None
    attempts: int = 1
    description: Description | None = None
    batch_id: int | None = None


@dataclass(frozen=True)
class ReplyStore:
    """Reads and writes replies. None is ever changed: asked again, an image has another one."""

    database: Database

    def add(self, reply: NewReply) -> None:
        """Keep a reply, and its description with its findings, in one transaction."""
        names = ("provider", "model", "prompt_version", "status", "reason", "attempts", "image_id", "batch_id")
        row: dict[str, Any] = {name: getattr(reply, name) for name in names}
        row |= {"request_sha256": reply.request, "raw_reply": reply.raw, "parameters": dict(reply.parameters)}
        row |= {name: getattr(reply, name) for name in ("input_tokens", "output_tokens", "cost", "seconds")}
        with self.database.write() as connection:
            if reply.description is not None:
                made = {name: row[name] for name in _OF_DESCRIPTIONS}
                row["description_id"] = add_description(connection, reply.image_id, reply.description, made)
            connection.execute(insert(replies).values(row | {"created_at": now()}))

    def missing(
        self,
        request: str,
        *,
        study_id: int | None = None,
        again: Collection[str] = (),
        limit: int | None = None,
    ) -> list[tuple[StoredImage, str]]:
        """Images that have no reply to a request yet nor wait for one in a batch, with their names, in order of import.

        Args:
            again: images whose newest reply has one of these statuses are to be asked again.
        """
        newer = replies.alias("newer")
        newest = ~exists().where(
            newer.c.request_sha256 == request, newer.c.image_id == replies.c.image_id, newer.c.id > replies.c.id
        )
        answered = exists().where(
            replies.c.image_id == images.c.id,
            replies.c.request_sha256 == request,
            replies.c.status.not_in(again),
            newest,
        )
        query = _within(select(images, image_name().label("name")), study_id)
        query = query.where(~answered, images.c.id.not_in(_in_batches(request)))
        with self.database.read() as connection:
            rows = connection.execute(query.order_by(images.c.id).limit(limit)).mappings()
            return [(stored_image(row), row["name"] or row["sha256"]) for row in rows]

    def counts(self, request: str, study_id: int | None = None) -> dict[str, int]:
        """By status, how many images have such a newest reply to a request."""
        newest = select(func.max(replies.c.id)).where(replies.c.request_sha256 == request).group_by(replies.c.image_id)
        of_image = and_(replies.c.image_id == images.c.id, replies.c.id.in_(newest))
        query = select(replies.c.status, func.count()).join_from(images, replies, of_image)
        with self.database.read() as connection:
            return dict(map(tuple, connection.execute(_within(query, study_id).group_by(replies.c.status)).all()))

    def waiting(self, request: str, study_id: int | None = None) -> int:
        """How many images are in batches of a request that may still be answered."""
        query = select(func.count()).select_from(images).where(images.c.id.in_(_in_batches(request)))
        with self.database.read() as connection:
            return connection.execute(_within(query, study_id)).scalar_one()

    def of_batch(self, batch_id: int) -> set[int]:
        """The ids of the images whose replies of a batch are kept."""
        with self.database.read() as connection:
            return set(connection.execute(select(replies.c.image_id).where(replies.c.batch_id == batch_id)).scalars())


def _in_batches(request: str) -> Select:
    """The ids of the images in a request's batches that may still be answered."""
    place, image = numbers_of(batches.c.images)
    held = select(image).select_from(batches.join(place, true()))
    return held.where(batches.c.request_sha256 == request, batches.c.status.in_(LIVE))


def _within(query: Select, study_id: int | None) -> Select:
    if study_id is None:
        return query
    return query.where(images.c.id.in_(select(study_images.c.image_id).where(study_images.c.study_id == study_id)))
