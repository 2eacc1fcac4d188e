"""Listing images by their scores, and what a blind study hides of them."""

import pytest
from builders import given_image, make_description, make_image, make_study, make_submission
from sqlalchemy import delete, insert, select, text, update

from realness.domain import Finding, OpinionScore, ReviewKind, StudySettings
from realness.errors import InvalidValue
from realness.store import Listing, NewPrediction, counting, migrate
from realness.store.engine import now
from realness.store.tables import opinion_scores, predictions, summaries


def scored_study(store, scores, opinions=(), **settings):
    """A study whose images have these scores, `(rating, low, high)` or None, and these opinion scores, or None."""
    study = store.studies.create("scored", StudySettings(**{"blind": False} | settings))
    opinions = [*opinions, *[None] * (len(scores) - len(opinions))]
    for told in opinions:
        score = () if told is None else (OpinionScore("raise", rating=told),)
        store.images.add(study.id, [make_image(description=make_description(), scores=score)])
    kept = [NewPrediction(at, None, *each) for at, each in enumerate(scores, 1) if each is not None]
    store.predictions.add("core-1", kept)
    return store.studies.named("scored")


def listed(store, study, **asked):
    """The page of the local reviewer."""
    return store.browse.page(study, store.people.local().id, Listing(**asked))


def ids(store, study, **asked):
    return [row["id"] for row in listed(store, study, **asked).rows]


def test_images_are_sorted_by_score_by_disagreement_and_by_uncertainty_with_the_unscored_last(store):
    scores = [(50, 40, 60), None, (20, 19, 21), (90, 60, 100)]
    study = scored_study(store, scores, opinions=[55, 10, 70, 88])
    assert ids(store, study, sort="score_low") == [3, 1, 4, 2]
    assert ids(store, study, sort="score_high") == [4, 1, 3, 2]
    assert ids(store, study, sort="disagreement") == [3, 1, 4, 2]
    assert ids(store, study, sort="uncertainty") == [4, 1, 3, 2]
    with pytest.raises(InvalidValue, match="score_low"):
        Listing(sort="score")


def test_the_score_is_the_newest_predictions_whoever_wrote_it(store):
    study = scored_study(store, [(50, 40, 60)])
    store.predictions.add("core-2", [NewPrediction(1, None, 70.0, None, None)])
    (row,) = listed(store, study).rows
    assert (row["score"], row["low"], row["high"]) == (70, None, None)
    with store.database.write() as connection:
        connection.execute(delete(predictions).where(predictions.c.model == "core-2"))
    (row,) = listed(store, study).rows
    assert (row["score"], row["low"], row["high"]) == (50, 40, 60)


def test_images_are_filtered_by_whether_the_opinion_lies_in_the_scores_interval(store):
    scores = [(50, 40, 60), (50, 40, 60), (50, 40, 60), None, (50, None, None), (50, 40, 60)]
    study = scored_study(store, scores, opinions=[40, 61, 39, 50, 50, None])
    assert ids(store, study, chosen={"agreement": ["agrees"]}) == [1]
    assert ids(store, study, chosen={"agreement": ["disagrees"]}) == [2, 3]
    found = listed(store, study, chosen={"agreement": ["disagrees"], "status": ["todo"]})
    assert (found.total, found.of) == (2, 6)
    assert found.facets["agreement"] == {"agrees": 1, "disagrees": 2}
    assert found.facets["status"] == {"todo": 2}
    assert listed(store, study, chosen={"agreement": ["agrees"], "status": ["reviewed"]}).total == 0


def test_without_an_imported_opinion_a_score_is_held_against_the_ratings_once_ones_own_review_is_in(store):
    study = scored_study(store, [(50, 40, 60)] * 2)
    image = given_image(store, study, rating=90)
    assert listed(store, study).facets["agreement"] == {}
    store.reviews.submit(store.people.local().id, make_submission(study, image))
    assert ids(store, study, chosen={"agreement": ["disagrees"]}) == [image.id]
    assert ids(store, study, sort="disagreement")[0] == image.id
    assert [(one.opinion, one.ratings) for one in store.browse.scored(study, 1, 9)[0]] == [(None, (90.0,))]


def test_in_a_blind_study_nothing_is_told_of_a_score_before_the_rating_is_locked(store):
    scores, opinions = [(50, 40, 60), (90, 60, 100), (20, 19, 21)], [70, 70, 20]
    study = scored_study(store, scores, opinions, blind=True)
    hidden = listed(store, study)
    assert all(row["hidden"] and row["score"] is row["low"] is row["agreement"] is None for row in hidden.rows)
    assert {name: counts for name, counts in hidden.facets.items() if counts} == {"status": {"todo": 3}}
    for sort in ("score_low", "score_high", "disagreement", "uncertainty"):  # an order would tell it, too
        assert ids(store, study, sort=sort) == [1, 2, 3]
    assert store.browse.scored(study, 1, 9) == ([], 0)
    image = given_image(store, study)
    assert image.id == 1
    (row,) = listed(store, study, chosen={"agreement": ["disagrees"]}).rows
    assert (row["id"], row["score"], row["hidden"]) == (1, 50, False)
    assert [one.score for one in store.browse.scored(study, 1, 9)[0]] == [50]


def test_counts_are_right_again_after_whatever_is_written(store):
    study = make_study(store, images=4, blind=False)
    assert listed(store, study).facets["status"] == {"todo": 4}
    image = given_image(store, study)
    assert listed(store, study).facets["status"] == {"draft": 1, "todo": 3}
    store.reviews.submit(store.people.local().id, make_submission(study, image, kind=ReviewKind.SKIP))
    for page in (1, 2):
        found = listed(store, study, page=page, per=3)
        assert found.facets["status"] == {"skipped": 1, "todo": 3}
        assert len(found.rows) == (3, 1)[page - 1]
    with store.database.write() as connection:
        connection.execute(update(opinion_scores).where(opinion_scores.c.image_id == image.id).values(rating=1.0))
    assert ids(store, study, sort="mos_low")[0] == image.id


@pytest.mark.parametrize("blind", [True, False])
def test_counts_are_the_same_whether_a_reviewer_has_begun_few_images_or_many(store, monkeypatch, blind):
    scores = [(50, 40, 60), (90, 60, 100), None, (20, 19, 21), (50, 40, 60), (70, 10, 90)]
    study = scored_study(store, scores, [70, None, 10, 20], blind=blind)
    who = store.people.local().id
    for kind in (ReviewKind.REVIEW, ReviewKind.SKIP, ReviewKind.FLAG):
        given = {"verdict": "no"} if kind is ReviewKind.REVIEW else {"reason": "odd"}
        store.reviews.submit(who, make_submission(study, given_image(store, study), kind=kind, **given))
    given_image(store, study)
    asked = [{}, {"chosen": {"status": ["todo", "draft"]}}, {"search": "fingers"}]
    few = [listed(store, study, **each) for each in asked]
    assert few[0].facets["status"] == {"draft": 1, "flagged": 1, "reviewed": 1, "skipped": 1, "todo": 2}
    monkeypatch.setattr(counting, "_FEW", 0)
    store.studies.create("written", StudySettings())
    assert [listed(store, study, **each) for each in asked] == few


@pytest.mark.parametrize("splits", [3, 40])
def test_splits_are_counted_however_many_there_are(store, splits):
    study = make_study(store, images=1, blind=False)
    store.images.add(study.id, [make_image(split=f"split {at:02}") for at in range(splits)] * 2)
    found = listed(store, study, chosen={"split": ["split 02", "split 00"]}, sort="imported")
    assert found.facets["split"] == {f"split {at:02}": 1 for at in range(splits)}
    assert ([row["split"] for row in found.rows], found.total, found.of) == (["split 00", "split 02"], 2, splits + 1)


def test_a_search_counts_what_it_finds_of_all(store):
    study = scored_study(store, [(50, 40, 60)] * 2, opinions=[50, 90])
    store.images.add(study.id, [make_image(description=make_description("Yes. A melted cup.", findings=()))])
    found = listed(store, study, search="six fingers")
    assert (found.total, found.of, found.facets["agreement"]) == (2, 3, {"agrees": 1, "disagrees": 1})


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("melted cup", [1]),
        ("MELT", [1]),
        ("elted", []),  # words are found from their beginning on
        ("cafe", [2]),
        ("Caf\u00e9", [2]),
        ("six-fingered", [3]),
        ("fingered", [3]),
        ("100%", [4]),
        ("%", [4]),
        ("_", []),
        ('say "odd" AND', [5]),
        ('"', [5]),
        ("odd*", [5]),
        ("text:odd", []),
        ("NEAR(", []),
        ("\u7565", [6]),
        ("garb", [7]),  # the kind of a finding
        ("a", [1, 2, 3, 4, 5]),
        ("cup\x00 melted", [1]),
    ],
)
def test_a_search_finds_words_from_their_beginning_on(store, said, found):
    texts = ["Yes. A melted cup.", "No. A caf\u00e9.", "Yes. A six-fingered hand.", "No. All 100% fine."]
    texts += ['They say "odd", and leave.', "\u624b\u304c\u7565\u3055\u308c\u305f", "No."]
    study = store.studies.create("words", StudySettings(blind=False))
    kinds = [()] * 6 + [(Finding("the sign", kind="garbled"),)]
    new = [make_description(text, findings=each) for text, each in zip(texts, kinds, strict=True)]
    store.images.add(study.id, [make_image(description=each) for each in new])
    assert [at for at in range(1, 8) if at in ids(store, study, search=said)] == found


def test_words_are_found_after_a_migration_as_well(store):
    study = make_study(store, images=2, blind=False)
    migrate(store.database, "0003")
    store.images.add(study.id, [make_image(description=make_description("Yes. A melted cup.", findings=()))])
    migrate(store.database)
    assert [listed(store, study, search=said).total for said in ("melted", "fingers", "garbled")] == [1, 2, 2]


def test_summaries_hold_what_they_are_taken_from_after_a_migration_as_well(store):
    study = scored_study(store, [(50, 40, 60), None], opinions=[40, None])
    store.images.add(study.id, [make_image(split="test", is_real=True)])
    query = select(summaries).order_by(summaries.c.image_id)
    with store.database.read() as connection:
        kept = connection.execute(query).all()
    assert [tuple(row)[1:3] for row in kept] == [(None, None), (None, None), ("test", True)]
    assert [tuple(row)[3:9] for row in kept] == [
        (1, "somewhat", 40, 50, 40, 60), (2, "somewhat", None, None, None, None), (None,) * 6,
    ]  # fmt: skip
    migrate(store.database, "0002")
    with store.database.write() as connection:  # an older version goes on with the database
        values = {"image_id": 2, "model": "core-1", "rating": 30.0, "low": 20.0, "high": 40.0, "created_at": now()}
        connection.execute(insert(predictions).values(values))
    migrate(store.database)
    with store.database.read() as connection:
        again = connection.execute(query).all()
    assert [again[0], again[2]] == [kept[0], kept[2]]
    assert tuple(again[1])[3:9] == (2, "somewhat", None, 30, 20, 40)


def test_an_image_and_its_summary_leave_together(store):
    study = store.studies.create("empty", StudySettings())
    store.images.add(study.id, [make_image()])
    with store.database.write() as connection:
        for table in ("study_images", "image_sources", "images"):
            connection.execute(text(f"DELETE FROM {table}"))
        assert connection.execute(select(summaries)).all() == []


def test_generators_and_tags_have_their_numbers_after_a_migration_as_well(store):
    study = store.studies.create("tagged", StudySettings(blind=False))
    store.images.add(study.id, [make_image(generator=name) for name in ("sdxl", None, "flux", "sdxl")])
    who = store.people.local().id
    store.tags.change(study.id, [1, 3], ["melted", "again"], [], who)
    store.tags.change(study.id, [3], [], ["again"], who)
    before = store.browse.page(study, who, Listing(), leads=True).facets
    assert (before["generator"], before["tags"]) == ({"flux": 1, "sdxl": 2}, {"again": 1, "melted": 2})
    migrate(store.database, "0005")
    store.images.add(study.id, [make_image(generator="late")])  # an older version goes on with the database
    migrate(store.database)
    after = store.browse.page(study, who, Listing(), leads=True).facets
    assert (after["generator"], after["tags"]) == ({"flux": 1, "late": 1, "sdxl": 2}, before["tags"])
    with store.database.write() as connection:
        connection.execute(text("UPDATE images SET generator = 'new' WHERE id = 1"))
    assert store.browse.page(study, who, Listing(), leads=True).facets["generator"]["new"] == 1
