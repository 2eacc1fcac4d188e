"""Saving reviews: once, never over another, never for what was not given."""

from datetime import datetime

import pytest
from builders import given_image, make_description, make_image, make_study, make_submission

from realness.domain import (
    FindingState,
    Judgement,
    OpinionScore,
    Region,
    RegionShape,
    ReviewedFinding,
    ReviewKind,
    ReviewRole,
    StudySettings,
    Verdict,
)
from realness.errors import Conflict, InvalidValue, Locked


@pytest.fixture
def reviewer(store):
    return store.people.local()


def test_a_review_comes_back_as_it_was_given(store, reviewer):
    study = make_study(store)
    image = given_image(store, study, rating=34)
    said = store.descriptions.newest(image.id)
    box, polygon = Region(RegionShape.BOX, (1, 2, 30, 40)), Region(RegionShape.POLYGON, (0, 0, 9, 0, 5, 8))
    findings = (
        ReviewedFinding(FindingState.REWORDED, "The hand has seven fingers", said.finding_ids[0], None, (box, polygon)),
        ReviewedFinding(FindingState.DROPPED, "the sign is garbled", said.finding_ids[1]),
        ReviewedFinding(FindingState.ADDED, "A shadow falls upwards", kind="shadow"),
    )
    given = make_submission(
        study, image, description_id=said.id, judgement=Judgement.PARTLY, verdict=Verdict.YES, findings=findings,
        explanation="Seven fingers — “ünï” 🖐", second_rating=20.0, active_seconds=12.5, note="odd",
    )  # fmt: skip
    saved = store.reviews.submit(reviewer.id, given)
    assert (saved.revision, saved.submission.rating) == (1, 34.0)
    kept = store.reviews.current(study.id, image.id, reviewer.id)
    assert kept == saved
    for name in ("judgement", "verdict", "explanation", "findings", "second_rating", "active_seconds", "note"):
        assert getattr(kept.submission, name) == getattr(given, name)


def test_an_adjudication_is_no_revision_of_the_same_persons_review(store, reviewer):
    study = make_study(store)
    image = given_image(store, study)
    mine = store.reviews.submit(reviewer.id, make_submission(study, image, explanation="As a reviewer."))
    judged = make_submission(
        study, image, role=ReviewRole.ADJUDICATOR, explanation="As an adjudicator.", sources=(), reason="Clearer"
    )
    assert store.adjudications.submit(reviewer.id, judged, None).revision == 1
    assert store.reviews.current(study.id, image.id, reviewer.id) == mine
    assert store.reviews.last(study.id, reviewer.id) == mine


def test_an_adjudication_cannot_come_in_as_a_review(store, reviewer):
    study = make_study(store)
    image = given_image(store, study)
    with pytest.raises(InvalidValue, match="no review"):
        store.reviews.submit(reviewer.id, make_submission(study, image, role=ReviewRole.ADJUDICATOR))


def test_the_same_submission_again_is_one_review(store, reviewer):
    study = make_study(store)
    given = make_submission(study, given_image(store, study))
    assert store.reviews.submit(reviewer.id, given) == store.reviews.submit(reviewer.id, given)
    assert store.studies.progress(study.id, reviewer.id).done == 1


def test_a_submission_id_cannot_be_used_for_another_image(store, reviewer):
    study = make_study(store)
    store.reviews.submit(reviewer.id, make_submission(study, given_image(store, study), submission_id="the-same-id"))
    other = make_submission(study, given_image(store, study), submission_id="the-same-id")
    with pytest.raises(InvalidValue, match="another review"):
        store.reviews.submit(reviewer.id, other)


def test_a_change_is_a_new_revision_and_the_old_one_stays(store, reviewer):
    study = make_study(store)
    image = given_image(store, study)
    first = store.reviews.submit(reviewer.id, make_submission(study, image, explanation="first"))
    store.reviews.submit(reviewer.id, make_submission(study, image, explanation="second", base_revision=1))
    assert store.reviews.current(study.id, image.id, reviewer.id).submission.explanation == "second"
    with store.database.read() as connection:
        kept = connection.exec_driver_sql("SELECT explanation FROM reviews ORDER BY revision").scalars().all()
    assert (first.revision, kept) == (1, ["first", "second"])


def test_a_stale_save_is_a_conflict_and_changes_nothing(store, reviewer):
    study = make_study(store)
    image = given_image(store, study)
    store.reviews.submit(reviewer.id, make_submission(study, image, explanation="from one tab"))
    with pytest.raises(Conflict, match="another tab"):
        store.reviews.submit(reviewer.id, make_submission(study, image, explanation="from the other"))
    assert store.reviews.current(study.id, image.id, reviewer.id).submission.explanation == "from one tab"


def test_a_review_needs_a_locked_rating_and_a_skip_does_not(store, reviewer):
    study = make_study(store)
    image = given_image(store, study, rating=None)
    with pytest.raises(Locked, match="lock the rating"):
        store.reviews.submit(reviewer.id, make_submission(study, image))
    skip = make_submission(study, image, kind=ReviewKind.SKIP, reason="too small")
    assert store.reviews.submit(reviewer.id, skip).submission.rating is None


def test_the_rating_comes_from_the_lock_and_not_from_the_browser(store, reviewer):
    study = make_study(store)
    saved = store.reviews.submit(reviewer.id, make_submission(study, given_image(store, study, rating=12), rating=99.0))
    assert saved.submission.rating == 12


def test_an_image_that_was_not_given_cannot_be_reviewed(store, reviewer):
    study = make_study(store, images=2)
    given_image(store, study)
    (other, _) = store.assignments.ahead(study, reviewer.id, None, 2)
    with pytest.raises(InvalidValue, match="not opened"):
        store.reviews.submit(reviewer.id, make_submission(study, other))


def test_anothers_description_or_finding_is_refused(store, reviewer):
    study = make_study(store)
    image = given_image(store, study)
    strange = store.descriptions.newest(store.assignments.ahead(study, reviewer.id, image.id, 1)[0].id)
    with pytest.raises(InvalidValue, match="another image"):
        store.reviews.submit(reviewer.id, make_submission(study, image, description_id=strange.id))
    kept = ReviewedFinding(FindingState.KEPT, "x y z", strange.finding_ids[0])
    own = store.descriptions.newest(image.id)
    with pytest.raises(InvalidValue, match="another description"):
        store.reviews.submit(reviewer.id, make_submission(study, image, description_id=own.id, findings=(kept,)))
    assert store.reviews.current(study.id, image.id, reviewer.id) is None


def test_a_draft_is_kept_over_the_older_one_and_goes_with_the_review(store, reviewer):
    study = make_study(store)
    image = given_image(store, study)
    store.reviews.save_draft(reviewer.id, study.id, image.id, 0, {"text": "a"})
    store.reviews.save_draft(reviewer.id, study.id, image.id, 0, {"text": "ab 🖐"})
    assert store.reviews.draft(study.id, image.id, reviewer.id).body == {"text": "ab 🖐"}
    store.reviews.submit(reviewer.id, make_submission(study, image))
    assert store.reviews.draft(study.id, image.id, reviewer.id) is None


def test_a_draft_that_comes_after_its_review_is_refused_and_makes_no_new_one(store, reviewer):
    study = make_study(store)
    image = given_image(store, study)
    store.reviews.submit(reviewer.id, make_submission(study, image))
    with pytest.raises(Conflict, match="reviewed meanwhile"):
        store.reviews.save_draft(reviewer.id, study.id, image.id, 0, {"text": "late"})
    assert store.reviews.draft(study.id, image.id, reviewer.id) is None
    store.reviews.save_draft(reviewer.id, study.id, image.id, 1, {"text": "from that review on"})
    with pytest.raises(Conflict):
        store.reviews.save_draft(reviewer.id, study.id, image.id, 0, {"text": "another tab"})
    assert store.reviews.draft(study.id, image.id, reviewer.id).body == {"text": "from that review on"}


def test_a_review_of_a_description_needs_a_judgement_and_a_flag_does_not(store, reviewer):
    study = make_study(store)
    image = given_image(store, study)
    said = store.descriptions.newest(image.id).id
    with pytest.raises(InvalidValue, match="judge the description first"):
        store.reviews.submit(reviewer.id, make_submission(study, image, description_id=said))
    assert store.reviews.current(study.id, image.id, reviewer.id) is None
    flag = make_submission(study, image, description_id=said, kind=ReviewKind.FLAG)
    assert store.reviews.submit(reviewer.id, flag).submission.judgement is None


def test_a_review_of_an_image_without_a_description_needs_no_judgement(store, reviewer):
    study = store.studies.create("bare", StudySettings())
    store.images.add(study.id, [make_image()])
    saved = store.reviews.submit(reviewer.id, make_submission(study, given_image(store, study), explanation="Odd."))
    assert (saved.submission.judgement, saved.submission.explanation) == (None, "Odd.")


def test_the_browsers_time_is_kept_in_utc(store, reviewer):
    study = make_study(store)
    sent = datetime.fromisoformat("2025-01-01T12:00:00+05:00")
    saved = store.reviews.submit(reviewer.id, make_submission(study, given_image(store, study), client_at=sent))
    assert saved.submission.client_at.isoformat() == "2025-01-01T07:00:00+00:00"


@pytest.mark.parametrize("sent", [datetime(2025, 1, 1), datetime.fromisoformat("0001-01-01T00:00:00+05:00")])
def test_a_time_without_a_zone_or_before_all_time_is_refused(store, sent):
    study = make_study(store)
    with pytest.raises(InvalidValue, match="client_at"):
        make_submission(study, given_image(store, study), client_at=sent)


@pytest.mark.parametrize("votes", [0, 10**9 + 1, 10**30, 1e30, 2.5, True])
def test_an_opinion_score_of_impossible_votes_is_refused(votes):
    with pytest.raises(InvalidValue, match="votes must be a whole number"):
        OpinionScore("made", rating=50.0, votes=votes)


def test_an_opinion_score_of_the_most_votes_can_be_kept(store):
    study = store.studies.create("pilot", StudySettings())
    store.images.add(study.id, [make_image(scores=(OpinionScore("made", rating=50.0, votes=10**9),))])
    assert store.images.counts()["opinion_scores"] == 1


def test_a_locked_rating_cannot_be_locked_to_another_value(store, reviewer):
    study = make_study(store)
    image = given_image(store, study, rating=34)
    assert store.assignments.lock(study.id, image.id, reviewer.id, 34).rating == 34
    with pytest.raises(Locked, match="34"):
        store.assignments.lock(study.id, image.id, reviewer.id, 35)
    with pytest.raises(InvalidValue, match="0 to 100"):
        store.assignments.lock(study.id, image.id, reviewer.id, 101)


def test_progress_counts_images_not_revisions(store, reviewer):
    study = make_study(store)
    image = given_image(store, study)
    store.reviews.submit(reviewer.id, make_submission(study, image, active_seconds=5))
    store.reviews.submit(reviewer.id, make_submission(study, image, base_revision=1, active_seconds=2))
    other = given_image(store, study, rating=None)
    store.reviews.submit(reviewer.id, make_submission(study, other, kind=ReviewKind.SKIP))
    progress = store.studies.progress(study.id, reviewer.id)
    assert (progress.images, progress.done, progress.skipped, progress.active_seconds) == (3, 2, 1, 7.0)


def test_every_import_goes_to_its_study_once(store):
    study = store.studies.create("pilot", StudySettings())
    record = make_image(description=make_description())
    assert store.images.add(study.id, [record]) == (1, 0)
    assert store.images.add(study.id, [record]) == (0, 1)
    assert store.images.counts() == {"images": 1, "descriptions": 1, "opinion_scores": 0}
    assert store.studies.named("pilot").images == 1
