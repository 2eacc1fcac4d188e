"""The order in which images come, and what comes between them."""

import pytest
from builders import make_study, make_submission
from sqlalchemy import text
from test_assignments import person

from realness.domain import ReviewKind, StudySettings
from realness.errors import InvalidValue
from realness.store.orders import RandomOrder


@pytest.mark.parametrize("size", [1, 2, 3, 10, 1000, 1021])
def test_a_random_order_holds_every_position_once_and_knows_its_turns(size):
    order = RandomOrder.of(7, 3, size)
    positions = [order.position(turn) for turn in range(size)]
    assert sorted(positions) == list(range(size))
    assert [order.turn(position) for position in positions] == list(range(size))


def test_neighbours_of_one_order_are_no_neighbours_of_another():
    one, two = (RandomOrder.of(0, who, 500) for who in (1, 2))
    pairs = [{(order.position(turn), order.position(turn + 1)) for turn in range(499)} for order in (one, two)]
    assert len(pairs[0] & pairs[1]) < 8


def work(store, study, who, count, rating=50.0):
    """Do so many images; gives the ids of those taken, and whether each was a repeat."""
    taken = []
    for _ in range(count):
        given = store.assignments.take(study, who.id).given
        if given is None:
            break
        taken.append((given.image.id, given.repeat))
        lock = store.assignments.lock(study.id, given.image.id, who.id, rating)
        if not lock.repeat:
            store.reviews.submit(who.id, make_submission(study, given.image))
    return taken


@pytest.mark.parametrize("order", ["imported", "random", "informative"])
def test_everything_is_given_once_whatever_the_order(store, order):
    study, ana, ben = make_study(store, images=40, order=order), person(store, "ana"), person(store, "ben")
    taken = [image for _ in range(4) for who in (ana, ben) for image, _ in work(store, study, who, 7)]
    assert len(taken) == len(set(taken)) == 40
    assert store.assignments.take(study, ana.id).given is None


@pytest.mark.parametrize("order", ["imported", "random"])
def test_an_image_that_somebody_gave_up_comes_at_the_end(store, order):
    study, ana, ben = make_study(store, images=20, order=order), person(store, "ana"), person(store, "ben")
    given_up = {store.assignments.next_image(study, ben.id).id}
    first = work(store, study, ana, 30)
    with store.database.write() as connection:
        connection.execute(text("UPDATE assignments SET lease_expires_at = '2000-01-01' WHERE NOT answered"))
    assert {image for image, _ in work(store, study, ana, 30)} == given_up
    assert len(first) == 19


def test_a_target_ends_the_work_of_each_person(store):
    study, ana = make_study(store, images=10, target=4, overlap=2), person(store, "ana")
    assert len(work(store, study, ana, 10)) == 4
    progress = store.studies.progress(study.id, ana.id)
    assert (progress.done, progress.images) == (4, 4)
    assert len(work(store, study, person(store, "ben"), 10)) == 4


def test_repeats_come_at_the_share_that_is_set_and_only_of_what_was_rated_long_ago(store):
    study, ana = make_study(store, images=60, hidden_repeats=20), person(store, "ana")
    taken = work(store, study, ana, 60)
    repeats = [at for at, (_, repeat) in enumerate(taken) if repeat]
    assert len(repeats) == 10
    for at in repeats:
        first = [image for image, _ in taken].index(taken[at][0])
        assert at - first > 8
    assert len({taken[at][0] for at in repeats}) == len(repeats)


def test_a_repeat_keeps_a_second_rating_and_leaves_the_first_and_the_review(store):
    study, ana = make_study(store, images=12, hidden_repeats=10), person(store, "ana")
    work(store, study, ana, 10, rating=40)
    given = store.assignments.take(study, ana.id).given
    assert given.repeat
    assert store.assignments.take(study, ana.id)[0] == given  # another tab
    assert store.assignments.lock(study.id, given.image.id, ana.id, 55).repeat
    assert store.assignments.locked(study.id, given.image.id, ana.id).rating == 40
    assert store.controls.repeated(study.id) == {"p-ana": [(40.0, 55.0)]}
    with pytest.raises(Exception, match="stays as it was given"), store.database.write() as connection:
        connection.execute(text("UPDATE repeats SET rating = 1"))


def test_a_repeat_that_is_skipped_has_no_rating_and_no_new_review(store):
    study, ana = make_study(store, images=12, hidden_repeats=10), person(store, "ana")
    work(store, study, ana, 10)
    given = store.assignments.take(study, ana.id).given
    kept = store.reviews.submit(ana.id, make_submission(study, given.image, kind=ReviewKind.SKIP))
    assert (kept.revision, kept.submission.kind) == (1, ReviewKind.REVIEW)
    assert store.controls.repeated(study.id) == {}
    assert store.assignments.take(study, ana.id)[0].image != given.image


def test_gold_images_come_at_their_share_to_everybody_whatever_the_overlap(store):
    study = make_study(store, images=30, gold_share=20)
    hashes = [f"{sha}" for sha in list(dict(map(reversed, store.studies.image_names(study.id))))[:3]]
    store.controls.set_gold(study.id, dict.fromkeys(hashes, (30.0, 60.0)))
    for name, rating in (("ana", 50.0), ("ben", 90.0)):
        work(store, study, person(store, name), 12, rating)
    found = store.controls.gold_ratings(study.id)
    assert found["p-ana"] == [(50.0, 30.0, 60.0)] * 2
    assert [rating for rating, _, _ in found["p-ben"]] == [90.0] * 2


def test_a_gold_range_that_is_wrong_changes_nothing(store):
    study = make_study(store)
    (_, known), *_ = store.studies.image_names(study.id)
    for wrong in ({known: (60.0, 30.0)}, {known: (0.0, 10.0), "f" * 64: (0.0, 10.0)}):
        with pytest.raises(InvalidValue):
            store.controls.set_gold(study.id, wrong)
    assert store.controls.golds(study.id) == {}


def test_an_assigned_image_comes_first_and_is_kept_from_others(store):
    study, ana, ben, lea = make_study(store, images=3), *(person(store, name) for name in ("ana", "ben", "lea"))
    third = store.assignments.ahead(study, ana.id, None, 3)[2]
    assert store.assignments.give(study.id, [third.id], ana.id, lea.id).given == 1
    assert store.assignments.give(study.id, [third.id], ana.id, lea.id).given == 0
    assert third.id not in {image for image, _ in work(store, study, ben, 5)}
    assert work(store, study, ana, 5) == [(third.id, False)]


def test_more_overlap_opens_images_again_and_another_order_begins_anew(store):
    study, ana, ben = make_study(store, images=4), person(store, "ana"), person(store, "ben")
    work(store, study, ana, 4)
    assert work(store, study, ben, 4) == []
    study = store.studies.change(study.id, StudySettings(overlap=2, order="random", seed=3))
    assert len(work(store, study, ben, 9)) == 4


def test_a_person_has_answered_an_image_once_however_often_it_is_revised(store):
    study, me = make_study(store), store.people.local()
    ((image, _), *_) = work(store, study, me, 2)
    again = make_submission(study, store.images.by_id(image), base_revision=1)
    store.reviews.submit(me.id, again)
    assert [account.reviews for account in store.people.all()] == [2]


def test_progress_follows_undo_and_skips(store):
    study, ana = make_study(store, images=4), person(store, "ana")
    given = store.assignments.take(study, ana.id).given
    store.assignments.lock(study.id, given.image.id, ana.id, 50)
    skip = make_submission(study, given.image, kind=ReviewKind.SKIP, active_seconds=2.0)
    store.reviews.submit(ana.id, skip)
    assert store.studies.progress(study.id, ana.id).skipped == 1
    store.reviews.submit(ana.id, make_submission(study, given.image, base_revision=1, active_seconds=3.0))
    progress = store.studies.progress(study.id, ana.id)
    assert (progress.done, progress.skipped, progress.active_seconds) == (1, 0, 5.0)


def test_a_check_shows_another_images_text_and_is_nobodys_newest(store):
    study = make_study(store, images=0)
    from builders import make_description, make_image

    described = [make_image(description=make_description(f"Yes. Thing {n} has no shadow.")) for n in range(10)]
    store.images.add(study.id, described)
    assert store.controls.plant_checks(study.id, 20) == 2
    wrong = 0
    for image in store.assignments.ahead(study, 1, None, 10):
        own, shown = store.descriptions.newest(image.id), store.descriptions.shown(study.id, image.id)
        assert own.description.planted_wrong is False
        wrong += shown.description.planted_wrong and shown.description.text != own.description.text
    assert wrong == 2
    assert len(store.maps.missing("dense", "mini", "w")) == 12
    assert store.controls.plant_checks(study.id, 0) == 0


def test_a_study_takes_images_of_another_by_split(store):
    from builders import make_image

    source = make_study(store, images=0)
    store.images.add(source.id, [make_image(split="test" if n % 2 else "train") for n in range(6)])
    from realness.store import Wanted

    made = store.studies.create("part", StudySettings())
    assert store.studies.take_images(made.id, Wanted(split="test", of_study=source.id)) == 3
    assert store.studies.take_images(made.id, Wanted(split="test")) == 0
    with pytest.raises(InvalidValue, match="no image"):
        store.studies.take_images(made.id, Wanted(split="nowhere"))
    assert store.studies.by_id(made.id).images == 3
