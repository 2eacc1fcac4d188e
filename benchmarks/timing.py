"""How the benchmarks take times that are compared."""

import time
from collections.abc import Callable
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
