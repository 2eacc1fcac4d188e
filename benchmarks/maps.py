"""How long a stored map takes to be written, and to be read and verified, at its largest and at the size of `mini`'s.

The files are in the system's cache: what is measured is this project's work, not the disk. Reading is judged by the
processor's time, which other work on the machine does not lengthen; the clock's is told too. The compressed form of
earlier versions is read beside it, in turns.
"""

import hashlib
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from realness.domain import RealnessMap
from realness.dream import files
from realness.dream.sampling import MAX_GRID

Progress = Callable[[int, int | None], None]

READS, READS_QUICK = 200, 20
LIMIT_MS = 5.0
"""Longest that reading and verifying a stored map may take, in milliseconds."""
SEED = 2509
SIZES = {"largest": (MAX_GRID, MAX_GRID, 0), "usual": (24, 32, 3)}
"""Height and width of the grid and number of layers: the most that is kept, which the window methods give, and a
photograph's by `mini`."""


def run(quick: bool = False, progress: Progress | None = None) -> dict[str, Any]:
    """Write and read maps, and time it.

    Args:
        quick: twenty turns instead of two hundred.
        progress: told how many turns are done, of how many.

    Returns:
        `name`; `results`: for the largest map `read_ms_median`, `read_ms_p95` and `read_cpu_ms_median`,
        `read_cpu_ms_p95` of the processor's time; the same for `write` and `compressed_read`; `bytes`,
        `compressed_bytes`; `times_faster` than compressed by the processor's time; and all this for the usual map
        under `usual`; `targets`; `passed`.
    """
    turns = READS_QUICK if quick else READS
    done, total = 0, turns * len(SIZES)

    def step() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    measured = {name: _measured(_map(*size), turns, step) for name, size in SIZES.items()}
    results: dict[str, Any] = measured["largest"] | {"usual": measured["usual"]}
    targets = {
        f"a map is read and verified within {LIMIT_MS:.0f} ms": {
            "read_cpu_ms_median": results["read_cpu_ms_median"],
            "met": results["read_cpu_ms_median"] <= LIMIT_MS,
        }
    }
    _print_table(measured)
    return {
        "name": "maps",
        "results": results,
        "targets": targets,
        "passed": all(target["met"] for target in targets.values()),
    }


def _measured(found: RealnessMap, turns: int, step: Callable[[], None]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        kept, compressed, written = (Path(folder) / f"{name}.npz" for name in ("kept", "compressed", "written"))
        sha256 = files.save(found, kept)
        other = _save_compressed(kept, compressed)
        work: dict[str, Callable[[], object]] = {
            "read": lambda: files.load(kept, sha256),
            "compressed_read": lambda: files.load(compressed, other),
            "write": lambda: files.save(found, written),
        }
        took = {name: [] for name in work}
        for _ in range(turns):
            for name, do in work.items():
                took[name].append(_milliseconds(do))
            step()
        sizes = {"bytes": kept.stat().st_size, "compressed_bytes": compressed.stat().st_size}
    figures: dict[str, Any] = {}
    for name, times in took.items():
        for unit, spent in zip(("ms", "cpu_ms"), zip(*times, strict=True), strict=True):
            figures[f"{name}_{unit}_median"] = round(statistics.median(spent), 3)
            figures[f"{name}_{unit}_p95"] = round(float(np.percentile(spent, 95)), 3)
    faster = figures["compressed_read_cpu_ms_median"] / figures["read_cpu_ms_median"]
    return figures | sizes | {"times_faster": round(faster, 1)}


def _milliseconds(work: Callable[[], object]) -> tuple[float, float]:
    """By the clock, and of the processor."""
    start, own = time.perf_counter(), time.thread_time()
    work()
    return (time.perf_counter() - start) * 1000, (time.thread_time() - own) * 1000


def _map(height: int, width: int, layers: int) -> RealnessMap:
    """A smooth map, as a CLIP's are."""
    rng = np.random.default_rng(SEED)
    coarse = rng.random((layers + 1, 16, 16), dtype=np.float32)
    fine = np.stack(
        [np.asarray(Image.fromarray(one).resize((width, height), Image.Resampling.BICUBIC)) for one in coarse]
    )
    found = np.clip(fine[:-1], 0, 1)
    phrases = tuple(f"The hand of the person on the left has {count} fingers" for count in range(layers))
    values = found.min(axis=0) if layers else np.clip(fine[-1], 0, 1)
    return RealnessMap(values, 0.3 * fine[-1] - 0.05, found, phrases, "dense", "mini", (2 * width, 2 * height))


def _save_compressed(kept: Path, target: Path) -> str:
    """The same arrays as earlier versions wrote them; gives the hash of the bytes."""
    buffer = io.BytesIO()
    with np.load(kept) as stored:
        np.savez_compressed(buffer, allow_pickle=False, **{name: stored[name] for name in stored.files})
    target.write_bytes(buffer.getvalue())
    return hashlib.sha256(buffer.getvalue()).hexdigest()


def _print_table(measured: dict[str, dict[str, Any]]) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(title="Stored maps: median milliseconds by the clock (of the processor)")
    for heading in ("map", "read and verify", "write", "read compressed", "times faster", "kB"):
        table.add_column(heading, justify="left" if heading == "map" else "right")
    for name, found in measured.items():
        height, width, layers = SIZES[name]
        times = (
            f"{found[f'{what}_ms_median']:.2f} ({found[f'{what}_cpu_ms_median']:.2f})"
            for what in ("read", "write", "compressed_read")
        )
        rest = f"{found['times_faster']:.1f}", f"{found['bytes'] / 1000:.0f}"
        table.add_row(f"{name}: {height} x {width}, {layers} layers", *times, *rest)
    Console(file=sys.stderr, width=120).print(table)
