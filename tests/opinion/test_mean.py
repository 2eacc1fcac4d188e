"""Opinion statistics."""

import pytest

from realness.errors import InvalidValue
from realness.opinion import mean_opinion


def test_the_interval_is_students_t():
    # t(0.975, 4) = 2.7764; sd of 10, 20, 30, 40, 50 = 15.8114; half = 19.6324
    found = mean_opinion([10, 20, 30, 40, 50])
    assert found.mean == 30
    assert found.low == pytest.approx(10.3676, abs=1e-3)
    assert found.high == pytest.approx(49.6324, abs=1e-3)


def test_few_ratings_have_no_interval():
    assert mean_opinion([40, 60]).low is None


def test_the_interval_stays_on_the_scale():
    assert mean_opinion([100, 100, 100, 90, 100]).high == 100


def test_no_ratings_are_no_score():
    with pytest.raises(InvalidValue):
        mean_opinion([])
