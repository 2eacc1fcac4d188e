"""Counting a study's images by every facet at once, and keeping the counts while nothing is written."""

import json
import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, literal, select, union

from realness.store.facets import WORDS, Parts, Untouched
from realness.store.tables import assignments, drafts, generators, reviews, study_images, summaries, tag_sets
from realness.store.words import matching

_MANY = 16
"""Splits above this number are not counted by number but by name."""
_FEW = 10_000
"""Images that a reviewer has begun, up to which they are counted apart from the others."""
FACETS = ("status", "agreement", "flags", "tags", "verdict", "origin", "generator", "split")


class Counts:
    """The counts of the last listings, good until something is written: pages, sorts and filters share them."""

    KEPT = 16

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple, tuple[int, Counter[tuple]]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: tuple, version: int) -> Counter[tuple] | None:
        """What was kept under this version; None without it."""
        with self._lock:
            kept = self._kept.get(key)
        return kept[1] if kept and kept[0] == version else None

    def keep(self, key: tuple, version: int, counted: Counter[tuple]) -> None:
        """Keep counts, and forget those that were kept longest."""
        with self._lock:
            self._kept[key] = (version, counted)
            self._kept.move_to_end(key)
            while len(self._kept) > self.KEPT:
                self._kept.popitem(last=False)


def counted_by_facet(connection: Connection, parts: Parts, search: str) -> Counter[tuple]:
    """How many images have each combination of facet values, in the order of `FACETS`.

    While this reviewer has begun few images, all are counted as if untouched, which takes half as long, and those few
    are put right.
    """
    study, reviewer_id = parts.study, parts.reviewer_id
    begun = [
        select(table.c.image_id).where(table.c.study_id == study.id, table.c.reviewer_id == reviewer_id)
        for table in (assignments, reviews, drafts)
    ]
    touched = union(*begun).subquery()
    some = connection.execute(select(func.count()).select_from(select(touched).limit(_FEW + 1).subquery())).scalar_one()
    untouched, known = Untouched(study, reviewer_id, leads=parts.leads), _known(connection, parts.leads)
    if some > _FEW:
        return _combinations(connection, parts, known, search)
    counted = _combinations(connection, untouched, known, search)
    if some:
        these = study_images.c.image_id.in_(select(touched.c.image_id))
        counted.subtract(_combinations(connection, untouched, known, search, these))
        counted.update(_combinations(connection, parts, known, search, these))
    return +counted


def _known(connection: Connection, leads: bool) -> dict[str, dict[int, Any]]:
    """The values of each facet by the number that is counted in their place; too many splits have none."""
    split = summaries.c.split
    inside = select(split).distinct().where(split.is_not(None)).limit(_MANY + 1)
    splits = [each for each in connection.execute(inside).scalars() if each is not None]
    known: dict[str, dict[int, Any]] = {name: dict(enumerate(words, 1)) for name, words in WORDS.items()}
    if len(splits) <= _MANY:
        known["split"] = dict(enumerate(splits, 1))
    if leads:
        known["generator"] = {row.id: row.name for row in connection.execute(select(generators))}
    known["tags"] = {row.id: tuple(json.loads(row.tags)) for row in connection.execute(select(tag_sets))}
    return known


def _number(parts: Parts, name: str, values: Mapping[int, Any]) -> ColumnElement[int]:
    """The number of an image's value of a facet; 0 without one."""
    if not values:
        return literal(0)
    if name == "split":
        return case({word: number for number, word in values.items()}, value=summaries.c.split, else_=0)
    if name in WORDS:
        return parts.facet(name, numbered=True)
    return func.coalesce(parts.generator_id if name == "generator" else parts.tag_set_id, 0)


def _combinations(
    connection: Connection,
    parts: Parts,
    known: dict[str, dict[int, Any]],
    search: str,
    *only: ColumnElement[bool],
) -> Counter[tuple]:
    """Counted in one pass, grouped by one number: grouping by the words of all facets takes twice as long."""
    split = summaries.c.split
    sizes = {name: max(values, default=0) + 1 for name, values in known.items()}
    code: ColumnElement[int] = literal(0)
    for name, words in known.items():
        code = code * sizes[name] + _number(parts, name, words)
    grouped = [code.label("code"), *([] if "split" in known else [split])]
    wanted = searched(parts.seen_only(summaries.c.description_id), search)
    query = select(func.count(), *grouped).select_from(parts.joined).where(*wanted, *only).group_by(*grouped)
    found: Counter[tuple] = Counter()
    for count, number, *rest in connection.execute(query):
        values: dict[str, Any] = {"split": rest[0] if rest else None}
        for name in reversed(known):
            number, at = divmod(number, sizes[name])
            values[name] = known[name].get(at)
        found[tuple(values.get(name) for name in FACETS)] += count
    return found


def told(counted: Counter[tuple], chosen: Mapping[str, Sequence[str]]) -> tuple[int, dict[str, dict[str, int]]]:
    """How many images are found; and counts by value under the other filters, so that a choice shows its effect."""
    total, facets = 0, {name: Counter[str]() for name in FACETS}
    asked = [(at, name, set(chosen[name])) for at, name in enumerate(FACETS) if chosen.get(name)]
    for values, count in counted.items():
        barred = [name for at, name, wanted in asked if wanted.isdisjoint(_each(values[at]))]
        if len(barred) > 1:
            continue
        total += count if not barred else 0
        for name, value in zip(FACETS, values, strict=True):
            if value is not None and barred in ([], [name]):
                for one in _each(value):
                    facets[name][one] += count
    return total, {name: dict(sorted(counts.items())) for name, counts in facets.items()}


def _each(value: Any) -> tuple:
    """The values of one facet that an image has: of tags it may have several."""
    return value if isinstance(value, tuple) else (value,)


def searched(description_id: ColumnElement[int], said: str) -> list[ColumnElement[bool]]:
    """That the description holds all that is searched."""
    return [description_id.in_(found) for found in matching(said)]
