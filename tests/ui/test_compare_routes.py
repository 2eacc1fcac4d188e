"""What Compare is told of an image, and what it is not."""

import re

import pytest
from builders import make_description, make_image, make_submission
from fastapi.testclient import TestClient
from sqlalchemy import insert

from realness.domain import FindingState, Judgement, Region, RegionShape, ReviewedFinding, Reviewer, Role, StudySettings
from realness.errors import NotFound
from realness.store import MapTask, NewImage
from realness.store.engine import now
from realness.store.tables import reviewers
from realness.ui.server import build_app
from realness.workbench.comparing import compared
from realness.workbench.reviewing import Desk

PHRASES = ("The hand has six fingers", "the sign is garbled")
SECRETS = ("six fingers", "garbled", "gpt-4.1", "somewhat", "released", "/files/map", "A third ear", "[1.0,")


def put_map(store, image, method, weights="w", clip="mini"):
    task = MapTask(image, store.descriptions.newest(image.id))
    told = {"path": f"maps/{method}.npz", "sha256": "0" * 64, "phrases": PHRASES}
    store.maps.add(task, method=method, clip=clip, weights=weights, **told)


@pytest.fixture
def study(store):
    """Two described images; the first has maps by three methods, one of them twice, with other weights."""
    made = store.studies.create("pilot", StudySettings(overlap=3))
    store.images.add(made.id, [make_image(description=make_description()) for _ in range(2)])
    image = first(store, made)
    for method, weights in (("dense", "old"), ("released", "w"), ("paper", "w"), ("dense", "new")):
        put_map(store, image, method, weights)
    return store.studies.named("pilot")


def first(store, study):
    return store.assignments.ahead(study, 0, None, 1)[0]


@pytest.fixture
def client(bench, study):
    with TestClient(build_app(bench), base_url="http://127.0.0.1:7860") as client:
        token = re.search(r'realness-token\\?" content=\\?"([^"\\]+)', client.get("/").text).group(1)
        client.headers["X-Realness-Token"] = token
        yield client


def told(client, study, image):
    return client.get("/api/compare", params={"study": study.id, "image": image.key})


def review(store, study, image, person, phrase, **given):
    """Rate and review an image; with one finding that has a box, and one that was dropped."""
    store.assignments.open(study, image.key, person.id)
    store.assignments.lock(study.id, image.id, person.id, 40)
    box, said = Region(RegionShape.BOX, (1, 2, 30, 40)), store.descriptions.newest(image.id)
    dropped = ReviewedFinding(FindingState.DROPPED, "no", said.finding_ids[0], regions=(box,))
    given |= {"description_id": said.id, "judgement": Judgement.PARTLY}
    found = (ReviewedFinding(FindingState.ADDED, phrase, regions=(box,)), dropped)
    store.reviews.submit(person.id, make_submission(study, image, findings=found, **given))


def another(store):
    values = {"name": "ann", "pseudonym": "p-ann", "role": "reviewer", "created_at": now()}
    with store.database.write() as connection:
        return Reviewer(connection.execute(insert(reviewers).values(values)).inserted_primary_key[0], "ann", "p-ann")


def test_before_the_rating_is_locked_an_image_is_told_of_and_nothing_else(client, store, study):
    image = first(store, study)
    review(store, study, image, another(store), "A third ear")
    answer = told(client, study, image)
    assert answer.status_code == 200
    assert not any(secret in answer.text for secret in SECRETS)
    body = answer.json()
    assert body["image"] == {"key": image.key, "width": 640, "height": 480, "url": f"/files/image/{image.key}"}
    assert (body["hidden"], body["maps"], body["description"], body["people"]) == (True, [], None, None)


def test_looking_at_an_image_in_compare_does_not_take_it_for_review(client, store, study):
    image = first(store, study)
    me = store.people.local()
    told(client, study, image)
    body = {"study": study.id, "image": image.key, "base_revision": 0, "body": {}}
    assert client.put("/api/draft", json=body).status_code == 422
    assert store.reviews.draft(study.id, image.id, me.id) is None


def test_after_the_lock_every_method_is_listed_once_with_its_layers_and_text(client, store, study):
    image = first(store, study)
    me = store.people.local()
    store.assignments.open(study, image.key, me.id)
    store.assignments.lock(study.id, image.id, me.id, 40)
    body = told(client, study, image).json()
    assert [(one["method"], one["clip"], one["current"]) for one in body["maps"]] == [
        ("dense", "mini", True),
        ("paper", "mini", True),
        ("released", "mini", True),
    ]
    newest = body["maps"][0]
    assert newest["id"] == 4  # by the newer weights
    assert [layer["phrase"] for layer in newest["layers"]] == [None, *PHRASES]
    assert newest["layers"][2]["url"] == f"/files/map/{study.id}/4/2"
    assert newest["text"].startswith("The hand has six fingers")
    assert body["description"]["verdict"] == "somewhat"
    assert (body["number"], body["before"]) == (1, None)
    assert body["after"] == store.images.by_id(2).key


def test_a_map_of_an_earlier_description_says_so(client, store, study):
    image = first(store, study)
    me = store.people.local()
    store.assignments.open(study, image.key, me.id)
    store.assignments.lock(study.id, image.id, me.id, 40)
    said = make_description("Yes. A bent spoon.", provider="another", findings=())
    store.images.add(study.id, [NewImage(image.facts, image.path, "b", "c.png", description=said)])
    put_map(store, image, "dense", clip="ViT-B-32:openai")
    body = told(client, study, image).json()
    assert [(one["clip"], one["current"]) for one in body["maps"] if one["method"] == "dense"] == [
        ("ViT-B-32:openai", True),
        ("mini", False),
    ]


def test_others_marks_are_told_once_ones_own_review_is_in_and_a_skip_is_none(client, store, study):
    image, me, ann = first(store, study), store.people.local(), another(store)
    review(store, study, image, ann, "A third ear")
    store.assignments.open(study, image.key, me.id)
    store.assignments.lock(study.id, image.id, me.id, 40)
    assert told(client, study, image).json()["people"] is None
    store.reviews.submit(me.id, make_submission(study, image, kind="skip"))
    answer = told(client, study, image)
    assert answer.json()["people"] is None
    assert "A third ear" not in answer.text
    review(store, study, image, me, "An odd shadow", base_revision=1)
    people = told(client, study, image).json()["people"]
    box = {"shape": "box", "coordinates": [1.0, 2.0, 30.0, 40.0]}
    assert people == {
        "reviews": 2,
        "marks": [{"phrase": "A third ear", "regions": [box]}, {"phrase": "An odd shadow", "regions": [box]}],
    }


def test_a_lead_with_an_account_sees_maps_and_marks_without_a_review(bench, store, study):
    image = first(store, study)
    review(store, study, image, another(store), "A third ear")
    lead = Reviewer(99, "lea", "p-lea", Role.LEAD, account=True)
    found = compared(Desk(bench, study, lead), image.key)
    assert (found.hidden, len(found.maps), len(found.people or ())) == (False, 3, 1)
    with pytest.raises(NotFound, match="in this study"):
        compared(Desk(bench, store.studies.create("other", StudySettings()), lead), image.key)


def test_without_blindness_maps_are_told_at_once_and_others_marks_are_not(client, store, study):
    image = first(store, study)
    frank = store.studies.create("frank", StudySettings(blind=False))
    store.images.add(frank.id, [NewImage(image.facts, image.path, "b", "c.png")])
    review(store, frank, image, another(store), "A third ear")
    body = told(client, frank, image).json()
    assert (body["hidden"], len(body["maps"]), body["people"]) == (False, 3, None)


@pytest.mark.parametrize("image", ["", "nothing", "x" * 101, "../../a.db", "0' OR 1=1"])
def test_what_is_no_image_of_the_study_is_refused_in_one_sentence(client, study, image):
    answer = client.get("/api/compare", params={"study": study.id, "image": image})
    assert answer.status_code in (404, 422)
    assert answer.json()["error"]
    assert client.get("/api/compare", params={"study": 99, "image": image}).status_code in (404, 422)
