"""Every row of one database into an empty one, of whatever kinds they are: with its id, and held against what was read.

In the target all is one transaction. Triggers are away meanwhile: what they would make is copied, too.
"""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import JSON, Connection, DateTime, Select, Table, Text, bindparam, func, insert, inspect, select, text
from sqlalchemy.exc import DataError, IntegrityError

from realness.errors import DatabaseProblem, InvalidValue
from realness.store import triggers
from realness.store.dialects.said import POSTGRESQL, as_json, as_written
from realness.store.engine import Database, aware
from realness.store.migrate import revision
from realness.store.tables import metadata
from realness.store.words import INDEX

BATCH = 1000
"""Rows that are in memory at once."""


def is_empty(database: Database) -> bool:
    """Whether there is no table, or no row in any."""
    with database.read() as connection:
        if revision(connection) is None:
            return True
        there = set(inspect(connection).get_table_names())
        named = [table for table in metadata.sorted_tables if table.name in there]
        return all(connection.execute(select(table.primary_key.columns[0]).limit(1)).first() is None for table in named)


def transfer(
    source: Database, target: Database, progress: Callable[[int, int | None], None] = lambda _done, _total: None
) -> dict[str, int]:
    """Copy every row of `source`, as it is when this begins, to `target`, which is empty and of the same schema.

    Args:
        progress: told of rows.

    Returns:
        How many rows each table has.

    Raises:
        InvalidValue: a row holds what the target cannot keep.
        DatabaseProblem: what was written is not what was read; the target is as it was then.
    """
    counts: dict[str, int] = {}
    with source.read() as reading, target.write(foreign_keys=False) as writing:
        total = sum(reading.execute(select(func.count()).select_from(table)).scalar_one() for table in _tables())
        triggers.drop(writing)
        for table in _tables():
            before = sum(counts.values())
            read = _copy(reading, writing, table, lambda done, before=before: progress(before + done, total))
            if _told(writing, table) != read:
                raise DatabaseProblem(f"the rows of {table.name} are not as they were read; nothing was kept")
            counts[table.name] = read[0]
            _count_on(reading, writing, table)
        if writing.dialect.name != POSTGRESQL:
            writing.exec_driver_sql(f"INSERT INTO {INDEX} ({INDEX}) VALUES ('rebuild')")
        triggers.recreate(writing)
    return counts


def _tables() -> list[Table]:
    return metadata.sorted_tables


def _copy(reading: Connection, writing: Connection, table: Table, progress: Callable[[int], None]) -> tuple[int, str]:
    """Copy a table; how many rows it has, and what their digest is."""
    count, digest = 0, hashlib.sha256()
    names = [f"new_{c.name}" for c in table.columns]  # a column's own name is taken in an INSERT
    into = insert(table).values({c.name: _written(c, name) for c, name in zip(table.columns, names, strict=True)})
    for rows in _batches(reading, table):
        for row in rows:
            digest.update(_line(row))
        try:
            writing.execute(into, [dict(zip(names, row, strict=True)) for row in rows])
        except (DataError, IntegrityError) as error:
            where = f"{table.name}, after its first {count} rows"
            raise InvalidValue(f"a row of {where}, cannot be kept there: {_reason(error)}") from error
        count += len(rows)
        progress(count)
    return count, digest.hexdigest()


def _told(connection: Connection, table: Table) -> tuple[int, str]:
    """How many rows a table has, and what their digest is."""
    count, digest = 0, hashlib.sha256()
    for rows in _batches(connection, table):
        count += len(rows)
        for row in rows:
            digest.update(_line(row))
    return count, digest.hexdigest()


def _batches(connection: Connection, table: Table) -> Iterator[list[list[Any]]]:
    """The rows of a table by its key, JSON as the text it was written as, times with their zone."""
    key = table.primary_key.columns[0]
    columns = [as_written(c) if isinstance(c.type, JSON) else c for c in table.columns]
    times = [at for at, c in enumerate(table.columns) if isinstance(c.type, DateTime)]
    query: Select[Any] = select(*columns).order_by(key).limit(BATCH)
    place, last = table.columns.keys().index(key.name), None
    while True:
        found = connection.execute(query if last is None else query.where(key > last)).all()
        rows = [list(row) for row in found]
        for row in rows:
            for at in times:
                row[at] = aware(row[at])
        if rows:
            yield rows
        if len(rows) < BATCH:
            return
        last = rows[-1][place]


def _written(column: Any, name: str) -> Any:
    if isinstance(column.type, JSON):
        return as_json(bindparam(name, type_=Text()))
    return bindparam(name, type_=column.type)


def _line(row: list[Any]) -> bytes:
    plain = [value.timestamp() if isinstance(value, datetime) else value for value in row]
    return orjson.dumps(plain, option=orjson.OPT_APPEND_NEWLINE)


def _reason(error: DataError | IntegrityError) -> str:
    return next(iter(str(error.orig).splitlines()), "")


def _count_on(reading: Connection, writing: Connection, table: Table) -> None:
    """No id is given out again that was given out before, be its row there or not."""
    if "id" not in table.columns:
        return
    newest = writing.execute(select(func.max(table.c.id))).scalar() or 0
    last = max(newest, _last_given(reading, table))
    if last and writing.dialect.name == POSTGRESQL:
        writing.execute(
            text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)"), {"name": table.name, "last": last}
        )
    elif last and table.dialect_options["sqlite"]["autoincrement"]:
        writing.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
        writing.execute(
            text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), {"name": table.name, "last": last}
        )


def _last_given(connection: Connection, table: Table) -> int:
    """The last id that was given out, as far as the database knows."""
    if connection.dialect.name == POSTGRESQL:
        return connection.exec_driver_sql(
            f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {table.name}_id_seq"
        ).scalar_one()
    found = connection.execute(
        text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}
    ).scalar()
    return int(found or 0)
