"""The localisation metrics, on maps whose value can be told by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realness.dream.metrics import average_precision, bootstrap_interval, f1_max, pixel_auroc, pointing_game
from realness.errors import InvalidValue

METRICS = (pixel_auroc, average_precision, pointing_game, f1_max)


@pytest.fixture
def mask():
    mask = np.zeros((12, 16), dtype=bool)
    mask[2:6, 3:9] = True
    return mask


@pytest.mark.parametrize("metric", METRICS)
def test_a_perfect_map_gets_one(mask, metric):
    assert metric(mask.astype(np.float32), mask) == 1


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
