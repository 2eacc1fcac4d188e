"""Pictures of realness maps: an image with its map over it, as pixels, PNG and PDF. Needs no torch.

Colours run over how *unreal* a place is: a colour map's upper end is unreal, and what looks real stays as it is.
"""

import math
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image

from realness.atomic import write_bytes
from realness.domain import RealnessMap
from realness.dream import sheets
from realness.dream.sampling import resized
from realness.errors import InvalidValue
from realness.images import SURROUND

COLORMAP = "viridis"
"""Read by colour-blind people, ordered in grey, and on no skin or wood."""
ALPHA = 0.7
"""How much of the colour is seen where a place is as unreal as can be."""
HIDDEN = 0.25
"""What is less unreal than this stays as it is: that is what a map says where it knows nothing."""
KINDS = (".png", ".pdf")

_LARGEST, _LARGEST_OF_MANY = 4096, 1024
"""Longest side in pixels of a picture that stands alone, and of one among several; larger images are made smaller."""
_SMALLEST = sheets.NARROWEST
"""Width in pixels; smaller images are enlarged by a whole factor."""


def picture(
    image: Image.Image | np.ndarray,
    found: RealnessMap,
    target: Path,
    *,
    colormap: str = COLORMAP,
    alpha: float = ALPHA,
    layer: int | None = None,
    title: str | None = None,
) -> None:
    """Write an image with its map over it and a colour bar, whole or not at all.

    Args:
        image: the image that was mapped, RGB; a picture or `(H, W, 3)` uint8.
        found: its map.
        target: a `.png`, where the image keeps its own pixels if it is 360 to 4096 wide or high, or a `.pdf`.
        colormap: one of matplotlib's; its upper end is unreal, `NAME_r` turns it round.
        alpha: how much of the colour is seen where it is most unreal, in [0, 1].
        layer: index into `found.layers`; None for the combined map.
        title: stands above, on at most three lines.

    Raises:
        InvalidValue: the suffix, the colour map, the layer or alpha is no good, or the map is of another image.
        CannotWrite: the place does not allow it.
    """
    write_bytes(
        target, rendered(image, found, kind_of(target), colormap=colormap, alpha=alpha, layer=layer, title=title)
    )


def small_multiples(
    image: Image.Image | np.ndarray,
    found: RealnessMap,
    target: Path,
    *,
    colormap: str = COLORMAP,
    alpha: float = ALPHA,
    title: str | None = None,
) -> None:
    """Write the image, the combined map and the map of each finding one beside another; else as `picture`."""
    data = rendered(image, found, kind_of(target), colormap=colormap, alpha=alpha, title=title, layers=True)
    write_bytes(target, data)


def rendered(
    image: Image.Image | np.ndarray,
    found: RealnessMap,
    kind: str,
    *,
    colormap: str = COLORMAP,
    alpha: float = ALPHA,
    layer: int | None = None,
    title: str | None = None,
    layers: bool = False,
) -> bytes:
    """The bytes that `picture` writes, or `small_multiples` with `layers`; `kind` is `.png` or `.pdf`."""
    base = Image.fromarray(image) if isinstance(image, np.ndarray) else image.convert("RGB")
    if base.size != found.size:
        raise InvalidValue(f"the map is of an image of {found.size} pixels, not {base.size}; give the image it is of")
    if layer is not None and not 0 <= layer < len(found.layers):
        raise InvalidValue(f"this map has {len(found.layers)} layers, counted from 0; there is no layer {layer}")
    base = _at_size(base, _LARGEST_OF_MANY if layers else _LARGEST)
    caption = f"{found.method} map, CLIP {found.clip}"

    def ramp(width: int, height: int) -> Image.Image:
        """All values, unreal first, as they come out over grey."""
        values = np.linspace(0, 1, width, dtype=np.float32)[None].repeat(height, axis=0)
        return tinted(Image.new("RGB", (width, height), SURROUND), values, colormap, alpha)

    if not layers:
        values = found.values if layer is None else found.layers[layer]
        panels = [sheets.Panel(tinted(base, values, colormap, alpha), title or "")]
        return sheets.encoded(panels, "", caption, ramp, kind)
    named = [("All findings", found.values), *zip(found.phrases, found.layers, strict=True)]
    if len(found.layers) == 1:
        del named[0]  # the same map twice
    panels = [
        sheets.Panel(base, "The image"),
        *(sheets.Panel(tinted(base, v, colormap, alpha), phrase) for phrase, v in named),
    ]
    return sheets.encoded(panels, title or "", caption, ramp, kind)


def kind_of(target: Path, option: str = "--picture") -> str:
    """The suffix that tells how a picture is written.

    Raises:
        InvalidValue: it is neither `.png` nor `.pdf`.
    """
    if target.suffix.lower() not in KINDS:
        raise InvalidValue(f"{option} must end in .png or .pdf, got {target.name!r}")
    return target.suffix.lower()


def tinted(
    image: Image.Image, values: np.ndarray, colormap: str = COLORMAP, alpha: float = ALPHA, hidden: float = HIDDEN
) -> Image.Image:
    """An RGB image with a map over it, at the image's pixels.

    Args:
        values: `(h, w)` in [0, 1], higher = more realistic; sampled bilinearly to the image.
        colormap: as in `picture`.
        alpha: how much of the colour is seen at 0, in [0, 1].
        hidden: what is at most this unreal, in [0, 1), stays as it is.

    Raises:
        InvalidValue: the colour map is unknown, or alpha is off its scale.
    """
    if not 0 <= alpha <= 1:
        raise InvalidValue(f"alpha must be from 0 to 1, got {alpha}")
    unreal = 1 - np.clip(resized(values, image.size, Image.Resampling.BILINEAR), 0, 1)
    steps = np.rint(unreal * 255).astype(np.uint8)
    # As on the screens: nothing up to `hidden`, then quickly more.
    above = np.clip((np.arange(256) / 255 - hidden) / (1 - hidden), 0, 1)
    seen = np.rint(255 * alpha * above**0.55).astype(np.uint8)
    return Image.composite(Image.fromarray(colours(colormap)[steps]), image, Image.fromarray(seen[steps]))


@cache
def colours(name: str) -> np.ndarray:
    """A colour map of matplotlib as `(256, 3)` uint8.

    Raises:
        InvalidValue: there is none of this name.
    """
    if name not in matplotlib.colormaps:
        raise InvalidValue(
            f"there is no colour map {name!r}; take viridis, cividis, magma, inferno, gray or another of matplotlib's"
        )
    table = matplotlib.colormaps[name](np.linspace(0, 1, 256))[:, :3]
    table = np.rint(table * 255).astype(np.uint8)
    table.setflags(write=False)
    return table


def _at_size(image: Image.Image, largest: int) -> Image.Image:
    """The image at the pixels it is drawn with: its own where that can be."""
    long = max(image.size)
    if long > largest:
        width, height = (max(1, round(side * largest / long)) for side in image.size)
        return image.resize((width, height), Image.Resampling.LANCZOS)
    factor = max(1, min(math.ceil(_SMALLEST / image.width), largest // long))
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
