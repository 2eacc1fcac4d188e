"""One description held against what a person says of the same image. Pure functions on texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from realness.descriptions import join_verdict
from realness.domain import Verdict

ALIKE = 35.0
"""From this chrF on, 0 to 100, two phrases count as the same finding. Of RAISE-TD's texts fewer than one in a hundred
pairs of different findings of an image reach 30; a sentence said in other words reaches 40 to 70."""


@dataclass(frozen=True)
class Part:
    """A finding, of a machine or of a person.

    Attributes:
        phrase: in words.
        kind: where known.
        key: of a machine's finding its own; of a person's that of the machine's finding it answers, or None.
    """

    phrase: str
    kind: str | None = None
    key: int | None = None


@dataclass(frozen=True)
class Said:
    """A verdict, an explanation and its findings.

    Attributes:
        dropped: of a person's: the keys of the machine's findings that are not so.
    """

    verdict: Verdict | None
    explanation: str
    parts: tuple[Part, ...] = ()
    dropped: frozenset[int] = frozenset()

    @property
    def text(self) -> str:
        """Verdict and explanation as one text."""
        return join_verdict(self.verdict, self.explanation)


def edit_rate(machine: str, corrected: str) -> float:
    """How much of a text a person had to change: HTER, the edits (words inserted, dropped, replaced, or moved together)
    for each word of the corrected text (Snover et al. 2006), by sacrebleu.

    Returns:
        0 = nothing; 1 or more = about everything. Of a text that was taken away as a whole 1; of none 0.
    """
    if not corrected.split():
        return 1.0 if machine.split() else 0.0
    return _ter().sentence_score(machine, [corrected]).score / 100


def likeness(one: str, other: str) -> float:
    """chrF of two texts, 0 to 100, by sacrebleu: how many of the runs of up to six characters they share."""
    return _chrf().sentence_score(one.casefold(), [other.casefold()]).score


def matched(machine: Sequence[Part], people: Sequence[Part], dropped: frozenset[int] = frozenset()) -> dict[int, int]:
    """Which of a machine's findings are which of a person's: positions by position, each at most once.

    What a person kept or reworded is known by its key; of the rest the most alike go together, from `ALIKE` on. What
    the person dropped is no finding of anybody's.
    """
    answered = {part.key: at for at, part in enumerate(people) if part.key is not None}
    pairs = {at: answered[part.key] for at, part in enumerate(machine) if part.key in answered}
    left = [at for at, part in enumerate(machine) if at not in pairs and part.key not in dropped]
    open_ = [at for at in range(len(people)) if at not in pairs.values()]
    if not left or not open_:
        return pairs
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415  half of scipy, for those who measure

    alike = np.array([[likeness(machine[a].phrase, people[b].phrase) for b in open_] for a in left])
    alike[alike < ALIKE] = 0
    rows, columns = linear_sum_assignment(alike, maximize=True)
    found = ((left[a], open_[b]) for a, b in zip(rows, columns, strict=True) if alike[a, b])
    return pairs | dict(found)


@cache
def _ter() -> Any:
    from sacrebleu import TER  # noqa: PLC0415  it takes a tenth of a second, for those who measure

    return TER()


@cache
def _chrf() -> Any:
    from sacrebleu import CHRF  # noqa: PLC0415  as above

    return CHRF()
