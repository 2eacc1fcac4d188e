"""Requests of somebody who is signed in and means no good, spoken to the routes without the page."""

import pytest
from builders import make_study
from starlette.websockets import WebSocketDisconnect
from test_accounts import app, browser, people

__all__ = ["app", "people"]


BOX = {"shape": "box", "coordinates": [1, 1, 9, 9]}
FINDING = {"state": "kept", "phrase": "", "finding_id": 0, "kind": None, "regions": [BOX]}


@pytest.fixture
def study(bench):
    return make_study(bench.store, images=6)


@pytest.fixture
def ana(app):
    return browser(app, "ana")


@pytest.fixture
def ben(app):
    return browser(app, "ben")


def take(who, study, rating=40):
    """The next image of this person, rated."""
    item = who.get("/api/next", params={"study": study.id}).json()["item"]
    body = {"study": study.id, "image": item["image"]["key"], "rating": rating}
    return item | who.post("/api/lock", json=body).json()


def review(item, study, **given):
    said = item["reveal"]["description"]
    body = {"submission_id": "a-submission-of-ana", "study": study.id, "image": item["image"]["key"]}
    body |= {"base_revision": 0, "description_id": said["id"], "judgement": "accurate", "explanation": "Nothing."}
    return body | given


def kept(bench):
    with bench.store.database.read() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM reviews").scalar()


def test_two_people_get_two_images_and_one_person_in_two_tabs_one(app, ana, ben, study):
    first, second = ana.get("/api/next", params={"study": study.id}), ben.get("/api/next", params={"study": study.id})
    again = browser(app, "ana").get("/api/next", params={"study": study.id})
    keys = [answer.json()["item"]["image"]["key"] for answer in (first, second, again)]
    assert keys[0] == keys[2] != keys[1]


def test_anothers_image_cannot_be_rated_drafted_or_reviewed(bench, ana, ben, study):
    item = take(ana, study)
    key = item["image"]["key"]
    assert ben.post("/api/lock", json={"study": study.id, "image": key, "rating": 5}).status_code == 422
    draft = {"study": study.id, "image": key, "base_revision": 0, "body": {"explanation": "x"}}
    assert ben.put("/api/draft", json=draft).status_code == 422
    answer = ben.post("/api/reviews", json=review(item, study))
    assert (answer.status_code, kept(bench)) == (422, 0)
    assert "not opened" in answer.json()["error"]


def test_anothers_revision_cannot_be_gone_on_from(bench, ana, ben, study):
    wide = make_study(bench.store, images=1, name="wide", overlap=2)
    item = take(ana, wide)
    assert ana.post("/api/reviews", json=review(item, wide)).json()["revision"] == 1
    own = take(ben, wide)
    answer = ben.post("/api/reviews", json=review(own, wide, submission_id="of-ben-himself", base_revision=1))
    assert (answer.status_code, answer.json()["kind"], answer.json()["theirs"]) == (409, "conflict", None)
    assert kept(bench) == 1


def test_a_replayed_id_saves_nothing_twice_and_nothing_of_another(bench, ana, ben, study):
    item = take(ana, study)
    sent = [ana.post("/api/reviews", json=review(item, study)) for _ in range(2)]
    assert [answer.json()["revision"] for answer in sent] == [1, 1]
    other = ben.post("/api/reviews", json=review(take(ben, study), study))
    changed = ana.post("/api/reviews", json=review(item, study, explanation="Something else."))
    assert (other.status_code, changed.status_code, kept(bench)) == (422, 422, 1)


@pytest.mark.parametrize(
    "given",
    [
        {"findings": [FINDING | {"regions": [BOX | {"coordinates": [1, 1, 9, 10]}]}]},
        {"findings": [FINDING | {"regions": []}]}, {"findings": [FINDING | {"kind": "hand"}]},
        {"description_id": None, "findings": [FINDING | {"finding_id": None, "state": "added"}]},
    ],
)  # fmt: skip
def test_a_replayed_id_with_another_mark_kind_or_description_is_refused_and_not_taken_for_saved(ana, study, given):
    item = take(ana, study)
    finding = item["reveal"]["description"]["findings"][0]
    own = {"finding_id": finding["id"], "phrase": finding["phrase"]}
    first = review(item, study, findings=[FINDING | own])
    assert [ana.post("/api/reviews", json=first).status_code for _ in range(2)] == [200, 200]
    again = first | {
        name: [own | one for one in value] if name == "findings" else value for name, value in given.items()
    }
    assert ana.post("/api/reviews", json=again).status_code == 422


@pytest.mark.parametrize(
    "given",
    [
        {"second_rating": 101}, {"second_rating": -1}, {"second_rating": "Infinity"}, {"active_seconds": -5},
        {"active_seconds": 1e9}, {"judgement": "splendid"}, {"verdict": "perhaps"}, {"kind": "adjudication"},
        {"base_revision": -1}, {"description_id": 2**70}, {"explanation": "x" * 20_001}, {"rating": 99},
        {"reviewer_id": 1}, {"role": "adjudicator"}, {"sources": [1]},
    ],
)  # fmt: skip
def test_what_is_off_the_scale_or_not_the_browsers_to_say_is_refused(bench, ana, study, given):
    answer = ana.post("/api/reviews", json=review(take(ana, study), study, **given))
    assert (answer.status_code, kept(bench)) == (422, 0)


@pytest.mark.parametrize("rating", [-0.1, 100.1, "50", None, True, 1e400])
def test_a_rating_off_the_scale_is_not_locked(ana, study, rating):
    key = ana.get("/api/next", params={"study": study.id}).json()["item"]["image"]["key"]
    text = f'{{"study": {study.id}, "image": "{key}", "rating": {"null" if rating is None else str(rating).lower()}}}'
    if rating == "50":
        text = text.replace("50", '"50"')
    assert ana.post("/api/lock", content=text.replace("inf", "1e400")).status_code == 422
    assert ana.get("/api/item", params={"study": study.id, "image": key}).json()["item"]["locked"] is None


def test_a_closed_study_takes_nothing(bench, ana, study):
    item = take(ana, study)
    bench.store.studies.close(study.id)
    answer = ana.post("/api/reviews", json=review(item, study))
    assert (answer.status_code, answer.json()["kind"], kept(bench)) == (409, "closed", 0)


def test_a_disabled_account_saves_nothing(bench, ana, study):
    item = take(ana, study)
    bench.store.people.change(
        bench.store.people.named("ana").reviewer.id, disabled_at=bench.store.people.all()[0].created_at
    )
    answer = ana.post("/api/reviews", json=review(item, study))
    assert (answer.status_code, answer.json()["kind"], kept(bench)) == (401, "signed_out", 0)


def test_an_image_or_a_map_of_another_study_is_not_there(bench, ana, study):
    other = make_study(bench.store, images=1, name="other")
    key = bench.store.assignments.ahead(other, 1, None, 1)[0].key
    assert ana.get("/api/item", params={"study": study.id, "image": key}).status_code == 404
    assert ana.post("/api/lock", json={"study": study.id, "image": key, "rating": 5}).status_code == 422


def test_a_description_of_another_image_cannot_be_answered(bench, ana, study):
    item = take(ana, study)
    answer = ana.post("/api/reviews", json=review(item, study, description_id=item["reveal"]["description"]["id"] + 1))
    assert (answer.status_code, kept(bench)) == (422, 0)


def test_others_answers_stay_hidden_until_ones_own_is_in(bench, app, ana, ben):
    wide = make_study(bench.store, images=1, name="wide", overlap=2)
    ana.post("/api/reviews", json=review(take(ana, wide, rating=11), wide))
    item = take(ben, wide, rating=80)
    before = [ben.get(path, params={"study": wide.id}).text for path in ("/api/browse", "/api/next")]
    assert not any("11" in text.replace(item["image"]["key"], "") and '"mos": {' in text for text in before)
    assert ben.get("/api/browse", params={"study": wide.id}).json()["items"][0]["mos"] is None
    ben.post("/api/reviews", json=review(item, wide, submission_id="of-ben-himself"))
    assert ben.get("/api/browse", params={"study": wide.id}).json()["items"][0]["mos"]["n"] == 2


def test_a_repeat_looks_like_any_image_until_it_is_rated(bench, ana, app):
    often = make_study(bench.store, images=12, name="often", hidden_repeats=10)
    seen = []
    for number in range(10):
        item = take(ana, often)
        seen.append(item["image"]["key"])
        ana.post("/api/reviews", json=review(item, often, submission_id=f"of-ana-{number:03}"))
    fresh = make_study(bench.store, images=1, name="fresh")
    other = ana.get("/api/next", params={"study": fresh.id}).json()["item"]
    item = ana.get("/api/next", params={"study": often.id}).json()["item"]
    assert item["image"]["key"] in seen
    assert {name: value for name, value in item.items() if name != "image"} == {
        name: value for name, value in other.items() if name != "image"
    }
    answer = ana.post("/api/lock", json={"study": often.id, "image": item["image"]["key"], "rating": 60})
    assert answer.json() == {"repeat": True}
    assert ana.get("/api/next", params={"study": often.id}).json()["item"]["image"]["key"] not in seen


GRADIO = [
    ("POST", "/gradio_api/upload"),
    ("POST", "/gradio_api/run/predict"),
    ("POST", "/gradio_api/api/predict"),
    ("POST", "/gradio_api/queue/join"),
    ("POST", "/gradio_api/component_server"),
    ("GET", "/gradio_api/queue/data?session_hash=a"),
    ("GET", "/gradio_api/info"),
    ("GET", "/gradio_api/file=annotations.db"),
    ("GET", "/%67radio_api/info"),
    ("POST", "/login"),
    ("POST", "/"),
]


@pytest.mark.parametrize(("method", "path"), GRADIO)
def test_gradios_own_routes_take_nothing_from_anybody(app, ana, method, path):
    for who in (ana, browser(app)):
        answer = who.request(method, path, **({"files": {"files": b"x"}} if method == "POST" else {}))
        assert (answer.status_code, answer.json()["kind"]) == (403, "refused")


def test_no_socket_is_opened_to_gradio(ana):
    with pytest.raises(WebSocketDisconnect) as closed, ana.websocket_connect("/gradio_api/queue/join"):
        pass
    assert closed.value.code == 4403
