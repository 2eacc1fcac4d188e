"""The published maps: CLIP asked about every window of a sliding grid.

Two versions exist (Kaushik, Biswas, Paul, arXiv 2509.13289): `paper`, as the paper draws it, and `released`, as its
code computes it. Both take the whole description as one text. Here higher = more realistic in both.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, product

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from realness.clip import Clip
from realness.errors import InvalidValue

RELEASED_SIZE, RELEASED_STRIDE = 64, 8
PAPER_SIZES, PAPER_STRIDE = (128, 64, 32), 4
BATCH = 64


def window_starts(length: int, size: int, stride: int) -> range:
    """Where windows begin along one side, as the reference places them: none is flush with the far edge."""
    return range(0, length - size + 1, stride)


def count_windows(height: int, width: int, sizes: Sequence[int], stride: int) -> int:
    """How many windows all sizes have together.

    Raises:
        InvalidValue: the stride is below 1.
    """
    if stride < 1:
        raise InvalidValue(f"--stride must be 1 or more, got {stride}")
    fitted = [min(size, height, width) for size in sizes]
    return sum(len(window_starts(height, s, stride)) * len(window_starts(width, s, stride)) for s in fitted)


def corners_of(height: int, width: int, size: int, stride: int) -> Iterator[tuple[int, int]]:
    """The upper left pixels `(y, x)` of all windows of one size, which no side of the image is smaller than."""
    return product(window_starts(height, size, stride), window_starts(width, size, stride))


def mean_cosines(
    clip: Clip,
    image: Image.Image,
    texts: Sequence[str],
    size: int,
    stride: int,
    on_batch: Callable[[int], None] = lambda _count: None,
) -> np.ndarray:
    """At every pixel the mean cosine between each text and the windows that cover it. Windows are encoded once for all.

    A pixel that no window covers (the far edges, when the stride does not fit) takes the nearest covered value. An
    image smaller than a window is one window of its shorter side.

    Args:
        image: RGB.
        size, stride: of the windows, in pixels.
        on_batch: told how many windows were asked about.

    Nothing but the cutting is shared between windows that overlap: each is resized and encoded by itself, and what a
    CLIP makes of a pixel depends on where in its window it lies. `dense` is what shares.

    Returns:
        `(texts, H, W)` float32 in [-1, 1].
    """
    width, height = image.size
    size = min(size, height, width)
    corners = corners_of(height, width, size, stride)
    embedded = clip.encode_text(texts)
    cut = Cutter(clip, image, size)
    # Sums over windows by their four corners: adding each window to all its pixels would cost size x size.
    sums = np.zeros((len(texts), height + 1, width + 1))
    while batch := list(islice(corners, BATCH)):
        cosines = (clip.encode_image(cut(batch)) @ embedded.T).double().cpu().numpy()
        for (y, x), cosine in zip(batch, cosines, strict=True):
            sums[:, y, x] += cosine
            sums[:, y + size, x + size] += cosine
            sums[:, y, x + size] -= cosine
            sums[:, y + size, x] -= cosine
        on_batch(len(batch))
    for axis in (1, 2):  # in place: of a photograph of 100 megapixels this table takes 0.9 GB
        np.cumsum(sums, axis=axis, out=sums)
    rows, columns = _coverage(height, size, stride), _coverage(width, size, stride)
    return np.stack([_mean(one[:-1, :-1], rows, columns) for one in sums])


class Cutter:
    """Cuts square windows out of one image and preprocesses them together, on the CLIP's device.

    Resizes 8-bit pixels as PIL does, rounding included, so that a window looks to CLIP as it does to the reference.
    What a preprocess asks for besides (another filter, an input that is not square) is left to it, window by window.
    """

    def __init__(self, clip: Clip, image: Image.Image, size: int) -> None:
        self.clip, self.image, self.size = clip, image, size
        high, wide = clip.image_size
        self.filter = clip.model.visual.preprocess_cfg["interpolation"]
        self.together = high == wide and self.filter in ("bicubic", "bilinear")
        pixels = torch.from_numpy(np.array(image)).to(clip.device)
        self.windows = pixels.unfold(0, size, 1).unfold(1, size, 1)
        self.mean, self.std = (torch.tensor(each, device=clip.device).view(3, 1, 1) * 255 for each in clip.mean_std)

    def __call__(self, corners: Sequence[tuple[int, int]]) -> Tensor:
        """Preprocessed windows `(n, 3, S, S)` whose upper left pixels are at `(y, x)`."""
        size = self.size
        if not self.together:
            boxes = [(x, y, x + size, y + size) for y, x in corners]
            return torch.stack([self.clip.preprocess(self.image.crop(box)) for box in boxes])
        rows, columns = torch.tensor(corners, device=self.windows.device).unbind(dim=1)
        crops = self.windows[rows, columns].contiguous(memory_format=torch.channels_last)
        # torch resizes 8-bit images on the CPU only
        whole = self._resized(crops.float()).round_().clamp_(0, 255) if crops.is_cuda else self._resized(crops).float()
        return whole.sub_(self.mean).div_(self.std)

    def _resized(self, crops: Tensor) -> Tensor:
        return functional.interpolate(crops, self.clip.image_size, mode=self.filter, antialias=True)


def _coverage(length: int, size: int, stride: int) -> np.ndarray:
    """How many windows cover each pixel along one side. Of the image it is the product of both sides'."""
    counts = np.zeros(length)
    for start in window_starts(length, size, stride):
        counts[start : start + size] += 1
    return counts


def _mean(total: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Sums over their coverage; what no window covers takes the nearest covered value."""
    total /= np.maximum(rows, 1)[:, None]
    total /= np.maximum(columns, 1)
    mean = total.astype(np.float32)
    for axis, counts in ((0, rows), (1, columns)):
        if not counts.all():
            covered = np.flatnonzero(counts)
            after = np.clip(np.searchsorted(covered, np.arange(len(counts))), 0, len(covered) - 1)
            before = np.maximum(after - 1, 0)
            at = np.arange(len(counts))
            closer = np.abs(covered[before] - at) < np.abs(covered[after] - at)
            mean = mean.take(np.where(closer, covered[before], covered[after]), axis=axis)
    return mean


def released(cosine: np.ndarray) -> np.ndarray:
    """1 - min-max of the mean cosine: `(H, W)` in [0, 1]. A map without any difference is all realistic."""
    low, high = cosine.min(), cosine.max()
    return 1 - (cosine - low) / (high - low) if high > low else np.ones_like(cosine)


def paper(cosines: Sequence[np.ndarray]) -> np.ndarray:
    """The maximum over the scales of 1 - mean cosine, not stretched: `(H, W)` in [0, 2], rarely over 1."""
    return 1 - np.minimum.reduce(cosines)
