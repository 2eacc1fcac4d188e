"""Maps by two of Ray's workers against maps by this process: how fast, and whether they are the same.

Both map the same images for databases of their own, in turns, so that what slows the machine slows both. Rates are from
the first image that is begun to the last map that is kept; what Ray and its workers take to begin is told apart.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.timing import judged
from realness.dream import files
from realness.engines import LOCAL, Engine, Job, Ray
from realness.engines.cluster import connected
from realness.settings import Settings
from realness.workbench import Workbench
from realness.workbench.importing import ImportOptions, import_source
from realness.workbench.mapping import MapReport, compute_maps
from realness.workbench.worker_places import Place
from realness.workbench.workers import Mapper

Progress = Callable[[int, int | None], None]

BY_RAY = Ray(workers=2)
IMAGES, TURNS = 400, 3
IMAGES_QUICK, TURNS_QUICK = 96, 2
COMPARED = 24
"""Images whose maps are compared in float32, before they are kept in half of that."""
LEAST_RATE, LARGEST_DIFFERENCE = 0.8, 1e-5


def run(quick: bool = False, progress: Progress | None = None) -> dict[str, Any]:
    """Map the same images by both engines.

    Args:
        quick: fewer images, fewer turns.
        progress: told how many maps are done, of how many.

    Returns:
        `name`; `results`: `throughput_ratio`, the median over the turns of Ray's rate over this process's;
        `local_images_per_second`, `ray_images_per_second`, medians; `largest_difference` of float32 maps;
        `largest_kept_difference` of all that was kept; `ray_ready_seconds`, until workers of a Ray that runs begin;
        `images`, `turns`, `workers`, `cores`; `targets`; `passed`.

    Raises:
        EngineProblem: Ray is not installed.
    """
    from benchmarks.dream import write_described  # noqa: PLC0415  torch

    count, turns = (IMAGES_QUICK, TURNS_QUICK) if quick else (IMAGES, TURNS)
    told = _Told(progress, count * turns * 2)
    with tempfile.TemporaryDirectory() as name, connected(None):
        folder = Path(name)
        (folder / "images").mkdir()
        write_described(folder / "images", count)
        found = [
            (_mapped(folder, f"local-{turn}", LOCAL, told), _mapped(folder, f"ray-{turn}", BY_RAY, told))
            for turn in range(turns)
        ]
        with _bench(folder, "compared") as bench:
            largest = _largest_difference(bench, min(count, COMPARED))
        kept = _largest_kept_difference(folder / "local-0", folder / "ray-0", count)
    results = _rates(found) | {"largest_difference": largest, "largest_kept_difference": kept}
    results |= {"images": count, "turns": turns, "workers": BY_RAY.workers, "cores": os.cpu_count()}
    limits = {
        "throughput_ratio": ("at_least", LEAST_RATE, True),
        "largest_difference": ("at_most", LARGEST_DIFFERENCE, True),
    }
    targets = judged(limits, results)
    _print_table(results)
    return {
        "name": "ray",
        "results": results,
        "targets": targets,
        "passed": all(one["met"] for one in targets.values()),
    }


class _Told:
    """Adds up the maps of all runs."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.total, self.before = progress, total, 0

    def __call__(self, done: int, of: int | None) -> None:
        if self.progress is not None:
            self.progress(self.before + done, self.total)
        self.before += done if done == of else 0


@contextmanager
def _bench(folder: Path, name: str) -> Iterator[Workbench]:
    """A database of its own of the same images, which stay where they are."""
    bench = Workbench.open(Settings(f"sqlite:///{folder}/{name}.db", folder / name))
    try:
        import_source(bench, folder / "images" / "images.jsonl", ImportOptions(link=True))
        yield bench
    finally:
        bench.close()


def _mapped(folder: Path, name: str, engine: Engine, told: _Told) -> tuple[MapReport, float]:
    """The report of a run, and the seconds of it that are not in the report's."""
    with _bench(folder, name) as bench:
        start = time.perf_counter()
        report = compute_maps(bench, progress=told, engine=engine)
        return report, time.perf_counter() - start - report.seconds


def _rates(found: list[tuple[tuple[MapReport, float], tuple[MapReport, float]]]) -> dict[str, Any]:
    ours, theirs = ([turn[at][0].images_per_second for turn in found] for at in (0, 1))
    return {
        "throughput_ratio": round(statistics.median(ray / local for local, ray in zip(ours, theirs, strict=True)), 3),
        "local_images_per_second": round(statistics.median(ours), 2),
        "ray_images_per_second": round(statistics.median(theirs), 2),
        "ray_ready_seconds": round(statistics.median(turn[1][1] for turn in found), 1),
    }


def _largest_difference(bench: Workbench, count: int) -> float:
    """Of values, raw cosines and layers in float32, computed in fp32."""
    from realness.dream import Dream  # noqa: PLC0415  torch

    dream = Dream.load("mini", precision="fp32")
    tasks = bench.store.maps.missing("dense", "mini", dream.clip.weights_id, count)
    here = Mapper(dream, "dense", Place.of(bench, BY_RAY))
    load = partial(Mapper.load, "mini", dream.clip.weights_id, "dense", here.place, "fp32")
    largest = 0.0
    for done in BY_RAY.results(Job(here=here, elsewhere=load, together=4), tasks):
        one, other = here(tasks[done.at]), done.result()
        for part in ("values", "raw", "layers"):
            largest = max(largest, float(np.abs(getattr(one, part) - getattr(other, part)).max(initial=0)))
    return largest


def _largest_kept_difference(ours: Path, theirs: Path, count: int) -> float:
    """Of the values in the files that both runs kept; 1 where they did not keep the same ones."""
    names = [{path.relative_to(folder) for path in folder.glob("maps/*/*.npz")} for folder in (ours, theirs)]
    if names[0] != names[1] or len(names[0]) != count:
        return 1.0
    return max(
        float(np.abs(files.load(ours / name).values - files.load(theirs / name).values).max()) for name in names[0]
    )


def _print_table(results: dict[str, Any]) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=f"Maps of {results['images']} images, medians of {results['turns']} turns")
    for heading in ("engine", "images a second", "ratio", "largest difference (fp32)"):
        table.add_column(heading, justify="left" if heading == "engine" else "right")
    table.add_row("local", f"{results['local_images_per_second']:.2f}", "1", "")
    told = f"{results['throughput_ratio']:.2f}", f"{results['largest_difference']:.1e}"
    table.add_row(f"ray, {results['workers']} workers", f"{results['ray_images_per_second']:.2f}", *told)
    Console(file=sys.stderr, width=120).print(table)
