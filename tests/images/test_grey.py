"""Masks and heat maps: values, not pictures."""

import io

import numpy as np
import pytest
from PIL import Image

from realness.errors import UnreadableImage
from realness.images import read_grey, read_marks

VALUES = np.random.default_rng(0).integers(0, 256, (5, 7), dtype=np.uint8)


def encoded(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_a_heat_map_has_the_values_it_was_kept_with():
    assert np.array_equal(read_grey(encoded(Image.fromarray(VALUES))), VALUES)
    assert np.array_equal(read_grey(encoded(Image.fromarray(VALUES).convert("RGB"))), VALUES)


def test_a_jpeg_heat_map_is_close_to_what_it_was():
    smooth = np.add.outer(np.arange(32), np.arange(32)).astype(np.uint8) * 4
    found = read_grey(encoded(Image.fromarray(smooth), "JPEG", quality=95))
    assert np.abs(found.astype(int) - smooth).max() < 6


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"no image", "not an image"),
        (encoded(Image.fromarray(VALUES))[:-8], "cut short"),
        (encoded(Image.fromarray(VALUES.astype(np.uint16))), "8-bit grey"),
        (encoded(Image.fromarray(VALUES).convert("P")), "8-bit grey"),
        (encoded(Image.new("L", (40, 40))), "at most 1,000"),
    ],
)
def test_what_is_no_heat_map_is_refused_with_the_reason(data, reason):
    with pytest.raises(UnreadableImage, match=reason):
        read_grey(data, max_pixels=1000)


def test_marks_are_what_is_not_zero_and_transparency_is_none(tmp_path):
    marks = VALUES > 250
    image = Image.fromarray(marks.astype(np.uint8))
    layers = [Image.fromarray(np.zeros_like(VALUES))] * 2 + [image]
    opaque = Image.fromarray(np.full_like(VALUES, 255))
    for number, one in enumerate((image, Image.merge("RGB", layers), Image.merge("RGBA", [*layers, opaque]))):
        one.save(tmp_path / f"{number}.png")
        assert np.array_equal(read_marks(tmp_path / f"{number}.png"), marks)
