"""Realness maps held against what people marked, and against what data sets say."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from realness import images
from realness.domain import Finding, Skipped
from realness.dream import metrics
from realness.dream.sampling import resized
from realness.errors import InvalidValue, RealnessError
from realness.images import rasterise
from realness.workbench.bench import Progress, Workbench, silent
from realness.workbench.references import load_reference_map
from realness.workbench.regions import region_examples

if TYPE_CHECKING:
    from realness.dream import Dream

PEOPLE = "people"
SOURCES = (PEOPLE, "reference", "all")
LONGEST = 512
"""Maps and answers are compared at this longest side: maps are smooth, and sorting 100 million pixels is not."""

Scores = Callable[[np.ndarray, np.ndarray], float]
_OF_PLACES: dict[str, Scores] = {
    "auroc": metrics.pixel_auroc,
    "ap": metrics.average_precision,
    "f1": metrics.f1_max,
    "pointing": metrics.pointing_game,
    "aupro": metrics.aupro,
    "nss": metrics.normalised_scanpath,
}
_OF_HEAT: dict[str, Scores] = {
    "cc": metrics.correlation,
    "sim": metrics.similarity,
    "kld": metrics.divergence,
    "auc_judd": metrics.auc_judd,
}
METRICS = ("auroc", "ap", "f1", "pointing", "aupro", "right_over_wrong", "mse", "nss", "cc", "sim", "kld", "auc_judd")


@dataclass(frozen=True, eq=False)
class Truth:
    """One place that is known to look unreal.

    Attributes:
        source: `people`, or the data set.
        phrase: what is said of it.
        unreal: `(h, w)` float32 in [0, 1]: a mask, or how strongly it was marked.
    """

    source: str
    phrase: str
    unreal: np.ndarray


@dataclass
class MapEvaluation:
    """How well maps agree with what is known.

    Attributes:
        overall: by metric its mean over the images, and `METRIC_ci` its bootstrap interval; `n` places, `images`.
        by_source: the same for each source.
        skipped: what could not be compared, and why.
    """

    overall: dict[str, Any] = field(default_factory=dict)
    by_source: dict[str, dict[str, Any]] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)


def evaluate_maps(
    bench: Workbench,
    *,
    clip: str = "mini",
    method: str = "dense",
    stride: int | None = None,
    source: str = "all",
    study: str | None = None,
    limit: int | None = None,
    progress: Progress = silent,
) -> MapEvaluation:
    """Compute the map of every phrase that has a known place, and compare the two.

    A map's unrealness, 1 - value, is held against masks by AUROC, AP, F1-max, pointing game, AUPRO and NSS, and against
    masks and heat maps by MSE, CC, SIM, KLD and AUC-Judd (as RichHF-18K does; for an empty heat map MSE alone).
    `right_over_wrong` is how often the phrase has a higher AUROC than one of another image.

    Args:
        source: `people`, `reference`, `all`, or the name of one data set.
        study: by name; None for all.
        limit: at most so many images.

    Raises:
        InvalidValue: there is nothing to compare with.
        NotFound: there is no study of that name.
        WeightsNotFound: the CLIP cannot be had.
    """
    found = MapEvaluation()
    known = _truths(bench, source, study, found.skipped)
    files = list(known)[:limit]
    if not files:
        raise InvalidValue(
            f"there is no marked place to compare maps with ({source}); mark findings in the app, or import a data set "
            "with regions: see docs/formats.md"
        )
    from realness.dream import Dream  # noqa: PLC0415  torch, of which the app's process knows nothing

    dream, rng = Dream.load(clip), np.random.default_rng(0)
    phrases = sorted({truth.phrase for truths in known.values() for truth in truths})
    measured: dict[str, list[dict[str, list[float]]]] = {}
    progress(0, len(files))
    for done, file in enumerate(files, 1):
        try:
            own = _measured(dream, file, known[file], _wrong(known[file], phrases, rng), method, stride)
        except RealnessError as error:
            found.skipped.append(Skipped(file.name, str(error)))
        else:
            for name, figures in own.items():
                measured.setdefault(name, []).append(figures)
        progress(done, len(files))
    found.by_source = {name: _summary(each) for name, each in measured.items()}
    found.overall = _summary([figures for each in measured.values() for figures in each])
    return found


def _truths(bench: Workbench, source: str, study: str | None, skipped: list[Skipped]) -> dict[Path, list[Truth]]:
    known: dict[Path, list[Truth]] = {}
    if source in (PEOPLE, "all"):
        for example in region_examples(bench, study):
            known.setdefault(example.image, []).append(Truth(PEOPLE, example.phrase, _fitted(example.mask)))
    if source != PEOPLE:
        for file, truth in _references(bench, study, skipped):
            if source in ("reference", "all", truth.source):
                known.setdefault(file, []).append(truth)
    return known


def _references(bench: Workbench, study: str | None, skipped: list[Skipped]) -> Iterator[tuple[Path, Truth]]:
    store = bench.store.references
    for image in store.images_with_any(bench.store.studies.named(study).id if study else None):
        try:
            file, size = bench.checked_file(image), (image.facts.width, image.facts.height)
            for found in store.regions_of(image.id):
                masks = [rasterise(region, size) for region in found.finding.regions]
                yield file, Truth(found.source, found.finding.phrase, _fitted(np.logical_or.reduce(masks)))
            for stored in store.maps_of(image.id):
                yield file, Truth(stored.source, stored.phrase, _fitted(load_reference_map(bench, stored).values / 255))
        except RealnessError as error:
            skipped.append(Skipped(image.facts.sha256, str(error)))


def _fitted(unreal: np.ndarray) -> np.ndarray:
    """A mask or heat map at `LONGEST`, the long side; a mask stays one."""
    height, width = unreal.shape
    scale = min(1.0, LONGEST / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = resized(unreal.astype(np.float32), size, Image.Resampling.BOX)
    return (small >= 0.5).astype(np.float32) if unreal.dtype == bool else small


def _wrong(truths: Sequence[Truth], phrases: Sequence[str], rng: np.random.Generator) -> str | None:
    """A phrase that is said of another image and not of this one."""
    others = [phrase for phrase in phrases if all(phrase != truth.phrase for truth in truths)]
    return others[rng.integers(len(others))] if others else None


def _measured(
    dream: "Dream", file: Path, truths: Sequence[Truth], wrong: str | None, method: str, stride: int | None
) -> dict[str, dict[str, list[float]]]:
    """By source and metric, the values of an image's places."""
    _, picture = images.read_image(file)
    phrases = list(dict.fromkeys(truth.phrase for truth in truths))
    maps = _maps(dream, picture, [*phrases, *([wrong] if wrong else [])], method, stride)
    figures: dict[str, dict[str, list[float]]] = {}
    for truth in truths:
        into = figures.setdefault(truth.source, {})
        size = truth.unreal.shape[1], truth.unreal.shape[0]
        scores = 1 - resized(maps[truth.phrase], size, Image.Resampling.BILINEAR)
        for name, value in _compared(scores, truth.unreal).items():
            into.setdefault(name, []).append(value)
        if wrong and "auroc" in into and _is_mask(truth.unreal):
            other = metrics.pixel_auroc(1 - resized(maps[wrong], size, Image.Resampling.BILINEAR), truth.unreal > 0)
            into.setdefault("right_over_wrong", []).append(float(into["auroc"][-1] > other))
    return figures


def _maps(
    dream: "Dream", picture: Image.Image, phrases: Sequence[str], method: str, stride: int | None
) -> dict[str, np.ndarray]:
    """The map of each phrase at the method's grid; a phrase that claims nothing has the constant realistic map."""
    if method != "dense":
        return {phrase: dream.map(picture, phrase, method=method, stride=stride).values for phrase in phrases}
    found = dream.map(picture, ". ".join(phrases), findings=[Finding(phrase) for phrase in phrases])
    layers = dict(zip(found.phrases, found.layers, strict=True))
    return {phrase: layers.get(phrase, np.ones_like(found.values)) for phrase in phrases}


def _is_mask(unreal: np.ndarray) -> bool:
    return bool(np.isin(unreal, (0, 1)).all() and 0 < unreal.mean() < 1)


def _compared(scores: np.ndarray, unreal: np.ndarray) -> dict[str, float]:
    figures = {"mse": metrics.squared_error(np.clip(scores, 0, 1), unreal)}
    if _is_mask(unreal):
        figures |= {name: metric(scores, unreal > 0) for name, metric in _OF_PLACES.items()}
    if 0 < (unreal > 0).mean() < 1 and np.clip(scores, 0, None).sum() > 0:
        figures |= {name: metric(np.clip(scores, 0, None), unreal) for name, metric in _OF_HEAT.items()}
        figures["nss"] = metrics.normalised_scanpath(scores, unreal > 0)
    return figures


def _summary(measured: Sequence[dict[str, list[float]]]) -> dict[str, Any]:
    """Means over images, so that an image with many places counts once, with bootstrap intervals over images."""
    summary: dict[str, Any] = {"n": sum(len(each["mse"]) for each in measured), "images": len(measured)}
    for name in METRICS:
        values = [float(np.mean(each[name])) for each in measured if name in each]
        if values:
            interval = metrics.bootstrap_interval(values)
            summary[name] = round(interval.mean, 4)
            summary[f"{name}_ci"] = [round(interval.low, 4), round(interval.high, 4)]
    return summary
