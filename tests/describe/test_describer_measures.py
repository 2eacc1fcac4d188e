"""Texts held against people's: what is alike, what had to be changed, and how sure that is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realness.describe.comparing import Part, Said, edit_rate, likeness, matched
from realness.describe.measures import compare, figures, kinds, paired
from realness.domain import Verdict


@pytest.mark.parametrize(
    ("machine", "corrected", "rate"),
    [
        ("Yes. The hand has six fingers.", "Yes. The hand has six fingers.", 0),
        ("Yes. The hand has five fingers.", "Yes. The hand has six fingers.", 1 / 6),
        ("six fingers on the hand", "on the hand six fingers", 1 / 5),  # moved together: one edit
        ("", "No.", 1),
        ("No.", "", 1),
        ("", "", 0),
    ],
)
def test_the_edit_rate_counts_edits_for_each_word_of_the_corrected_text(machine, corrected, rate):
    assert edit_rate(machine, corrected) == pytest.approx(rate)


def test_a_finding_in_other_words_is_the_same_one_and_another_finding_is_not():
    machine = [Part("the left hand has six fingers", key=1), Part("the roots look artificial", key=2)]
    people = [Part("the roots look oddly artificial"), Part("the man's left hand shows six fingers")]
    assert matched(machine, people) == {0: 1, 1: 0}
    assert matched([Part("the shadow falls the wrong way")], people) == {}
    assert likeness("The SIGN", "the sign") == 100


def test_what_a_person_answered_is_known_by_key_and_what_was_dropped_is_found_by_nobody():
    machine = [Part("the face is odd", key=1), Part("the arm is long", key=2)]
    reworded = [Part("one eye sits lower than the other", key=1), Part("the arm is long")]
    assert matched(machine, reworded) == {0: 0, 1: 1}
    assert matched(machine, reworded, frozenset({2})) == {0: 0}


def test_the_figures_of_images_are_ratios_of_sums():
    said = Said(Verdict.YES, "The arm is long.", (Part("The arm is long", "anatomy", 1), Part("a third leg", key=2)))
    wrong = Said(Verdict.NO, "")
    right = Said(Verdict.YES, "The arm is long.", (Part("The arm is long", "anatomy", 1),), frozenset({2}))
    found = figures([compare(said, [right]), compare(said, [wrong])])
    assert found["verdict_accuracy"].value == 0.5
    assert found["precision"].value == 0.25
    assert found["recall"].value == 1
    assert found["f1"].value == pytest.approx(2 / 5)
    assert found["words"].value == 4
    assert found["hter"].value == pytest.approx((0 + 5) / 2)
    assert all(one.low <= one.value <= one.high for one in found.values())
    assert kinds(said, [right]) == {"anatomy": {"recall": (1.0, 1.0), "precision": (1.0, 1.0)}}


def test_of_several_people_the_mean_counts():
    said = Said(Verdict.YES, "The arm is long.", (Part("The arm is long", key=1),))
    other = Said(Verdict.SOMEWHAT, "The arm is long.", (Part("The arm is long", key=1), Part("the sign is garbled")))
    found = compare(said, [said, other])
    assert found["verdict_accuracy"] == (0.5, 1.0)
    assert found["recall"] == (1.0, 1.5)


def test_without_anything_found_on_either_side_there_is_no_precision_and_no_recall():
    nothing = Said(Verdict.NO, "")
    assert set(figures([compare(nothing, [nothing])])) == {"verdict_accuracy", "hter", "chrf", "words"}


def test_a_describer_that_is_right_more_often_is_told_from_one_that_is_not():
    rng = np.random.default_rng(3)
    good = [{"verdict_accuracy": (float(rng.random() < 0.8), 1.0)} for _ in range(80)]
    bad = [{"verdict_accuracy": (float(rng.random() < 0.5), 1.0)} for _ in range(80)]
    found = paired(good, bad)["verdict_accuracy"]
    assert found.low > 0
    assert found.p < 0.01
    assert found.difference == pytest.approx(
        figures(good)["verdict_accuracy"].value - figures(bad)["verdict_accuracy"].value
    )
    same = paired(good, good)["verdict_accuracy"]
    assert (same.difference, same.low, same.high, same.p) == (0, 0, 0, 1)


def test_the_paired_test_is_wrong_about_as_often_as_it_says():
    rng = np.random.default_rng(7)
    ps = []
    for _ in range(150):
        both = rng.normal(size=(2, 30))
        ps.append(paired(*([{"hter": (float(v), 1.0)} for v in each] for each in both))["hter"].p)
    assert 0.01 <= np.mean(np.array(ps) < 0.1) <= 0.2


words = st.lists(st.sampled_from(["the", "hand", "sign", "is", "six", "odd", "a"]), max_size=12).map(" ".join)


@given(words, words)
def test_an_edit_rate_is_nothing_only_where_nothing_was_changed(machine, corrected):
    assert edit_rate(machine, corrected) >= 0
    assert (edit_rate(machine, corrected) == 0) == (machine == corrected)
