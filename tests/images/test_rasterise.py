"""Regions as masks: half-open, in the pixels of the image."""

import numpy as np
import pytest

from realness.domain import Region, RegionShape
from realness.errors import InvalidValue
from realness.images import bounding_box, rasterise

BOX, POLYGON, MASK = RegionShape.BOX, RegionShape.POLYGON, RegionShape.MASK


def test_coordinates_that_no_image_has_are_cut_off():
    for region in (
        Region(RegionShape.BOX, (1e308, 1, 1.7e308, 2)),
        Region(RegionShape.POLYGON, (1.7e308, 0.5, 0, 0.9, 0, 0.2)),
    ):
        assert rasterise(region, (6, 4)).shape == (4, 6)


def test_a_box_of_whole_numbers_is_exactly_its_pixels():
    inside = rasterise(Region(BOX, (2, 1, 5, 3)), (8, 6))
    expected = np.zeros((6, 8), dtype=bool)
    expected[1:3, 2:5] = True
    assert np.array_equal(inside, expected)


def test_shapes_that_share_an_edge_share_no_pixel_and_leave_none_out():
    left = rasterise(Region(POLYGON, (0, 0, 10, 0, 0, 7)), (10, 7))
    right = rasterise(Region(POLYGON, (10, 0, 10, 7, 0, 7)), (10, 7))
    assert not (left & right).any()
    assert (left | right).all()


def test_a_polygon_is_the_same_either_way_around_and_follows_the_centres_of_pixels():
    points = np.array([(1.2, 0.7), (9.4, 2.1), (7.5, 8.8), (3.3, 6.0)])
    inside = rasterise(Region(POLYGON, tuple(points.ravel())), (12, 10))
    assert np.array_equal(inside, rasterise(Region(POLYGON, tuple(points[::-1].ravel())), (12, 10)))
    ends = np.roll(points, -1, axis=0)
    ys, xs = np.mgrid[:10, :12] + 0.5
    sides = [(x1 - x0) * (ys - y0) - (y1 - y0) * (xs - x0) for (x0, y0), (x1, y1) in zip(points, ends, strict=True)]
    assert np.array_equal(inside, (np.stack(sides) > 0).all(axis=0))


def test_a_loop_drawn_twice_over_has_no_hole():
    once = (1, 1, 7, 1, 7, 7, 1, 7)
    assert rasterise(Region(POLYGON, once + once), (9, 9)).sum() == 36


def test_run_lengths_go_over_the_rows_and_start_outside():
    inside = rasterise(Region(MASK, (1, 2, 2, 1), (3, 2)), (3, 2))
    assert inside.tolist() == [[False, True, True], [False, False, True]]
    assert rasterise(Region(MASK, (0, 6), (3, 2)), (3, 2)).all()


@pytest.mark.parametrize("region", [Region(MASK, (1, 5), (3, 2)), Region(MASK, (1.5, 4.5), (3, 2))])
def test_a_mask_that_does_not_fit_is_refused(region):
    with pytest.raises(InvalidValue):
        rasterise(region, (2, 3) if region.coordinates == (1, 5) else (3, 2))


def test_a_mark_thinner_than_a_pixel_is_not_lost_and_one_outside_is_cut_off():
    assert np.argwhere(rasterise(Region(BOX, (2.6, 1.1, 2.9, 1.3)), (4, 4))).tolist() == [[1, 2]]
    assert rasterise(Region(BOX, (2, 2, 9, 9)), (4, 4)).sum() == 4
    assert not rasterise(Region(BOX, (8, 8, 9, 9)), (4, 4)).any()


@pytest.mark.parametrize("seed", range(20))
def test_the_box_around_regions_holds_every_pixel_of_theirs_and_touches_them(seed):
    rng = np.random.default_rng(seed)
    mask = rng.random((7, 9)) > 0.9
    runs = np.diff(np.flatnonzero(np.diff(np.concatenate(([0], mask.ravel(), [0])))), prepend=0)
    runs = [*runs, mask.size - sum(runs)]
    region = Region(RegionShape.MASK, tuple(float(v) for v in runs), (9, 7))
    ys, xs = np.nonzero(mask)
    expected = (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1) if len(xs) else None
    assert bounding_box([region], (9, 7)) == expected


def test_the_box_around_regions_ends_at_the_images_edge():
    box = Region(RegionShape.BOX, (2.0, 3.0, 50.0, 60.0))
    triangle = Region(RegionShape.POLYGON, (1.0, 9.0, 4.0, 2.0, 5.0, 5.0))
    assert bounding_box([box, triangle], (20, 10)) == (1.0, 2.0, 20.0, 10.0)
    assert bounding_box([Region(RegionShape.BOX, (30.0, 0.0, 40.0, 5.0))], (20, 10)) is None
    assert bounding_box([], (20, 10)) is None
