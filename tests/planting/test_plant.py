"""Planting: what changes, where, and that it can be repeated."""

import numpy as np
import pytest

from realness.errors import InvalidValue
from realness.planting import KINDS, plant, scene
from realness.planting.masks import random_area
from realness.planting.sampling import blur, luma
from realness.planting.variants import VARIANTS

SEAM = 2.0
"""A mask's border may be at most this much steeper, on average, than what lies inside it."""


@pytest.fixture(scope="module")
def photograph():
    return scene(np.random.default_rng(3), (256, 192))


def seeded(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_plants_the_same(photograph, kind):
    first, second = plant(photograph, kind, seeded(5)), plant(photograph, kind, seeded(5))
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.mask, second.mask)
    assert (first.phrase, first.strength) == (second.phrase, second.strength)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_changes_outside_the_mask_and_much_inside(photograph, kind):
    for seed in range(8):
        planted = plant(photograph, kind, seeded(seed), strength=0.6)
        assert planted.image.dtype == np.uint8
        assert planted.mask.any()
        assert np.array_equal(planted.image[~planted.mask], photograph[~planted.mask])
        assert np.array_equal(planted.original, photograph)
        change = np.abs(planted.image.astype(int) - photograph)[planted.mask].mean()
        assert change > 2, f"{kind}, seed {seed}: mean change {change:.2f}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_plainer_planting_changes_more(photograph, kind):
    mask = np.zeros(photograph.shape[:2], bool)
    mask[50:140, 70:170] = True
    subtle, plain = (
        np.mean([_change(plant(photograph, kind, seeded(s), mask=mask, strength=value)) for s in range(6)])
        for value in (0.1, 1.0)
    )
    assert plain > subtle


@pytest.mark.parametrize("kind", KINDS)
def test_even_a_flat_image_shows_the_change(kind):
    flat = np.full((160, 200, 3), 120, np.uint8)
    seen = [_change(plant(flat, kind, seeded(seed), strength=0.8)) for seed in range(6)]
    needs_content = {"stretched", "duplicated", "merged", "oversharp"}
    if kind not in needs_content:
        assert np.mean(seen) > 0.5


def test_every_kind_has_other_ways_for_training():
    assert set(VARIANTS) == set(KINDS)


@pytest.mark.parametrize(("kind", "effect"), [(kind, one) for kind in KINDS for one in VARIANTS[kind]])
def test_every_other_way_shows_and_stays_inside_its_mask(photograph, kind, effect, monkeypatch):
    monkeypatch.setitem(VARIANTS, kind, (effect,))
    shown = []
    for seed in range(10):
        planted = plant(photograph, kind, seeded(seed), strength=0.7, varied=True)
        again = plant(photograph, kind, seeded(seed), strength=0.7, varied=True)
        assert np.array_equal(planted.image, again.image)
        assert np.array_equal(planted.image[~planted.mask], photograph[~planted.mask])
        shown.append(_change(planted))
    assert np.mean(shown) > 2


def test_varied_places_are_smaller_larger_and_harder():
    usual, varied = ([random_area(seeded(s), (384, 512), varied=v) for s in range(300)] for v in (False, True))
    assert min(a.extent for a in varied) < min(a.extent for a in usual)
    assert max(a.extent for a in varied) > max(a.extent for a in usual)
    hard = [set(np.unique(area.alpha)) <= {0.0, 1.0} for area in varied]
    assert 0.2 < np.mean(hard) < 0.5
    assert not any(set(np.unique(area.alpha)) <= {0.0, 1.0} for area in usual)


def _change(planted):
    return np.abs(planted.image.astype(int) - planted.original)[planted.mask].mean()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("pasted", "noisy", "pixelated")])
def test_the_border_of_the_mask_shows_no_seam(photograph, kind):
    """Differences between neighbours across the border, of the change alone, against those inside."""
    across, inside = [], []
    for seed in range(10):
        planted = plant(photograph, kind, seeded(seed), strength=0.7)
        change = luma(planted.image.astype(np.float32) - planted.original)
        step = np.abs(np.diff(change, axis=1))
        border = planted.mask[:, 1:] != planted.mask[:, :-1]
        within = planted.mask[:, 1:] & planted.mask[:, :-1]
        across.append(step[border].mean())
        inside.append(step[within].mean())
    assert np.mean(across) <= SEAM * np.mean(inside) + 0.5


def test_a_given_mask_is_kept_exactly(photograph):
    rng = seeded(1)
    mask = blur(rng.standard_normal(photograph.shape[:2]).astype(np.float32), 12) > 0.02
    for kind in KINDS:
        planted = plant(photograph, kind, seeded(2), mask=mask)
        assert np.array_equal(planted.mask, mask)
        assert np.array_equal(planted.image[~mask], photograph[~mask])


def test_masks_lie_everywhere_on_the_image():
    rng, cover = seeded(0), np.zeros((384, 512))
    for _ in range(1200):
        area = random_area(rng, cover.shape)
        cover[area.rows, area.columns] += area.alpha > 0
    blocks = cover[64:-64, 64:-64].reshape(2, 128, 3, 128).mean(axis=(1, 3))
    assert blocks.min() > 0.75 * blocks.mean()
    assert blocks.max() < 1.25 * blocks.mean()
    assert cover[:8].mean() > 0.3 * blocks.mean()


def test_masks_are_as_large_as_promised():
    extents = [random_area(seeded(seed), (384, 512)).extent for seed in range(300)]
    assert 40 < np.median(extents) < 110
    assert max(extents) < 190


@pytest.mark.parametrize("shape", [(8, 8), (9, 301), (300, 9), (33, 17, 3), (97, 64)])
def test_small_gray_and_narrow_images_work(shape):
    image = seeded(7).integers(0, 256, shape, dtype=np.uint8)
    for kind in KINDS:
        for seed in range(4):
            planted = plant(image, kind, seeded(seed))
            assert planted.image.shape == (*shape[:2], 3)
            assert planted.mask.any()
            assert np.array_equal(planted.image[~planted.mask], planted.original[~planted.mask])


def test_the_photograph_given_is_not_changed(photograph):
    before = photograph.copy()
    for kind in KINDS:
        plant(photograph, kind, seeded(0))
    assert np.array_equal(photograph, before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "haunted"}, "kind must be one of"),
        ({"strength": 1.2}, "strength must be from 0 to 1"),
        ({"phrasing": "shouted"}, "phrasing must be one of"),
        ({"mask": np.zeros((192, 256), bool)}, "at least one True"),
        ({"mask": np.ones((10, 10), bool)}, "photograph's shape"),
        ({"photograph": np.zeros((4, 4, 3), np.uint8)}, "at least 8 pixels"),
        ({"photograph": np.zeros((40, 40, 3), np.float32)}, "uint8"),
    ],
)
def test_what_cannot_be_used_is_refused(photograph, arguments, message):
    given = {"photograph": photograph, "kind": "warped", "rng": seeded(0)} | arguments
    with pytest.raises(InvalidValue, match=message):
        plant(given.pop("photograph"), given.pop("kind"), given.pop("rng"), **given)
