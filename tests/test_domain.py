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
    check_line,
    check_rating,
    check_text,
    name_key,
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
    "name",
    [
        "Screenshot 2026-11-26 at 3.00.00\u202fPM.png",  # as macOS names it
        "two\xa0words",
        "می\u200cخواهم",
        "👩\u200d💻",
    ],
)
def test_a_name_may_hold_every_space_and_what_joins_letters(name):
    assert check_line(f" {name} ", "a name", 100) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "\u200d",
        "\xa0",
        "x" * 101,
        "a\nb",
        "a\tb",
        "a\u2028b",
        "a\x9bb",
        "\u202egnp.a",
        "a\u2067b",
        "a\uffffb",
        "\ufdd0",
    ],
)
def test_a_name_that_cannot_be_shown_as_what_it_is_is_refused(name):
    with pytest.raises(InvalidValue, match="a name must have 1 to 100 characters on one line"):
        check_line(name, "a name", 100)


def test_names_that_people_take_for_one_are_one():
    for one, other in (
        ("Straße", "STRASSE"),
        ("Élan", "e\u0301lan"),
        ("Ärzte", "ärzte"),
        ("ａｎａ", "Ana"),
        ("Ana Lee", " ana\xa0 lee"),
        ("ana", "a\u200dna\ufe0f"),
    ):
        assert name_key(one) == name_key(other) == name_key(name_key(other))
    assert name_key("ana") != name_key("anna")


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
