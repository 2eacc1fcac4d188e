"""How the benchmarks take times that are compared, and hold what they measured against what was wanted."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def amx() -> bool:
    """Whether the CPU multiplies matrices in bf16 in hardware of its own."""
    import torch  # noqa: PLC0415

    return bool(getattr(torch.cpu, "_is_amx_tile_supported", bool)())


def median(actions: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """The median time of each, in seconds, taken in turns so that what slows the machine slows all."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for action in actions.values():
        action()
    for _ in range(repeats):
        for name, action in actions.items():
            start = time.perf_counter()
            action()
            times[name].append(time.perf_counter() - start)
    return {name: float(np.median(found)) for name, found in times.items()}


def judged(limits: Mapping[str, tuple[str, float, bool]], results: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What was measured held against what was wanted.

    Args:
        limits: by name `at_least` or `at_most`, the limit, and whether it is judged on this machine.
        results: by name; what was not measured has no target, what could not be (None) does not meet it.
    """
    targets = {}
    for name, (side, limit, counts) in limits.items():
        if name in results:
            got = results[name]
            met = got is not None and (got >= limit if side == "at_least" else got <= limit)
            targets[name] = {"measured": got, side: limit, "met": met, "judged": counts}
    return targets
