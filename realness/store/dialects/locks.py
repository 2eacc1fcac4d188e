"""The locks that PostgreSQL's writers hold (`dialects/postgresql.py` says which and why)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from realness.store.dialects.said import POSTGRESQL

ALL, PERSON, ORDER, DESCRIBING, SERVING = 5241, 5242, 5243, 5244, 5245
"""The first number of each kind of lock; locks are of one database."""
_IN_ORDER = f"SELECT pg_advisory_xact_lock({ORDER}, 0)"


def in_order(connection: Connection) -> None:
    """From here to the end of the transaction nobody else adds a review; on SQLite nobody can."""
    if connection.dialect.name == POSTGRESQL:
        connection.exec_driver_sql(_IN_ORDER)


@contextmanager
def held(engine: Engine, kind: int) -> Iterator[bool]:
    """Whether this process alone holds a lock until the end, by a connection of its own; killed, it holds nothing."""
    with engine.connect() as connection:
        connection.detach()  # closed at the end, and the lock with it
        mine = bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({kind}, 0)").scalar())
        try:
            yield mine
        finally:
            if mine:  # said, or the server would notice a while after the end
                with suppress(DBAPIError):  # a server that has gone has let go
                    connection.exec_driver_sql(f"SELECT pg_advisory_unlock({kind}, 0)")


@contextmanager
def shared(engine: Engine, kind: int, refused: Callable[[], Exception]) -> Iterator[None]:
    """Every connection of the engine that is made from here to the end holds a lock beside others who share it: also
    after the server was away.

    Args:
        refused: what is raised where a connection cannot have it, since another process holds it alone.
    """

    def take(connection: Any, _record: Any) -> None:
        mine = connection.execute(f"SELECT pg_try_advisory_lock_shared({kind}, 0)").fetchone()[0]
        if not mine:
            connection.close()
            raise refused()

    engine.dispose()
    event.listen(engine, "connect", take)
    try:
        yield
    finally:
        event.remove(engine, "connect", take)
        engine.dispose()
