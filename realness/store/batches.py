"""Batches that wait at a server, so that a later call collects what an earlier one submitted."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from realness.store.engine import Database, now
from realness.store.tables import batches

LIVE = ("submitting", "waiting")


@dataclass(frozen=True)
class StoredBatch:
    """A batch that may still be answered.

    Attributes:
        token: our own name of it, which the server keeps with it.
        remote_id: the server's name; None as long as it is not known that the server has it.
        images: the ids of the images that it asks about.
    """

    id: int
    token: str
    remote_id: str | None
    images: tuple[int, ...]


@dataclass(frozen=True)
class BatchStore:
    """Reads and writes batches. Their status: `submitting`, `waiting`, then `collected` or `lost`."""

    database: Database

    def begin(
        self, token: str, *, request: str, base_url: str, model: str, prompt_version: str, images: Sequence[int]
    ) -> int:
        """Note a batch before the server is given it, so that a stop in between leaves a trace. Gives the id."""
        row = {"token": token, "request_sha256": request, "base_url": base_url, "model": model}
        row |= {"prompt_version": prompt_version, "status": "submitting", "images": list(images), "created_at": now()}
        with self.database.write() as connection:
            return connection.execute(insert(batches).values(row).returning(batches.c.id)).scalar_one()

    def submitted(self, batch_id: int, remote_id: str) -> None:
        """Note the name that the server gave it."""
        self._change(batch_id, remote_id=remote_id, status="waiting")

    def end(self, batch_id: int, *, collected: bool) -> None:
        """Nothing more is to come: its replies are kept, or it never reached the server."""
        self._change(batch_id, status="collected" if collected else "lost", collected_at=now())

    def live(self, request: str) -> list[StoredBatch]:
        """The batches of a request that may still be answered, oldest first."""
        c = batches.c
        query = select(c.id, c.token, c.remote_id, c.images).where(c.request_sha256 == request, c.status.in_(LIVE))
        with self.database.read() as connection:
            rows = connection.execute(query.order_by(c.id)).all()
        return [StoredBatch(row.id, row.token, row.remote_id, tuple(row.images)) for row in rows]

    def _change(self, batch_id: int, **values: object) -> None:
        with self.database.write() as connection:
            connection.execute(update(batches).where(batches.c.id == batch_id).values(**values))
