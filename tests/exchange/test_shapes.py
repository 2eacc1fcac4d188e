"""Regions from numbers: what lies before the image is cut off, and nothing else is changed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realness.domain import Region, RegionShape
from realness.errors import InvalidValue
from realness.exchange.sentences import joined, phrase_of
from realness.exchange.shapes import box_between, polygon
from realness.images import rasterise

SIZE = 16
numbers = st.integers(-SIZE, SIZE * 2).map(float)


@given(corners=st.lists(numbers, min_size=4, max_size=4))
def test_a_box_is_the_same_from_whichever_corners(corners):
    x0, y0, x1, y1 = corners
    try:
        found = box_between(corners)
    except InvalidValue:
        assert x0 == x1 or y0 == y1 or max(x0, x1) <= 0 or max(y0, y1) <= 0
        return
    assert found == box_between([x1, y0, x0, y1])
    left, top, right, bottom = found.coordinates
    assert (right, bottom) == (max(x0, x1), max(y0, y1))
    assert (left, top) == (max(0.0, min(x0, x1)), max(0.0, min(y0, y1)))


@given(points=st.lists(numbers, min_size=6, max_size=6))
@settings(deadline=None)
def test_a_triangle_that_is_cut_off_covers_the_pixels_that_it_covered(points):
    """Held against the same triangle on an image that begins further up and left."""
    moved = Region(RegionShape.POLYGON, tuple(value + SIZE for value in points))
    whole = rasterise(moved, (SIZE * 3, SIZE * 3))[SIZE:, SIZE:]
    if whole.sum() <= 1:  # too thin for the centre of a pixel: its one mark is another one then
        return
    found = rasterise(polygon(points), (SIZE * 2, SIZE * 2))
    # Where an edge runs through the very centre of a pixel, rounding at the cut decides: one for each of two edges.
    assert (found != whole).sum(axis=1).max() <= 2


def test_a_polygon_inside_stays_as_it_is_and_a_cut_has_exact_corners():
    assert polygon([0, 1, 5, 1, 5, 4]).coordinates == (0.0, 1.0, 5.0, 1.0, 5.0, 4.0)
    assert set(zip(*[iter(polygon([-2, 0, 2, 0, 2, 4]).coordinates)] * 2, strict=True)) == {
        (0.0, 0.0), (2.0, 0.0), (2.0, 4.0), (0.0, 2.0),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["the hat melts", " A  dog!\n", "wait…", "so,"], "the hat melts. A dog! wait… so."),
        (["", "  "], ""),
        (["same", "same."], "same."),
    ],
)
def test_pieces_become_sentences_and_phrases_stand_in_them(pieces, text):
    assert joined(pieces) == text
    assert all(phrase_of(piece) in text for piece in pieces)
