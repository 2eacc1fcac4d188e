"""Views: filters, sort and search of Browse that were saved under a name."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from realness.errors import InvalidValue, NotFound
from realness.store.engine import Database, now
from realness.store.tables import views


@dataclass(frozen=True)
class View:
    """A saved view.

    Attributes:
        query: as in the address of Browse, without the page.
        shared: whether everybody in the study sees it, not only who saved it.
        owner: the id of who saved it.
    """

    id: int
    study_id: int
    name: str
    query: str
    shared: bool
    owner: int


@dataclass(frozen=True)
class ViewStore:
    """Reads and writes views."""

    database: Database

    def of(self, study_id: int, reviewer_id: int) -> list[View]:
        """A person's own views of a study and those that others share, by name."""
        query = select(views).where(views.c.study_id == study_id)
        query = query.where(or_(views.c.reviewer_id == reviewer_id, views.c.shared))
        with self.database.read() as connection:
            return [_view(row) for row in connection.execute(query.order_by(func.lower(views.c.name), views.c.id))]

    def add(self, study_id: int, reviewer_id: int, name: str, query: str, *, shared: bool) -> View:
        """Save a view.

        Raises:
            InvalidValue: this person has one of that name in the study.
        """
        values = {"study_id": study_id, "reviewer_id": reviewer_id, "name": name, "query": query, "shared": shared}
        with self.database.write() as connection:
            _refuse_taken(connection, study_id, reviewer_id, name)
            made = insert(views).values(**values, created_at=now()).returning(views)
            return _view(connection.execute(made).one())

    def own(self, view_id: int, reviewer_id: int) -> View:
        """A view of this person's own.

        Raises:
            NotFound: there is none; those that others share are theirs alone to change.
        """
        with self.database.read() as connection:
            return _own(connection, view_id, reviewer_id)

    def change(self, view_id: int, reviewer_id: int, **values: Any) -> View:
        """Change `name`, `query` or `shared` of a view of this person's own.

        Raises:
            NotFound: there is none.
            InvalidValue: another one has that name.
        """
        with self.database.write() as connection:
            found = _own(connection, view_id, reviewer_id)
            if values.get("name", found.name) != found.name:
                _refuse_taken(connection, found.study_id, reviewer_id, values["name"])
            changed = update(views).where(views.c.id == view_id).values(values).returning(views)
            return _view(connection.execute(changed).one())

    def delete(self, view_id: int, reviewer_id: int) -> None:
        """Delete a view of this person's own.

        Raises:
            NotFound: there is none.
        """
        with self.database.write() as connection:
            _own(connection, view_id, reviewer_id)
            connection.execute(delete(views).where(views.c.id == view_id))


def _own(connection: Connection, view_id: int, reviewer_id: int) -> View:
    mine = select(views).where(views.c.id == view_id, views.c.reviewer_id == reviewer_id)
    row = connection.execute(mine).first()
    if row is None:
        raise NotFound("you have no such view; a shared one is changed by who saved it")
    return _view(row)


def _refuse_taken(connection: Connection, study_id: int, reviewer_id: int, name: str) -> None:
    c = views.c
    taken = select(c.id).where(c.study_id == study_id, c.reviewer_id == reviewer_id, c.name == name)
    if connection.execute(taken).first():
        raise InvalidValue(f"you have a view named {name!r} already; choose another name, or delete that one first")


def _view(row: Row) -> View:
    return View(row.id, row.study_id, row.name, row.query, row.shared, row.reviewer_id)
