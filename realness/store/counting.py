"""Counting a study's images by every facet at once, and keeping the counts while nothing is written."""

import json
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, case, func, literal, select, union

from realness.store.dialects import Version
from realness.store.facets import WORDS, Parts, Untouched
from realness.store.tables import assignments, drafts, generators, reviews, study_images, summaries, tag_sets
from realness.store.words import matching

_MANY = 16
"""Splits above this number are not counted by number but by name."""
_FEW = 10_000
"""Images that a reviewer has begun, up to which they are counted apart from the others."""
FACETS = ("status", "ratings", "agreement", "flags", "notes", "tags", "verdict", "origin", "generator", "split")


@dataclass(frozen=True)
class Counted:
    """How many images have each combination of facet values.

    Attributes:
        numbers: by facet, the number of each combination's value; 0 for none. A facet that is not told has no numbers.
        counts: images of each combination, int64. A combination can come more than once, and be taken back by a
            negative count.
        known: by facet, the values by their numbers; that of `tags` is a tuple.
    """

    numbers: Mapping[str, np.ndarray]
    counts: np.ndarray
    known: Mapping[str, Mapping[int, Any]]

    @property
    def total(self) -> int:
        """How many images there are."""
        return int(self.counts.sum())

    def under(self, chosen: Mapping[str, Sequence[str]]) -> tuple[int, dict[str, dict[str, int]]]:
        """How many images are found; and counts by value under the other filters, so that a choice shows its effect."""
        through = {name: self._through(name, set(values)) for name, values in chosen.items() if values}
        facets = {}
        for name in FACETS:
            mask = self._all(each for other, each in through.items() if other != name)
            facets[name] = self._by_value(name, mask)
        return int(self.counts[self._all(through.values())].sum()), facets

    def _through(self, name: str, wanted: set[str]) -> np.ndarray:
        numbers = [number for number, value in self.known.get(name, {}).items() if not wanted.isdisjoint(_each(value))]
        return np.isin(self.numbers[name], numbers) if name in self.numbers else np.zeros(len(self.counts), bool)

    def _all(self, masks: Iterable[np.ndarray]) -> np.ndarray:
        return np.logical_and.reduce([np.ones(len(self.counts), bool), *masks])

    def _by_value(self, name: str, mask: np.ndarray) -> dict[str, int]:
        found: Counter[str] = Counter()
        if name in self.numbers:
            sums = np.bincount(self.numbers[name][mask], weights=self.counts[mask])
            for number in np.flatnonzero(sums):
                for value in _each(self.known[name].get(int(number), ())):
                    found[value] += round(sums[number])
        return dict(sorted(found.items()))


class Counts:
    """The counts of the last listings, good until something is written: pages, sorts and filters share them."""

    KEPT = 16

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple, tuple[Version, Counted]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: tuple, version: Version) -> Counted | None:
        """What was kept under this version; None without it."""
        with self._lock:
            kept = self._kept.get(key)
        return kept[1] if kept and kept[0] == version else None

    def keep(self, key: tuple, version: Version, counted: Counted) -> None:
        """Keep counts, and forget those that were kept longest."""
        with self._lock:
            self._kept[key] = (version, counted)
            self._kept.move_to_end(key)
            while len(self._kept) > self.KEPT:
                self._kept.popitem(last=False)


def counted_by_facet(connection: Connection, parts: Parts, search: str) -> Counted:
    """How many images have each combination of facet values.

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
        return _numbered(_combinations(connection, parts, known, search), known)
    found = _combinations(connection, untouched, known, search)
    if some:
        these = study_images.c.image_id.in_(select(touched.c.image_id))
        found += [(-count, *of) for count, *of in _combinations(connection, untouched, known, search, these)]
        found += _combinations(connection, parts, known, search, these)
    return _numbered(found, known)


def _known(connection: Connection, leads: bool) -> dict[str, dict[int, Any]]:
    """The values of each facet by the number that is counted in their place; too many splits are numbered later."""
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
    connection: Connection, parts: Parts, known: dict[str, dict[int, Any]], search: str, *only: ColumnElement[bool]
) -> list[tuple]:
    """Count, code and, where there are too many splits for the code, split of each combination.

    Counted in one pass, grouped by one number: grouping by the words of all facets takes twice as long.
    """
    sizes = _sizes(known)
    code: ColumnElement[int] = literal(0)
    for name, words in known.items():
        code = code * sizes[name] + _number(parts, name, words)
    grouped = [code.label("code"), *([] if "split" in known else [summaries.c.split])]
    wanted = searched(parts.seen_only(summaries.c.description_id), search)
    query = select(func.count(), *grouped).select_from(parts.joined).where(*wanted, *only).group_by(*grouped)
    return [tuple(row) for row in connection.execute(query)]


def _numbered(found: Sequence[tuple], known: Mapping[str, Mapping[int, Any]]) -> Counted:
    """The combinations with their codes taken apart again."""
    counts, codes = (np.array([row[at] for row in found], np.int64) for at in (0, 1))
    numbers = {}
    for name, size in reversed(_sizes(known).items()):
        codes, numbers[name] = np.divmod(codes, size)
    if "split" not in known:
        splits = {split: at for at, split in enumerate(sorted({row[2] for row in found} - {None}), 1)}
        numbers["split"] = np.array([splits.get(row[2], 0) for row in found], np.int64)
        known = {**known, "split": {at: split for split, at in splits.items()}}
    return Counted(numbers, counts, known)


def _sizes(known: Mapping[str, Mapping[int, Any]]) -> dict[str, int]:
    return {name: max(values, default=0) + 1 for name, values in known.items()}


def _each(value: Any) -> tuple:
    """The values of one facet that an image has: of tags it may have several."""
    return value if isinstance(value, tuple) else (value,)


def searched(description_id: ColumnElement[int], said: str) -> list[ColumnElement[bool]]:
    """That the description holds all that is searched."""
    return [description_id.in_(found) for found in matching(said)]
