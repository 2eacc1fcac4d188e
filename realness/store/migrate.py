"""Bringing a database to the schema of this version."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from realness.atomic import made_folder
from realness.errors import DatabaseProblem
from realness.store import triggers
from realness.store.dumping import dump
from realness.store.engine import Database

HEAD = "0011"
"""The revision this version of the code works with; a test holds it against the newest migration."""

UNCOPIED = "REALNESS_UNCOPIED"
"""The environment variable by which somebody who has a copy lets a PostgreSQL database be changed without one: `1`."""
SCRIPTS = Path(__file__).parent / "migrations"

CURRENT_REVIEWS = """
CREATE VIEW current_reviews AS
SELECT r.* FROM reviews AS r
WHERE NOT EXISTS (
    SELECT 1 FROM reviews AS newer
    WHERE newer.study_id = r.study_id AND newer.image_id = r.image_id AND newer.reviewer_id = r.reviewer_id
      AND newer.role = r.role AND newer.revision > r.revision
)
"""


def revision(connection: Connection) -> str | None:
    """The revision a database is at, or None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def revision_of(database: Database) -> str | None:
    """The same, of a database that is not open yet."""
    with database.read() as connection:
        return revision(connection)


def migrate(database: Database, target: str = "head") -> None:
    """Bring the database, which is ours and known since it was opened, to `target`, in one transaction, after a copy
    of what is there: beside a SQLite file, of a PostgreSQL database in the folder `copies` of `Database`.

    Raises:
        DatabaseProblem: it cannot be written, or has rows that refer to missing ones; it is left as it was.
            Or it cannot be copied.
    """
    current = revision_of(database)
    if current == HEAD and target == "head":
        return
    if current is not None:
        _copy(database, current)
    _run(database, current, target)


def _run(database: Database, current: str | None, target: str) -> None:
    # Alembic takes half a second to import and is needed on the first start only.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with _rebuilding(database) as connection:
        config.attributes["connection"] = connection
        down = target == "base" or (current is not None and target != "head" and target < current)
        (command.downgrade if down else command.upgrade)(config, target)


@contextmanager
def _rebuilding(database: Database) -> Iterator[Connection]:
    """A transaction in which Alembic may rebuild tables: without foreign keys, which refuse to drop a table that is
    referred to, and without the view and the triggers, which are in the way of a renaming. At the end these are there
    again and every reference is checked.
    """
    with database.write(foreign_keys=False) as connection:
        connection.exec_driver_sql("DROP VIEW IF EXISTS current_reviews")
        triggers.drop(connection)
        yield connection
        if inspect(connection).has_table("reviews"):
            connection.exec_driver_sql(CURRENT_REVIEWS)
            triggers.recreate(connection)
        if not database.backend.one_writer:
            return  # PostgreSQL has held the references all the while
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken:
            raise DatabaseProblem(
                f"{database.path} holds rows of {broken.table} that refer to missing rows of {broken.parent}; "
                "it was left as it was: restore a backup, or name another file with --db"
            )


def _copy(database: Database, current: str) -> None:
    """Keep a consistent copy beside the file: a plain file copy of a database in WAL mode is none."""
    address = database.backend.address
    path = address.path
    if path is None:
        if os.environ.get(UNCOPIED) != "1":
            dump(database, made_folder(database.copies) / f"{address.name}.before-{current}.dump")
        return
    target = path.with_name(f"{path.name}.before-{current}")
    source, copy = sqlite3.connect(path), sqlite3.connect(target)
    try:
        source.backup(copy)
    finally:
        source.close()
        copy.close()
