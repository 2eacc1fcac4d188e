"""Putting a kind into words, in the manner of the machine descriptions of RAISE-TD."""

from collections.abc import Iterator

import numpy as np

from realness.errors import InvalidValue
from realness.planting.nouns import NOUNS, PLACES
from realness.planting.templates import NEUTRAL, TEMPLATES

PHRASINGS = ("train", "held_out")
_VERBS = (("looks", "look"), ("appears", "appear"), ("seems", "seem"))
_FORMS = (("is", "are"), ("has", "have"), ("does", "do"), ("lacks", "lack"))
_WITH_PLACE = 0.45


def phrases(kind: str, phrasing: str) -> tuple[str, ...]:
    """The templates of a kind. `{noun}` and the verbs in braces stand for what is drawn.

    Args:
        kind: one of `KINDS`.
        phrasing: "train" or "held_out"; the two share no template.

    Raises:
        InvalidValue: there is no such kind or phrasing.
    """
    if kind not in TEMPLATES or phrasing not in PHRASINGS:
        raise InvalidValue(f"no phrases for kind {kind!r} and phrasing {phrasing!r}")
    _, train, held_out = TEMPLATES[kind]
    return train if phrasing == "train" else held_out


def word(
    kind: str,
    rng: np.random.Generator,
    *,
    phrasing: str = "train",
    place: str | None = None,
    noun: tuple[str, int] | None = None,
) -> str:
    """A clause that names a kind, such as "the surface on the left looks melted and smeared".

    Args:
        kind: one of `KINDS`.
        rng: the source of all chance.
        phrasing: "train" or "held_out".
        place: words for where it is; used in some of the clauses.
        noun: what it is said of, and 1 when that is a plural; by default drawn from general ones.
    """
    templates = phrases(kind, phrasing)
    template = templates[rng.integers(len(templates))]
    nouns = NOUNS[TEMPLATES[kind][0]]
    said_of, plural = noun or nouns[rng.integers(len(nouns))]
    verb = _VERBS[rng.integers(len(_VERBS))][plural]
    if place is not None and rng.random() < _WITH_PLACE:
        said_of = f"{said_of} {place}"
    return _fill(template, said_of, plural, verb)


def place_of(mask: np.ndarray, rng: np.random.Generator) -> str:
    """Words for where the centre of a mask lies, in thirds of the image: "near the top right".

    Args:
        mask: `(H, W)` bool with at least one True.
        rng: chooses among the wordings of one place.
    """
    rows, columns = mask.sum(axis=1), mask.sum(axis=0)
    y = float(rows @ np.arange(len(rows))) / float(rows.sum()) / len(rows)
    x = float(columns @ np.arange(len(columns))) / float(columns.sum()) / len(columns)
    wordings = PLACES[min(2, int(3 * y)), min(2, int(3 * x))]
    return wordings[rng.integers(len(wordings))]


def neutral_phrases() -> tuple[str, ...]:
    """Clauses that say that nothing is wrong, such as "the surface looks natural"."""
    return NEUTRAL


def every_phrase(phrasing: str | None = None) -> Iterator[str]:
    """Every clause that `word` can give (without a place, and with one place each), and the neutral ones.

    A vocabulary made from these covers all the words of this package.
    """
    places = [wording for wordings in PLACES.values() for wording in wordings]
    for nouns, *both in TEMPLATES.values():
        for templates in both if phrasing is None else [both[PHRASINGS.index(phrasing)]]:
            for template in templates:
                for number, (noun, plural) in enumerate(NOUNS[nouns]):
                    verb = _VERBS[number % 3][plural]
                    yield _fill(template, noun, plural, verb)
                    yield _fill(template, f"{noun} {places[number % len(places)]}", plural, verb)
    for place in places:
        yield f"the surface {place} looks natural"
    yield from NEUTRAL


def _fill(template: str, noun: str, plural: int, verb: str) -> str:
    forms = {both[0]: both[plural] for both in _FORMS}
    return template.format(noun=noun, looks=verb, **forms)
