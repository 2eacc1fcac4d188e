"""How much longer the everyday work takes when there are more images: the same work at 1,000 to 1,000,000 of them.

Each size is a database of its own, filled in bulk through the triggers (`filling.Base`; not timed), closed and opened
again. Then all sizes do the same work in turns, one right after the other, so that what slows the machine slows all:

- `import`: small files are imported, 25 at a time; the median of these, per file;
- `assign`: the next image is chosen and leased, in the order of import and in a random one by turns; median;
- `informative`: the same in the order that begins with the least sure scores; median;
- `save`: a review with two findings and a polygon, in the database and in the journal; median;
- `first_page`, `deep_page`: 60 images of Browse, from the beginning and from nine tenths on, by keyset; median;
- `export`: every review as JSON lines, per row: the processor's time, which other work on the machine lengthens least,
  the median of a size's exports, less that of an export from an empty database, which is the same whatever there is.

Of the base's images there are rows and no files; of its journal the last line, which is all that the next one needs.
"""

import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.site import ORDERS, STUDY, Site
from benchmarks.timing import judged
from realness.atomic import made_folder
from realness.store import Listing
from realness.workbench.exporting import make_export
from realness.workbench.importing import ImportOptions, import_source

Progress = Callable[[int, int | None], None]

FULL: dict[str, Any] = {"sizes": (1_000, 10_000, 100_000, 1_000_000), "files": 500, "answers": 500, "pages": 200}
FULL |= {"informative": 100, "exports": (9, 9, 5, 3)}
QUICK: dict[str, Any] = {"sizes": (500, 1_000, 10_000), "files": 100, "answers": 60, "pages": 30, "informative": 20}
QUICK |= {"exports": (5, 5, 3)}
WORK = ("import", "assign", "informative", "save", "first_page", "deep_page", "export")
"""What is judged."""
LIMIT = 1.5
BATCH, PER, WARM = 25, 60, 3
"""Files of an import, images of a page, answers before those that are timed."""
_INK = ("#1b5cc8", "#b3541e", "#2e7d32", "#7b3fa0", "#595959", "#c2185b", "#00788a")


def run(quick: bool = False, progress: Progress | None = None, folder: Path | None = None) -> dict[str, Any]:
    """Fill databases, work in them, and compare.

    Args:
        quick: 500 to 10,000 images, and less work.
        progress: told how many steps are done, of how many.
        folder: where the plot goes, as `scale.png` and `scale.svg`; none is drawn without it.

    Returns:
        `name`; `results`: `ratios` by work and size to the smallest size, `max_ratio` of those that are judged; `ms`,
        the times that are compared, in milliseconds (of `import` a file, of `export` a row), and `p95_ms`;
        `export_rows_per_second` by the clock; `fill_seconds` and `bytes` of each database; `plot`, the files;
        `targets`; `passed`.
    """
    asked = QUICK if quick else FULL
    told = progress or (lambda _done, _total: None)
    steps = len(asked["sizes"]) + 4
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        sites: list[Site] = []
        for done, size in enumerate((0, *asked["sizes"])):
            sites.append(Site(Path(place) / str(size), size))
            stack.callback(sites[-1].bench.close)
            told(done, steps)
        empty, *sites = sites
        _answer(sites, asked["answers"], asked["informative"])
        told(steps - 3, steps)
        _list(sites, asked["pages"])
        told(steps - 2, steps)
        _export(empty, sites, asked["exports"], Path(place))
        told(steps - 1, steps)
        _import(sites, asked["files"] // BATCH, Path(place) / "files")
        told(steps, steps)
        results = figures(sites)
    results["plot"] = _plotted(results["ratios"], folder) if folder is not None else []
    _print_table(results)
    targets = judged({"max_ratio": ("at_most", LIMIT, True)}, results)
    return {"name": "scale", "results": results, "targets": targets, "passed": targets["max_ratio"]["met"]}


def figures(sites: Sequence[Site]) -> dict[str, Any]:
    """What `run` gives as `results`, of work that was done."""
    ms: dict[str, dict[int, float]] = {}
    p95: dict[str, dict[int, float]] = {}
    for name in (*WORK, "rate"):
        for site in sites:
            took = sorted(1000 * one for one in site.took[name])
            ms.setdefault(name, {})[site.size] = round(statistics.median(took), 4)
            p95.setdefault(name, {})[site.size] = round(took[math.ceil(0.95 * len(took)) - 1], 4)
    smallest = sites[0].size
    ratios = {name: {size: round(one / of[smallest], 3) for size, one in of.items()} for name, of in ms.items()}
    speeds = {site.size: round(1 / statistics.median(site.took["export_clock"])) for site in sites}
    return {
        "max_ratio": max(ratio for name in WORK for ratio in ratios[name].values()),
        "ratios": ratios,
        "ms": ms,
        "p95_ms": p95,
        "export_rows_per_second": speeds,
        "fill_seconds": {site.size: round(site.fill_seconds, 1) for site in sites},
        "bytes": {site.size: site.bytes for site in sites},
    }


def _in_turns(sites: Sequence[Site], times: int, action: Callable[[Site, int], None]) -> None:
    """Each site in turn, so many times, another one first each time."""
    for turn in range(times):
        first = turn % len(sites)
        for site in (*sites[first:], *sites[:first]):
            action(site, turn)


def _answer(sites: Sequence[Site], times: int, informative: int) -> None:
    for order in ORDERS:  # what is made once: statements, the place in the journal
        _in_turns(sites, WARM, lambda site, turn, order=order: site.answer(order, -1 - turn, "warm"))
    for site in sites:
        site.took.clear()
    _in_turns(sites, times, lambda site, turn: site.answer(ORDERS[turn % 2], turn, "assign"))
    _in_turns(sites, informative, lambda site, turn: site.answer(ORDERS[2], turn, "informative"))


def _list(sites: Sequence[Site], times: int) -> None:
    listing = Listing(per=PER)

    def page(site: Site, _turn: int, name: str, after: float) -> None:
        me, at = site.newcomers[ORDERS[0]], int(site.size * after) - 1
        found = site.timed(name, lambda: site.bench.store.browse.following(site.study, me, listing, at))
        assert found[0]["position"] == at + 1

    for name, after in (("warm", 0.5), ("first_page", 0.0), ("deep_page", 0.9)):
        _in_turns(sites, WARM if name == "warm" else times, partial(page, name=name, after=after))


def _export(empty: Site, sites: Sequence[Site], times: Sequence[int], folder: Path) -> None:
    """The time of a row, of each export; of the larger sizes there are fewer."""
    fixed = [_exported(empty, folder / f"none-{turn}.jsonl")[1:] for turn in range(max(times) + 1)][1:]
    always = [statistics.median(one) for one in zip(*fixed, strict=True)]
    for turn in range(max(times)):
        for site, most in zip(sites, times, strict=True):
            if turn < most:
                rows, processor, clock = _exported(site, folder / f"{site.size}-{turn}.jsonl")
                site.took.setdefault("export", []).append((processor - always[0]) / rows)
                site.took.setdefault("export_clock", []).append((clock - always[1]) / rows)


def _exported(site: Site, target: Path) -> tuple[int, float, float]:
    """The rows of an export, and its seconds by the processor and by the clock."""
    clock, processor = time.perf_counter(), time.process_time()
    made = make_export(site.bench, "jsonl", target)
    took = time.process_time() - processor, time.perf_counter() - clock
    target.unlink()
    return made["rows"], *took


def _import(sites: Sequence[Site], batches: int, folder: Path) -> None:
    draw = random.Random(0)
    for number in range(BATCH * (batches + 1)):
        place = folder / str(number // BATCH) / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.frombytes("RGB", (32, 24), draw.randbytes(3 * 32 * 24)).save(place)

    def bring(site: Site, turn: int) -> None:
        start = time.perf_counter()
        told = import_source(site.bench, folder / str(turn), ImportOptions(study=STUDY))
        assert told.new == BATCH
        if turn:  # the first is to warm up
            site.took.setdefault("import", []).append((time.perf_counter() - start) / BATCH)

    _in_turns(sites, batches + 1, bring)


def _plotted(ratios: dict[str, dict[int, float]], folder: Path) -> list[str]:
    """The ratios over the number of images, as PNG and SVG; gives the files."""
    from matplotlib import rc_context  # noqa: PLC0415  for the picture alone
    from matplotlib.figure import Figure  # noqa: PLC0415

    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "realness", "font.size": 10}):
        figure = Figure(figsize=(7.6, 4.2), dpi=150, layout="constrained")
        axes = figure.subplots()
        for name, ink in zip(WORK, _INK, strict=True):
            axes.plot(list(ratios[name]), list(ratios[name].values()), "o-", color=ink, label=name.replace("_", " "))
        axes.axhline(LIMIT, color="#868686", linestyle="--", label=f"limit {LIMIT:g}")
        axes.set(xscale="log", xlabel="images in the database", ylim=(0, None))
        axes.set_ylabel(f"time, as a ratio to {min(ratios[WORK[0]]):,} images")
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(loc="outside right upper", frameon=False)
        places = [made_folder(folder) / f"scale.{kind}" for kind in ("png", "svg")]
        for place in places:
            figure.savefig(place, metadata={"Date": None} if place.suffix == ".svg" else None)
    return [str(place) for place in places]


def _print_table(results: dict[str, Any]) -> None:
    for name, of in results["ms"].items():
        told = "  ".join(f"{size}: {one:.3f} ms (x{results['ratios'][name][size]:.2f})" for size, one in of.items())
        print(f"{name:12s} {told}", file=sys.stderr)  # noqa: T201
