"""Full-text search in descriptions."""

import unicodedata

from sqlalchemy import ColumnElement, Select, String, cast, column, or_, select, table, union

from realness.store.tables import descriptions, findings

INDEX = "description_words"
"""The FTS5 table, kept by a trigger: descriptions are only ever added."""
_MOST = 20
_words = table(INDEX, column("rowid"), column(INDEX))


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
        quoted = '"' + word.replace('"', '""') + '"*'
        told = select(_words.c.rowid).where(_match(quoted))
        named = or_(kind.like(f"{plain}%", escape="~"), kind.like(f"% {plain}%", escape="~"))
    else:
        told = select(descriptions.c.id).where(descriptions.c.text.like(f"%{plain}%", escape="~"))
        named = kind.like(f"%{plain}%", escape="~")
    found = union(told, select(findings.c.description_id).where(named)).subquery()
    return select(found.c[0])


def _match(quoted: str) -> ColumnElement[bool]:
    return _words.c[INDEX].bool_op("MATCH")(quoted)


def _is_indexed(word: str) -> bool:
    return any(each.isalnum() for each in word) and not any(unicodedata.east_asian_width(each) in "WF" for each in word)
