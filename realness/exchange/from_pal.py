"""The `pal` layout: images and masks of what looks wrong in them, as mmsegmentation keeps them.

Source: Zhang et al., "Perceptual Artifacts Localization for Image Synthesis Tasks", arXiv 2310.05590 (PAL4VST); folders
`images/` and `masks/`, or `img_dir/` and `ann_dir/`, with or without splits, and a PNG of the same stem for each image.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from realness.domain import Finding, ImportedRecord, Region, RegionShape, Skipped
from realness.errors import ImportFailed, InvalidValue, RealnessError
from realness.exchange.from_raise import choose
from realness.exchange.pairs import Folders, Pair, pairs, splits
from realness.images import read_marks

PHRASE = "artifact"
_NAMES = (("images", "masks"), ("img_dir", "ann_dir"))
_MOST_RUNS = 1_000_000
"""More borders than any mask that people drew; a mask of noise would fill the database."""


def read(path: Path, split: str | None = None) -> Iterator[ImportedRecord | Skipped]:
    """Read images with their masks, one split after the other. A mask without a mark gives an image without a region.

    Raises:
        ImportFailed: `path` is no such tree, or has no split of that name.
    """
    root = path.resolve()
    found = splits(root, *_NAMES)
    if not found:
        raise ImportFailed(
            f"{path} has no images/ and masks/ (or img_dir/ and ann_dir/) in it; give the folder of both"
        )
    return _read(root, found if set(found) == {""} else choose(found, split), split, frozenset(found))


def _read(
    root: Path, found: dict[str, Folders], split: str | None, known: frozenset[str]
) -> Iterator[ImportedRecord | Skipped]:
    for name, folders in found.items():
        for pair in pairs(root, folders, ".png", known):
            yield pair if isinstance(pair, Skipped) else _record(pair, name or split)


def _record(pair: Pair, split: str | None) -> ImportedRecord | Skipped:
    try:
        marks = read_marks(pair.label)
        regions = (Finding(PHRASE, regions=(_region(marks),)),) if marks.any() else ()
    except RealnessError as error:
        return Skipped(pair.row, str(error))
    return ImportedRecord(
        row=pair.row, path=pair.image, name=pair.name, provider="pal", regions=regions, split=split, is_real=False
    )


def _region(marks: np.ndarray) -> Region:
    """A mask `(H, W)` bool as run lengths over its rows, the first run outside."""
    flat = marks.ravel()
    borders = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    if len(borders) > _MOST_RUNS:
        raise InvalidValue(f"has more than {_MOST_RUNS:,} runs of pixels; it is no mask that was drawn")
    runs = np.diff(np.concatenate(([0], borders, [flat.size])))
    outside_first = [0] if flat[0] else []
    height, width = marks.shape
    return Region(RegionShape.MASK, tuple(outside_first + runs.tolist()), (width, height))
