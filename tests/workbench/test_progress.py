"""How far a study is, and how long the rest takes."""

from datetime import date

from realness.store import StudyState, Vote
from realness.workbench.progress import study_done

TODAY = date(2025, 3, 20)
STATE = StudyState("one", images=10, overlap=2, complete=0, drafts=0)


def votes(reviewer, images, day, kind="review"):
    return [Vote(image, reviewer, kind, 50.0 if kind == "review" else None, None, False, 60.0, day) for image in images]


def test_days_left_come_from_the_pace_of_the_days_since_the_first_rating():
    given = [*votes("a", (1, 2), "2025-03-17"), *votes("a", (3,), "2025-03-18"), *votes("b", (1, 2, 3), "2025-03-20")]
    found = study_done(given, STATE, TODAY)
    assert (found.asked, found.given, found.left) == (20, 6, 14)
    assert found.a_day == 6 / 4  # four days, one of them without a rating
    assert found.days_left == 10  # 14 / 1.5, and a part of a day is a day
    assert found.days == {"2025-03-17": 2, "2025-03-18": 1, "2025-03-20": 3}


def test_days_left_are_not_told_from_two_days_nor_from_what_is_long_past():
    two = [*votes("a", (1,), "2025-03-19"), *votes("a", (2,), "2025-03-20")]
    assert study_done(two, STATE, TODAY).days_left is None
    past = [vote for at in range(1, 6) for vote in votes("a", (at,), f"2025-01-0{at}")]
    found = study_done(past, STATE, TODAY)
    assert (found.a_day, found.days_left, found.given) == (0, None, 5)
    assert study_done([], STATE, TODAY).days_left is None


def test_a_person_is_asked_for_what_others_have_left_open():
    given = [vote for name in "ab" for vote in votes(name, (1, 2, 3), "2025-03-20")]
    given += votes("c", (4,), "2025-03-20", "skip")
    people = {one.reviewer: (one.done, one.target) for one in study_done(given, STATE, TODAY).people}
    assert people == {"a": (3, 10), "b": (3, 10), "c": (1, 7)}


def test_a_skip_leaves_an_answer_missing_a_flag_does_not_and_neither_is_a_rating():
    given = votes("a", (1,), "2025-03-20", "skip") + votes("a", (2,), "2025-03-20", "flag")
    found = study_done(given, STATE, TODAY)
    assert (found.given, found.left) == (0, 19)
