"""The kinds of inconsistency that can be planted, each with the function that makes it."""

from collections.abc import Callable

import numpy as np

from realness.planting import contents, shapes, surfaces
from realness.planting.site import Site

EFFECTS: dict[str, Callable[[Site, np.random.Generator], np.ndarray]] = {
    "warped": shapes.warped,
    "stretched": shapes.stretched,
    "smeared": shapes.smeared,
    "garbled": shapes.garbled,
    "broken_edge": shapes.broken_edge,
    "plastic": surfaces.plastic,
    "misplaced_blur": surfaces.misplaced_blur,
    "noisy": surfaces.noisy,
    "pixelated": surfaces.pixelated,
    "oversharp": surfaces.oversharp,
    "painted": surfaces.painted,
    "duplicated": contents.duplicated,
    "pasted": contents.pasted,
    "merged": contents.merged,
    "mismatched_light": contents.mismatched_light,
    "shadow": contents.shadow,
}
"""Each returns the whole patch, `(h, w, 3)` float32, unchanged where the area's alpha is 0."""

KINDS: tuple[str, ...] = tuple(EFFECTS)
