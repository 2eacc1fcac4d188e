"""The `hadm` layout: boxes around what is wrong with people in generated images.

Source: Wang et al., "Detecting Human Artifacts from Text-to-Image Models", arXiv 2411.13842; the tree of the authors'
data set, `images/SPLIT/NAME.jpg` and `annotations/SPLIT/NAME.json`. Local artifacts are parts of a body with a level,
global ones say of a whole person what is missing or too many. The prompts in `info.pkl` are not read: a pickle can
run any code.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from realness.domain import Finding, ImportedRecord, Skipped
from realness.errors import ImportFailed, InvalidValue, RealnessError
from realness.exchange.from_raise import choose
from realness.exchange.json_files import begins_with, document, member, optional
from realness.exchange.pairs import Folders, Pair, pairs, splits
from realness.exchange.places import leaves, shown
from realness.exchange.shapes import box_between

_NAMES = ("images", "annotations")
PARTS = ("face", "torso", "arm", "leg", "hand", "feet")
LEVELS = ("mild", "severe")
TAGS = frozenset(f"human {what} {part}" for what in ("missing", "with extra") for part in PARTS)
_KEY = re.compile(rb'"(?:annotation|human)"\s*:\s*\[')


def looks_like(path: Path) -> bool:
    """True for a tree whose first annotation file has a key of HADM's at its start."""
    for _, labels in splits(path, _NAMES).values():
        first = next(iter(sorted(labels.glob("*.json"))), None)
        if first is not None:
            return not leaves(path.resolve(), first) and begins_with(first, _KEY)
    return False


def read(path: Path, split: str | None = None) -> Iterator[ImportedRecord | Skipped]:
    """Read a HADM tree, one split after the other.

    Raises:
        ImportFailed: `path` is no such tree, or has no split of that name.
    """
    root = path.resolve()
    found = splits(root, _NAMES)
    if not found:
        raise ImportFailed(f"{path} is no HADM tree; it needs images/ and annotations/ with the same folders in them")
    return _read(root, found if set(found) == {""} else choose(found, split), split, frozenset(found))


def _read(
    root: Path, found: dict[str, Folders], split: str | None, known: frozenset[str]
) -> Iterator[ImportedRecord | Skipped]:
    reported: set[str] = set()
    for name, folders in found.items():
        for pair in pairs(root, folders, ".json", known):
            if isinstance(pair, Skipped):
                yield pair
                continue
            try:
                yield from _records(pair, name or split, reported)
            except RealnessError as error:
                yield Skipped(pair.row, str(error))


def _records(pair: Pair, split: str | None, reported: set[str]) -> Iterator[ImportedRecord | Skipped]:
    told = document(pair.label)
    local, whole = optional(told, "annotation", list), optional(told, "human", list)
    if local is None and whole is None:
        raise InvalidValue("has neither 'annotation' nor 'human'; is it a file of HADM's?")
    regions: list[Finding] = []
    for key, entries, phrases in (("annotation", local, _local_phrases), ("human", whole, _global_phrases)):
        for number, entry in enumerate(entries or [], 1):
            place = f"{pair.row}, {key} {number}"
            try:
                words, unknown = phrases(entry)
                box = box_between(member(entry, "bbox", list))
            except RealnessError as error:
                yield Skipped(place, str(error))
                continue
            for word in sorted(unknown - reported):
                reported.add(word)
                yield Skipped(place, f"has {shown(word)}, which is unknown; it stays out, here and wherever it stands")
            regions += [Finding(phrase, regions=(box,)) for phrase in words]
    yield ImportedRecord(
        row=pair.row,
        path=pair.image,
        name=pair.name,
        provider="hadm",
        regions=tuple(regions),
        split=split,
        is_real=False,
    )


def _local_phrases(entry: object) -> tuple[list[str], set[str]]:
    """The phrase of a part of a body, and the words that HADM's lists do not have."""
    part, level = (member(entry, key, str).strip().lower() for key in ("body_parts", "level"))
    unknown = {part}.difference(PARTS) | {level}.difference(LEVELS)
    return [] if unknown else [f"{level} artifact of the {part}"], unknown


def _global_phrases(entry: object) -> tuple[list[str], set[str]]:
    """The tags of a whole person, and those that HADM's list does not have."""
    tags = [str(tag).strip().lower() for tag in member(entry, "tag", list)]
    return [tag for tag in dict.fromkeys(tags) if tag in TAGS], set(tags) - TAGS
