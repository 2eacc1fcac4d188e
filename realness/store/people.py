"""People with accounts, and their sessions."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, func, insert, select, true, update
from sqlalchemy.exc import IntegrityError

from realness.domain import Account, Reviewer, Role, name_key
from realness.errors import InvalidValue, NotFound
from realness.store.engine import Database, aware, now
from realness.store.tables import queues, reviewers, sessions

LOCAL_REVIEWER = "local"
"""The one reviewer of a workbench without accounts."""


class Changes:
    """A number that goes up."""

    number = 0

    def more(self) -> None:
        """By one. Two at once may count as one: either is another number than before."""
        self.number += 1


@dataclass(frozen=True)
class PeopleStore:
    """Reads and writes people and sessions. Passwords come hashed."""

    database: Database
    changes: Changes = field(default_factory=Changes)
    """Goes up with everything written here by this process that may change who is let in."""

    def local(self) -> Reviewer:
        """The one reviewer of a workbench without accounts, made at the first call."""
        query = select(reviewers).where(reviewers.c.name == LOCAL_REVIEWER)
        with self.database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            with self.database.write() as connection:
                row = connection.execute(query).first()
                if row is None:
                    _add(connection, LOCAL_REVIEWER, Role.ADMIN, None)
                    row = connection.execute(query).one()
        return reviewer_of(row)

    def any_accounts(self) -> bool:
        """Whether somebody can, or once could, sign in: from then on everybody has to."""
        with self.database.read() as connection:
            return connection.execute(_ANY).first() is not None

    def add(self, name: str, role: Role, password_hash: str) -> Account:
        """Make an account.

        Raises:
            InvalidValue: the name is taken, or people would take it for one that is.
        """
        if name_key(name) == LOCAL_REVIEWER:
            raise InvalidValue(f"{LOCAL_REVIEWER!r} stands for the work without sign-in; choose another name", "name")
        with self.database.write() as connection:
            try:
                _add(connection, name, role, password_hash)
            except IntegrityError:
                message = f"there is somebody named {name!r} already; choose another name"
                raise InvalidValue(message, "name") from None  # the error tells the hash
        self.changes.more()
        return self.named(name)

    def named(self, name: str) -> Account:
        """The account of this name, in any way of writing it.

        Raises:
            NotFound: there is none.
        """
        found = self._where(_named(name))
        if not found:
            raise NotFound(f"there is no account named {name!r}; `reviewer list` shows those there are")
        return found[0]

    def by_id(self, reviewer_id: int) -> Account:
        """The person with this id.

        Raises:
            NotFound: there is none.
        """
        found = self._where(reviewers.c.id == reviewer_id)
        if not found:
            raise NotFound("there is no such person; reload the page")
        return found[0]

    def all(self) -> list[Account]:
        """Everybody, in the order in which they came, with how many images they answered."""
        return self._where(true())

    def _where(self, condition: ColumnElement[bool]) -> list[Account]:
        answered = select(func.coalesce(func.sum(queues.c.done), 0)).where(queues.c.reviewer_id == reviewers.c.id)
        answered = answered.scalar_subquery().label("reviews")
        query = select(reviewers, answered).where(condition).order_by(reviewers.c.id)
        with self.database.read() as connection:
            return [_account(row) for row in connection.execute(query)]

    def password_hash(self, name: str) -> tuple[Reviewer, str] | None:
        """Who signs in under this name and against which hash; None for nobody, and for who is disabled."""
        query = select(reviewers).where(_named(name))
        query = query.where(reviewers.c.password_hash.is_not(None), reviewers.c.disabled_at.is_(None))
        with self.database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else (reviewer_of(row), row.password_hash)

    def change(self, reviewer_id: int, **values: Any) -> None:
        """Change `role`, `password_hash` or `disabled_at`. With more than a role, every session ends.

        Raises:
            InvalidValue: nobody who manages accounts would be left.
        """
        with self.database.write() as connection:
            changed = connection.execute(update(reviewers).where(reviewers.c.id == reviewer_id).values(values))
            if changed.rowcount == 0:
                raise NotFound("there is no such account; reload the page")
            admins = select(reviewers.c.id).where(reviewers.c.role == Role.ADMIN.value)
            admins = admins.where(reviewers.c.password_hash.is_not(None), reviewers.c.disabled_at.is_(None))
            if connection.execute(admins).first() is None:
                raise InvalidValue("nobody who manages accounts would be left; make another admin first")
            if values.keys() - {"role"}:
                connection.execute(delete(sessions).where(sessions.c.reviewer_id == reviewer_id))
        self.changes.more()

    # ---- sessions ----

    def begin(self, reviewer_id: int, token_sha256: str, until: datetime) -> None:
        """Keep a session, and drop those that have ended."""
        values = {"reviewer_id": reviewer_id, "token_sha256": token_sha256, "expires_at": until, "created_at": now()}
        with self.database.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at <= now()))
            connection.execute(insert(sessions).values(values))

    def signed_in(self, token_sha256: str) -> tuple[Reviewer, datetime] | None:
        """Whose session it is and when it ends; None where there is none, it has ended, or its owner is disabled."""
        with self.database.read() as connection:
            row = connection.execute(_SESSION, {"token": token_sha256, "now": now()}).first()
        return None if row is None else (reviewer_of(row), aware(row.expires_at) or row.expires_at)

    def prolong(self, token_sha256: str, until: datetime) -> None:
        """A session in use goes on."""
        with self.database.write() as connection:
            mine = sessions.c.token_sha256 == token_sha256
            connection.execute(update(sessions).where(mine).values(expires_at=until))

    def end(self, token_sha256: str) -> None:
        """End one session."""
        with self.database.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.token_sha256 == token_sha256))
        self.changes.more()

    def end_all(self, reviewer_id: int) -> int:
        """End every session of a person; how many there were."""
        with self.database.write() as connection:
            ended = connection.execute(delete(sessions).where(sessions.c.reviewer_id == reviewer_id)).rowcount
        self.changes.more()
        return ended


_ANY = select(reviewers.c.id).where(reviewers.c.password_hash.is_not(None)).limit(1)
_SESSION = (
    select(reviewers, sessions.c.expires_at)
    .join(sessions, sessions.c.reviewer_id == reviewers.c.id)
    .where(sessions.c.token_sha256 == bindparam("token"), sessions.c.expires_at > bindparam("now"))
    .where(reviewers.c.disabled_at.is_(None), reviewers.c.password_hash.is_not(None))
)


def _named(name: str) -> ColumnElement[bool]:
    return reviewers.c.name_key == name_key(name)


def _add(connection: Connection, name: str, role: Role, password_hash: str | None) -> None:
    values = {"name": name, "pseudonym": secrets.token_hex(16), "role": role.value, "password_hash": password_hash}
    new = connection.execute(
        insert(reviewers).values(created_at=now(), **values).returning(reviewers.c.id)
    ).scalar_one()
    # By its own number, which nobody had before: that of a person who was erased does not come again.
    connection.execute(update(reviewers).where(reviewers.c.id == new).values(pseudonym=f"reviewer-{new}"))


def reviewer_of(row: Row) -> Reviewer:
    """A person from a row of `reviewers`."""
    return Reviewer(row.id, row.name, row.pseudonym, Role(row.role), row.password_hash is not None)


def _account(row: Row) -> Account:
    created_at = aware(row.created_at)
    assert created_at is not None  # the column is NOT NULL
    return Account(reviewer_of(row), created_at, row.disabled_at is not None, row.reviews)
