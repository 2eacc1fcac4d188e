"""Domain objects check themselves when they are made."""

import math

import pytest

from realness.domain import (
    OpinionScore,
    Region,
    RegionShape,
    StudySettings,
    Submission,
    band,
    check_rating,
    check_text,
)
from realness.errors import InvalidValue


@pytest.mark.parametrize("value", [-0.1, 100.1, math.nan, math.inf, True, "50", None])
def test_a_rating_off_the_scale_is_refused(value):
    with pytest.raises(InvalidValue, match="0 to 100"):
        check_rating(value)


def test_bands_are_those_of_raise():
    assert [band(v) for v in (0, 19.9, 20, 40, 60, 80, 100)] == [
        "Bad", "Bad", "Poor", "Fair", "Good", "Excellent", "Excellent",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "coordinates", "size"),
    [
        (RegionShape.BOX, (5, 5, 5, 9), None),
        (RegionShape.BOX, (1, 2, 3), None),
        (RegionShape.BOX, (-1, 0, 3, 3), None),
        (RegionShape.POLYGON, (0, 0, 1, 1), None),
        (RegionShape.POLYGON, (0, 0, 1, 1, 2), None),
        (RegionShape.MASK, (3, 4), (2, 3)),
        (RegionShape.MASK, (6,), None),
        (RegionShape.BOX, (0, 0, math.nan, 3), None),
    ],
)
def test_a_region_that_is_none_is_refused(shape, coordinates, size):
    with pytest.raises(InvalidValue):
        Region(shape, coordinates, size)


def test_text_that_would_not_come_back_is_refused():
    assert check_text("ünï 🖐 <b>", "note") == "ünï 🖐 <b>"
    for bad in ("a\0b", "x" * 20_001, 5, "half \ud83d"):
        with pytest.raises(InvalidValue, match="note"):
            check_text(bad, "note")


@pytest.mark.parametrize(
    "given",
    [
        {"submission_id": "short"},
        {"submission_id": "bad id with spaces"},
        {"base_revision": -1},
        {"second_rating": 101.0},
        {"active_seconds": -1.0},
        {"active_seconds": math.nan},
        {"explanation": "x" * 20_001},
    ],
)
def test_a_submission_with_a_value_off_its_range_is_refused(given):
    values = {"submission_id": "12345678", "study_id": 1, "image_id": 1, "base_revision": 0} | given
    with pytest.raises(InvalidValue):
        Submission(**values)


def test_settings_and_scores_that_mean_nothing_are_refused():
    with pytest.raises(InvalidValue, match="order"):
        StudySettings(order="sideways")
    with pytest.raises(InvalidValue, match="overlap"):
        StudySettings(overlap=0)
    with pytest.raises(InvalidValue, match="rating or a z-score"):
        OpinionScore("raise")
