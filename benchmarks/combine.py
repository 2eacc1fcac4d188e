"""How several findings become one map: the rules against each other, where the answer is known."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.locators import dense, thinned
from realness.dream.dense_map import COMBINATIONS, COMBINED_BY
from realness.dream.metrics import average_precision, bootstrap_interval, pixel_auroc, pointing_game
from realness.planting import KINDS, plant, word


def rules(clip: str, sources: Sequence[np.ndarray | Path], seed: int, count: int) -> dict[str, dict[str, Any]]:
    """Plant two kinds into one photograph, say both and a third that is not there, and look for both at once.

    Returns:
        By rule: `auroc` with `ci`, `pointing` and `ap` against the places of both; the same, in pairs, by
        `COMBINED_BY minus RULE`.
    """
    from benchmarks.locate import crop_of, pixels_of  # noqa: PLC0415
    from realness.dream import Dream  # noqa: PLC0415

    locate = dense(Dream.load(clip))
    rng = np.random.default_rng((seed, 2))
    outcomes: dict[str, list[tuple[float, float, float]]] = {name: [] for name in COMBINATIONS}
    for _ in range(count):
        photograph = crop_of(pixels_of(sources, rng), rng)
        first, second, absent = (str(kind) for kind in rng.permutation(KINDS)[:3])
        one = plant(photograph, first, rng, phrasing="held_out")
        both = plant(one.image, second, rng, phrasing="held_out")
        phrases = [one.phrase, both.phrase, word(absent, rng, phrasing="held_out")]
        layers = thinned(locate(both.image, phrases))
        mask = thinned(one.mask | both.mask)
        for name, rule in COMBINATIONS.items():
            scores = -rule(layers)
            found = pixel_auroc(scores, mask), pointing_game(scores, mask), average_precision(scores, mask)
            outcomes[name].append(found)
    measured = {name: np.array(found) for name, found in outcomes.items()}
    figures = {name: _figures(found) for name, found in measured.items()}
    kept = measured[COMBINED_BY]
    return figures | {
        f"{COMBINED_BY} minus {name}": _figures(kept - found) for name, found in measured.items() if name != COMBINED_BY
    }


def _figures(found: np.ndarray) -> dict[str, Any]:
    auroc = bootstrap_interval(found[:, 0])
    return {
        "auroc": round(auroc.mean, 4),
        "ci": [round(auroc.low, 4), round(auroc.high, 4)],
        "pointing": round(float(found[:, 1].mean()), 4),
        "ap": round(float(found[:, 2].mean()), 4),
        "n": auroc.n,
    }
