"""Bringing a database to the schema of this version."""

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from realness.errors import DatabaseProblem
from realness.store import triggers
from realness.store.engine import Database

HEAD = "0001"
"""The revision this version of the code works with; a test holds it against the newest migration."""

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


def migrate(database: Database, target: str = "head") -> None:
    """Bring the database to `target`, in one transaction, after a copy of what is there.

    Raises:
        DatabaseProblem: it was made by a newer version, or holds tables that are not ours.
    """
    with database.read() as connection:
        current = revision(connection)
        foreign = current is None and set(inspect(connection).get_table_names()) - {"alembic_version"}
    if current == HEAD and target == "head":
        return
    if foreign:
        raise DatabaseProblem(f"{database.path} holds another program's tables; name another file with --db")
    if current is not None:
        _copy(database.path, current)
    _run(database, current, target)


def _run(database: Database, current: str | None, target: str) -> None:
    # Alembic takes half a second to import and is needed on the first start only.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise DatabaseProblem(
            f"{database.path} was made by a newer version of Realness (schema {current}); update this one"
        )
    with database.write() as connection:
        config.attributes["connection"] = connection
        down = target == "base" or (current is not None and target != "head" and target < current)
        (command.downgrade if down else command.upgrade)(config, target)
        if inspect(connection).has_table("reviews"):
            connection.exec_driver_sql("DROP VIEW IF EXISTS current_reviews")
            connection.exec_driver_sql(CURRENT_REVIEWS)
            triggers.recreate(connection)


def _copy(path: Path, current: str) -> None:
    """Keep a consistent copy beside the file: a plain file copy of a database in WAL mode is none."""
    target = path.with_name(f"{path.name}.before-{current}")
    source, copy = sqlite3.connect(path), sqlite3.connect(target)
    try:
        source.backup(copy)
    finally:
        source.close()
        copy.close()
