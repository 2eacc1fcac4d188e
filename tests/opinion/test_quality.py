"""Repeats and known answers, against figures worked out by hand."""

import pytest

from realness.opinion.quality import gold_accuracy, repeat_consistency


def test_repeats_are_told_by_their_mean_difference_and_the_spread_of_one_rating():
    found = repeat_consistency([(50, 54), (60, 58), (20, 24), (80, 78)])  # differences 4, -2, 4, -2
    assert found.n == 4
    assert found.difference == pytest.approx(3)
    # about their mean 1 the squares sum to 9 * 4 = 36; 36 / 3 = 12; half of that is one rating's variance
    assert found.deviation == pytest.approx(6**0.5)


def test_who_always_rates_higher_the_second_time_is_apart_but_does_not_spread():
    found = repeat_consistency([(10, 15), (50, 55), (70, 75)])
    assert (found.difference, found.deviation) == (5, 0)


def test_too_few_repeats_give_no_figure():
    assert repeat_consistency([]) == repeat_consistency(())
    assert (repeat_consistency([]).n, repeat_consistency([]).difference) == (0, None)
    one = repeat_consistency([(40, 47)])
    assert (one.n, one.difference, one.deviation) == (1, 7, None)


def test_a_known_answer_is_met_inside_its_range_and_on_its_edges():
    found = gold_accuracy([(10, 0, 20), (20, 0, 20), (0, 0, 20), (20.5, 0, 20), (79, 80, 100)])
    assert (found.n, found.right, found.share) == (5, 3, pytest.approx(0.6))
    assert gold_accuracy([]).share is None
