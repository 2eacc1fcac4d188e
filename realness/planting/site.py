"""What a kind gets to work on: the patch around the mask, and the rest of the photograph to borrow from."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from realness.planting.masks import Area
from realness.planting.sampling import blur, luma, resize, soft_noise

_FLAT = 3.0
"""Mean detail, in gray levels, below which a change of texture would not be seen."""


@dataclass(frozen=True)
class Site:
    """One planting place with its surroundings.

    Attributes:
        photograph: `(H, W, 3)` uint8.
        area: where, with its soft border.
        strength: in [0, 1], from subtle to plain.
    """

    photograph: np.ndarray
    area: Area
    strength: float

    @property
    def patch(self) -> np.ndarray:
        """The pixels of the area's box, `(h, w, 3)` float32."""
        return self.photograph[self.area.rows, self.area.columns].astype(np.float32)

    def between(self, subtle: float, plain: float) -> float:
        """The value of a setting that is `subtle` at strength 0 and `plain` at strength 1."""
        return subtle + (plain - subtle) * self.strength

    def mix(self, changed: np.ndarray) -> np.ndarray:
        """Blend a changed patch in, by the soft border."""
        patch = self.patch
        return patch + (changed - patch) * self.area.alpha[..., None]

    def textured(self, rng: np.random.Generator) -> np.ndarray:
        """The patch; where it is flat, with detail borrowed from elsewhere, so that a changed texture can be seen."""
        patch = self.patch
        if detail(patch, self.area.alpha) >= _FLAT:
            return patch
        donor = self.elsewhere(rng, 0.8, 1.25)
        borrowed = donor - blur(donor, 6)
        spread = float(borrowed.std())
        if spread < _FLAT:  # the whole photograph is flat
            borrowed = soft_noise(rng, patch.shape[:2], 7)[..., None]
            spread = 1.0
        return patch + borrowed * np.float32(self.between(9, 20) / max(spread, 1e-3))

    def elsewhere(self, rng: np.random.Generator, smallest: float = 1.0, largest: float = 1.0) -> np.ndarray:
        """Another part of the photograph, as large as the patch: the richest in detail of six drawn at random.

        Args:
            rng: the source of all chance.
            smallest: lower limit of the scale at which it is shown.
            largest: upper limit of that scale.
        """
        height, width = self.area.alpha.shape
        scale = np.exp(rng.uniform(np.log(smallest), np.log(largest)))
        full_y, full_x = self.photograph.shape[:2]
        cut_y, cut_x = min(full_y, max(2, round(height / scale))), min(full_x, max(2, round(width / scale)))
        tops = rng.integers(0, full_y - cut_y + 1, 6)
        lefts = rng.integers(0, full_x - cut_x + 1, 6)
        best, richest = 0, -1.0
        for which, (top, left) in enumerate(zip(tops, lefts, strict=True)):
            # Every third pixel is enough to compare by.
            thin = self.photograph[top : top + cut_y : 3, left : left + cut_x : 3, 1].astype(np.float32)
            richness = float(np.abs(np.diff(thin, axis=0)).sum() + np.abs(np.diff(thin, axis=1)).sum())
            away = abs(top - self.area.rows.start) + abs(left - self.area.columns.start) > (cut_y + cut_x) / 4
            if richness * (1 if away else 0.2) > richest:
                best, richest = which, richness * (1 if away else 0.2)
        cut = self.photograph[tops[best] : tops[best] + cut_y, lefts[best] : lefts[best] + cut_x]
        if rng.random() < 0.5:
            cut = cut[:, ::-1]
        return cut.astype(np.float32) if cut.shape[:2] == (height, width) else resize(cut, (height, width))


Effect = Callable[[Site, np.random.Generator], np.ndarray]
"""Changes a site's patch: returns it whole, `(h, w, 3)` float32, unchanged where the area's alpha is 0."""


def detail(patch: np.ndarray, alpha: np.ndarray) -> float:
    """Mean absolute difference, in gray levels, between a patch and its blur, where `alpha` is not 0."""
    brightness = luma(patch)
    return float(np.abs(brightness - blur(brightness, 3))[alpha > 0].mean())
