"""Several descriptions to choose from, as the routes tell them and take the choice."""

import json

import numpy as np
import pytest
from builders import make_description, make_image, make_study
from sqlalchemy import select
from test_accounts import app, browser, people

from realness.domain import Finding, RealnessMap, StudySettings
from realness.dream import files as map_files
from realness.store import MapTask, NewImage
from realness.store.tables import descriptions, reviews, study_images

__all__ = ["app", "people"]

DESCRIBERS = (("openai", "gpt-4.1"), ("local", "smol-vlm"), ("local", "smol-vlm-tuned"))
SAID = ("The left hand has six fingers", "the shop sign is garbled", "the lamp throws no shadow")


def words_of(image, at):
    """What a describer says of an image."""
    return f"Here {SAID[at]}, on picture {image.facts.sha256[-4:]}."


def describe(bench, study, image, at, **known):
    """A description by one of the describers, with a finding of its own."""
    provider, model = DESCRIBERS[at]
    text = known.pop("text", f"Somewhat. {words_of(image, at)}")
    values = {"provider": provider, "model": model, "findings": (Finding(SAID[at]),)} | known
    said = make_description(text, **values)
    bench.store.images.add(study.id, [NewImage(image.facts, image.path, f"by-{model}", "x.png", description=said)])


@pytest.fixture
def study(bench):
    """Four images that three describers have described, of which two are shown."""
    made = bench.store.studies.create("several", StudySettings(choices=2, overlap=2))
    images = [make_image() for _ in range(4)]
    bench.store.images.add(made.id, images)
    for image in images:
        for at in range(3):
            describe(bench, made, image, at)
    return bench.store.studies.named("several")


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


def again(who, study, item):
    return who.get("/api/item", params={"study": study.id, "image": item["image"]["key"]}).json()["item"]


def review(item, study, at=0, **given):
    """A review of the text at a place."""
    said = item["reveal"]["texts"][at]["description"]
    body = {"submission_id": "a-submission-of-one", "study": study.id, "image": item["image"]["key"]}
    body |= {"base_revision": 0, "description_id": said["id"], "judgement": "accurate", "explanation": "Nothing."}
    finding = said["findings"][0]
    body["findings"] = [{"state": "kept", "phrase": finding["phrase"], "finding_id": finding["id"]}]
    return body | given


def kept(bench):
    with bench.store.database.read() as connection:
        return [dict(row) for row in connection.execute(select(reviews).order_by(reviews.c.id)).mappings()]


def said_by(bench, identifier):
    with bench.store.database.read() as connection:
        return connection.execute(select(descriptions).where(descriptions.c.id == identifier)).mappings().one()


def words(item):
    return [text["description"]["explanation"] for text in item["reveal"]["texts"]]


def test_before_the_lock_no_text_is_sent_and_after_it_the_newest_describers_alone(bench, ana, study):
    item = ana.get("/api/next", params={"study": study.id}).json()["item"]
    assert item["reveal"] is None
    image = bench.store.images.by_key(item["image"]["key"])
    assert sorted(words(take(ana, study))) == sorted(words_of(image, at) for at in (1, 2))


def test_of_one_describer_the_newest_text_is_shown(bench, ana, study):
    image = bench.store.images.by_key(ana.get("/api/next", params={"study": study.id}).json()["item"]["image"]["key"])
    describe(bench, study, image, 1, text="Yes. The newer one.", findings=())
    assert sorted(words(take(ana, study))) == sorted([words_of(image, 2), "The newer one."])


def test_texts_that_say_the_same_count_once(bench, ana, study):
    image = bench.store.images.by_key(ana.get("/api/next", params={"study": study.id}).json()["item"]["image"]["key"])
    describe(bench, study, image, 1, text=f"Somewhat. {words_of(image, 2)}", findings=())
    assert sorted(words(take(ana, study))) == sorted(words_of(image, at) for at in (0, 2))


def test_the_order_is_each_persons_own_and_the_same_at_every_reload(ana, ben, study):
    mine, theirs = [], []
    for _ in range(4):
        items = {"ana": take(ana, study), "ben": take(ben, study)}
        mine.append(words(items["ana"]))
        theirs.append(words(items["ben"]))
        assert items["ana"]["image"]["key"] == items["ben"]["image"]["key"]
        assert words(again(ana, study, items["ana"])) == mine[-1]
        for name, who in (("ana", ana), ("ben", ben)):
            body = review(items[name], study, submission_id=f"{name}-{len(mine)}-submission")
            assert who.post("/api/reviews", json=body).status_code == 200
    assert [sorted(one) for one in mine] == [sorted(one) for one in theirs]
    assert mine != theirs


def test_nothing_that_is_sent_tells_who_described_or_what_came_first(bench, ana, study):
    item = take(ana, study)
    sent = json.dumps([item, again(ana, study, item)])
    for telling in ("openai", "smol", "gpt", "provider", "model", "prompt"):
        assert telling not in sent
    image = bench.store.images.by_key(item["image"]["key"])
    for text in item["reveal"]["texts"]:
        said = text["description"]
        for identifier in (said["id"], said["findings"][0]["id"]):
            assert identifier > 10**6, "an id of the database"
            assert bench.store.descriptions.of_image(image.id, identifier) is None


def test_the_choice_is_kept_with_what_it_was_made_from_in_the_order_shown(bench, ana, study):
    item = take(ana, study)
    assert ana.post("/api/reviews", json=review(item, study, at=1)).status_code == 200
    (row,) = kept(bench)
    assert [said_by(bench, one)["explanation"] for one in row["offered"]] == words(item)
    assert row["description_id"] == row["offered"][1]
    assert bench.store.reviews.last(study.id, row["reviewer_id"]).submission.offered == tuple(row["offered"])


def test_a_review_opens_again_with_the_same_texts_and_the_choice_whatever_came_since(bench, ana, study):
    item = take(ana, study)
    ana.post("/api/reviews", json=review(item, study, at=1))
    describe(bench, study, bench.store.images.by_key(item["image"]["key"]), 0, text="Yes. A newer one.", findings=())
    bench.store.studies.change(study.id, StudySettings(choices=3, seed=7))
    opened = ana.get("/api/last", params={"study": study.id}).json()["item"]
    chosen = item["reveal"]["texts"][1]["description"]
    assert words(opened) == words(item)
    assert opened["reveal"]["chosen"] == chosen["id"]
    assert opened["review"]["findings"][0]["finding_id"] == chosen["findings"][0]["id"]
    other = review(opened, study, at=0, base_revision=1, submission_id="another-submission")
    assert ana.post("/api/reviews", json=other).json()["revision"] == 2
    first, second = kept(bench)
    assert first["offered"] == second["offered"]
    assert second["description_id"] == first["offered"][0]


def test_a_text_that_comes_after_the_rating_changes_nothing_for_who_has_rated(bench, ana, ben, study):
    item = take(ana, study)
    describe(bench, study, bench.store.images.by_key(item["image"]["key"]), 0, text="Yes. A newer one.", findings=())
    assert words(again(ana, study, item)) == words(item)
    assert "A newer one." in words(take(ben, study))
    assert ana.post("/api/reviews", json=review(item, study)).status_code == 200


def test_a_retry_of_a_choice_is_one_review(bench, ana, study):
    body = review(take(ana, study), study)
    assert [ana.post("/api/reviews", json=body).json()["revision"] for _ in range(2)] == [1, 1]
    assert len(kept(bench)) == 1


def test_a_draft_keeps_the_choice(ana, study):
    item = take(ana, study)
    chosen = item["reveal"]["texts"][1]["description"]["id"]
    body = {"study": study.id, "image": item["image"]["key"], "base_revision": 0, "body": {"description_id": chosen}}
    assert ana.put("/api/draft", json=body).status_code == 200
    opened = again(ana, study, item)
    assert (opened["draft"]["body"]["description_id"], words(opened)) == (chosen, words(item))


def test_who_was_overtaken_is_shown_the_other_answer_without_an_id(bench, ana, study):
    item = take(ana, study)
    ana.post("/api/reviews", json=review(item, study))
    answer = ana.post("/api/reviews", json=review(item, study, at=1, submission_id="of-another-tab"))
    assert answer.status_code == 409
    (finding,) = answer.json()["theirs"]["findings"]
    assert finding["finding_id"] == item["reveal"]["texts"][0]["description"]["findings"][0]["id"]


@pytest.mark.parametrize("which", ["none", "id", "not shown", "finding", "map", "offered"])
def test_what_is_none_of_those_to_choose_from_is_refused(bench, ana, study, which):
    item = take(ana, study)
    image = bench.store.images.by_key(item["image"]["key"])
    with bench.store.database.read() as connection:
        ids = connection.execute(select(descriptions.c.id).where(descriptions.c.image_id == image.id)).scalars().all()
    other = item["reveal"]["texts"][1]["description"]
    given = {
        "none": {"description_id": None, "findings": []},
        "id": {"description_id": ids[2]},
        "not shown": {"description_id": ids[0]},
        "finding": {"findings": [{"state": "kept", "phrase": "x", "finding_id": other["findings"][0]["id"]}]},
        "map": {"map_id": 1},
        "offered": {"offered": ids},
    }[which]
    answer = ana.post("/api/reviews", json=review(item, study, **given))
    assert (answer.status_code, kept(bench)) == (422, [])


def test_a_skip_and_a_flag_need_no_choice_and_keep_none(bench, ana, study):
    for kind in ("skip", "flag"):
        item = take(ana, study)
        body = review(item, study, kind=kind, description_id=None, findings=[], judgement=None, reason="a copy")
        assert ana.post("/api/reviews", json=body | {"submission_id": f"a-{kind}-by-ana"}).status_code == 200
    assert [(row["kind"], row["offered"]) for row in kept(bench)] == [("skip", None), ("flag", None)]


def test_with_one_text_to_show_the_form_is_as_ever(bench, ana):
    plain = make_study(bench.store, images=1, name="plain", choices=3)
    item = take(ana, plain)
    assert set(item["reveal"]) == {"description", "map"}
    body = {"submission_id": "a-plain-submission", "study": plain.id, "image": item["image"]["key"], "base_revision": 0}
    body |= {"description_id": item["reveal"]["description"]["id"], "judgement": "wrong"}
    assert ana.post("/api/reviews", json=body).status_code == 200
    assert kept(bench)[0]["offered"] is None


def test_a_study_that_shows_one_text_is_as_it_was(bench, ana, study):
    bench.store.studies.change(study.id, StudySettings())
    item = take(ana, study)
    image = bench.store.images.by_key(item["image"]["key"])
    assert item["reveal"]["description"]["explanation"] == words_of(image, 2)


def checked(bench, study):
    """The image that shows a wrong text, and that text."""
    bench.store.controls.plant_checks(study.id, 25, seed=3)
    with bench.store.database.read() as connection:
        place = connection.execute(select(study_images).where(study_images.c.check_id.is_not(None))).mappings().one()
    return bench.store.images.by_id(place["image_id"]), said_by(bench, place["check_id"])


def test_a_wrong_text_takes_the_place_of_one_and_looks_like_the_others(bench, ana, ben, study):
    image, check = checked(bench, study)
    sets = []
    for who in (ana, ben):
        seen = {}
        for _ in range(4):
            item = take(who, study)
            seen[item["image"]["key"]] = item
            body = review(item, study, submission_id=f"{len(sets)}-{len(seen)}-submission")
            assert who.post("/api/reviews", json=body).status_code == 200
        assert {len(words(item)) for item in seen.values()} == {2}
        shapes = {tuple(text["description"]) for item in seen.values() for text in item["reveal"]["texts"]}
        assert len(shapes) == 1
        sets.append(sorted(words(seen[image.key])))
        assert check["explanation"] in sets[-1]
    assert sets[0] == sets[1], "everybody is shown the same texts"


def test_a_wrong_text_stands_where_its_own_describers_text_would(bench, people, study):
    image, check = checked(bench, study)
    source = said_by(bench, int(check["prompt_version"].removeprefix("of-")))
    shown = bench.store.offers.offered(study.id, image.id, people["ana"].id)
    by = [one.description.model for one in shown if one.id != check["id"]]
    assert len(by) == 1
    assert by[0] != source["model"]


def add_map(bench, image, said, seed):
    """A map of a text, made up."""
    values = np.full((3, 4), seed / 10, np.float32)
    phrases = tuple(one.phrase for one in said.description.findings)
    found = RealnessMap(values, values, np.stack([values] * len(phrases)), phrases, "dense", "mini", (640, 480))
    target = bench.beside("maps", f"{seed:02}map.npz")
    digest = map_files.save(found, target)
    path = target.relative_to(bench.settings.data).as_posix()
    bench.store.maps.add(
        MapTask(image, said), method="dense", clip="mini", weights="w", path=path, sha256=digest, phrases=phrases
    )


def test_each_text_has_its_own_map_and_one_without_the_whole_map_of_another(bench, ana, study):
    key = ana.get("/api/next", params={"study": study.id}).json()["item"]["image"]["key"]
    image = bench.store.images.by_key(key)
    said = bench.store.descriptions.newest(image.id)
    add_map(bench, image, said, 1)
    place = f"/files/text-map/{study.id}/{key}/1/0"
    assert ana.get(place).status_code == 403
    by = {text["description"]["explanation"]: text["map"] for text in take(ana, study)["reveal"]["texts"]}
    own, spare = by.pop(said.description.explanation), *by.values()
    assert [len(one["layers"]) for one in (own, spare)] == [2, 1]
    assert [ana.get(layer["url"]).status_code for layer in (*own["layers"], *spare["layers"])] == [200, 200, 200]
    assert str(said.id) not in own["layers"][1]["url"].split("/")[3:]
    assert ana.get(place).status_code == 404
    item = again(ana, study, {"image": {"key": key}})
    chosen = next(at for at, text in enumerate(item["reveal"]["texts"]) if text["map"] == own)
    assert ana.post("/api/reviews", json=review(item, study, at=chosen, map_id=own["id"])).status_code == 200
    assert kept(bench)[0]["map_id"] == bench.store.maps.of_text(image.id, said.description.text).id


def test_maps_are_missing_of_every_text_to_choose_from(bench, study):
    missing = bench.store.maps.missing("dense", "mini", "w")
    assert len(missing) == 4 * 3
    bench.store.studies.change(study.id, StudySettings())
    assert len(bench.store.maps.missing("dense", "mini", "w")) == 4


def test_compare_shows_nothing_but_the_image_until_the_choice_is_made_and_then_the_chosen_text(bench, ana, study):
    item = take(ana, study)
    asked = {"study": study.id, "image": item["image"]["key"]}
    assert ana.get("/api/compare", params=asked).json()["hidden"] is True
    ana.post("/api/reviews", json=review(item, study, at=1))
    told = ana.get("/api/compare", params=asked).json()
    assert (told["hidden"], told["description"]["explanation"]) == (False, words(item)[1])


def test_choices_are_a_setting_from_one_to_four(bench, app, study):
    lead = browser(app, "lea")
    assert lead.get(f"/api/studies/{study.id}").json()["settings"]["choices"] == 2
    assert lead.patch(f"/api/studies/{study.id}", json={"choices": 4}).json()["settings"]["choices"] == 4
    for wrong in (0, 5):
        answer = lead.patch(f"/api/studies/{study.id}", json={"choices": wrong})
        assert (answer.status_code, answer.json()["field"]) == (422, "choices")
    made = lead.post("/api/studies", json={"name": "new", "settings": {"choices": 3}}).json()
    assert bench.store.studies.by_id(made["id"]).settings.choices == 3


def test_whoever_adjudicates_sees_which_text_each_answer_is_to(bench, app, ana, ben, study):
    said = {}
    for name, who in (("ana", ana), ("ben", ben)):
        item = take(who, study)
        shown = words(item)
        chosen = shown.index(sorted(shown)[len(said)])  # another one for each
        said[shown[chosen]] = name
        who.post("/api/reviews", json=review(item, study, at=chosen, submission_id=f"{name}-submission"))
    asked = {"study": study.id, "image": item["image"]["key"]}
    told = browser(app, "lea").get("/api/adjudicate/image", params=asked).json()
    assert [told["texts"][str(one["description_id"])] for one in told["reviews"]] == list(said)


def test_leads_are_told_whose_texts_people_took_and_how_much_they_changed(bench, app, ana, ben, study):
    for name, who in (("ana", ana), ("ben", ben)):
        item = take(who, study)
        image = bench.store.images.by_key(item["image"]["key"])
        tuned = words(item).index(words_of(image, 2))
        text = item["reveal"]["texts"][tuned]["description"]
        given = {"judgement": "partly", "explanation": text["explanation"].replace("Here ", "There ")}
        if name == "ben":
            added = {"state": "added", "phrase": "A cat without a tail", "kind": "anatomy"}
            dropped = {"state": "dropped", "phrase": SAID[2], "finding_id": text["findings"][0]["id"]}
            given = {"explanation": text["explanation"], "findings": [dropped, added]}
        body = review(item, study, at=tuned, submission_id=f"{name}-submission", **given)
        assert who.post("/api/reviews", json=body).status_code == 200
    part = browser(app, "lea").get("/api/insights/describers", params={"study": study.id}).json()
    by = {row["model"]: row for row in part["people"]}
    assert set(by) == {"smol-vlm", "smol-vlm-tuned"}
    row = by["smol-vlm-tuned"]
    assert (row["answered"], row["offered"], row["chosen"]) == (2, 2, 2)
    assert (row["judged"]["accurate"], row["judged"]["partly"], row["edited"]) == (1, 1, 1)
    assert row["edit_rate"] == pytest.approx(1 / len(words_of(image, 2).split()))
    assert row["changed"] == {"dropped": 1, "reworded": 0, "added": 1}
    assert row["kinds"] == ["anatomy"]
    other = by["smol-vlm"]
    assert (other["answered"], other["offered"], other["chosen"], other["edit_rate"]) == (0, 2, 0, None)
    own = ana.get("/api/insights/describers", params={"study": study.id})
    assert own.json()["people"] == []
    assert "smol" not in own.text
