"""The routes as a browser, or somebody who pretends to be one, speaks to them."""

import io
import json
import re
import time

import numpy as np
import pytest
from builders import make_description, make_image
from fastapi.testclient import TestClient
from PIL import Image, PngImagePlugin
from sqlalchemy import select

from realness.domain import MAX_TEXT, OpinionScore, RealnessMap, StudySettings
from realness.dream import files as map_files
from realness.errors import DatabaseProblem
from realness.store import ExportFilter, NewImage, NewPrediction
from realness.store.tables import study_images
from realness.ui.schemas import DRAFT_LIMIT, MAX_COORDINATES, MAX_FINDINGS, MAX_REGIONS
from realness.ui.server import build_app
from realness.workbench.importing import copy_image, images

SECRET = "a cat by somebody, steps 20"


def put_image(bench, study, tmp_path, seed=0):
    """An image file with a telling name and metadata, a description, a map and an opinion score."""
    path = tmp_path / f"sdxl_secret_{seed}.png"
    told = PngImagePlugin.PngInfo()
    told.add_text("parameters", SECRET)
    pixels = np.random.default_rng(seed).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, pnginfo=told)
    facts = images.inspect_image(path)
    score = OpinionScore("raise", rating=64.0)
    new = NewImage(facts, copy_image(bench, path, facts), "set", path.name, prompt=SECRET, generator="sdxl",
                   description=make_description(), scores=(score,))  # fmt: skip
    bench.store.images.add(study.id, [new])
    (task,) = bench.store.maps.missing("dense", "mini", "w", 1)
    values = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    found = RealnessMap(values, values, np.stack([values, values]), ("one", "two"), "dense", "mini", (64, 48))
    target = bench.beside("maps", f"{seed:02}map.npz")
    digest = map_files.save(found, target)
    path = target.relative_to(bench.settings.data).as_posix()
    bench.store.maps.add(
        task, method="dense", clip="mini", weights="w", path=path, sha256=digest, phrases=("one", "two")
    )


@pytest.fixture
def study(bench, tmp_path):
    made = bench.store.studies.create("pilot", StudySettings())
    for seed in range(3):
        put_image(bench, made, tmp_path, seed)
    return bench.store.studies.named("pilot")


@pytest.fixture
def page(bench, study):
    """A client without the token."""
    with TestClient(build_app(bench), base_url="http://127.0.0.1:7860") as client:
        yield client


@pytest.fixture
def client(page):
    """A client that has read the token from the page."""
    token = re.search(r'realness-token\\?" content=\\?"([^"\\]+)', page.get("/").text).group(1)
    page.headers["X-Realness-Token"] = token
    return page


def take(client, study, rating=None):
    item = client.get("/api/next", params={"study": study.id}).json()["item"]
    if rating is not None:
        body = {"study": study.id, "image": item["image"]["key"], "rating": rating}
        item |= client.post("/api/lock", json=body).json()
    return item


def review(item, study, **given):
    body = {"submission_id": "a-submission-1", "study": study.id, "image": item["image"]["key"], "base_revision": 0}
    return body | given


def test_the_page_is_there_and_the_routes_need_its_token(page, study):
    assert page.get("/").status_code == 200
    answer = page.get("/api/start")
    assert (answer.status_code, answer.json()["kind"]) == (403, "refused")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:7860", "", "[::2]"])
def test_a_request_for_another_host_is_refused_even_with_the_token(client, host):
    for path in ("/", "/api/start", "/gradio_api/info"):
        assert client.get(path, headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:7861"])
def test_a_request_from_another_origin_is_refused_even_with_the_token(client, origin):
    assert client.get("/api/start", headers={"Origin": origin}).status_code == 403


def test_our_own_origin_is_let_through(client):
    assert client.get("/api/start", headers={"Origin": "http://127.0.0.1:7860"}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [("POST", "/api/lock", 400, "invalid"), ("GET", "/assets/ui/none.js", 404, "not_found")],
)
def test_whatever_is_refused_is_one_sentence(client, method, path, status, kind):
    answer = client.request(method, path, content=b"\xff", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["kind"]) == (status, kind)
    assert isinstance(answer.json()["error"], str)


def test_a_database_that_is_held_is_told_without_its_place(bench, client, study, monkeypatch):
    def held(*_args):
        raise DatabaseProblem("{place} is held by another process", bench.store.database.path, "the database")

    monkeypatch.setattr(type(bench.store.studies), "all", held)
    answer = client.get("/api/start")
    assert (answer.status_code, answer.json()["kind"]) == (503, "unavailable")
    assert answer.json()["error"] == "the database is held by another process"


def test_a_database_that_cannot_be_read_is_told_before_anybody_is_known(bench, client, study):
    bench.store.close()
    for beside in bench.store.database.path.parent.glob("a.db-*"):
        beside.unlink()
    bench.store.database.path.write_bytes(b"no database " * 1000)
    for path in ("/", "/api/me", "/api/start", "/files/thumbs/none"):
        answer = client.get(path, headers={"Cookie": "realness_session=unknown"})
        assert (answer.status_code, answer.json()["kind"]) == (503, "unavailable")
        assert "the database" in answer.json()["error"]


def test_before_the_lock_nothing_a_machine_said_is_sent(client, study):
    shown = client.get("/api/next", params={"study": study.id})
    assert shown.json()["item"]["reveal"] is None
    listed = client.get("/api/browse", params={"study": study.id})
    assert all(card["hidden"] for card in listed.json()["items"])
    for text in (shown.text, listed.text, client.get("/api/start").text):
        for secret in ("six fingers", "garbled", "sdxl", SECRET, "64.0", "gpt-4.1", "somewhat", "/files/map"):
            assert secret not in text
    assert client.get(f"/files/map/{study.id}/1/0").status_code == 403
    assert client.get("/api/browse", params={"study": study.id, "q": "fingers"}).json()["total"] == 0
    assert client.get("/api/browse", params={"study": study.id, "verdict": "somewhat"}).json()["total"] == 0


def test_the_lock_reveals_text_and_map(client, study):
    item = take(client, study, rating=34)
    assert item["locked"]["rating"] == 34
    said = item["reveal"]["description"]
    assert (said["verdict"], [f["phrase"] for f in said["findings"]]) == (
        "somewhat",
        ["The hand has six fingers", "the sign is garbled"],
    )
    layers = item["reveal"]["map"]["layers"]
    assert [layer["phrase"] for layer in layers] == [None, "one", "two"]
    grey = Image.open(io.BytesIO(client.get(layers[0]["url"]).content))
    assert (grey.mode, grey.size, grey.getpixel((0, 0)), grey.getpixel((3, 2))) == ("L", (4, 3), 0, 255)
    assert client.get(f"/files/map/{study.id}/1/9").status_code == 404


def test_a_second_lock_with_another_rating_is_refused_and_tells_the_first(client, study):
    item = take(client, study, rating=34)
    body = {"study": study.id, "image": item["image"]["key"], "rating": 90}
    answer = client.post("/api/lock", json=body)
    assert (answer.status_code, answer.json()["locked"]["rating"]) == (409, 34)


def test_the_image_goes_out_without_name_and_metadata_and_may_be_kept(client, study):
    item = take(client, study)
    answer = client.get(item["image"]["url"])
    assert answer.headers["content-type"] == "image/png"
    assert "immutable" in answer.headers["cache-control"]
    assert SECRET.encode() not in answer.content
    assert "sdxl" not in str(answer.headers)
    pixels = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(answer.content))), pixels)
    assert client.get(f"/files/thumb/{item['image']['key']}").headers["content-type"] == "image/jpeg"


def test_a_review_is_kept_and_the_next_image_comes(client, bench, study):
    item = take(client, study, rating=34)
    said = item["reveal"]["description"]
    findings = [
        {"state": "kept", "phrase": said["findings"][0]["phrase"], "finding_id": said["findings"][0]["id"]},
        {"state": "added", "phrase": "A mark", "regions": [{"shape": "box", "coordinates": [1, 2, 30, 40]}]},
    ]
    body = review(item, study, description_id=said["id"], map_id=item["reveal"]["map"]["id"], judgement="partly",
                  verdict="yes", explanation="<b>Six</b> fingers", findings=findings, active_seconds=3.5)  # fmt: skip
    first, again = client.post("/api/reviews", json=body), client.post("/api/reviews", json=body)
    assert (first.status_code, first.json()["revision"], first.json()["next"]["study"]["done"]) == (200, 1, 1)
    assert again.json()["revision"] == 1
    assert take(client, study)["image"]["key"] != item["image"]["key"]
    back = client.get("/api/last", params={"study": study.id}).json()["item"]
    assert back["review"]["explanation"] == "<b>Six</b> fingers"
    assert back["review"]["findings"][1]["regions"] == [{"shape": "box", "coordinates": [1.0, 2.0, 30.0, 40.0]}]
    assert back["base_revision"] == 1


def test_a_stale_review_is_a_conflict_that_shows_the_other_one(client, study):
    item = take(client, study, rating=34)
    client.post("/api/reviews", json=review(item, study, explanation="there")).raise_for_status()
    answer = client.post("/api/reviews", json=review(item, study, submission_id="a-submission-2", explanation="here"))
    assert (answer.status_code, answer.json()["kind"]) == (409, "conflict")
    assert answer.json()["theirs"]["explanation"] == "there"
    assert answer.json()["theirs"]["revision"] == 1


def test_a_draft_comes_back_with_its_image(client, study):
    item = take(client, study)
    body = {"study": study.id, "image": item["image"]["key"], "base_revision": 0, "body": {"explanation": "half a"}}
    assert client.put("/api/draft", json=body).status_code == 200
    assert take(client, study)["draft"]["body"] == {"explanation": "half a"}


@pytest.mark.parametrize("character", ["字", "🖐"])
def test_a_draft_of_all_that_a_review_may_hold_is_kept_and_more_is_not(client, study, character):
    item = take(client, study)
    text = character * MAX_TEXT
    box = {"shape": "box", "coordinates": [123.45678901234567] * 4}
    mask = {"shape": "mask", "coordinates": [12_345_678] * MAX_COORDINATES}
    finding = {"finding_id": 2**63 - 1, "was": text, "phrase": text, "kind": "k" * 64, "state": "reworded"}
    findings = [{**finding, "regions": [box] * MAX_REGIONS} for _ in range(MAX_FINDINGS)]
    findings[0]["regions"][0] = mask
    body = {"explanation": text, "note": text, "findings": findings, "seeded": True, "edited_at": 1764000000000}
    sent = {"study": study.id, "image": item["image"]["key"], "base_revision": 0, "body": body}
    assert client.put("/api/draft", json=sent).status_code == 200
    assert take(client, study)["draft"]["body"] == body
    body["more"] = "x" * DRAFT_LIMIT
    answer = client.put("/api/draft", json=sent)
    assert (answer.status_code, "at most 19 MB" in answer.json()["error"]) == (422, True)


@pytest.mark.parametrize("value", ['"\\ud83d"', "NaN", "[" * 100 + "]" * 100, "[" * 950 + "]" * 950])
def test_a_draft_that_could_not_be_sent_back_is_refused(client, study, value):
    item = take(client, study)
    start = f'{{"study": {study.id}, "image": "{item["image"]["key"]}", "base_revision": 0, "body": '
    json_type = {"Content-Type": "application/json"}
    answer = client.put("/api/draft", content=f'{start}{{"explanation": {value}}}}}', headers=json_type)
    assert (answer.status_code, answer.json()["kind"]) == (422, "invalid")
    assert take(client, study)["draft"] is None


def test_a_draft_that_comes_after_its_review_is_a_conflict(client, study):
    item = take(client, study, rating=34)
    client.post("/api/reviews", json=review(item, study)).raise_for_status()
    body = {"study": study.id, "image": item["image"]["key"], "base_revision": 0, "body": {"explanation": "late"}}
    answer = client.put("/api/draft", json=body)
    assert (answer.status_code, answer.json()["kind"]) == (409, "conflict")


def test_the_time_that_a_browser_sends_leaves_in_utc(client, bench, study):
    item = take(client, study, rating=34)
    sent = review(item, study, client_at="2025-01-01T12:00:00+05:00")
    client.post("/api/reviews", json=sent).raise_for_status()
    ((at,),) = bench.store.exports.leaving(ExportFilter(), ("client_at",), {}, "human")
    assert at == "2025-01-01T07:00:00+00:00"


@pytest.mark.parametrize(
    "change",
    [
        {"judgement": "perhaps"},
        {"verdict": "maybe"},
        {"second_rating": 101},
        {"active_seconds": -1},
        {"active_seconds": 1e9},
        {"submission_id": "x"},
        {"explanation": "x" * 20_001},
        {"explanation": "nul \0"},
        {"description_id": 2},
        {"map_id": 3},
        {"findings": [{"state": "kept", "phrase": "x y", "finding_id": 99}]},
        {"findings": [{"state": "added", "phrase": " "}]},
        {"findings": [{"state": "added", "phrase": "x", "regions": [{"shape": "box", "coordinates": [0, 0, 65, 9]}]}]},
        {"findings": [{"state": "added", "phrase": "x", "regions": [{"shape": "box", "coordinates": [9, 0, 1, 9]}]}]},
        {"client_at": "2025-01-01T12:00:00"},
        {"description_id": 1},
        {"description_id": 10**30},
        {"map_id": 10**30},
        {"map_id": -1},
        {"base_revision": 10**30},
        {"findings": [{"state": "kept", "phrase": "x y", "finding_id": 10**30}]},
        {"rating": 99},
        {"reviewer": 2},
    ],
)
def test_a_tampered_review_is_refused_in_one_sentence_and_nothing_is_kept(client, bench, study, change):
    item = take(client, study, rating=34)
    answer = client.post("/api/reviews", json=review(item, study, **change))
    assert (answer.status_code, answer.json()["kind"]) == (422, "invalid"), answer.text
    assert bench.store.studies.progress(study.id, 1).done == 0


def test_an_id_that_no_database_holds_is_refused_at_every_door(client, study):
    item = take(client, study)
    body = {"study": 10**30, "image": item["image"]["key"]}
    assert client.post("/api/lock", json=body | {"rating": 3}).status_code == 422
    assert client.post("/api/reviews", json=review(item, study) | body).status_code == 422
    assert client.put("/api/draft", json=body | {"base_revision": 0, "body": {}}).status_code == 422
    assert client.get(f"/api/next?study={10**30}").status_code == 422
    assert client.get(f"/files/map/{study.id}/{10**30}/0").status_code == 422
    half = json.dumps({"study": study.id, "image": "\ud800", "rating": 3})
    assert client.post("/api/lock", content=half).status_code == 422


def test_an_id_that_comes_again_with_another_answer_is_not_said_to_be_saved(client, bench, study):
    body = review(take(client, study, rating=34), study)
    assert client.post("/api/reviews", json=body).status_code == 200
    assert client.post("/api/reviews", json=body | {"active_seconds": 99}).status_code == 200
    answer = client.post("/api/reviews", json=body | {"explanation": "Something else."})
    assert answer.status_code == 422
    assert "new id" in answer.json()["error"]
    assert bench.store.studies.progress(study.id, 1).done == 1


def test_a_review_before_the_lock_is_refused(client, study):
    answer = client.post("/api/reviews", json=review(take(client, study), study))
    assert (answer.status_code, answer.json()["kind"]) == (403, "locked")


@pytest.mark.parametrize(
    "path", ["/api/next?study=99", "/files/image/nothing", "/files/thumb/..%2f..%2fa.db", "/files/map/1/99/0"]
)
def test_what_is_not_there_is_404_and_no_path_leads_out(client, path):
    answer = client.get(path)
    assert answer.status_code == 404


def test_an_image_whose_file_is_gone_says_so(client, bench, study):
    item = take(client, study)
    for path in bench.settings.data.glob("images/*/*"):
        path.unlink()
    answer = client.get(item["image"]["url"])
    assert (answer.status_code, "missing" in answer.json()["error"]) == (410, True)


def test_browse_filters_sorts_and_counts_what_the_reviewer_has_seen(client, study):
    item = take(client, study, rating=34)
    client.post("/api/reviews", json=review(item, study, verdict="yes")).raise_for_status()
    shown = client.get("/api/browse", params={"study": study.id, "status": "reviewed"}).json()
    assert (shown["total"], shown["of"]) == (1, 3)
    (card,) = shown["items"]
    assert (card["verdict"], card["rating"], card["opinion"]) == ("yes", 34, {"rating": 64.0, "source": "raise"})
    assert card["mos"]["votes"] == [34.0]
    counts = {entry["value"]: entry["count"] for entry in shown["facets"]["status"]}
    assert counts == {"reviewed": 1, "todo": 2}
    assert client.get("/api/browse", params={"study": study.id, "q": "six FINGERS"}).json()["total"] == 1
    assert client.get("/api/browse", params={"study": study.id, "q": "100%_"}).json()["total"] == 0
    assert client.get("/api/browse", params={"study": study.id, "sort": "sideways"}).status_code == 422


def test_a_study_that_is_not_blind_shows_at_once(client, bench, tmp_path):
    open_study = bench.store.studies.create("open", StudySettings(blind=False))
    put_image(bench, open_study, tmp_path, 9)
    assert take(client, open_study)["reveal"]["description"] is not None


def test_a_map_is_not_had_through_a_study_that_does_not_hold_its_image(client, bench, study):
    open_study = bench.store.studies.create("open", StudySettings(blind=False))
    assert client.get(f"/files/map/{study.id}/1/0").status_code == 403
    assert client.get(f"/files/map/{open_study.id}/1/0").status_code == 404


def mapped(client, study, colour_map="viridis"):
    """The addresses of the thumbnails with their maps that Browse is told of."""
    cards = client.get("/api/browse", params={"study": study.id}).json()["items"]
    return [f"{card['mapped']}/{colour_map}" for card in cards if card["mapped"]]


def test_before_the_lock_no_thumbnail_has_a_map(client, bench, study):
    assert mapped(client, study) == []
    answer = client.get(f"/files/mapped/{study.id}/1/viridis")
    assert (answer.status_code, answer.json()["kind"]) == (403, "locked")
    assert not list(bench.settings.data.glob("thumbs/*/*"))
    take(client, study, rating=34)
    (address,) = mapped(client, study)
    assert client.get(address).status_code == 200
    assert [client.get(f"/files/mapped/{study.id}/{at}/viridis").status_code for at in (1, 2, 3)].count(403) == 2


def test_a_thumbnail_with_its_map_is_coloured_where_the_image_looks_unreal_and_nowhere_else(client, bench, study):
    item = take(client, study, rating=34)
    (address,) = mapped(client, study)
    answer = client.get(address)
    assert (answer.headers["content-type"], "immutable" in answer.headers["cache-control"]) == ("image/jpeg", True)
    plain = client.get(f"/files/thumb/{item['image']['key']}")
    shown, bare = (
        np.asarray(Image.open(io.BytesIO(one.content)).convert("RGB"), np.float32) for one in (answer, plain)
    )
    assert shown.shape == bare.shape
    assert shown[:8, :8].mean(axis=(0, 1))[2] < bare[:8, :8].mean(axis=(0, 1))[2] - 30  # yellow has little blue
    assert (
        np.abs(shown[-8:, -8:].mean(axis=(0, 1)) - bare[-8:, -8:].mean(axis=(0, 1))).max() < 4
    )  # written anew as JPEG
    magma = client.get(mapped(client, study, "magma")[0])
    assert magma.content != answer.content


def test_a_thumbnail_with_its_map_is_made_once_for_each_map_and_colour_map(client, bench, study):
    take(client, study, rating=34)
    (address,) = mapped(client, study)
    stored = bench.store.maps.by_id(int(address.split("/")[-2]))
    sha256 = bench.store.images.by_id(stored.image_id).facts.sha256
    first = client.get(address).content
    made = bench.beside("thumbs", f"{sha256}.{stored.sha256}.viridis.jpg")
    assert made.read_bytes() == first
    (bench.settings.data / stored.path).write_bytes(b"damaged")
    assert client.get(address).content == first
    answer = client.get(address.replace("viridis", "cividis"))
    assert (answer.status_code, "damaged" in answer.json()["error"]) == (410, True)


@pytest.mark.parametrize("colour_map", ["jet", "..%2f..%2fa", "viridis_r", "%00"])
def test_a_thumbnail_is_had_in_the_colours_of_the_screens_alone(client, bench, study, colour_map):
    take(client, study, rating=34)
    (address,) = mapped(client, study, colour_map)
    assert client.get(address).status_code in (404, 422)
    assert not list(bench.settings.data.glob("thumbs/*/*"))


def test_a_mapped_thumbnail_is_not_had_through_a_study_that_does_not_hold_its_image(client, bench, study):
    open_study = bench.store.studies.create("open", StudySettings(blind=False))
    assert client.get(f"/files/mapped/{open_study.id}/1/viridis").status_code == 404
    assert client.get(f"/files/mapped/{study.id}/99/viridis").status_code == 404
    assert client.get(f"/files/mapped/{study.id}/{10**30}/viridis").status_code == 422


def test_a_review_reopens_with_the_description_it_answered(client, bench, study):
    item = client.get("/api/next", params={"study": study.id}).json()["item"]
    key = item["image"]["key"]
    client.post("/api/lock", json={"study": study.id, "image": key, "rating": 40})
    image = bench.store.images.by_key(key)
    first = bench.store.descriptions.newest(image.id)
    body = {"submission_id": "0" * 32, "study": study.id, "image": key, "base_revision": 0, "judgement": "accurate"}
    finding = {"state": "kept", "phrase": first.description.findings[0].phrase, "finding_id": first.finding_ids[0]}
    body |= {"description_id": first.id, "findings": [finding]}
    assert client.post("/api/reviews", json=body).status_code == 200
    said = make_description("Yes. Another machine sees a bent spoon.", provider="another", findings=())
    bench.store.images.add(study.id, [NewImage(image.facts, image.path, "b", "c.png", description=said)])
    again = client.get("/api/last", params={"study": study.id}).json()["item"]
    assert again["reveal"]["description"]["id"] == first.id
    for wrong in (10**30, 999, "x"):  # a draft says what it likes
        body_of = {"description_id": wrong}
        draft = {"study": study.id, "image": key, "base_revision": 1, "body": body_of}
        assert client.put("/api/draft", json=draft).status_code == 200
        assert client.get("/api/last", params={"study": study.id}).status_code == 200
    body |= {"submission_id": "1" * 32, "base_revision": 1, "explanation": "changed"}
    assert client.post("/api/reviews", json=body).status_code == 200


def score(bench, *ratings):
    """Scores for the images in order of import, each with an interval of 10 to both sides."""
    kept = [NewPrediction(at, None, rating, rating - 10, rating + 10) for at, rating in enumerate(ratings, 1)]
    bench.store.predictions.add("core-secret", kept)


def test_a_score_is_shown_with_its_interval_once_the_rating_is_locked_and_is_not_sent_before(client, bench, study):
    score(bench, 71.25, 31.25, 51.25)
    parameters = {"study": study.id, "sort": "score_low"}
    before = client.get("/api/browse", params=parameters)
    points = client.get("/api/insights", params={"study": study.id})
    for text in (before.text, points.text):
        for secret in ("71.25", "31.25", "51.25", "61.25", "64.0", "disagrees"):
            assert secret not in text
    told = points.json()
    assert (told["points"], told["figures"], told["scored"], told["model"]) == ([], None, 3, "core-secret")
    for at in range(3):
        item = take(client, study, rating=34)
        if at == 0:
            assert len(client.get("/api/insights", params={"study": study.id}).json()["points"]) == 1
        client.post("/api/reviews", json=review(item, study, submission_id=f"a-submission-{at}")).raise_for_status()
    cards = client.get("/api/browse", params=parameters).json()["items"]
    assert [(card["score"], card["interval"], card["agreement"]) for card in cards] == [
        (31.25, [21.25, 41.25], "disagrees"),
        (51.25, [41.25, 61.25], "disagrees"),
        (71.25, [61.25, 81.25], "agrees"),
    ]
    shown = client.get("/api/browse", params={"study": study.id, "agreement": "agrees"}).json()
    assert (shown["total"], shown["items"][0]["score"]) == (1, 71.25)
    told = client.get("/api/insights", params={"study": study.id}).json()
    first = {"score": 71.25, "low": 61.25, "high": 81.25, "mos": 64.0, "mos_low": None, "mos_high": None, "n": None}
    drawn = told["points"][0]
    assert drawn == {"key": cards[2]["key"], "sha256": drawn["sha256"], "number": 1, **first}
    assert (told["of"], told["rated"], told["fewest"], told["figures"]) == (3, 3, 20, None)  # all MOS are equal


def test_insights_say_how_well_scores_agree_with_people_and_of_how_many_images(client, bench):
    open_study = bench.store.studies.create("open", StudySettings(blind=False))
    bench.store.images.add(
        open_study.id, [make_image(scores=(OpinionScore("raise", rating=10.0 * at),)) for at in range(6)]
    )
    with bench.store.database.read() as connection:
        query = select(study_images.c.image_id).where(study_images.c.study_id == open_study.id)
        ids = connection.execute(query).scalars().all()
    kept = [NewPrediction(image, None, 10.0 * at + 5, None, None) for at, image in enumerate(ids)]
    bench.store.predictions.add("core-1", kept)
    told = client.get("/api/insights", params={"study": open_study.id}).json()
    assert (told["figures"]["srocc"], told["figures"]["ci"], told["figures"]["n"]) == (1.0, [1.0, 1.0], 6)
    assert (told["model"], told["scored"], told["unseen"], told["learning"]["state"]) == ("core-1", 6, None, "idle")
    assert client.get("/api/insights", params={"study": 99}).status_code == 404


def test_training_is_started_by_our_own_page_alone_and_tells_why_it_fails(page, study):
    assert page.post("/api/learning").status_code == 403
    found = re.search(r'realness-token\\?" content=\\?"([^"\\]+)', page.get("/").text)
    page.headers["X-Realness-Token"] = found.group(1)
    assert page.get("/api/learning").json()["state"] == "idle"
    answer = page.post("/api/learning")
    assert (answer.status_code, answer.json()["state"]) == (202, "training")
    until = time.monotonic() + 120
    while (told := page.get("/api/learning").json())["state"] == "training" and time.monotonic() < until:
        time.sleep(0.1)
    assert told["state"] == "failed"
    assert "at least 20 rated images with a description, there are 3" in told["error"]


def test_the_maps_of_what_comes_next_are_told_in_an_open_study_alone(client, bench, study):
    blind = client.get("/api/next", params={"study": study.id}).json()["ahead"]
    assert [one["layers"] for one in blind] == [[], []]
    bench.store.studies.change(study.id, StudySettings(blind=False))
    ahead = client.get("/api/next", params={"study": study.id}).json()["ahead"]
    assert [len(one["layers"]) for one in ahead] == [3, 3]
    assert client.get(ahead[0]["layers"][0]).status_code == 200
