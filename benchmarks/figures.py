"""Figures of localisation methods compared: means with intervals, differences in pairs, false alarms, targets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.locators import Timed
from realness.dream.metrics import bootstrap_interval

_BINS = 4096
METRICS = ("auroc", "gain", "pointing", "ap", "f1", "aupro")


@dataclass(frozen=True)
class Outcome:
    """What one method did on one planting.

    Attributes:
        number: of the planting: the same one for every method.
        kind: of the planting.
        auroc, gain, pointing, ap, f1, aupro: see `realness.dream.metrics`; `gain` is AUROC minus the control's.
        right_over_wrong: 1 when the right phrase has a higher AUROC than a phrase of another kind, else 0; None where
            it was not asked.
        inside, outside, untouched: realness inside and outside the mask, and all over the untouched photograph.
    """

    number: int
    kind: str
    auroc: float
    gain: float
    pointing: float
    ap: float
    f1: float
    aupro: float
    right_over_wrong: float | None
    inside: np.ndarray
    outside: np.ndarray
    untouched: np.ndarray


def summary(outcomes: Sequence[Outcome], groups: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Any]]:
    """By `all`, group and kind: the mean of every metric, intervals as `ci` (of AUROC) and `METRIC_ci`, and `n`."""
    kinds = dict.fromkeys(one.kind for one in outcomes)
    chosen = {"all": list(outcomes)}
    chosen |= {name: [one for one in outcomes if one.kind in group] for name, group in groups.items()}
    chosen |= {kind: [one for one in outcomes if one.kind == kind] for kind in kinds}
    return {name: _figures(some) for name, some in chosen.items() if some}


def _figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for metric in METRICS:
        found = bootstrap_interval([getattr(one, metric) for one in outcomes])
        figures[metric] = round(found.mean, 4)
        figures["ci" if metric == "auroc" else f"{metric}_ci"] = [round(found.low, 4), round(found.high, 4)]
    asked = [one.right_over_wrong for one in outcomes if one.right_over_wrong is not None]
    figures["right_over_wrong"] = round(float(np.mean(asked)), 4) if asked else None
    figures["n"] = len(outcomes)
    return figures


def paired(ours: Sequence[Outcome], theirs: Sequence[Outcome], own: Timed, other: Timed) -> dict[str, Any]:
    """One method minus another, on the same plantings: `auroc`, `gain` and `pointing` with intervals, and time.

    `time_ratio` is the first one's time for an image over the other's.
    """
    same = {one.number: one for one in ours}
    figures: dict[str, Any] = {"n": len(theirs)}
    for metric in ("auroc", "gain", "pointing"):
        found = bootstrap_interval([getattr(same[one.number], metric) - getattr(one, metric) for one in theirs])
        figures[f"{metric}_difference"] = round(found.mean, 4)
        figures[f"{metric}_ci"] = [round(found.low, 4), round(found.high, 4)]
    took, others = own.seconds / own.calls, other.seconds / other.calls
    times = {"seconds": round(others, 3), "own_seconds": round(took, 3), "time_ratio": round(took / others, 5)}
    return figures | times


def false_alarms(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """One threshold for all images: where the planted pixels of all of them together reach their best F1.

    Returns:
        `threshold`: of realness; `f1` there; `untouched_below`: the share of the pixels of the untouched photographs
        that lie below it.
    """
    lowest = min(float(each.min()) for one in outcomes for each in (one.inside, one.outside, one.untouched))
    highest = max(float(each.max()) for one in outcomes for each in (one.inside, one.outside, one.untouched))
    edges = np.linspace(lowest, highest, _BINS + 1) if highest > lowest else np.linspace(lowest, lowest + 1, _BINS + 1)
    inside, outside, untouched = (
        np.cumsum(sum(np.histogram(getattr(one, part), edges)[0] for one in outcomes))
        for part in ("inside", "outside", "untouched")
    )
    f1 = 2 * inside / np.maximum(inside + outside + inside[-1], 1)
    best = int(f1.argmax())
    return {
        "threshold": round(float(edges[best + 1]), 4),
        "f1": round(float(f1[best]), 4),
        "untouched_below": round(float(untouched[best] / untouched[-1]), 4),
    }


def judged(
    results: Mapping[str, Mapping[str, Mapping[str, Any]]],
    against: Mapping[str, Mapping[str, Any]],
    alarm: Mapping[str, float],
) -> dict[str, dict[str, Any]]:
    """The targets of the dense map: what was measured, what was wanted, and whether it is met."""
    dense = results["dense"]
    wanted = {
        "AUROC": (dense["all"]["auroc"], 0.85),
        "gain over the control": (dense["all"]["gain"], 0.30),
        "AUROC, texture": (dense["texture"]["auroc"], 0.92),
        "AUROC, geometry and light": (dense["geometry and light"]["auroc"], 0.72),
        "pointing": (dense["all"]["pointing"], 0.50),
    }
    targets = {name: {"measured": got, "at_least": least, "met": got >= least} for name, (got, least) in wanted.items()}
    for name, found in against.items():
        for metric in ("auroc", "pointing"):
            low = found[f"{metric}_ci"][0]
            targets[f"{metric} minus {name}"] = {"measured": low, "at_least": -0.01, "met": low > -0.01}
    # A larger stride than the published one is what makes the other window method as quick as it is here.
    ratio = against["released"]["time_ratio"]
    targets["time over released"] = {"measured": ratio, "at_most": 0.02, "met": ratio <= 0.02}
    share = alarm["untouched_below"]
    targets["false alarm on untouched photographs"] = {"measured": share, "at_most": 0.02, "met": share <= 0.02}
    for other in ("random", "untrained", "sharpness"):
        low, high = dense["all"]["ci"][0], results[other]["all"]["ci"][1]
        targets[f"above {other}"] = {"measured": low, "at_least": high, "met": low > high}
    return targets
