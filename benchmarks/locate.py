"""Does a map find what was planted? By kind, against the published maps, chance, heuristics and a control.

The control is the same phrase and the same mask on the untouched photograph: what a map gains over it, it gains
because of what was planted, not because the place or the words drew it there anyway.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.combine import rules
from benchmarks.figures import Outcome, false_alarms, judged, paired, summary
from benchmarks.locators import Timed, locators, thinned
from realness.dream.metrics import aupro, average_precision, f1_max, pixel_auroc, pointing_game
from realness.errors import InvalidValue, UnreadableImage
from realness.images import IMAGE_SUFFIXES, read_image
from realness.planting import GROUPS, KINDS, Planted, held_out_photographs, plant, word

Progress = Callable[[int, int | None], None]

PER_KIND, PER_KIND_QUICK = 16, 1
WINDOW_EVERY, WINDOW_EVERY_QUICK = 19, 21
"""The window methods look at every so many plantings: not a divisor of the number of kinds, so that nearly each of them
has its turn."""
BUDGETS, BUDGETS_QUICK = (600.0, 180.0), (20.0, 10.0)
"""Seconds for `released` and `paper`: on a slow machine they look at fewer plantings, and `n` says at how many."""
WIDTH, HEIGHT = 512, 384
"""Largest crop of a photograph, at its own pixels: the size that planting was made for."""
SEED = 2509
_SMALLEST = 64
_PHOTOGRAPH = re.compile(r"r\d+")
WINDOW_METHODS = ("released", "paper --stride 32")


def run(
    folder: Path | None = None,
    quick: bool = False,
    progress: Progress | None = None,
    clip: str = "mini",
    per_kind: int | None = None,
) -> dict[str, Any]:
    """Plant every kind into photographs, in held-out words, and measure who finds it.

    Args:
        folder: photographs to plant into, or a tree of RAISE, of which its photographs (`r*.png`) are taken; by default
            the wheels' photographs that `mini` was never trained on.
        quick: one planting a kind instead of sixteen.
        progress: told how many plantings are done, of how many.
        clip: the CLIP whose maps are measured.
        per_kind: how many plantings a kind, instead of the usual number.

    Returns:
        `name`; `photographs`: whose; `results`: by method and kind (`all`, each of `GROUPS`, each of `KINDS`) the
        figures of `benchmarks.figures.summary`; `paired`: the dense map against the windows on the same plantings;
        `false_alarm`: of each method; `combine`: the rules that make one map of several findings; `targets`; `passed`.

    Raises:
        InvalidValue: the folder holds no photograph that can be used.
    """
    count = per_kind or (PER_KIND_QUICK if quick else PER_KIND)
    total = count * len(KINDS)
    every, budgets = (WINDOW_EVERY_QUICK, BUDGETS_QUICK) if quick else (WINDOW_EVERY, BUDGETS)
    methods = locators(clip, SEED, every, budgets)
    outcomes = compare(methods, plantings(folder, count), progress=progress, total=total)
    results = {name: summary(found, GROUPS) for name, found in outcomes.items()}
    against = {
        name: paired(outcomes["dense"], outcomes[name], methods["dense"], methods[name]) for name in WINDOW_METHODS
    }
    alarms = {name: false_alarms(found) for name, found in outcomes.items()}
    combined = rules(clip, _sources(folder), SEED, 2 * count)
    targets = judged(results, against, alarms["dense"])
    _print_tables(results, alarms, combined)
    return {
        "name": "locate",
        "photographs": "the wheels', none of them seen in training" if folder is None else str(folder.name),
        "results": results,
        "paired": against,
        "false_alarm": alarms,
        "combine": combined,
        "targets": targets,
        "passed": all(target["met"] for target in targets.values()),
    }


def compare(
    methods: Mapping[str, Timed],
    planted: Iterable[Planted],
    *,
    progress: Progress | None = None,
    total: int | None = None,
) -> dict[str, list[Outcome]]:
    """What each method did on each planting that it was asked about.

    Args:
        methods: by name.
        planted: what they are to find.
        progress: told how many are done, of `total`.
        total: how many there will be.
    """
    outcomes: dict[str, list[Outcome]] = {name: [] for name in methods}
    rng = np.random.default_rng(SEED + 1)
    for number, one in enumerate(planted):
        wrong = word(str(rng.choice([kind for kind in KINDS if kind != one.kind])), rng, phrasing="held_out")
        for name, method in methods.items():
            if number % method.every == 0 and method.seconds < method.budget:
                outcomes[name].append(_outcome(method, one, wrong, number))
        if progress is not None:
            progress(number + 1, total)
    return outcomes


def plantings(folder: Path | None, count: int) -> Iterator[Planted]:
    """`count` plantings of each kind in held-out words, the same for the same photographs.

    Raises:
        InvalidValue: the folder holds no photograph that can be used.
    """
    rng = np.random.default_rng(SEED)
    sources = _sources(folder)
    for number in range(count * len(KINDS)):
        photograph = pixels_of(sources, rng)
        yield plant(crop_of(photograph, rng), KINDS[number % len(KINDS)], rng, phrasing="held_out")


def _sources(folder: Path | None) -> Sequence[np.ndarray | Path]:
    if folder is None:
        return list(held_out_photographs().values())
    if not folder.is_dir():
        raise InvalidValue(f"{folder} is not a folder; give one with photographs")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
    if (folder / "datasets").is_dir():  # a tree of RAISE: its photographs, not what generators made
        return [path for path in files if _PHOTOGRAPH.fullmatch(path.stem)]
    return files


def pixels_of(sources: Sequence[np.ndarray | Path], rng: np.random.Generator) -> np.ndarray:
    """A photograph drawn from the sources; unreadable and tiny ones are left out.

    Raises:
        InvalidValue: none of them can be used.
    """
    for which in rng.permutation(len(sources)):
        source = sources[which]
        if isinstance(source, np.ndarray):
            return source
        try:
            pixels = np.asarray(read_image(source)[1].convert("RGB"))
        except UnreadableImage:
            continue
        if min(pixels.shape[:2]) >= _SMALLEST:
            return pixels
    raise InvalidValue(f"the folder holds no photograph of at least {_SMALLEST} x {_SMALLEST} pixels")


def crop_of(photograph: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """At most `WIDTH` x `HEIGHT` pixels of a photograph, anywhere on it."""
    height, width = min(HEIGHT, photograph.shape[0]), min(WIDTH, photograph.shape[1])
    top = int(rng.integers(0, photograph.shape[0] - height + 1))
    left = int(rng.integers(0, photograph.shape[1] - width + 1))
    return np.ascontiguousarray(photograph[top : top + height, left : left + width])


def _outcome(method: Timed, planted: Planted, wrong: str, number: int) -> Outcome:
    mask = thinned(planted.mask)
    asked = (planted.phrase, wrong) if method.needs_text else (planted.phrase,)
    found = thinned(method(planted.image, asked))
    control = thinned(method(planted.original, asked[:1]))[0]
    scores = -found[0]
    auroc = pixel_auroc(scores, mask)
    return Outcome(
        number=number,
        kind=planted.kind,
        auroc=auroc,
        gain=auroc - pixel_auroc(-control, mask),
        pointing=pointing_game(scores, mask),
        ap=average_precision(scores, mask),
        f1=f1_max(scores, mask),
        aupro=aupro(scores, mask),
        right_over_wrong=None if len(found) == 1 else float(auroc > pixel_auroc(-found[1], mask)),
        inside=found[0][mask],
        outside=found[0][~mask],
        untouched=control.ravel(),
    )


def _print_tables(
    results: dict[str, dict[str, dict[str, Any]]], alarms: dict[str, Any], combined: dict[str, dict[str, Any]]
) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    console = Console(file=sys.stderr, width=132)
    methods = Table(title="All kinds together (95 % intervals)")
    for heading in ("method", "AUROC", "gain over control", "pointing", "AP", "F1-max", "AUPRO", "false alarm", "n"):
        methods.add_column(heading, justify="left" if heading == "method" else "right")
    for name, by_kind in results.items():
        own, alarm = by_kind["all"], alarms[name]["untouched_below"]
        figures = (f"{own[key]:.2f}" for key in ("pointing", "ap", "f1", "aupro"))
        methods.add_row(name, _span(own, "auroc"), _span(own, "gain", "+"), *figures, f"{alarm:.1%}", str(own["n"]))
    console.print(methods)
    kinds = Table(title="The dense map by kind")
    for heading in ("kind", "AUROC", "gain over control", "pointing", "AP", "right phrase wins", "n"):
        kinds.add_column(heading, justify="left" if heading == "kind" else "right")
    for kind, own in results["dense"].items():
        figures = (f"{own[key]:.2f}" for key in ("pointing", "ap", "right_over_wrong"))
        spans = _span(own, "auroc"), _span(own, "gain", "+")
        kinds.add_row(kind.replace("_", " "), *spans, *figures, str(own["n"]), end_section=kind in ("all", *GROUPS))
    console.print(kinds)
    others = [name for name in results if name != "dense"]
    beside = Table(title="The others' AUROC by kind")
    for heading in ("kind", *others):
        beside.add_column(heading, justify="left" if heading == "kind" else "right")
    for kind in results["dense"]:
        row = (f"{results[name][kind]['auroc']:.2f}" if kind in results[name] else "" for name in others)
        beside.add_row(kind.replace("_", " "), *row, end_section=kind in ("all", *GROUPS))
    console.print(beside)
    table = Table(title="Two findings that are there and one that is not: rules that make one map of the layers")
    for heading in ("rule", "AUROC", "pointing", "AP"):
        table.add_column(heading, justify="left" if heading == "rule" else "right")
    for name, own in combined.items():
        table.add_row(name, _span(own, "auroc"), f"{own['pointing']:.2f}", f"{own['ap']:.2f}")
    console.print(table)


def _span(own: dict[str, Any], key: str, sign: str = "") -> str:
    low, high = own["ci" if key == "auroc" else f"{key}_ci"]
    return f"{own[key]:{sign}.3f} [{low:{sign}.2f}, {high:{sign}.2f}]"
