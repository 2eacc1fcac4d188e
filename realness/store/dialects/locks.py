"""The locks that PostgreSQL's writers hold (`dialects/postgresql.py` says which and why)."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Engine
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
def held(engine: Engine, kind: int, *, shared: bool = False) -> Iterator[bool]:
    """Whether this process holds a lock until the end, by a connection of its own; killed, it holds nothing.

    Args:
        shared: beside others who share it; otherwise alone.
    """
    how = "_shared" if shared else ""
    with engine.connect() as connection:
        connection.detach()  # closed at the end, and the lock with it
        mine = bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_lock{how}({kind}, 0)").scalar())
        try:
            yield mine
        finally:
            if mine:  # said, or the server would notice a while after the end
                with suppress(DBAPIError):  # a server that has gone has let go
                    connection.exec_driver_sql(f"SELECT pg_advisory_unlock{how}({kind}, 0)")
