"""What people marked, as examples for training: an image, a phrase and the pixels it is said of."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from realness.domain import FindingState, Verdict
from realness.errors import InvalidValue, UnreadableImage
from realness.images import rasterise
from realness.store import Answered
from realness.workbench.bench import Workbench


@dataclass(frozen=True, eq=False)
class RegionExample:
    """One finding that a person confirmed and marked.

    Attributes:
        image: the file, held against its hash.
        phrase: what looks unreal there.
        mask: `(H, W)` bool in the image's pixels, upright; True where it was marked.
        kind: of the finding, where known.
    """

    image: Path
    phrase: str
    mask: np.ndarray
    kind: str | None = None


def region_examples(
    bench: Workbench, study: str | None = None, excluded: dict[str, int] | None = None
) -> Iterator[RegionExample]:
    """The findings that people kept, reworded or added, with the places they marked, in order of saving.

    Only current reviews count; where an image was adjudicated in a study, the adjudication alone. The regions of one
    finding are one mask.

    Args:
        bench: the workbench.
        study: by name; None for all.
        excluded: what is left out is counted here by reason while it streams.

    Raises:
        NotFound: there is no study of that name.
    """
    left_out = {} if excluded is None else excluded
    for answer in _answered(bench, study):
        file = _file(bench, answer, left_out)
        size = answer.image.facts.width, answer.image.facts.height
        if file is None:
            continue
        for finding in answer.findings:
            if finding.state is FindingState.DROPPED:
                _count(left_out, "dropped")
                continue
            try:
                places = [rasterise(region, size) for region in finding.regions]
            except InvalidValue:
                _count(left_out, "mark does not fit the image")
                continue
            if places:
                yield RegionExample(file, finding.phrase, np.logical_or.reduce(places), finding.kind)
            else:
                _count(left_out, "no place marked")


def untouched_images(bench: Workbench, study: str | None = None) -> Iterator[Path]:
    """The files of images in which nobody found anything: every review that counts says `no`, without a finding.

    Files that are missing or changed are left out.

    Raises:
        NotFound: there is no study of that name.
    """
    said: dict[int, list[Answered]] = {}
    for answer in _answered(bench, study):
        said.setdefault(answer.image.id, []).append(answer)
    for answers in said.values():
        if all(answer.verdict is Verdict.NO and not _findings(answer) for answer in answers):
            file = _file(bench, answers[0], {})
            if file:
                yield file


def _answered(bench: Workbench, study: str | None) -> list[Answered]:
    if study is not None:
        bench.store.studies.named(study)
    return bench.store.regions.answered(study)


def _findings(answer: Answered) -> bool:
    return any(finding.state is not FindingState.DROPPED for finding in answer.findings)


def _file(bench: Workbench, answer: Answered, left_out: dict[str, int]) -> Path | None:
    try:
        return bench.checked_file(answer.image)
    except UnreadableImage:
        _count(left_out, "image missing or changed")
        return None


def _count(left_out: dict[str, int], reason: str) -> None:
    left_out[reason] = left_out.get(reason, 0) + 1
