"""Does a map find what was planted? Pixel AUROC and more, by kind, against chance, an untrained CLIP and a control.

The control is the same phrase and the same mask on the untouched photograph: what a map gains over it, it gains
because of what was planted, not because the place or the words drew it there anyway.
"""

import copy
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from realness.domain import Finding
from realness.dream.metrics import Interval, average_precision, bootstrap_interval, pixel_auroc, pointing_game
from realness.errors import InvalidValue, UnreadableImage
from realness.images import IMAGE_SUFFIXES, read_image
from realness.planting import KINDS, Planted, held_out_photographs, plant
from realness.planting.sampling import soft_noise

if TYPE_CHECKING:
    from realness.clip import Clip
    from realness.dream import Dream

Progress = Callable[[int, int | None], None]
Locator = Callable[[np.ndarray, str], np.ndarray]
"""Takes an image `(H, W, 3)` uint8 and a phrase, gives scores `(H, W)`, higher = more unreal."""

PER_KIND, PER_KIND_QUICK = 16, 2
WIDTH, HEIGHT = 512, 384
"""Largest crop of a photograph, at its own pixels: the size that planting was made for."""
SEED = 2509
_SMALLEST = 64


@dataclass(frozen=True)
class Outcome:
    """What one method did on one planting: AUROC and its gain over the control, pointing game, average precision."""

    kind: str
    auroc: float
    gain: float
    pointing: float
    ap: float


def run(
    folder: Path | None = None,
    quick: bool = False,
    progress: Progress | None = None,
    clip: str = "mini",
    per_kind: int | None = None,
) -> dict[str, Any]:
    """Plant every kind into photographs, in held-out words, and measure who finds it.

    Args:
        folder: photographs to plant into; by default the wheels' photographs that `mini` was never trained on.
        quick: two plantings a kind instead of sixteen.
        progress: told how many plantings are done, of how many.
        clip: the CLIP whose maps are measured.
        per_kind: how many plantings a kind, instead of the usual number.

    Returns:
        `name`; `results`: by method and kind (`all` over all kinds) `auroc` with `ci`, `gain` over the control with
        `gain_ci`, `pointing`, `ap` and `n`; `targets`; `passed`.

    Raises:
        InvalidValue: the folder holds no photograph that can be used.
    """
    count = per_kind or (PER_KIND_QUICK if quick else PER_KIND)
    locators = _locators(clip)
    results = compare(locators, plantings(folder, count), progress=progress, total=count * len(KINDS))
    targets = _targets(results, clip)
    _print_table(results, clip)
    passed = all(target["met"] for target in targets.values())
    return {"name": "locate", "results": results, "targets": targets, "passed": passed}


def compare(
    locators: Mapping[str, Locator],
    planted: Iterable[Planted],
    *,
    progress: Progress | None = None,
    total: int | None = None,
) -> dict[str, dict[str, dict[str, Any]]]:
    """Figures by method and kind (`all` over all kinds): see `run`.

    Args:
        locators: the methods by name.
        planted: what they are to find.
        progress: told how many are done, of `total`.
        total: how many there will be.
    """
    outcomes: dict[str, list[Outcome]] = {name: [] for name in locators}
    for done, one in enumerate(planted, 1):
        for name, locate in locators.items():
            outcomes[name].append(_outcome(locate, one))
        if progress is not None:
            progress(done, total)
    return {name: _summary(found) for name, found in outcomes.items()}


def plantings(folder: Path | None, count: int) -> Iterator[Planted]:
    """`count` plantings of each kind in held-out words, the same for the same photographs.

    Raises:
        InvalidValue: the folder holds no photograph that can be used.
    """
    rng = np.random.default_rng(SEED)
    sources = list(held_out_photographs().values()) if folder is None else _files(folder)
    for number in range(count * len(KINDS)):
        photograph = _pixels(sources, rng)
        yield plant(_crop(photograph, rng), KINDS[number % len(KINDS)], rng, phrasing="held_out")


def _locators(spec: str) -> dict[str, Locator]:
    """The methods compared, by name: the CLIP's dense map, the same without training, and a random smooth map."""
    from realness.clip import load  # noqa: PLC0415  torch takes seconds to import
    from realness.dream import Dream  # noqa: PLC0415

    trained = load(spec)
    chance = np.random.default_rng(SEED)
    return {
        spec: _dense(Dream(trained)),
        "untrained": _dense(Dream(_untrained(trained))),
        "random": lambda image, phrase: soft_noise(chance, image.shape[:2], 48),
    }


def _dense(dream: "Dream") -> Locator:
    from realness.dream.sampling import values_at_pixels  # noqa: PLC0415

    def locate(image: np.ndarray, phrase: str) -> np.ndarray:
        return -values_at_pixels(dream.map(image, phrase, method="dense", findings=(Finding(phrase),)))

    return locate


def _untrained(clip: "Clip") -> "Clip":
    """The same architecture with fresh weights, from a fixed seed."""
    import torch  # noqa: PLC0415

    fresh = replace(clip, model=copy.deepcopy(clip.model), weights_id="untrained")
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(SEED)
        for module in fresh.model.modules():
            reset = getattr(module, "reset_parameters", None) or getattr(module, "_reset_parameters", None)
            if callable(reset):
                reset()
                continue
            for parameter in module.parameters(recurse=False):
                if parameter.ndim >= 2:  # embeddings and projections; the logit scale is none
                    parameter.normal_(std=parameter.shape[-1] ** -0.5)
    return fresh


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise InvalidValue(f"{folder} is not a folder; give one with photographs")
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)


def _pixels(sources: Sequence[np.ndarray | Path], rng: np.random.Generator) -> np.ndarray:
    """A photograph drawn from the sources; unreadable and tiny ones are left out."""
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


def _crop(photograph: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = min(HEIGHT, photograph.shape[0]), min(WIDTH, photograph.shape[1])
    top = int(rng.integers(0, photograph.shape[0] - height + 1))
    left = int(rng.integers(0, photograph.shape[1] - width + 1))
    return np.ascontiguousarray(photograph[top : top + height, left : left + width])


def _outcome(locate: Locator, planted: Planted) -> Outcome:
    # Every other pixel: maps and masks are smooth, so the figures are the same, in a quarter of the time.
    mask = planted.mask[::2, ::2]
    scores, control = (locate(image, planted.phrase)[::2, ::2] for image in (planted.image, planted.original))
    auroc = pixel_auroc(scores, mask)
    gain = auroc - pixel_auroc(control, mask)
    return Outcome(planted.kind, auroc, gain, pointing_game(scores, mask), average_precision(scores, mask))


def _summary(outcomes: list[Outcome]) -> dict[str, dict[str, Any]]:
    by_kind = {"all": outcomes} | {kind: [one for one in outcomes if one.kind == kind] for kind in KINDS}
    return {kind: _figures(chosen) for kind, chosen in by_kind.items() if chosen}


def _figures(outcomes: list[Outcome]) -> dict[str, Any]:
    auroc, gain, pointing, ap = (
        bootstrap_interval([getattr(one, name) for one in outcomes]) for name in ("auroc", "gain", "pointing", "ap")
    )
    return {
        "auroc": round(auroc.mean, 4),
        "ci": _ends(auroc),
        "gain": round(gain.mean, 4),
        "gain_ci": _ends(gain),
        "pointing": round(pointing.mean, 4),
        "ap": round(ap.mean, 4),
        "n": auroc.n,
    }


def _ends(interval: Interval) -> list[float]:
    return [round(interval.low, 4), round(interval.high, 4)]


def _targets(results: dict[str, dict[str, dict[str, Any]]], clip: str) -> dict[str, dict[str, Any]]:
    """The CLIP's AUROC above each other method's, over all kinds, their intervals apart; the kinds are reported."""
    targets = {}
    for other in ("random", "untrained"):
        apart = {kind: results[clip][kind]["ci"][0] > results[other][kind]["ci"][1] for kind in ("all", *KINDS)}
        targets[f"{clip} above {other}"] = {
            "auroc": [results[clip]["all"]["auroc"], results[other]["all"]["auroc"]],
            "met": apart.pop("all"),
            "kinds": apart,
        }
    return targets


def _print_table(results: dict[str, dict[str, dict[str, Any]]], clip: str) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=f"Localisation of planted inconsistencies (pixel AUROC, 95 % intervals), dense maps of {clip}")
    for heading in ("kind", clip, "gain over control", "pointing", "AP", "untrained", "random", "n"):
        table.add_column(heading, justify="left" if heading == "kind" else "right")
    for kind, own in results[clip].items():
        others = [f"{results[name][kind]['auroc']:.3f}" for name in ("untrained", "random")]
        span = f"{own['auroc']:.3f} [{own['ci'][0]:.2f}, {own['ci'][1]:.2f}]"
        gain = f"{own['gain']:+.3f} [{own['gain_ci'][0]:+.2f}, {own['gain_ci'][1]:+.2f}]"
        figures = f"{own['pointing']:.2f}", f"{own['ap']:.2f}", *others, str(own["n"])
        table.add_row(kind, span, gain, *figures, end_section=kind == "all")
    Console(file=sys.stderr, width=120).print(table)
