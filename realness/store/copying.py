"""A consistent copy of the database while others write to it, and whether a file is sound.

A plain copy of the file is none: in WAL mode the newest answers are in another file, and a page may change while it is
read.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import inspect

from realness.errors import CannotWrite, DatabaseProblem
from realness.store import dumping
from realness.store.engine import Database

PAGES = 512
"""Pages copied between two words of progress: 2 MiB."""
_MOST = 20
"""Problems that are told of."""


def copy(database: Database, target: Path, progress: Callable[[int, int | None], None]) -> None:
    """Copy the database, as it is when this begins, to `target`: one file, without a log beside it.

    On SQLite the transaction is open all the while: a copy that sees each page when it comes to it begins anew whenever
    somebody saves, and under reviewers never ends.

    Args:
        target: an empty file, or none.
        progress: told of pages.

    Raises:
        DatabaseProblem: the database cannot be read.
        CannotWrite: the copy cannot be written.
    """
    if database.backend.address.path is None:
        progress(0, None)
        dumping.dump(database, target)
        return
    with database.read() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()  # here the transaction begins
        source = connection.connection.driver_connection
        assert isinstance(source, sqlite3.Connection)
        try:
            with closing(sqlite3.connect(target)) as made:
                told = lambda _status, left, total: progress(total - left, total)  # noqa: E731
                source.backup(made, pages=PAGES, progress=told)
                made.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.Error as error:
            raise CannotWrite(
                "the copy cannot be written to {place}: " + f"{error}; make room and try again", target.parent
            ) from error


def size(database: Database) -> int:
    """Bytes that a copy takes, about; of a PostgreSQL database at most."""
    with database.read() as connection:
        if database.backend.address.path is None:
            return connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
        pages, each = (connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("page_count", "page_size"))
    return int(pages or 0) * int(each or 0)


def counts(database: Database) -> tuple[int, int]:
    """How many images and how many reviews, all revisions, a database holds."""
    with database.read() as connection:
        images, reviews = (
            connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar() for name in ("images", "reviews")
        )
    return int(images or 0), int(reviews or 0)


def last_review(database: Database) -> int:
    """The id of the review that was kept last; 0 for none."""
    with database.read() as connection:
        return int(connection.exec_driver_sql("SELECT max(id) FROM reviews").scalar() or 0)


def problems_of_copy(database: Database, path: Path) -> list[str]:
    """What is wrong in a copy of this database; nothing where it is sound."""
    return problems(path) if database.backend.address.path is not None else dumping.problems(path, database)


def problems_there(database: Database) -> list[str]:
    """What is wrong in a PostgreSQL database: every row is read, and a page that is not as it was written tells of
    itself. References and keys the server holds.
    """
    try:
        with database.read() as connection:
            for table in inspect(connection).get_table_names():
                connection.exec_driver_sql(f'SELECT sum(length(t::text)) FROM "{table}" AS t').scalar()
    except DatabaseProblem as error:
        return [str(error)]
    return []


def problems(path: Path) -> list[str]:
    """What SQLite finds wrong in a database that nobody uses; nothing where it is sound."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            found = [row[0] for row in connection.execute(f"PRAGMA integrity_check({_MOST})")]
            if found != ["ok"]:
                return found
            broken = connection.execute("PRAGMA foreign_key_check").fetchmany(_MOST)
    except sqlite3.Error as error:
        return [str(error)]
    return [f"a row of {table} refers to a missing one of {parent}" for table, _row, parent, _key in broken]
