"""From the many ways a file may hold colour to 8-bit sRGB."""

import io
from typing import Any

import numpy as np
from PIL import Image, ImageCms

SURROUND = (0x77, 0x77, 0x77)
"""The viewer's neutral grey around an image, RGB: what lies behind transparent parts."""

READABLE_MODES = frozenset(
    {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "I;16", "I;16B", "I;16L"}
)
"""Pillow's modes that can be shown with 8 bits without guessing a range (`I`, `F` and `LAB` cannot)."""

_SRGB_TOLERANCE = 2
"""A profile that moves no colour by more than this, of 255, is sRGB."""


def to_srgb(image: Image.Image) -> Image.Image:
    """A fresh 8-bit `RGB`, or `RGBA` where the image is transparent, in sRGB and without any metadata.

    An embedded ICC profile is applied (relative colorimetric with black point compensation, as browsers do); one that
    is damaged, or made for another kind of pixels, is passed over as browsers pass it over.
    """
    profile = None if is_srgb(image) else _profile(image)
    plain = _plain(image)
    alpha = plain.getchannel("A") if plain.mode == "RGBA" else None
    if profile is None:
        shown = plain.copy() if plain.mode == "RGBA" else plain.convert("RGB")
    else:
        shown = _through(profile, plain)
        if alpha is not None:
            shown.putalpha(alpha)
    shown.info = {}
    return shown


def composited(image: Image.Image) -> Image.Image:
    """`RGB` as it is; `RGBA` laid over `SURROUND`."""
    if image.mode != "RGBA":
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, (*SURROUND, 255)), image).convert("RGB")


def is_srgb(image: Image.Image) -> bool:
    """True when the pixels can be shown as sRGB as they are: no usable ICC profile, or one that is sRGB itself."""
    profile = _profile(image)
    if profile is None:
        return True
    if image.mode == "CMYK" or _space(profile) != "RGB":
        return False
    steps = np.linspace(0, 255, 7).round().astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(7, -1, 3)
    moved = np.asarray(_through(profile, Image.fromarray(cube)), dtype=np.int16)
    return bool(np.abs(moved - cube).max() <= _SRGB_TOLERANCE)


def _profile(image: Image.Image) -> Any:
    """The embedded profile, opened, when it fits the image's pixels; None otherwise."""
    data = image.info.get("icc_profile")
    if not data:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        wanted = {"CMYK": ("CMYK",), "L": ("GRAY", "RGB"), "I;16": ("GRAY", "RGB")}.get(image.mode, ("RGB",))
        if _space(profile) not in wanted:
            return None
        _through(profile, Image.new("CMYK" if image.mode == "CMYK" else "RGB", (1, 1)))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return profile


def _space(profile: Any) -> str:
    return profile.profile.xcolor_space.strip()


def _through(profile: Any, image: Image.Image) -> Image.Image:
    source = {"GRAY": "L", "CMYK": "CMYK"}.get(_space(profile), "RGB")
    moved = ImageCms.profileToProfile(
        image.convert(source),
        profile,
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    assert moved is not None  # only an in-place call returns nothing
    return moved


def _plain(image: Image.Image) -> Image.Image:
    """One of `L`, `RGB`, `RGBA`, `CMYK`, 8 bits each."""
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("RGBA", "CMYK"):
        return image
    if _transparent(image):
        return image.convert("RGBA")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _transparent(image: Image.Image) -> bool:
    key = image.info.get("transparency")
    if isinstance(key, tuple):  # a colour that counts as transparent; a 16-bit one has no 8-bit twin
        return all(value <= 255 for value in key)
    return key is not None or image.mode in ("LA", "La", "PA", "RGBa")
