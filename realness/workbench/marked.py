"""The maps that people were shown held against the places that they marked. Stored maps only: no model is loaded."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from realness.domain import FindingState
from realness.dream import files as map_files
from realness.dream.ranks import Interval, auroc, bootstrap_interval, pointing
from realness.dream.sampling import fitted, resized
from realness.errors import InvalidValue, UnreadableImage
from realness.images import rasterise
from realness.store import Answered
from realness.workbench.bench import Workbench

MOST = 100
"""Images that are measured, at most: of more, so many at random, always the same."""
LONGEST = 128
"""Maps and marks are compared at this longest side: a hundred images take a second or two."""


@dataclass(frozen=True)
class MarkedImage:
    """One image.

    Attributes:
        auroc: of the map's unrealness, for the pixels that were marked.
        pointing: 1 where the map's most unreal pixel was marked, else 0.
        area: the share of the image that was marked: what `pointing` is by chance.
        clip: with which CLIP the map was computed.
    """

    image_id: int
    auroc: float
    pointing: float
    area: float
    clip: str


@dataclass(frozen=True)
class MarkedMaps:
    """What was found.

    Attributes:
        of: images that people marked and that may be told of; `images` are those measured.
        left_out: how many of those drawn have no map, or none that can be compared.
        auroc, pointing: means over the images with bootstrap 95 % intervals; None without an image.
    """

    images: Sequence[MarkedImage]
    of: int
    left_out: int
    auroc: Interval | None
    pointing: Interval | None


def marked_maps(bench: Workbench, study_id: int, visible: Collection[int] | None) -> MarkedMaps:
    """Every image's combined map against all that its reviewers marked on it together.

    Args:
        visible: the images that may be told of; None for all.
    """
    study = bench.store.studies.by_id(study_id)
    marked = [image for image in bench.store.regions.marked(study_id) if visible is None or image in visible]
    drawn = sorted(random.Random(0).sample(marked, min(MOST, len(marked))))
    answers: dict[int, list[Answered]] = {image: [] for image in drawn}
    for one in bench.store.regions.answered(study.name, drawn):
        answers[one.image.id].append(one)
    found = [measured for each in answers.values() if each and (measured := _measured(bench, each))]
    means = [bootstrap_interval(values) for values in zip(*((one.auroc, one.pointing) for one in found), strict=True)]
    hits, points = means or (None, None)
    return MarkedMaps(found, len(marked), len(drawn) - len(found), hits, points)


def _measured(bench: Workbench, answers: Sequence[Answered]) -> MarkedImage | None:
    """None where there is no map, or the marks are nowhere or everywhere."""
    image = answers[0].image
    said = bench.store.descriptions.newest(image.id)
    stored = bench.store.maps.of_text(image.id, said.description.text if said else None)
    if stored is None:
        return None
    try:
        found = map_files.load(bench.settings.data / stored.path, stored.sha256)
        marks = fitted(_marks(answers), LONGEST) > 0
        scores = 1 - resized(found.values, marks.shape[::-1], Image.Resampling.BILINEAR)
        return MarkedImage(image.id, auroc(scores, marks), pointing(scores, marks), float(marks.mean()), stored.clip)
    except (UnreadableImage, InvalidValue):
        return None


def _marks(answers: Sequence[Answered]) -> np.ndarray:
    facts = answers[0].image.facts
    places = np.zeros((facts.height, facts.width), dtype=bool)
    for answer in answers:
        for finding in answer.findings:
            if finding.state is not FindingState.DROPPED:
                for region in finding.regions:
                    places |= rasterise(region, (facts.width, facts.height))
    return places
