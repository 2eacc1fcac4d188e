"""What a kind of database does in its own way."""

from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection, Engine

from realness.errors import DatabaseProblem
from realness.store.dialects.address import Address
from realness.store.dialects.turns import Mode

Version = int | str


class Backend(Protocol):
    """How a database is opened, begun and told of.

    Attributes:
        address: which one it is.
        one_writer: whether a transaction that writes is the only one, whoever's it is.
    """

    address: Address
    one_writer: bool

    def prepare(self) -> None:
        """Look at what is there before anything is written to it.

        Raises:
            DatabaseProblem: it cannot be used, or is none of ours.
        """
        ...

    def engine(self) -> Engine:
        """The engine, for the life of the process."""
        ...

    def begin_reading(self, connection: Connection) -> None:
        """Begin a transaction that sees one state."""
        ...

    def begin_writing(self, connection: Connection, person: int | None, mode: Mode) -> None:
        """Begin a transaction that may write; beside others where all it writes is that person's own."""
        ...

    def without_foreign_keys(self, connection: Connection) -> None:
        """Before a transaction in which tables may be made anew."""
        ...

    def writing(self, mode: Mode) -> AbstractContextManager[None]:
        """What this process's own writers wait for."""
        ...

    def problem(self, error: Exception) -> DatabaseProblem | None:
        """What a person is told of an error of the driver; None where it is a mistake in the program."""
        ...

    def sync(self) -> None:
        """Bring onto the disk what was committed to be synced later."""
        ...

    def survey(self) -> None:
        """After many rows came: what the planner knows of the tables is true again."""
        ...

    def scrub(self) -> None:
        """Write everything anew, so that nothing of what was deleted stays in a table's file. No connection is open.

        Raises:
            DatabaseProblem: others have it open; what was deleted stays deleted.
        """
        ...

    def version(self) -> Version:
        """Another value after every commit, whoever made it."""
        ...

    def close(self) -> None:
        """Give back what is not the engine's."""
        ...


def backend_of(address: Address) -> Backend:
    """The kind of database at an address."""
    if address.path is not None:
        from realness.store.dialects.sqlite import Sqlite  # noqa: PLC0415  each imports its own driver

        return Sqlite(address, address.path)
    from realness.store.dialects.postgresql import Postgresql  # noqa: PLC0415

    return Postgresql(address)
