"""Triggers that keep answers and descriptions append-only, and a locked blind rating as it is.

Alembic's batch mode rebuilds tables and drops their triggers without a word, so `recreate` runs after
every migration.
"""

from sqlalchemy import Connection, Table, UniqueConstraint

from realness.store.tables import APPEND_ONLY, assignments


def recreate(connection: Connection) -> None:
    """Drop and make every trigger again, inside the caller's transaction."""
    for name, statement in _triggers().items():
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        connection.exec_driver_sql(statement)


def _triggers() -> dict[str, str]:
    statements = {}
    for table in APPEND_ONLY:
        name = table.name
        refuse = f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
        statements[f"{name}_no_update"] = f"CREATE TRIGGER {name}_no_update BEFORE UPDATE ON {name} {refuse}"
        statements[f"{name}_no_delete"] = f"CREATE TRIGGER {name}_no_delete BEFORE DELETE ON {name} {refuse}"
        # REPLACE deletes without firing the trigger above unless the connection turned recursive_triggers on;
        # this one holds on any connection.
        statements[f"{name}_no_replace"] = (
            f"CREATE TRIGGER {name}_no_replace BEFORE INSERT ON {name} "
            f"WHEN EXISTS (SELECT 1 FROM {name} AS old WHERE {_same_key(table)}) {refuse}"
        )
    statements["assignments_keep_rating"] = (
        "CREATE TRIGGER assignments_keep_rating BEFORE UPDATE ON assignments "
        "WHEN OLD.blind_rating IS NOT NULL AND (NEW.blind_rating IS NOT OLD.blind_rating "
        "OR NEW.rated_at IS NOT OLD.rated_at) "
        "BEGIN SELECT RAISE(ABORT, 'a blind rating is locked'); END"
    )
    rated = "BEGIN SELECT RAISE(ABORT, 'a blind rating is locked'); END"
    statements["assignments_keep_rated"] = (
        f"CREATE TRIGGER assignments_keep_rated BEFORE DELETE ON assignments WHEN OLD.blind_rating IS NOT NULL {rated}"
    )
    statements["assignments_no_replace"] = (
        "CREATE TRIGGER assignments_no_replace BEFORE INSERT ON assignments WHEN EXISTS (SELECT 1 FROM assignments "
        f"AS old WHERE old.blind_rating IS NOT NULL AND ({_same_key(assignments)})) {rated}"
    )
    return statements


def _same_key(table: Table) -> str:
    keys = [["id"]]
    keys += [[c.name] for c in table.columns if c.unique]
    keys += [[c.name for c in u.columns] for u in table.constraints if isinstance(u, UniqueConstraint)]
    unique = {" AND ".join(f"old.{column} = NEW.{column}" for column in sorted(key)) for key in keys}
    return " OR ".join(f"({condition})" for condition in sorted(unique))
