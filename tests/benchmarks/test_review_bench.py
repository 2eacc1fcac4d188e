"""The benchmark of reviewing: that it measures what it says, and that it would see what is lost."""

import sqlite3

import pytest

from benchmarks import review
from benchmarks.asking import Answers


@pytest.fixture(scope="module")
def measured():
    small = {"images": 150, "seconds": 1.0, "alone": 0.5, "few": 100, "many": 200, "turn": 0.5, "turns": 1}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(review, "QUICK", small)
        steps = []
        return review.run(quick=True, progress=lambda done, total: steps.append((done, total))), steps


def test_every_figure_is_there_and_nothing_is_lost(measured):
    found, steps = measured
    results = found["results"]
    assert set(review.LIMITS) <= set(results)
    assert (results["lost"], results["duplicated"], results["misassigned"], results["failed"]) == (0, 0, 0, 0)
    assert 0 < results["p50_ms"] <= results["p95_ms"]
    assert results["bare_p50_ms"] > 0
    assert steps[-1] == (6, 6)
    assert found["passed"] == all(target["met"] for target in found["targets"].values())


def test_what_is_lost_or_another_persons_is_seen(tmp_path, bench, store):
    from builders import given_image, make_study, make_submission

    study = make_study(store, images=2, overlap=2)
    image = given_image(store, study)
    store.reviews.submit(store.people.local().id, make_submission(study, image, submission_id="known-one"))
    text = "as it was sent"
    told = [Answers("local", [("known-one", image.key, text), ("never-kept", image.key, text)])]
    found = review.held_against(store.database.path, told)
    assert (found["lost"], found["misassigned"]) == (2, 0)  # one is not there, one has another text
    found = review.held_against(store.database.path, [Answers("somebody else", [("known-one", image.key, text)])])
    assert found["misassigned"] == 1
    assert sqlite3.connect(store.database.path).execute("SELECT count(*) FROM reviews").fetchone() == (1,)
