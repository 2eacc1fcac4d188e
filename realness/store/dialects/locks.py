"""The locks that PostgreSQL's writers hold (`dialects/postgresql.py` says which and why)."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from realness.store.dialects.said import POSTGRESQL

ALL, PERSON, ORDER, DESCRIBING = 5241, 5242, 5243, 5244
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
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock({kind}, 0)")
