"""Full-text search in descriptions."""

import re
import unicodedata
from typing import Any

from sqlalchemy import Select, String, cast, or_, select, union
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from realness.store.dialects.said import POSTGRESQL, alike
from realness.store.tables import descriptions, findings

INDEX = "description_words"
"""On SQLite an FTS5 table, kept by a trigger: descriptions are only ever added. On PostgreSQL a function that gives the
words of a text, and an index of what it gives.
"""
_MOST = 20
_MARKS = re.compile("[\u0300-\u036f]")
_BETWEEN = re.compile(
    "[^0-9A-Za-z\u00aa\u00b5\u00ba\u00c0-\u1fff\u2c00-\u2fff\u3040-\ud7ff\uf900-\ufdff\U00010000-\U0010ffff]+"
)
"""What stands between words, as the function on PostgreSQL has it."""


def matching(said: str) -> list[Select]:
    """For each word, the ids of the descriptions that hold it, or have a finding of a kind that does.

    Words are found from their beginning on, whatever their case and accents. What has no letters or digits, and scripts
    that are written without spaces, are found as they stand, anywhere.
    """
    return [_holding(word) for word in said.replace("\0", " ").split()[:_MOST]]


def _holding(word: str) -> Select:
    plain = word.replace("~", "~~").replace("%", "~%").replace("_", "~_")
    kind = cast(findings.c.kind, String)
    if _is_indexed(word):
        told = select(_indexed(_for_sqlite(word), _for_postgresql(word)).table_valued("id").c.id)
        named = or_(alike(kind, f"{plain}%"), alike(kind, f"% {plain}%"))
    else:
        told = select(descriptions.c.id).where(alike(descriptions.c.text, f"%{plain}%"))
        named = alike(kind, f"%{plain}%")
    found = union(told, select(findings.c.description_id).where(named)).subquery()
    return select(found.c[0])


class _indexed(GenericFunction[Any]):
    """The ids that the index gives for a word, said for SQLite and for PostgreSQL."""

    inherit_cache = True


@compiles(_indexed)
def _in_sqlite(element: Any, compiler: Any, **told: Any) -> str:
    quoted, _ = (compiler.process(one, **told) for one in element.clauses)
    return f"(SELECT rowid AS id FROM {INDEX} WHERE {INDEX} MATCH {quoted})"


@compiles(_indexed, POSTGRESQL)
def _in_postgresql(element: Any, compiler: Any, **told: Any) -> str:
    query = compiler.process(list(element.clauses)[1], **told)
    return f"(SELECT id FROM descriptions WHERE {INDEX}(text) @@ to_tsquery('simple', {query}))"


def _for_sqlite(word: str) -> str:
    return '"' + word.replace('"', '""') + '"*'


def _for_postgresql(word: str) -> str:
    """The parts of a word one after the other, the last one from its beginning on."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", word)).lower()
    parts = [f"'{part}'" for part in _BETWEEN.sub(" ", plain).split()]
    return " <-> ".join(parts) + ":*" if parts else ""


def _is_indexed(word: str) -> bool:
    return any(each.isalnum() for each in word) and not any(unicodedata.east_asian_width(each) in "WF" for each in word)
