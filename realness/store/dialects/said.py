"""Words of SQL that SQLite and PostgreSQL say in their own ways; on SQLite as if they stood there."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Insert, Integer, String, Text, cast
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FromClause
from sqlalchemy.sql.functions import GenericFunction

POSTGRESQL = "postgresql"


class json_each(GenericFunction[Any]):
    """What a JSON list holds, a row each."""

    inherit_cache = True


@compiles(json_each, POSTGRESQL)
def _json_each(element: Any, compiler: Any, **told: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **told)} AS JSON))"


def added(connection: Connection, statement: Insert) -> int:
    """Insert what is selected; how many rows that were."""
    return connection.execute(statement.execution_options(preserve_rowcount=True)).rowcount


def numbers_of(listed: Any, name: str | None = None) -> tuple[FromClause, ColumnElement[int]]:
    """The whole numbers of a JSON list, or of its text, as something to select from and its column."""
    each = json_each(listed).table_valued("value", name=name)
    return each, cast(each.c.value, Integer)


def words_of(listed: Any) -> tuple[FromClause, ColumnElement[str]]:
    """The texts of a JSON list, as something to select from and its column."""
    each = json_each(listed).table_valued("value")
    return each, each.c.value


class day_of(GenericFunction[str]):
    """The day of a time, `YYYY-MM-DD` in UTC."""

    type = String()
    inherit_cache = True


@compiles(day_of)
def _day_of(element: Any, compiler: Any, **told: Any) -> str:
    return f"date({compiler.process(element.clauses, **told)})"


@compiles(day_of, POSTGRESQL)
def _day_of_there(element: Any, compiler: Any, **told: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **told)}, 'YYYY-MM-DD')"


class alike(GenericFunction[bool]):
    """Whether a text is like a pattern, whatever the case; `~` stands before a `%` or `_` that is meant itself."""

    inherit_cache = True


@compiles(alike)
def _alike(element: Any, compiler: Any, **told: Any) -> str:
    text, pattern = (compiler.process(one, **told) for one in element.clauses)
    return f"({text} LIKE {pattern} ESCAPE '~')"


@compiles(alike, POSTGRESQL)
def _alike_there(element: Any, compiler: Any, **told: Any) -> str:
    text, pattern = (compiler.process(one, **told) for one in element.clauses)
    return f"({text} ILIKE {pattern} ESCAPE '~')"


class as_written(GenericFunction[str]):
    """A JSON value as the text that it was written as."""

    type = Text()
    inherit_cache = True


@compiles(as_written, POSTGRESQL)
def _as_written_there(element: Any, compiler: Any, **told: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **told)} AS TEXT)"


class as_json(GenericFunction[Any]):
    """The text of a JSON value as one."""

    type = Text()
    inherit_cache = True


@compiles(as_written)
@compiles(as_json)
def _as_it_is(element: Any, compiler: Any, **told: Any) -> str:
    return compiler.process(element.clauses, **told)


@compiles(as_json, POSTGRESQL)
def _as_json_there(element: Any, compiler: Any, **told: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **told)} AS JSON)"
