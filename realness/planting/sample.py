"""The sample study: photographs with planted inconsistencies, and descriptions that are not always right."""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from skimage.measure import approximate_polygon, find_contours

from realness.domain import Finding, Region, RegionShape, Verdict
from realness.planting.accounts import Claim, describe, faulty, say
from realness.planting.kinds import SAMPLE_KINDS
from realness.planting.masks import area_at
from realness.planting.photographs import photographs
from realness.planting.plant import plant
from realness.planting.subjects import SUBJECTS, Subject
from realness.planting.wording import place_of

_ROUNDS = 3
_UNTOUCHED = (3, 9, 14, 20, 26)
_WRONG = {1: "wrong_kind", 5: "missed", 8: "invented", 11: "verdict", 14: "invented", 17: "wrong_kind"}
_WRONG |= {19: "missed", 22: "invented", 24: "verdict"}
_LONG_SIDES = (512, 576, 640, 704, 768)
_LARGEST_SCALE = 1.35


@dataclass(frozen=True)
class SampleImage:
    """One image of the sample study, with what a machine said of it and what is true.

    Attributes:
        name: unique within the study.
        image: `(H, W, 3)` uint8.
        description: the machine's text, verdict first.
        verdict: the description's.
        findings: the description's parts, each verbatim in the text after the verdict, without regions.
        truth: what was planted: phrase, kind and outline; empty for an untouched image.
        is_wrong: whether the description was made inaccurate on purpose.
        photograph: the photograph it was made from.
    """

    name: str
    image: np.ndarray
    description: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    truth: tuple[Finding, ...]
    is_wrong: bool
    photograph: str


def sample_study(seed: int = 0) -> list[SampleImage]:
    """Make the sample study, the same for the same seed: 27 images over 9 photographs, 5 of them untouched."""
    rng = np.random.default_rng(seed)
    bases = photographs(gray=True)
    names = [str(name) for _ in range(_ROUNDS) for name in rng.permutation(list(SUBJECTS))]
    kinds = [str(kind) for _ in range(6) for kind in rng.permutation(SAMPLE_KINDS)]
    made = []
    for number, name in enumerate(names):
        fault = _WRONG.get(number)
        count = (
            0 if number in _UNTOUCHED else 2 if fault == "missed" else int(rng.choice((1, 2, 3), p=(0.5, 0.35, 0.15)))
        )
        chosen, kinds = kinds[:count], kinds[count:]
        made.append(_made(f"sample-{number + 1:02d}", name, bases[name], chosen, fault, rng))
    return made


def _made(
    title: str, name: str, photograph: np.ndarray, kinds: list[str], fault: str | None, rng: np.random.Generator
) -> SampleImage:
    image, subjects = _cropped(photograph, SUBJECTS[name], rng)
    claims, truth, taken, strengths = [], [], np.zeros(image.shape[:2], dtype=bool), []
    untouched = [subjects[which] for which in rng.permutation(len(subjects))]
    for kind in kinds:
        spot = _spot(untouched, taken, rng)
        if spot is None:
            break
        subject, mask = spot
        planted = plant(image, kind, rng, mask=mask, strength=float(rng.uniform(0.4, 0.9)))
        image, taken = planted.image, taken | planted.mask
        claim = Claim(kind, subject, place_of(planted.mask, rng))
        claims.append(claim)
        truth.append(Finding(say(claim, rng), kind=kind, regions=_outlines(planted.mask)))
        strengths.append(planted.strength)
        untouched = [other for other in untouched if _covered(other, taken) < 0.05]
    told = tuple(claims) if fault is None else faulty(fault, tuple(claims), tuple(untouched), rng)
    plain = len(claims) > 1 or (len(strengths) > 0 and max(strengths) > 0.65)
    account = describe(told, plain, tuple(subjects), rng)
    return SampleImage(
        title, image, account.text, account.verdict, account.findings, tuple(truth), fault is not None, name
    )


def _cropped(
    photograph: np.ndarray, subjects: tuple[Subject, ...], rng: np.random.Generator
) -> tuple[np.ndarray, list[Subject]]:
    """A large part of the photograph at a common size, and the subjects that it shows, in its own shares."""
    height, width = photograph.shape[:2]
    share = rng.uniform(0.84, 1)
    cut_y, cut_x = round(height * share), round(width * share)
    top, left = int(rng.integers(0, height - cut_y + 1)), int(rng.integers(0, width - cut_x + 1))
    sides = [side for side in _LONG_SIDES if side <= _LARGEST_SCALE * max(cut_y, cut_x)] or [_LONG_SIDES[0]]
    scale = int(rng.choice(sides)) / max(cut_y, cut_x)
    picture = Image.fromarray(photograph[top : top + cut_y, left : left + cut_x])
    image = np.asarray(picture.resize((round(cut_x * scale), round(cut_y * scale)), Image.Resampling.LANCZOS))
    shown = []
    for subject in subjects:
        x0, x1 = ((x * width - left) / cut_x for x in subject.box[::2])
        y0, y1 = ((y * height - top) / cut_y for y in subject.box[1::2])
        box = max(0.0, x0), max(0.0, y0), min(1.0, x1), min(1.0, y1)
        if (box[2] - box[0]) * (box[3] - box[1]) > 0.7 * (x1 - x0) * (y1 - y0) and box[2] > box[0]:
            shown.append(Subject(subject.noun, subject.plural, box))
    return image, shown


def _spot(subjects: list[Subject], taken: np.ndarray, rng: np.random.Generator) -> tuple[Subject, np.ndarray] | None:
    """The first subject with room for a mask that touches no other, and that mask."""
    height, width = taken.shape
    for subject in subjects:
        x0, y0, x1, y1 = subject.box
        middle = y0 + (y1 - y0) * rng.uniform(0.38, 0.62), x0 + (x1 - x0) * rng.uniform(0.38, 0.62)
        room = (y1 - y0) * height / 2, (x1 - x0) * width / 2
        half = tuple(float(np.clip(side * rng.uniform(0.65, 0.95), 20, 75)) for side in room)
        mask = area_at(rng, taken.shape, (middle[0] * height, middle[1] * width), (half[0], half[1])).mask
        if not (mask & taken).any():
            return subject, mask
    return None


def _covered(subject: Subject, taken: np.ndarray) -> float:
    """Share of a subject's box that is already planted on."""
    height, width = taken.shape
    x0, y0, x1, y1 = subject.box
    return float(taken[int(y0 * height) : int(y1 * height) + 1, int(x0 * width) : int(x1 * width) + 1].mean())


def _outlines(mask: np.ndarray) -> tuple[Region, ...]:
    """The outlines of a mask as polygons, to within a pixel."""
    regions = []
    for contour in find_contours(np.pad(mask, 1).astype(float), 0.5):
        corners = approximate_polygon(contour, 0.7)[:-1, ::-1] - 0.5  # minus the padding, plus half a pixel
        if len(corners) >= 3:
            regions.append(Region(RegionShape.POLYGON, tuple(round(float(v), 1) for v in corners.ravel())))
    return tuple(regions)
