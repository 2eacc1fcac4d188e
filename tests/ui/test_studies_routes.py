"""The routes of the Studies screen as leads, and those who are none, speak to them."""

import json
from pathlib import Path

import numpy as np
import pytest
from builders import make_description, make_image, make_study, make_submission
from sqlalchemy import select
from test_accounts import browser
from test_accounts import people as people

from realness.domain import RealnessMap, StudySettings, Verdict
from realness.dream import files as map_files
from realness.errors import InvalidValue
from realness.store import MapTask
from realness.store.tables import descriptions, images, study_images
from realness.ui.server import build_app
from realness.workbench.studies import read_gold

WRITES = (
    ("GET", "", None), ("GET", "/images", None), ("POST", "", {"name": "x"}), ("GET", "/1", None),
    ("PATCH", "/1", {"overlap": 2}), ("PATCH", "/1", {"closed": True}), ("GET", "/1/gold", None),
    ("PUT", "/1/gold", {"image": "1", "low": 0, "high": 10}), ("DELETE", "/1/gold/1", None),
    ("POST", "/1/gold/table", {"text": "image,low,high\n"}), ("POST", "/1/checks", {"share": 10}),
)  # fmt: skip


@pytest.fixture
def study(bench):
    """Ten described images in a blind study."""
    made = bench.store.studies.create("pilot", StudySettings())
    texts = [f"Somewhat. The hand number {at} has six fingers." for at in range(10)]
    told = [make_description(text, findings=()) for text in texts]
    bench.store.images.add(made.id, [make_image(description=one, split="test" if at < 4 else "train",
                                                generator="sdxl") for at, one in enumerate(told)])  # fmt: skip
    return bench.store.studies.named("pilot")


@pytest.fixture
def app(bench, people):
    return build_app(bench)


@pytest.fixture
def lead(app):
    return browser(app, "lea")


def answer(client, study, rating=50.0, **given):
    """Rate and review the next image; gives the item, and what the lock answered."""
    item = client.get("/api/next", params={"study": study.id}).json()["item"]
    place = {"study": study.id, "image": item["image"]["key"]}
    locked = client.post("/api/lock", json=place | {"rating": rating}).json()
    said = (locked.get("reveal") or {}).get("description")
    if not locked.get("repeat"):
        sent = {"submission_id": f"sent-{item['image']['key']}", "base_revision": 0, **given}
        sent |= {"description_id": said["id"], "judgement": "accurate"} if said else {}
        assert client.post("/api/reviews", json=place | sent).status_code == 200
    return item, locked


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_a_reviewer_reaches_nothing_of_a_studys_settings(app, study, method, path, body):
    answered = browser(app, "ana").request(method, f"/api/studies{path}", json=body)
    assert (answered.status_code, answered.json()["kind"]) == (403, "not_allowed")


@pytest.mark.parametrize("name", ["lea", "ada"])
def test_leads_and_admins_read_all_of_it(app, study, name):
    told = browser(app, name).get("/api/studies").json()
    assert [(one["name"], one["images"], one["complete"]) for one in told["studies"]] == [("pilot", 10, 0)]
    assert told["sources"] == {"images": 10, "splits": [["train", 6], ["test", 4]], "generators": [["sdxl", 10]]}


def test_a_study_is_made_of_the_images_that_were_counted(lead, study):
    wanted = {"of_study": study.id, "split": "train", "generator": "sdxl", "verdict": "somewhat", "limit": 5}
    assert lead.get("/api/studies/images", params=wanted).json() == {"images": 5}
    made = lead.post(
        "/api/studies", json={"name": " second ", "settings": {"overlap": 3, "target": 2}, "images": wanted}
    )
    assert made.status_code == 201
    told = made.json()
    assert (told["name"], told["images"], told["settings"]["overlap"], told["settings"]["target"]) == (
        "second",
        5,
        3,
        2,
    )
    assert lead.get("/api/start", params={"study": told["id"]}).json()["study"]["images"] == 2
    assert lead.post("/api/studies", json={"name": "empty", "images": None}).json()["images"] == 0
    assert lead.post("/api/studies", json={"name": "all", "images": {}}).json()["images"] == 10


def test_a_study_of_images_that_are_not_there_is_not_made(lead, study):
    refused = lead.post("/api/studies", json={"name": "second", "images": {"split": "nowhere"}})
    assert (refused.status_code, refused.json()["field"]) == (422, "images")
    assert lead.post("/api/studies", json={"name": "second", "images": {"of_study": 99}}).status_code == 404
    assert len(lead.get("/api/studies").json()["studies"]) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("overlap", 0), ("overlap", 1001), ("overlap", "3"), ("overlap", True), ("overlap", 2.5), ("overlap", None),
     ("order", "backwards"), ("seed", -1), ("seed", 2**31), ("hidden_repeats", 51), ("gold_share", -1),
     ("target", 0), ("target", 10**10), ("blind", "yes"), ("blind", 1), ("closed", None), ("sample", True),
     ("images", 3), ("id", 2)],
)  # fmt: skip
def test_a_setting_that_is_none_is_refused_by_its_name_and_changes_nothing(lead, study, field, value):
    before = lead.get(f"/api/studies/{study.id}").json()
    refused = lead.patch(f"/api/studies/{study.id}", json={"target": 7, field: value})
    assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert field.split("_")[0] in refused.json()["error"]
    assert lead.get(f"/api/studies/{study.id}").json() == before


def test_a_name_that_is_taken_or_none_is_told_of_the_name(lead, study):
    for name in ("pilot", " ", "two\nlines"):
        refused = lead.post("/api/studies", json={"name": name})
        assert (refused.status_code, refused.json()["field"]) == (422, "name")


def test_what_is_not_named_stays_as_it_is(lead, study):
    lead.patch(f"/api/studies/{study.id}", json={"target": 5, "overlap": 2, "blind": False})
    changed = lead.patch(f"/api/studies/{study.id}", json={"target": None}).json()["settings"]
    assert (changed["target"], changed["overlap"], changed["blind"], changed["order"]) == (None, 2, False, "imported")


def test_a_study_tells_who_is_in_the_middle_of_it(app, bench, lead, study):
    ana, ben = browser(app, "ana"), browser(app, "ben")
    answer(ana, study)
    answer(ana, study)
    ben.get("/api/next", params={"study": study.id})
    told = lead.get(f"/api/studies/{study.id}").json()
    # The image that came with ana's last save is open with her, too.
    assert told["at_work"] == {"people": 1, "begun": 2, "most_done": 2}
    assert told["complete"] == 2
    assert lead.patch(f"/api/studies/{study.id}", json={"overlap": 2}).json()["complete"] == 0


# ---- gold ----


@pytest.mark.parametrize(
    ("path", "said"), [("/dev/zero", "is no file"), ("/", "is no file"), ("/none.csv", "cannot be read")]
)
def test_a_table_of_gold_images_is_a_file(bench, study, path, said):
    with pytest.raises(InvalidValue, match=said):
        read_gold(bench, study, Path(path))


def test_gold_images_are_set_by_number_and_key_changed_and_dropped(app, lead, study):
    at = f"/api/studies/{study.id}/gold"
    (first,) = lead.put(at, json={"image": "3", "low": 10, "high": 30.5}).json()["gold"]
    assert (first["number"], first["low"], first["high"], first["rated"]) == (3, 10, 30.5, 0)
    key = first["image"]["key"]
    (again,) = lead.put(at, json={"image": key, "low": 20, "high": 20}).json()["gold"]
    assert (again["number"], again["low"], again["high"]) == (3, 20, 20)
    assert len(lead.put(at, json={"image": "1", "low": 0, "high": 100}).json()["gold"]) == 2
    assert [one["number"] for one in lead.delete(f"{at}/{key}").json()["gold"]] == [1]
    assert lead.get(f"/api/studies/{study.id}").json()["gold"] == 1


@pytest.mark.parametrize(
    ("given", "status", "field"),
    [({"low": -1}, 422, "low"), ({"high": 101}, 422, "high"), ({"low": 60}, 422, "low"), ({"low": "1"}, 422, "low"),
     ({"high": None}, 422, "high"), ({"image": "11"}, 404, None), ({"image": "0"}, 404, None),
     ({"image": "' OR 1=1"}, 404, None), ({"image": "9" * 60}, 404, None), ({"gold": True}, 422, "gold")],
)  # fmt: skip
def test_a_range_off_the_scale_and_an_image_that_is_not_there_are_refused(lead, study, given, status, field):
    refused = lead.put(f"/api/studies/{study.id}/gold", json={"image": "1", "low": 10, "high": 50} | given)
    assert (refused.status_code, refused.json().get("field")) == (status, field)
    assert lead.get(f"/api/studies/{study.id}/gold").json() == {"gold": []}


def test_an_image_of_another_study_is_no_gold_image_of_this_one(bench, lead, study):
    other = make_study(bench.store, name="other")
    lead.put(f"/api/studies/{other.id}/gold", json={"image": "1", "low": 0, "high": 1})
    (one,) = lead.get(f"/api/studies/{other.id}/gold").json()["gold"]
    body = {"image": one["image"]["key"], "low": 0, "high": 1}
    assert lead.put(f"/api/studies/{study.id}/gold", json=body).status_code == 404


def test_a_table_of_gold_images_is_read_whole_or_not_at_all(bench, lead, study):
    (sha256, *_) = [sha for _, sha in bench.store.studies.image_names(study.id)]
    at = f"/api/studies/{study.id}/gold/table"
    assert lead.post(at, json={"text": f"\ufeffimage,low,high\n{sha256},10,20\n"}).json()["lines"] == 1
    refused = lead.post(at, json={"text": f"image,low,high\n{sha256},30,40\nnobody,1,2\n"})
    assert refused.status_code == 422
    assert refused.json()["error"].startswith("line 3 of the table")
    assert lead.post(at, json={"text": "name,low\n"}).status_code == 422
    assert [one["low"] for one in lead.get(f"/api/studies/{study.id}/gold").json()["gold"]] == [10]


def test_a_table_of_gold_images_takes_a_file_s_own_name_where_it_is_one_image_s_alone(bench, lead):
    study = bench.store.studies.create("named", StudySettings())
    names = ["train/f1.png", "train/f2.png", "test/f2.png", "f3.png", "test/f3.png"]
    bench.store.images.add(study.id, [make_image(name=name) for name in names])
    at = f"/api/studies/{study.id}/gold/table"

    def read(*images):
        return lead.post(at, json={"text": "image,low,high\n" + "".join(f"{image},10,20\n" for image in images)})

    assert [one["number"] for one in read("f1.png", "test/f2.png", "f3.png").json()["gold"]] == [1, 3, 4]
    assert read("f9.png").json()["error"].endswith("one that is there is called 'train/f1.png' or 'f1.png'")
    assert "give the whole name, such as 'train/f2.png', or the SHA-256" in read("f2.png").json()["error"]


# ---- checks ----


def test_checks_are_planted_counted_and_taken_back(lead, study):
    at = f"/api/studies/{study.id}/checks"
    told = lead.post(at, json={"share": 30}).json()["checks"]
    assert told == {"planted": 3, "described": 10, "unmapped": 3, "rated": 0}
    assert lead.post(at, json={"share": 0}).json()["checks"]["planted"] == 0


@pytest.mark.parametrize("share", [-1, 51, 2.5, "10", None])
def test_a_share_of_checks_that_is_none_is_refused(lead, study, share):
    refused = lead.post(f"/api/studies/{study.id}/checks", json={"share": share})
    assert (refused.status_code, refused.json()["field"]) == (422, "share")


def test_an_image_that_was_rated_keeps_its_check(app, lead, study):
    lead.post(f"/api/studies/{study.id}/checks", json={"share": 50})
    client = browser(app, "ana")
    for _ in range(10):
        answer(client, study)
    told = lead.post(f"/api/studies/{study.id}/checks", json={"share": 0}).json()["checks"]
    assert (told["planted"], told["rated"]) == (5, 5)


# ---- what reviewers see of it: nothing ----


def shape(value):
    """Which fields there are, whatever stands in them."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else type(value).__name__


@pytest.mark.parametrize("blind", [True, False])
def test_nothing_tells_a_reviewer_which_image_is_gold_a_check_or_a_repeat(app, bench, lead, study, blind):
    lead.patch(f"/api/studies/{study.id}", json={"gold_share": 30, "hidden_repeats": 30, "blind": blind})
    lead.post(f"/api/studies/{study.id}/checks", json={"share": 40})
    for number in (2, 5):
        lead.put(f"/api/studies/{study.id}/gold", json={"image": str(number), "low": 10, "high": 30})
    client, seen, shapes, reveals = browser(app, "ana"), [], set(), set()
    for _ in range(11):
        item, locked = answer(client, study)
        again = locked.pop("repeat", False)
        seen.append((item["image"]["key"], again))
        shapes.add(json.dumps(shape(item), sort_keys=True))
        if not again:
            reveals.add(json.dumps(shape(locked["reveal"]), sort_keys=True))
    assert any(again for _, again in seen), "a repeat was among them"
    assert len(shapes) == 1
    assert len(reveals) == 1
    told = [client.get(path, params={"study": study.id}).text for path in ("/api/browse", "/api/start")]
    told += [client.get("/api/compare", params={"study": study.id, "image": key}).text for key, _ in seen]
    told += [client.get("/api/item", params={"study": study.id, "image": key}).text for key, _ in seen]
    for word in ("gold", "planted", "provider", "prompt_version", '"check', "of-"):
        assert not any(word in text for text in told), word


def test_compare_shows_a_reviewer_the_text_that_review_showed(app, bench, lead, study):
    lead.post(f"/api/studies/{study.id}/checks", json={"share": 50})
    client = browser(app, "ana")
    said = {}
    for _ in range(10):
        item, locked = answer(client, study)
        said[item["image"]["key"]] = locked["reveal"]["description"]["text"]
    with bench.store.database.read() as connection:
        checks = connection.execute(select(descriptions.c.text).where(descriptions.c.provider == "check")).scalars()
        wrong = set(checks)
        assert connection.execute(select(study_images).where(study_images.c.check_id.is_not(None))).first()
    assert wrong & set(said.values())
    for key, text in said.items():
        told = client.get("/api/compare", params={"study": study.id, "image": key}).json()
        assert told["description"]["text"] == text


def put_map(bench, key, said):
    """A map of an image and one of its texts; its id."""
    image = bench.store.images.by_key(key)
    values = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    found = RealnessMap(values, values, np.stack([values]), ("one",), "dense", "mini", (64, 48))
    target = bench.beside("maps", f"{said:02}map.npz")
    digest = map_files.save(found, target)
    task = MapTask(image, bench.store.descriptions.of_image(image.id, said))
    told = {"method": "dense", "clip": "mini", "weights": "w", "phrases": ("one",), "sha256": digest}
    bench.store.maps.add(task, path=target.relative_to(bench.settings.data).as_posix(), **told)
    return max(one.id for one in bench.store.maps.of_image(image.id))


@pytest.fixture
def checked(bench, lead, study):
    """The key of an image that is shown with a wrong text, and the ids of that text and of the image's own."""
    lead.post(f"/api/studies/{study.id}/checks", json={"share": 50})
    query = select(images.c.key, study_images.c.check_id, descriptions.c.id)
    query = query.join(study_images, study_images.c.image_id == images.c.id)
    query = query.join(descriptions, descriptions.c.image_id == images.c.id)
    query = query.where(study_images.c.check_id.is_not(None), descriptions.c.id != study_images.c.check_id)
    with bench.store.database.read() as connection:
        return connection.execute(query).first()


def test_a_draft_that_names_the_images_own_text_does_not_bring_it_in_place_of_a_check(app, study, checked):
    client, (key, check, own) = browser(app, "ana"), checked
    place = {"study": study.id, "image": key}
    client.get("/api/item", params=place)
    client.post("/api/lock", json=place | {"rating": 50})
    for said in (own, check, True):
        draft = place | {"base_revision": 0, "body": {"findings": [], "description_id": said}}
        assert client.put("/api/draft", json=draft).status_code == 200
        assert client.get("/api/item", params=place).json()["item"]["reveal"]["description"]["id"] == check


def test_an_answer_to_a_text_that_the_study_does_not_show_is_refused(app, study, checked):
    client, (key, check, own) = browser(app, "ana"), checked
    place = {"study": study.id, "image": key}
    client.get("/api/item", params=place)
    client.post("/api/lock", json=place | {"rating": 50})
    sent = place | {"submission_id": "an-answer-to-it", "base_revision": 0, "judgement": "accurate"}
    refused = client.post("/api/reviews", json=sent | {"description_id": own})
    assert (refused.status_code, "does not show" in refused.json()["error"]) == (422, True)
    assert client.post("/api/reviews", json=sent | {"description_id": check}).status_code == 200


def test_the_map_of_a_text_that_a_check_stands_for_is_no_file_for_reviewers(app, bench, lead, study, checked):
    client, (key, check, own) = browser(app, "ana"), checked
    place = {"study": study.id, "image": key}
    client.get("/api/item", params=place)
    client.post("/api/lock", json=place | {"rating": 50})
    maps = {said: put_map(bench, key, said) for said in (check, own)}
    assert client.get(f"/files/map/{study.id}/{maps[check]}/0").status_code == 200
    for path in (f"/files/map/{study.id}/{maps[own]}/0", f"/files/mapped/{study.id}/{maps[own]}/viridis"):
        assert client.get(path).status_code == 404
    assert lead.get(f"/files/map/{study.id}/{maps[own]}/0").status_code == 200


# ---- closed studies ----


def test_a_closed_study_gives_no_image_and_takes_no_rating_and_no_review(app, bench, lead, study):
    client = browser(app, "ana")
    item = client.get("/api/next", params={"study": study.id}).json()["item"]
    place = {"study": study.id, "image": item["image"]["key"]}
    assert lead.patch(f"/api/studies/{study.id}", json={"closed": True}).json()["closed"] is True
    for sent in (
        client.post("/api/lock", json=place | {"rating": 40.0}),
        client.post("/api/reviews", json=place | {"submission_id": "sent-late-1", "base_revision": 0, "kind": "skip"}),
        client.get("/api/last", params={"study": study.id}),
    ):
        assert (sent.status_code, sent.json()["kind"]) == (409, "closed")
    for asked in (client.get("/api/next", params={"study": study.id}), client.get("/api/item", params=place)):
        told = asked.json()
        assert (told["item"], told["study"]["closed"], told["ahead"]) == (None, True, [])
    lead.patch(f"/api/studies/{study.id}", json={"closed": False})
    assert client.get("/api/next", params={"study": study.id}).json()["item"]["image"]["key"] == place["image"]


def test_who_names_no_study_is_not_led_into_a_closed_one(app, bench, lead, study):
    newer = make_study(bench.store, name="newer")
    client = browser(app, "ana")
    assert client.get("/api/start").json()["study"]["id"] == newer.id
    lead.patch(f"/api/studies/{newer.id}", json={"closed": True})
    assert client.get("/api/start").json()["study"]["id"] == study.id


def test_reviewers_are_told_whether_a_study_is_closed_and_no_setting_else(app, lead, study):
    lead.patch(f"/api/studies/{study.id}", json={"closed": True, "gold_share": 20, "hidden_repeats": 10, "seed": 77})
    (told,) = browser(app, "ana").get("/api/start").json()["studies"]
    assert told["closed"] is True
    assert not {"gold_share", "hidden_repeats", "seed", "overlap", "settings"} & set(told)


def test_a_study_that_is_not_there_is_said_so(lead):
    for method, path, body in WRITES:
        if path.startswith("/1"):
            assert lead.request(method, f"/api/studies{path.replace('/1', '/99', 1)}", json=body).status_code == 404


def test_the_last_review_of_a_closed_study_stays(bench, people, study):
    image = bench.store.assignments.next_image(study, people["ana"].id)
    bench.store.assignments.lock(study.id, image.id, people["ana"].id, 50)
    bench.store.reviews.submit(people["ana"].id, make_submission(study, image, verdict=Verdict.NO))
    bench.store.studies.close(study.id)
    assert bench.store.reviews.current(study.id, image.id, people["ana"].id) is not None
