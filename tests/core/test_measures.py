"""Correlations and their intervals."""

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from realness.core.measures import agreement, difference, plcc, plcc_logistic, rmse, srocc

RNG = np.random.default_rng(0)
RATED = RNG.uniform(0, 100, 80)
CLOSE = RATED + RNG.normal(0, 15, 80)
FAR = RATED + RNG.normal(0, 60, 80)


def test_correlations_are_scipys_ties_included():
    rounded = np.round(CLOSE, -1)
    assert srocc(rounded, RATED) == pytest.approx(spearmanr(rounded, RATED).statistic)
    assert plcc(rounded, RATED) == pytest.approx(pearsonr(rounded, RATED).statistic)
    assert rmse(RATED + 3, RATED) == pytest.approx(3)


def test_a_constant_correlates_with_nothing():
    assert srocc(np.ones(80), RATED) == plcc(np.ones(80), RATED) == plcc_logistic(np.ones(80), RATED) == 0


def test_the_logistic_mapping_straightens_a_curve():
    bent = 1 / (1 + np.exp(-(RATED - 50) / 8))
    straight = plcc_logistic(RATED, 100 * bent)
    assert straight > 0.999 > plcc(RATED, 100 * bent) + 0.01
    assert plcc_logistic(-CLOSE, RATED) == pytest.approx(plcc(-CLOSE, RATED))  # it may not turn round


def test_the_interval_covers_as_often_as_it_says():
    """Of many samples from one population, about 95 % of the intervals hold its correlation."""
    rng, truth, held = np.random.default_rng(1), 0.6, 0
    for _ in range(60):
        one, other = rng.multivariate_normal([0, 0], [[1, truth], [truth, 1]], 120).T
        low, high = agreement([one], other).plcc_ci
        held += low <= truth <= high
    assert 51 <= held <= 60


def test_several_seeds_are_averaged():
    both = agreement([CLOSE, FAR], RATED)
    assert both.srocc == pytest.approx((srocc(CLOSE, RATED) + srocc(FAR, RATED)) / 2)
    assert both.ci[0] < both.srocc < both.ci[1]
    assert both.n == 80


def test_a_difference_is_paired():
    better = difference([CLOSE], [FAR], RATED)
    assert 0 < better.ci[0] < better.mean < better.ci[1]
    same = difference([CLOSE], [CLOSE], RATED)
    assert (same.mean, same.ci) == (0, (0, 0))
    assert difference([FAR], [CLOSE], RATED).mean == pytest.approx(-better.mean)
