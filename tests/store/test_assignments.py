"""Who gets which image."""

import threading

import pytest
from builders import given_image, make_image, make_study, make_submission
from sqlalchemy import insert, text
from sqlalchemy.event import listen, remove

from realness.domain import Reviewer, ReviewKind, StudySettings
from realness.store import NewPrediction
from realness.store.engine import now
from realness.store.tables import reviewers


def person(store, name):
    with store.database.write() as connection:
        values = {"name": name, "pseudonym": f"p-{name}", "role": "reviewer", "created_at": now()}
        identifier = connection.execute(insert(reviewers).values(values).returning(reviewers.c.id)).scalar_one()
    return Reviewer(identifier, name, f"p-{name}")


def test_the_same_person_in_two_tabs_gets_the_same_image(store):
    study, ana = make_study(store), person(store, "ana")
    first = store.assignments.next_image(study, ana.id)
    assert store.assignments.next_image(study, ana.id) == first


def test_two_people_get_different_images_until_the_overlap_allows_it(store):
    study, ana, ben = make_study(store, images=1), person(store, "ana"), person(store, "ben")
    assert store.assignments.next_image(study, ana.id) is not None
    assert store.assignments.next_image(study, ben.id) is None
    wide = make_study(store, images=1, name="wide", overlap=2)
    given = [store.assignments.next_image(wide, who.id) for who in (ana, ben)]
    assert given[0] == given[1] is not None


def test_a_lease_that_ran_out_frees_the_image(store):
    study, ana, ben = make_study(store, images=1), person(store, "ana"), person(store, "ben")
    store.assignments.next_image(study, ana.id)
    with store.database.write() as connection:
        connection.execute(text("UPDATE assignments SET lease_expires_at = '2000-01-01 00:00:00'"))
    image = store.assignments.next_image(study, ben.id)
    assert image is not None
    store.assignments.lock(study.id, image.id, ben.id, 50)
    store.reviews.submit(ben.id, make_submission(study, image))
    assert store.assignments.next_image(study, ana.id) is None  # it was hers once, and is done by now


def test_an_image_somebody_skipped_is_still_to_do_for_others(store):
    study, ana, ben = make_study(store, images=1), person(store, "ana"), person(store, "ben")
    image = given_image(store, study, ana, rating=None)
    store.reviews.submit(ana.id, make_submission(study, image, kind=ReviewKind.SKIP))
    assert store.assignments.next_image(study, ana.id) is None
    assert store.assignments.next_image(study, ben.id) == image


def test_many_people_at_once_never_share_an_image(store):
    study = make_study(store, images=24)
    people = [person(store, f"p{n}") for n in range(8)]
    taken = []

    def work(who):
        for _ in range(3):
            image = store.assignments.next_image(study, who.id)
            store.assignments.lock(study.id, image.id, who.id, 50)
            store.reviews.submit(who.id, make_submission(study, image))
            taken.append(image.id)

    threads = [threading.Thread(target=work, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == 24


def order_of(store, study, who):
    found = []
    while (image := store.assignments.next_image(study, who.id)) is not None:
        store.reviews.submit(who.id, make_submission(study, image, kind=ReviewKind.SKIP))
        found.append(image.id)
    return found


def test_imported_order_is_the_order_of_import(store):
    study = make_study(store, images=6)
    order = order_of(store, study, person(store, "ana"))
    assert order == sorted(order)


def test_random_order_is_complete_and_differs_between_people(store):
    study = make_study(store, images=12, overlap=2, order="random", seed=3)
    orders = [order_of(store, study, person(store, name)) for name in ("ana", "ben")]
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]
    assert all(order != sorted(order) for order in orders)


def test_the_most_informative_order_begins_with_the_widest_interval_and_ends_with_the_unscored(store):
    study = make_study(store, images=6, order="informative")
    ana = person(store, "ana")
    assert order_of(store, make_study(store, images=3, name="unscored", order="informative"), ana) == [7, 8, 9]
    spans = {2: (40.0, 60.0), 3: (0.0, 100.0), 5: (45.0, 55.0), 6: (None, None)}
    store.predictions.add("core", [NewPrediction(image, None, 50.0, *span) for image, span in spans.items()])
    store.predictions.add("core-2", [NewPrediction(3, None, 50.0, 48.0, 52.0)])
    assert order_of(store, study, ana) == [2, 5, 3, 6, 1, 4]


def test_the_most_informative_order_knows_images_scores_and_settings_that_come_later(store):
    study, ana = make_study(store, images=4), person(store, "ana")
    store.predictions.add("core", [NewPrediction(3, None, 50.0, 40.0, 60.0)])
    with store.database.read() as connection:
        assert set(connection.execute(text("SELECT informative FROM study_images")).scalars()) == {None}
    study = store.studies.change(study.id, StudySettings(order="informative", overlap=2))
    store.images.add(study.id, [make_image()])
    store.predictions.add("core", [NewPrediction(5, None, 50.0, 30.0, 70.0), NewPrediction(1, None, 50.0, None, None)])
    assert order_of(store, study, ana) == [5, 3, 1, 2, 4]
    with store.database.read() as connection:
        known = connection.execute(text("SELECT informative FROM study_images ORDER BY image_id")).scalars().all()
    assert known == [1, 2, -20, 2, -40]
    study = store.studies.change(study.id, StudySettings(overlap=2))
    assert order_of(store, study, person(store, "ben")) == [1, 2, 3, 4, 5]


@pytest.mark.sqlite_alone
@pytest.mark.parametrize("order", ["imported", "informative"])
def test_a_choice_walks_along_an_index_and_sorts_nothing(store, order):
    study, plans = make_study(store, images=6, order=order), []
    ana = person(store, "ana")

    def explain(connection, _cursor, statement, parameters, *_rest):
        if "ORDER BY study_images." in statement and not statement.startswith("EXPLAIN"):
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.append("\n".join(row.detail for row in plan))

    listen(store.database.engine, "before_cursor_execute", explain)
    store.assignments.next_image(study, ana.id)
    remove(store.database.engine, "before_cursor_execute", explain)
    assert [plan for plan in plans if "TEMP B-TREE" in plan] == []
    index = {"imported": "ix_study_images_open", "informative": "ix_study_images_informative"}[order]
    assert any(index in plan for plan in plans)


@pytest.mark.parametrize("count", [1, 2])
def test_ahead_names_what_follows_and_leases_nothing(store, count):
    study, ana = make_study(store, images=3), person(store, "ana")
    first = store.assignments.next_image(study, ana.id)
    ahead = store.assignments.ahead(study, ana.id, first.id, count)
    assert len(ahead) == count
    assert first not in ahead
    with store.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM assignments")).scalar() == 1
