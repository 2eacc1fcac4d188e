"""The parts of Insights over HTTP: who may see what, and each plot as a file."""

import csv
import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from builders import make_description, make_image, make_submission
from fastapi.testclient import TestClient
from panel import answer, reviewer
from PIL import Image

from realness.domain import FindingState, RealnessMap, Region, RegionShape, ReviewedFinding, StudySettings
from realness.dream import files as map_files
from realness.store import NewPrediction
from realness.ui.server import build_app

SVG = "{http://www.w3.org/2000/svg}"
PLOTS = ("ratings", "mos", "spread", "reviewers", "minutes", "scores", "maps")


def made(store, name="three", **settings):
    study = store.studies.create(name, StudySettings(overlap=9, **settings))
    store.images.add(study.id, [make_image(description=make_description(planted_wrong=at == 0)) for at in range(6)])
    return store.studies.named(name)


def panel(store, study):
    """Ann rates ten higher than Bob; one of the six images only Ann has rated."""
    ann, bob = reviewer(store, "ann"), reviewer(store, "bob")
    answer(store, study, ann, [80, 70, 60, 50, 40, 30])
    answer(store, study, bob, [60, 50, 40, 30, 20], active_seconds=90.0)


def client_of(bench):
    client = TestClient(build_app(bench), base_url="http://127.0.0.1:7860")
    token = re.search(r'realness-token\\?" content=\\?"([^"\\]+)', client.get("/").text).group(1)
    client.headers["X-Realness-Token"] = token
    return client


@pytest.fixture
def as_reviewer(bench, store):
    """Whoever sits here is no lead, and has reviewed the first two images of a blind study."""
    me = reviewer(store, "local", "reviewer")
    study = made(store)
    panel(store, study)
    answer(store, study, me, [70, 60])
    return client_of(bench), study


@pytest.fixture
def as_lead(bench, store):
    """The one local person, who leads, in a study that is not blind and in which others have rated."""
    study = made(store, blind=False)
    panel(store, study)
    return client_of(bench), study


def part(client, study, name):
    answered = client.get(f"/api/insights/{name}", params={"study": study.id})
    assert answered.status_code == 200, answered.text
    return answered.json()


def test_a_reviewer_sees_the_own_row_and_how_far_all_agree(as_reviewer):
    client, study = as_reviewer
    people = part(client, study, "people")
    assert [(row["reviewer"], row["you"]) for row in people["people"]] == [("p-local", True)]
    assert [row["reviewer"] for row in people["plots"]["reviewers"]["rows"]] == ["p-local"]
    assert {name for name in people["people"][0] if name.startswith(("wrong", "repeat", "gold"))} == set()
    assert people["plots"]["minutes"]["rows"][0]["n"] == 2
    assert people["figures"]["people"] == 3
    assert [row["reviewer"] for row in part(client, study, "progress")["people"]] == ["p-local"]
    assert "p-ann" not in client.get("/api/insights/people", params={"study": study.id}).text
    agreement = part(client, study, "agreement")["figures"]
    assert agreement["alpha"]["low"] <= agreement["alpha"]["value"] <= agreement["alpha"]["high"]
    assert (agreement["shared"], agreement["images"]) == (5, 2)


def test_a_reviewer_sees_the_opinion_of_images_reviewed_and_of_no_other(as_reviewer):
    client, study = as_reviewer
    found = part(client, study, "opinions")
    assert [(row["image"], row["mos"], row["n"]) for row in found["plots"]["mos"]["rows"]] == [(2, 60, 3), (1, 70, 3)]
    assert [row["votes"] for row in found["plots"]["mos"]["rows"]] == [[50, 60, 70], [60, 70, 80]]
    assert found["figures"]["images"] == 2
    assert len(part(client, study, "agreement")["plots"]["spread"]["rows"]) == 2
    rows = csv.DictReader(io.StringIO(client.get("/api/insights/plot/mos.csv", params={"study": study.id}).text))
    assert [row["image"] for row in rows] == ["2", "1"]
    people = client.get("/api/insights/plot/reviewers.csv", params={"study": study.id}).text
    assert "p-local" in people
    assert "p-ann" not in people


def test_who_leads_sees_everybody_and_every_image(as_lead):
    client, study = as_lead
    ann, bob = part(client, study, "people")["people"]
    assert (ann["reviewer"], bob["reviewer"], ann["wrong_seen"], bob["gold_seen"]) == ("p-ann", "p-bob", 1, 0)
    found = part(client, study, "opinions")
    assert [row["mos"] for row in found["plots"]["mos"]["rows"]] == [30, 30, 40, 50, 60, 70]
    assert found["figures"]["without_p910"] == "no image has 12 ratings"
    told = part(client, study, "progress")
    assert (told["figures"]["given"], told["figures"]["asked"], told["figures"]["complete"]) == (11, 54, 0)
    assert [(row["done"], row["target"]) for row in told["people"]] == [(6, 6), (5, 6)]


def test_in_a_blind_study_the_local_lead_sees_no_image_before_the_own_review(bench, store):
    study = made(store)
    panel(store, study)
    client = client_of(bench)
    assert [row["reviewer"] for row in part(client, study, "people")["people"]] == ["p-ann", "p-bob"]
    for name, plot in (("opinions", "mos"), ("agreement", "spread")):
        assert part(client, study, name)["plots"][plot]["rows"] == []
    assert client.get("/api/insights/plot/mos.csv", params={"study": study.id}).status_code == 404
    me = store.people.local()
    image = store.assignments.next_image(study, me.id)
    store.assignments.lock(study.id, image.id, me.id, 50.0)
    assert part(client, study, "opinions")["plots"]["mos"]["rows"] == []  # locked, but the review is not in
    store.reviews.submit(me.id, make_submission(study, image))
    assert [row["image"] for row in part(client, study, "opinions")["plots"]["mos"]["rows"]] == [1]


def mark_and_map(bench, study):
    """A box on the first image, and a map that is unreal in its left half; scores for all images."""
    store = bench.store
    me = store.people.local()
    image = store.assignments.next_image(study, me.id)
    box = Region(RegionShape.BOX, (0, 0, 320, 480))
    finding = ReviewedFinding(FindingState.ADDED, "the left half", regions=(box,))
    store.assignments.lock(study.id, image.id, me.id, 55.0)
    store.reviews.submit(me.id, make_submission(study, image, findings=(finding,)))
    task = store.maps.missing("dense", "mini", "w", 1, study.id)[0]
    values = np.tile(np.linspace(0, 1, 8, dtype=np.float32), (6, 1))
    found = RealnessMap(values, values, values[None], ("one",), "dense", "mini", (640, 480))
    target = bench.beside("maps", "aamap.npz")
    kept = {"path": target.relative_to(bench.settings.data).as_posix(), "sha256": map_files.save(found, target)}
    store.maps.add(task, method="dense", clip="mini", weights="w", phrases=("one",), **kept)
    spans = ((70, 60, 80), (60, 50, 70), (20, 10, 30), (40, 30, 50), (30, 20, 40), (30, 20, 40))
    predictions = [NewPrediction(id, None, *span) for id, span in enumerate(spans, image.id)]
    store.predictions.add("a $model$ <b>", predictions)


@pytest.mark.parametrize("name", PLOTS)
def test_each_plot_leaves_as_a_picture_and_as_the_table_that_is_drawn(bench, store, as_lead, name):
    client, study = as_lead
    mark_and_map(bench, study)
    asked = {"study": study.id}
    png = client.get(f"/api/insights/plot/{name}.png", params=asked)
    assert (png.status_code, png.headers["content-type"]) == (200, "image/png")
    assert f'filename="{name}.png"' in png.headers["content-disposition"]
    picture = Image.open(io.BytesIO(png.content))
    picture.load()
    assert min(picture.size) > 500
    assert picture.convert("RGB").getpixel((2, 2)) == (255, 255, 255)
    svg = client.get(f"/api/insights/plot/{name}.svg", params=asked)
    assert svg.headers["content-type"].startswith("image/svg+xml")
    root = ElementTree.fromstring(svg.content)
    texts = " ".join("".join(text.itertext()) for text in root.iter(f"{SVG}text"))
    assert root.tag == f"{SVG}svg"
    assert re.search(r"\bn \d+ ", texts)
    if name == "scores":
        assert "a $model$ <b>" in texts
        rows = client.get("/api/insights", params=asked).json()["points"]
    else:
        found = [part(client, study, each)["plots"] for each in ("progress", "opinions", "agreement", "people", "maps")]
        rows = next(plots[name]["rows"] for plots in found if name in plots)
    table = client.get(f"/api/insights/plot/{name}.csv", params=asked)
    lines = list(csv.DictReader(io.StringIO(table.text, newline="")))
    assert len(lines) == len(rows) > 0
    for line, row in zip(lines, rows, strict=True):
        for column, value in row.items():
            if isinstance(value, float | int):
                told = line[{"number": "image"}.get(column, column)]
                assert float(told) == pytest.approx(value, abs=1e-3), column


def test_maps_are_held_against_what_people_marked(bench, as_lead):
    client, study = as_lead
    assert part(client, study, "maps")["plots"]["maps"]["rows"] == []
    mark_and_map(bench, study)
    found = part(client, study, "maps")
    (row,) = found["plots"]["maps"]["rows"]
    assert row["auroc"] == 1.0
    assert found["plots"]["maps"]["caption"].startswith("n 1 image; ")
    assert (row["image"], row["pointing"], row["marked_share"], row["clip"]) == (1, 1.0, 0.5, "mini")
    assert (found["figures"]["images"], found["figures"]["of"], found["figures"]["left_out"]) == (1, 1, 0)


def test_no_cell_of_a_table_is_a_formula(bench, store):
    study = made(store, blind=False)
    for name in ("=1+1", "b"):
        person = reviewer(store, name)
        with store.database.write() as connection:
            connection.exec_driver_sql("UPDATE reviewers SET pseudonym = ? WHERE id = ?", (name, person.id))
        answer(store, study, person, [40, 50])
    table = client_of(bench).get("/api/insights/plot/reviewers.csv", params={"study": study.id}).text
    assert "'=1+1," in table


@pytest.mark.parametrize("path", ["plot/none.png", "plot/mos.pdf", "plot/mos", "nothing"])
def test_what_there_is_not_is_refused(as_lead, path):
    client, study = as_lead
    assert client.get(f"/api/insights/{path}", params={"study": study.id}).status_code in (404, 422)
    assert client.get("/api/insights/people", params={"study": 99}).status_code == 404


def test_an_empty_study_is_no_failure_and_has_nothing_to_draw(bench, store):
    study = store.studies.create("empty", StudySettings())
    client = client_of(bench)
    for name in ("progress", "opinions", "agreement", "people", "maps"):
        assert all(plot["rows"] == [] for plot in part(client, study, name)["plots"].values())
    for kind in ("png", "svg", "csv"):
        answered = client.get(f"/api/insights/plot/ratings.{kind}", params={"study": study.id})
        assert (answered.status_code, "nothing to draw" in answered.json()["error"]) == (404, True)


def test_figures_follow_what_is_written(store, as_lead):
    client, study = as_lead
    assert part(client, study, "people")["figures"]["people"] == 2
    answer(store, study, reviewer(store, "eve"), [90])
    assert part(client, study, "people")["figures"]["people"] == 3
    assert part(client, study, "opinions")["plots"]["mos"]["rows"][-1]["n"] == 3
