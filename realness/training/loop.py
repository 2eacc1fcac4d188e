"""What every training on planted scenes does: batches made ahead, a clock, checkpoints, a rate that falls."""

import math
import pickle
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

import torch
from torch.utils.data import DataLoader, Dataset

from realness.errors import InvalidValue

Progress = Callable[[int, int | None], None]
ENDLESS = 10_000_000
"""Batches at hand for a training that counts by time."""


class Run(Protocol):
    """A training in progress.

    Attributes:
        step: how many batches it has learned from.
        seconds: how long that took.
    """

    step: int
    seconds: float

    def take(self, batch: Any) -> None:
        """Learn from one batch."""
        ...

    def save(self) -> None:
        """Write a checkpoint."""
        ...


def go_on(
    run: Run,
    batches: Iterable[Any],
    *,
    steps: int | None,
    minutes: float,
    progress: Progress | None = None,
    save_minutes: float = 4.0,
) -> None:
    """Train to the end, with a checkpoint every `save_minutes` and a last one.

    Args:
        steps: how many there are to be; None to go by time.
        minutes: how long to train, where it goes by time.
        progress: called with what is done and the whole: steps, or seconds when it goes by time.
    """
    total = steps if steps is not None else round(minutes * 60)
    saved = since = time.monotonic()
    for batch in batches:
        if part_done(run, steps, minutes) >= 1:
            break
        run.take(batch)
        since, run.seconds = time.monotonic(), run.seconds + time.monotonic() - since
        if progress is not None:
            progress(min(total, run.step if steps is not None else int(run.seconds)), total)
        if time.monotonic() - saved > save_minutes * 60:
            run.save()
            saved = since = time.monotonic()  # what measuring took is no training
    run.save()


def loaded_checkpoint(path: Path, device: torch.device) -> dict[str, Any]:
    """What a training wrote, tensors only.

    Raises:
        InvalidValue: the file is damaged.
    """
    try:
        return torch.load(path, map_location=device, weights_only=True)
    except (OSError, RuntimeError, EOFError, LookupError, ValueError, TypeError, pickle.UnpicklingError) as error:
        raise InvalidValue(f"{path} is damaged; remove it to begin anew, or use another --out") from error


def part_done(run: Run, steps: int | None, minutes: float) -> float:
    """From 0 to 1: what the learning rate follows."""
    return run.step / steps if steps is not None else run.seconds / (minutes * 60)


def schedule(part: float, warmup: float) -> float:
    """Share of the full learning rate: linear up during `warmup`, then half a cosine down to 1 %."""
    if part < warmup:
        return max(part, 0.002) / warmup
    fall = min(1.0, (part - warmup) / (1 - warmup))
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * fall))


def batches_ahead(make: Callable[[int], Any], start: int, steps: int | None, workers: int) -> DataLoader[Any]:
    """The batches `make(step)` from step `start` on, made ahead by `workers` processes (0: in this one)."""
    left = (ENDLESS if steps is None else steps) - start
    # One batch is one item, so that the order of steps stays the same for any number of workers.
    ahead = 6 if workers else None
    return DataLoader(_Steps(make, start, left), batch_size=None, num_workers=workers, prefetch_factor=ahead)


class _Steps(Dataset[Any]):
    def __init__(self, make: Callable[[int], Any], start: int, steps: int) -> None:
        self._make, self._start, self._steps = make, start, steps

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, at: int) -> Any:
        return self._make(self._start + at)
