"""Realness maps held against what people marked, and against what data sets say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from realness import images
from realness.domain import Finding, Region, Skipped, StoredReferenceMap
from realness.dream import metrics
from realness.dream.sampling import fitted, resized
from realness.errors import InvalidValue, UnreadableImage
from realness.images import rasterise
from realness.workbench.bench import Progress, Workbench, silent
from realness.workbench.references import load_reference_map
from realness.workbench.regions import region_examples

if TYPE_CHECKING:
    from realness.dream import Dream

PEOPLE = "people"
SOURCES = (PEOPLE, "reference", "all")
_NOTHING = (
    "there is no marked place to compare maps with ({}); mark findings in the app, or import a data set with regions: "
    "see docs/formats.md"
)
LONGEST = 512
"""Maps and answers are compared at this longest side: maps are smooth, and sorting 100 million pixels is not."""

Scores = Callable[[np.ndarray, np.ndarray], float]
_OF_PLACES: dict[str, Scores] = {
    "auroc": metrics.pixel_auroc,
    "ap": metrics.average_precision,
    "f1": metrics.f1_max,
    "pointing": metrics.pointing_game,
    "aupro": metrics.aupro,
}
_OF_HEAT: dict[str, Scores] = {
    "cc": metrics.correlation,
    "sim": metrics.similarity,
    "kld": metrics.divergence,
}
METRICS = ("auroc", "ap", "f1", "pointing", "aupro", "right_over_wrong", "mse", "nss", "cc", "sim", "kld", "auc_judd")


@dataclass(frozen=True, eq=False)
class Truth:
    """One place that is known to look unreal.

    Attributes:
        source: `people`, or the data set.
        phrase: what is said of it.
        unreal: `(h, w)` float32 in [0, 1]: a mask, or how strongly it was marked.
        is_heat: whether it is the latter.
    """

    source: str
    phrase: str
    unreal: np.ndarray
    is_heat: bool


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

    A map's unrealness, 1 - value, is held against masks by AUROC, AP, F1-max, pointing game and AUPRO, and against
    masks and heat maps by MSE, CC, SIM, KLD and AUC-Judd (as RichHF-18K does; for an empty heat map MSE alone).
    NSS goes with both. `right_over_wrong` is how often the phrase has a higher AUROC than one of another image.

    Args:
        source: `people`, `reference`, `all`, or the name of one data set.
        study: by name; None for all.
        limit: at most so many images.

    Raises:
        InvalidValue: there is nothing to compare with.
        NotFound: there is no study of that name.
        WeightsNotFound: the CLIP cannot be had.
    """
    from realness.dream import Dream  # noqa: PLC0415  torch, of which the app's process knows nothing
    from realness.dream.dream import check_method  # noqa: PLC0415

    check_method(method)
    found = MapEvaluation()
    places, hashes = _places(bench, source, study)
    files = list(places)[:limit]
    phrases = sorted({phrase for each in places.values() for phrase, _, _ in each})
    if not files:
        raise InvalidValue(_NOTHING.format(source))
    dream, rng = Dream.load(clip), np.random.default_rng(0)
    measured: list[dict[str, dict[str, list[float]]]] = []
    progress(0, len(files))
    for done, file in enumerate(files, 1):
        try:
            truths = [_truth(name, phrase, drawn()) for phrase, name, drawn in places[file]]
            picture = _picture(file, hashes.get(file))
            own = _measured(dream, picture, truths, _wrong(truths, phrases, rng), method, stride)
        except UnreadableImage as error:
            found.skipped.append(Skipped(file.name, str(error)))
        else:
            if own:
                measured.append(own)
            else:
                found.skipped.append(Skipped(file.name, "its marks lie outside of the image, or cover all of it"))
        progress(done, len(files))
    if not measured:
        raise InvalidValue(f"none of {len(files)} images could be compared: {found.skipped[0].reason}")
    names = sorted({name for own in measured for name in own})
    found.by_source = {name: _summary([own[name] for own in measured if name in own]) for name in names}
    found.overall = _summary([_together(own) for own in measured])
    return found


_Drawn = Callable[[], np.ndarray]


def _places(
    bench: Workbench, source: str, study: str | None
) -> tuple[dict[Path, list[tuple[str, str, _Drawn]]], dict[Path, str]]:
    """By image file: phrase, source and a way to the mask or heat map of each known place. Nothing is drawn yet.

    And the SHA-256 that a file is to have, where it was not held against it yet.
    """
    known: dict[Path, list[tuple[str, str, _Drawn]]] = {}
    hashes: dict[Path, str] = {}
    if source in (PEOPLE, "all"):
        for example in region_examples(bench, study):
            bits, shape = np.packbits(example.mask), example.mask.shape
            drawn = partial(_unpacked, bits, shape)
            known.setdefault(example.image, []).append((example.phrase, PEOPLE, drawn))
    if source == PEOPLE:
        return known, hashes
    store = bench.store.references
    for image in store.images_with_any(bench.store.studies.named(study).id if study else None):
        size = image.facts.width, image.facts.height
        into: list[tuple[str, str, _Drawn]] = []
        for found in store.regions_of(image.id):
            into.append((found.finding.phrase, found.source, partial(_mask, found.finding.regions, size)))
        for stored in store.maps_of(image.id):
            into.append((stored.phrase, stored.source, partial(_heat, bench, stored)))
        asked = [one for one in into if source in ("reference", "all", one[1])]
        if asked:
            file = bench.image_file(image)
            known.setdefault(file, []).extend(asked)
            hashes[file] = image.facts.sha256
    return known, hashes


def _picture(file: Path, sha256: str | None) -> Image.Image:
    facts, picture = images.read_image(file)
    if sha256 is not None and facts.sha256 != sha256:
        raise UnreadableImage("this image's file was changed since it was imported; import the original again")
    return picture


def _unpacked(bits: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    return np.unpackbits(bits, count=shape[0] * shape[1]).reshape(shape).astype(bool)


def _mask(regions: Sequence[Region], size: tuple[int, int]) -> np.ndarray:
    return np.logical_or.reduce([rasterise(region, size) for region in regions])


def _heat(bench: Workbench, stored: StoredReferenceMap) -> np.ndarray:
    return load_reference_map(bench, stored).values / np.float32(255)


def _together(own: dict[str, dict[str, list[float]]]) -> dict[str, list[float]]:
    """The figures of an image from all of its sources."""
    both: dict[str, list[float]] = {}
    for figures in own.values():
        for name, values in figures.items():
            both.setdefault(name, []).extend(values)
    return both


def _truth(source: str, phrase: str, unreal: np.ndarray) -> Truth:
    return Truth(source, phrase, _fitted(unreal), is_heat=unreal.dtype != bool)


def _fitted(unreal: np.ndarray) -> np.ndarray:
    return fitted(unreal, LONGEST)


def _wrong(truths: Sequence[Truth], phrases: Sequence[str], rng: np.random.Generator) -> str | None:
    """A phrase that is said of another image and not of this one."""
    others = [phrase for phrase in phrases if all(phrase != truth.phrase for truth in truths)]
    return others[rng.integers(len(others))] if others else None


def _measured(
    dream: "Dream", picture: Image.Image, truths: Sequence[Truth], wrong: str | None, method: str, stride: int | None
) -> dict[str, dict[str, list[float]]]:
    """By source and metric, the values of an image's places."""
    phrases = list(dict.fromkeys(truth.phrase for truth in truths))
    maps = _maps(dream, picture, [*phrases, *([wrong] if wrong else [])], method, stride)
    figures: dict[str, dict[str, list[float]]] = {}
    for truth in truths:
        if not truth.is_heat and not 0 < truth.unreal.mean() < 1:
            continue
        into = figures.setdefault(truth.source, {})
        size = truth.unreal.shape[1], truth.unreal.shape[0]
        scores = 1 - resized(maps[truth.phrase], size, Image.Resampling.BILINEAR)
        for name, value in _compared(scores, truth.unreal, truth.is_heat).items():
            into.setdefault(name, []).append(value)
        if wrong and not truth.is_heat:
            other = metrics.pixel_auroc(1 - resized(maps[wrong], size, Image.Resampling.BILINEAR), truth.unreal > 0)
            into.setdefault("right_over_wrong", []).append(float(into["auroc"][-1] > other))
    return figures


def _maps(
    dream: "Dream", picture: Image.Image, phrases: Sequence[str], method: str, stride: int | None
) -> dict[str, np.ndarray]:
    """The map of each phrase at the method's grid; a phrase that claims nothing has the constant realistic map."""
    findings = [Finding(phrase) for phrase in phrases]
    if method != "dense":  # they take a text as one: a map for each, and none is read for a verdict
        given = {"method": method, "findings": findings, "stride": stride}
        return {phrase: dream.map(picture, phrase, **given).values for phrase in phrases}
    found = dream.map(picture, ". ".join(phrases), findings=findings)
    layers = dict(zip(found.phrases, found.layers, strict=True))
    return {phrase: layers.get(phrase, np.ones_like(found.values)) for phrase in phrases}


def _compared(scores: np.ndarray, unreal: np.ndarray, is_heat: bool) -> dict[str, float]:
    scores = np.clip(scores, 0, 1)
    figures = {"mse": metrics.squared_error(scores, unreal)}
    if not is_heat:
        figures |= {name: metric(scores, unreal > 0) for name, metric in _OF_PLACES.items()}
    if unreal.any() and scores.any():
        figures |= {name: metric(scores, unreal) for name, metric in _OF_HEAT.items()}
    if unreal.any() and not unreal.all():
        figures |= {"auc_judd": metrics.auc_judd(scores, unreal)}
        figures |= {"nss": metrics.normalised_scanpath(scores, unreal > 0)}
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
