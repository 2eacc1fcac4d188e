"""What Insights tells of describers: whose texts people had to change, how much, and where."""

from collections import Counter
from statistics import fmean
from typing import Any

from realness.describe.comparing import edit_rate
from realness.domain import Judgement
from realness.store.described import Described
from realness.workbench.parts import Part
from realness.workbench.reviewing import Desk

_MOST_KINDS = 3


def describers_part(desk: Desk, found: list[dict[str, Any]]) -> Part:
    """The describers of a study for who leads; a reviewer who knew them would not choose blindly any more."""
    shown = found if desk.reviewer.leads else []
    figures = {
        "answered": sum(row["answered"] for row in shown),
        "chosen": sum(row["chosen"] for row in shown),
        "all": desk.reviewer.leads,
    }
    return Part(figures, shown, [])


def described(desk: Desk) -> list[dict[str, Any]]:
    """A row for each describer, the one whose texts were answered most first."""
    rows = [_row(one) for one in desk.bench.store.described.of_study(desk.study.id)]
    return sorted(rows, key=lambda row: -row["answered"])


def _row(one: Described) -> dict[str, Any]:
    provider, model, prompt = one.describer
    n = len(one.answers)
    judged = Counter(answer.judgement for answer in one.answers)
    edited = [edit_rate(a.machine, a.corrected) for a in one.answers if a.machine != a.corrected]
    states: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for (state, kind), count in one.changed.items():
        states[state] += count
        if kind:
            kinds[kind] += count
    return {
        "provider": provider,
        "model": model,
        "prompt": prompt,
        "answered": n,
        "judged": {each.value: judged[each.value] for each in Judgement},
        "edited": len(edited),
        "edit_rate": fmean(edited) if edited else None,
        "offered": one.offered,
        "chosen": one.chosen,
        "changed": {state: states[state] for state in ("dropped", "reworded", "added")},
        "kinds": [kind for kind, _ in kinds.most_common(_MOST_KINDS)],
    }
