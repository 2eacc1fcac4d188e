"""Statistics of a study: who did what, how far they agree, what leaves as a file."""

import csv
import json

import numpy as np
import pytest
from builders import make_description, make_image, make_submission
from panel import answer, reviewer

from realness.cli import main
from realness.domain import Judgement, StudySettings
from realness.errors import CannotWrite, NotFound
from realness.workbench.stats import opinion_statistics, statistics_of, write_opinions


@pytest.fixture
def study(store):
    """Six images, two for each; three people, one of whom is strict and one of whom skips."""
    made = store.studies.create("three", StudySettings(overlap=3))
    said = [make_description(planted_wrong=at == 0) for at in range(6)]
    store.images.add(made.id, [make_image(description=each) for each in said])
    made = store.studies.named("three")
    answer(store, made, reviewer(store, "ann"), [80, 70, 60, 50, 40, 30])
    answer(store, made, reviewer(store, "bob"), [60, 50, 40, 30, 20, 10], active_seconds=90.0)
    answer(store, made, reviewer(store, "eve"), [None, 60, 50], judgement=Judgement.WRONG)
    return made


def test_everybody_is_told_of_and_bias_is_not_disagreement(bench, study):
    found = opinion_statistics(bench, "three")
    (state,) = found.studies
    assert (state.images, state.overlap, state.complete, state.drafts) == (6, 3, 2, 0)
    ann, bob, eve = found.reviewers
    assert (ann.reviewer, ann.rated, ann.skipped, ann.mean, ann.minutes) == ("p-ann", 6, 0, 55, 0.5)
    assert (eve.rated, eve.skipped, bob.minutes) == (2, 1, 1.5)
    assert ann.bias == pytest.approx(10)
    assert bob.bias == pytest.approx(-10)
    assert eve.bias == pytest.approx(0)
    assert ann.inconsistency == pytest.approx(0, abs=1e-9)
    assert [(one.wrong_accepted, one.wrong_seen) for one in found.reviewers] == [(1, 1), (1, 1), (0, 0)]
    assert [one.mos.mean for one in found.images] == [70, 60, 50, 40, 30, 20]
    assert [one.p913 for one in found.images] == pytest.approx([70, 60, 50, 40, 30, 20])
    assert 0.3 < found.alpha.value < 0.9
    assert found.icc.value > 0.3
    assert found.without_p910 == "no image has 12 ratings"
    assert {(one.repeats, one.repeat_difference, one.gold_seen, one.gold_right) for one in found.reviewers} == {
        (0, None, 0, 0)
    }


def test_a_flag_makes_an_image_complete_as_a_rating_does_and_a_skip_does_not(store):
    made = store.studies.create("two", StudySettings(overlap=2))
    store.images.add(made.id, [make_image() for _ in range(2)])
    made = store.studies.named("two")
    for name in ("ann", "bob"):
        person = reviewer(store, name)
        image = store.assignments.next_image(made, person.id)
        store.reviews.submit(person.id, make_submission(made, image, kind="flag", reason="Private"))
        other = store.assignments.next_image(made, person.id)
        store.reviews.submit(person.id, make_submission(made, other, kind="skip"))
    (state,) = store.panel.states(made.id)
    assert state.complete == store.studies.complete()[made.id] == 1


def test_repeats_and_known_answers_are_told_of_those_who_had_some(bench, study):
    repeats, golds = {"p-ann": [(50.0, 54.0), (60.0, 58.0)]}, {"p-bob": [(10.0, 0.0, 20.0), (30.0, 0.0, 20.0)]}
    votes = bench.store.panel.votes(study.id)
    ann, bob, eve = statistics_of(votes, [], repeats=repeats, golds=golds).reviewers
    assert (ann.repeats, ann.repeat_difference, ann.gold_seen) == (2, 3, 0)
    assert (bob.repeats, bob.gold_seen, bob.gold_right) == (0, 2, 1)
    assert (eve.repeats, eve.gold_seen) == (0, 0)


def test_with_twelve_ratings_an_image_the_most_likely_scores_are_there(bench, store):
    made = store.studies.create("many", StudySettings(overlap=12))
    store.images.add(made.id, [make_image() for _ in range(60)])
    rng = np.random.default_rng(0)
    truth = np.linspace(20, 80, 60)
    for at in range(12):
        answer(store, made, reviewer(store, f"r{at}"), np.clip(truth + rng.normal(0, 6 + at, 60), 0, 100).tolist())
    found = opinion_statistics(bench)
    assert found.without_p910 is None
    likely = np.array([one.p910 for one in found.images])
    plain = np.array([one.mos.mean for one in found.images])
    assert np.abs(likely - truth).mean() < np.abs(plain - truth).mean()


def test_nothing_yet_is_no_failure(bench, store):
    assert opinion_statistics(bench).as_json()["ratings"] == 0
    store.studies.create("empty", StudySettings())
    found = opinion_statistics(bench, "empty")
    assert (found.images, found.alpha, found.studies[0].images) == ([], None, 0)
    with pytest.raises(NotFound):
        opinion_statistics(bench, "none")


def test_scores_leave_with_the_names_of_exports(bench, study, tmp_path):
    write_opinions(bench, opinion_statistics(bench), tmp_path / "mos.csv")
    with (tmp_path / "mos.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["mos"]) for row in rows] == [70, 60, 50, 40, 30, 20]
    assert [row["n"] for row in rows] == ["2", "3", "3", "2", "2", "2"]
    assert all(row["image"].endswith(".png") and len(row["image_sha256"]) == 64 for row in rows)
    assert {(row["low"], row["mos_p910"]) for row in rows} == {("", "")}
    with pytest.raises(CannotWrite, match="is a folder"):
        write_opinions(bench, opinion_statistics(bench), tmp_path)


def test_the_command_says_it_as_a_table_and_as_json(bench, study, tmp_path, capsys):
    shared = ["--db", bench.settings.database, "--data", str(bench.settings.data)]
    assert main(["stats", "--study", "three", *shared]) == 0
    told = capsys.readouterr().out
    assert "| p-bob | 6 | 0 | 0 | 35.0 | -10.0 | 0.0 | 1.5 | 1 of 1 |" in told
    assert "Krippendorff's alpha (interval): 0." in told
    assert main(["stats", "--json", "--out", str(tmp_path / "m.csv"), *shared]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (found["ratings"], found["rated"], found["out"]) == (14, 6, str(tmp_path / "m.csv"))
    assert {"mos", "alpha", "alpha_ci", "icc", "reviewers", "studies"} <= set(found)
