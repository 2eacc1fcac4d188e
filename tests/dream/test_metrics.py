"""The localisation metrics, on maps whose value can be told by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realness.dream.metrics import (
    auc_judd,
    aupro,
    average_precision,
    bootstrap_interval,
    correlation,
    divergence,
    f1_max,
    normalised_scanpath,
    pixel_auroc,
    pointing_game,
    similarity,
    squared_error,
)
from realness.errors import InvalidValue

METRICS = (pixel_auroc, average_precision, pointing_game, f1_max, aupro)


@pytest.fixture
def mask():
    mask = np.zeros((12, 16), dtype=bool)
    mask[2:6, 3:9] = True
    return mask


@pytest.mark.parametrize("metric", METRICS)
def test_a_perfect_map_gets_one(mask, metric):
    assert metric(mask.astype(np.float32), mask) == pytest.approx(1)


def test_the_opposite_map_gets_the_worst(mask):
    opposite = 1 - mask.astype(np.float32)
    assert pixel_auroc(opposite, mask) == 0
    assert pointing_game(opposite, mask) == 0
    assert average_precision(opposite, mask) == pytest.approx(mask.mean())


def test_a_constant_map_is_chance(mask):
    flat = np.full(mask.shape, 0.3)
    assert pixel_auroc(flat, mask) == 0.5
    assert average_precision(flat, mask) == pytest.approx(mask.mean())
    assert pointing_game(flat, mask) == pytest.approx(mask.mean())
    assert f1_max(flat, mask) == pytest.approx(2 * mask.mean() / (1 + mask.mean()))


def test_one_wrong_peak_fails_the_pointing_game_and_hardly_the_auroc(mask):
    scores = mask.astype(np.float32)
    scores[0, 0] = 2
    assert pointing_game(scores, mask) == 0
    assert pixel_auroc(scores, mask) == pytest.approx(1 - 1 / (~mask).sum())


def test_counted_by_hand():
    scores = np.array([[0.9, 0.8, 0.7, 0.1]])
    mask = np.array([[True, False, True, False]])
    assert pixel_auroc(scores, mask) == 0.75
    assert average_precision(scores, mask) == pytest.approx((1 + 2 / 3) / 2)
    assert f1_max(scores, mask) == pytest.approx(0.8)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 9), st.floats(-5, 5))
def test_only_the_order_of_the_scores_counts(seed, scale, shift):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 12, (6, 7)).astype(float)
    mask = rng.random((6, 7)) < 0.4
    mask[0, :2] = True, False
    for metric in METRICS:
        assert metric(scores * scale + shift, mask) == pytest.approx(metric(scores, mask))
        assert 0 <= metric(scores, mask) <= 1


@pytest.mark.parametrize("metric", METRICS)
def test_what_cannot_be_measured_is_refused(mask, metric):
    scores = np.zeros(mask.shape)
    with pytest.raises(InvalidValue, match="everything or nothing"):
        metric(scores, np.ones_like(mask))
    with pytest.raises(InvalidValue, match="one shape"):
        metric(scores.T, mask)
    with pytest.raises(InvalidValue, match="finite"):
        metric(np.where(mask, np.nan, 0.0), mask)


def test_the_interval_holds_the_mean_and_narrows_with_more_images():
    rng = np.random.default_rng(0)
    few, many = (bootstrap_interval(rng.normal(0.7, 0.1, n)) for n in (10, 1000))
    assert few.low < few.mean < few.high
    assert many.high - many.low < 0.3 * (few.high - few.low)
    assert many.low < 0.7 < many.high
    assert many.n == 1000


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(1)
    intervals = [bootstrap_interval(rng.normal(0, 1, 40), resamples=500, seed=i) for i in range(200)]
    assert 0.88 < np.mean([interval.low < 0 < interval.high for interval in intervals]) < 0.99


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(2).random(20)
    assert bootstrap_interval(values, seed=3) == bootstrap_interval(values, seed=3)


def test_an_interval_of_nothing_is_refused():
    with pytest.raises(InvalidValue, match="at least one value"):
        bootstrap_interval([])
    with pytest.raises(InvalidValue, match="between 0 and 1"):
        bootstrap_interval([0.5], confidence=95)


def test_per_region_overlap_counts_a_small_region_as_much_as_a_large_one():
    mask = np.zeros((10, 20), dtype=bool)
    mask[1:9, 1:9], mask[4:6, 14:16] = True, True
    large, small = np.zeros(mask.shape), np.zeros(mask.shape)
    large[1:9, 1:9], small[4:6, 14:16] = 1, 1
    assert aupro(mask.astype(float), mask) == pytest.approx(1)
    assert aupro(large, mask) == pytest.approx(aupro(small, mask))
    assert pixel_auroc(large, mask) > pixel_auroc(small, mask) + 0.2
    # one region found at once, the other as chance finds it: 0.5 and half of the mean of 0 and the limit
    assert aupro(large, mask) == pytest.approx(0.5 + 0.5 * 0.15)


def test_per_region_overlap_of_a_constant_map_is_chance(mask):
    assert aupro(np.full(mask.shape, 0.5), mask) == pytest.approx(0.15)


def test_maps_against_maps_by_hand():
    one, other = np.array([[0.0, 0.5], [0.5, 1.0]]), np.array([[0.0, 0.0], [0.0, 1.0]])
    assert squared_error(one, other) == pytest.approx(0.125)
    assert correlation(one, one) == pytest.approx(1)
    assert correlation(one, 1 - one) == pytest.approx(-1)
    assert correlation(one, np.full((2, 2), 0.3)) == 0
    assert similarity(one, other) == pytest.approx(0.5)
    assert divergence(one, other) == pytest.approx(np.log(2))
    assert divergence(one, one) == pytest.approx(0, abs=1e-12)
    assert auc_judd(one, other) == 1
    assert normalised_scanpath(one, other > 0) == pytest.approx(0.5 / one.std())
    assert normalised_scanpath(np.ones((2, 2)), other > 0) == 0


@pytest.mark.parametrize("compare", [squared_error, correlation, similarity, divergence])
def test_maps_that_cannot_be_compared_are_refused(compare):
    with pytest.raises(InvalidValue):
        compare(np.ones((2, 2)), np.ones((2, 3)))
    with pytest.raises(InvalidValue):
        compare(np.array([[np.nan, 1.0]]), np.ones((1, 2)))


def test_shares_of_an_empty_map_are_refused():
    for compare in (similarity, divergence):
        with pytest.raises(InvalidValue, match="not 0 everywhere"):
            compare(np.zeros((2, 2)), np.ones((2, 2)))
