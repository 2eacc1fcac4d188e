"""Descriptions from what a data set says in pieces, and the pieces found again in them."""

from collections.abc import Iterable

from realness.descriptions import parse_verdict
from realness.domain import Finding

_ENDS = (".", "!", "?", "…")


def joined(pieces: Iterable[str]) -> str:
    """One text of sentences: every piece ends with a mark, and a piece that is there twice is said once."""
    plain = (" ".join(piece.split()) for piece in pieces)
    sentences = (one if one.endswith(_ENDS) else f"{one.rstrip(',;:')}." for one in plain if one)
    return " ".join(dict.fromkeys(sentences))


def phrase_of(piece: str) -> str:
    """A piece without the marks around it and with single spaces, as it stands in `joined`."""
    return " ".join(piece.split()).strip(".,;:!? ")


def findings_in(text: str, phrases: Iterable[str]) -> tuple[Finding, ...]:
    """The phrases as findings, each once, with their places in the explanation of a description.

    Args:
        text: the whole description; where it starts with a verdict, places are counted from after it.
        phrases: not empty. One that is not in the text has no place.
    """
    _, explanation = parse_verdict(text)
    starts = {phrase: explanation.find(phrase) for phrase in phrases}
    return tuple(Finding(phrase, start=start if start >= 0 else None) for phrase, start in starts.items())
