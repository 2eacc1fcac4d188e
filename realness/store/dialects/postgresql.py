"""PostgreSQL: many processes write at once.

What one writer at a time gives on SQLite, locks give here (`pg_advisory_xact_lock`, let go by the server at the end of
the transaction, whatever becomes of the process):

- A transaction that writes is alone by default: it waits for all others that write, and they for it.
- Those that write what is one person's own (a lease, a rating, a draft, an answer) run beside each other: they share
  that lock, and hold another one that is the person's. What is everybody's in them, whose turn it is to have an image,
  is decided by locks of rows (`store/claiming.py`).
- The ids of reviews grow in the order in which they become visible: who adds one holds a third lock from before it has
  its id until it is committed (`locks.in_order`). The journal takes what comes after its last id, and would pass over
  one that came in later with a smaller one.

Readers wait for nobody: each sees one state (REPEATABLE READ).
"""

from contextlib import AbstractContextManager, suppress
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from realness.errors import DatabaseProblem
from realness.store.dialects.address import Address
from realness.store.dialects.advice import problem_of
from realness.store.dialects.locks import ALL, PERSON
from realness.store.dialects.turns import Mode, OneAThread

LOCK_TIMEOUT_S = 30
"""Seconds that a transaction waits for others before it gives up."""
IDLE_S = 300
"""Seconds after which the server ends a transaction that writes and of which nothing is heard: its process is gone."""
POOL, MORE = 8, 32
"""Connections that are kept, and those that are opened beside them when many ask at once."""
_SESSION = (
    f"-c TimeZone=UTC -c lock_timeout={LOCK_TIMEOUT_S}s -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 "
    "-c tcp_keepalives_count=3"
)
_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITING = (
    f"BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '{IDLE_S}s'; "
    "SELECT pg_advisory_xact_lock"
)
_ALONE = f"{_WRITING}({ALL}, 0)"
OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND coalesce(backend_type, 'client backend') = 'client backend'"
)
"""How many others are connected. What other users do is hidden from most users: it may be anything."""
_READERS = f"{OTHERS} AND (backend_xmin IS NOT NULL OR backend_type IS NULL)"
_TABLES = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()"


class Postgresql:
    """A database of a server."""

    one_writer = False

    def __init__(self, address: Address) -> None:
        self.address = address
        self._writers = OneAThread()
        self._engine: Engine | None = None

    def prepare(self) -> None:
        """Nothing: what is there is looked at through the engine (`recognise.refuse_others_there`)."""

    def engine(self) -> Engine:
        """The engine. Connections that broke while they lay idle are found before they are used."""
        self._engine = create_engine(
            self.address.url,
            hide_parameters=True,
            json_deserializer=orjson.loads,
            pool_pre_ping=True,
            pool_size=POOL,
            max_overflow=MORE,
            connect_args={"options": _SESSION, "application_name": "realness", "connect_timeout": 10},
        )
        event.listen(self._engine, "connect", _on_connect)
        return self._engine

    def begin_reading(self, connection: Connection) -> None:
        """One state, and nothing is changed."""
        _say(connection, _READING)

    def begin_writing(self, connection: Connection, person: int | None, mode: Mode) -> None:
        """Alone, or beside those of other persons; in one trip to the server. Every statement sees what was committed
        before it.
        """
        _say(connection, _ALONE if person is None else f"{_WRITING}_shared({ALL}, 0); {_of(person)}")

    def without_foreign_keys(self, connection: Connection) -> None:
        """Nothing: PostgreSQL changes tables where they are."""

    def sync(self) -> None:
        """Nothing: the server has synced what it committed."""

    def survey(self) -> None:
        """At once: until the server does it by itself, a minute later, each choice of an image would sort them all.
        Tables that somebody looks after just now are passed over.
        """
        self._of_each_table("ANALYZE (SKIP_LOCKED)")

    def scrub(self) -> None:
        """Every table, with the statistics that hold samples of it.

        Raises:
            DatabaseProblem: somebody still reads what was there before, so that it would be kept for them.
        """
        assert self._engine is not None
        with self._engine.connect() as connection:
            reading = connection.exec_driver_sql(_READERS).scalar_one()
        if reading:
            raise DatabaseProblem(
                f"somebody reads {self.address.called}, which keeps what was erased in its files; stop what uses it, "
                "and give the same command again"
            )
        self._of_each_table("VACUUM (FULL, ANALYZE)")
        with self._engine.connect() as connection:  # passed over where the user does not own the database
            connection.exec_driver_sql("VACUUM (FULL) pg_catalog.pg_statistic")

    def writing(self, mode: Mode) -> AbstractContextManager[None]:
        """Nobody of this process; but a thread that writes must not begin to write."""
        return self._writers

    def problem(self, error: Exception) -> DatabaseProblem | None:
        """In words; what the server says of the values in a statement is taken out of the error."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        said = _without_values(cause)
        if isinstance(error, DBAPIError):
            error.args = (f"({type(cause).__name__}) {said}",)
        return problem_of(getattr(cause, "sqlstate", None), said, self.address)

    def version(self) -> str:
        """Which transactions are over: after each commit others than before. Changes of other databases of the server
        show, too.
        """
        assert self._engine is not None
        with self._engine.connect() as connection:
            return connection.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one()

    def close(self) -> None:
        """Nothing but the engine's."""

    def _of_each_table(self, command: str) -> None:
        assert self._engine is not None
        with self._engine.connect() as connection:
            for table in connection.exec_driver_sql(_TABLES).scalars().all():
                connection.exec_driver_sql(f"{command} {table}")


def _of(person: int) -> str:
    return f"SELECT pg_advisory_xact_lock({PERSON}, {int(person)})"


def _say(connection: Connection, statements: str) -> None:
    connection.connection.cursor().execute(statements, prepare=False)  # type: ignore[call-arg]  psycopg's own


def _on_connect(connection: Any, _record: Any) -> None:
    connection.autocommit = True  # the driver must not begin by itself: how, is said with each beginning


def _without_values(error: BaseException | None) -> str:
    """The first line of what the server said; what follows it tells the values."""
    diagnosed = getattr(getattr(error, "diag", None), "message_primary", None)
    said = diagnosed or next(iter(str(error).splitlines()), "")
    with suppress(AttributeError, TypeError):
        error.args = (said,)  # type: ignore[union-attr]
    return said
