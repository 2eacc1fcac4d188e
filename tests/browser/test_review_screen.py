"""A whole review in a browser, and what of it lies in the database and in the export."""

import json
import subprocess
import sys

import pytest
from playwright.sync_api import expect
from server import ROOT
from small_study import PHRASES, SIZE, TEXT

pytestmark = pytest.mark.browser


def export(served, study, folder):
    target = folder / "out.jsonl"
    options = ["--db", served.settings.database, "--data", str(served.settings.data), "--study", study]
    subprocess.run([sys.executable, "-m", "realness", "export", "jsonl", str(target), *options], cwd=ROOT, check=True)
    return [json.loads(line) for line in target.read_text().splitlines()]


def test_a_whole_review_is_found_in_the_database_and_in_the_export(served, visit, tmp_path):
    study = served.study()
    screen = visit(served, study)

    screen.rate("2")
    expect(screen.el("said")).to_contain_text("The handle melts into the rim")
    screen.judge("p")
    screen.press("k", "j", "d", "y")
    screen.write("The handle melts into the rim of the cup.")
    expect(screen.el("diff")).to_contain_text("of the cup")
    screen.submit()
    screen.wait_for_image()

    (first,) = served.reviews(study)
    assert (first["revision"], first["kind"], first["judgement"], first["verdict"]) == (1, "review", "partly", "yes")
    assert first["rating"] == 30
    assert first["explanation"] == "The handle melts into the rim of the cup."
    found = served.rows("SELECT state, phrase FROM review_findings WHERE review_id = ? ORDER BY position", first["id"])
    assert [(row["state"], row["phrase"]) for row in found] == list(zip(("kept", "dropped"), PHRASES, strict=True))

    screen.press("u")
    expect(screen.el("text")).to_have_value("The handle melts into the rim of the cup.")
    screen.write("The handle melts into the rim.")
    screen.draft_saved()
    screen.page.reload()
    expect(screen.el("text")).to_have_value("The handle melts into the rim.")
    screen.submit()

    revisions = served.reviews(study)
    assert [row["revision"] for row in revisions] == [1, 2]
    assert revisions[1]["explanation"] == "The handle melts into the rim."
    (row,) = export(served, study, tmp_path)
    assert (row["rating"], row["judgement"], row["verdict"]) == (30, "partly", "yes")
    assert (row["machine_text"], row["explanation"]) == (TEXT, "The handle melts into the rim.")
    assert [finding["state"] for finding in row["findings"]] == ["kept", "dropped"]


def test_nothing_that_a_machine_said_reaches_the_page_before_the_rating_is_locked(served, visit):
    study = served.study()
    screen = visit(served, study)
    seen = []
    screen.page.on("response", lambda answer: seen.append(answer) if "/api/" in answer.url else None)
    screen.page.on("request", lambda request: seen.append(request) if "/files/map" in request.url else None)
    screen.page.reload()
    screen.wait_for_image()
    screen.press("3", "ArrowRight")
    screen.draft_saved()
    assert "melts" not in screen.page.content()
    assert seen
    assert [one.url for one in seen if "/files/map" in one.url] == []
    assert [one.url for one in seen if "melts" in one.text()] == []

    with screen.page.expect_response("**/files/map/**"):
        screen.press("Enter")
    expect(screen.el("said")).to_contain_text("melts")
    expect(screen.el("heat")).to_be_visible()


def test_the_picture_stays_where_it_is_when_the_map_appears(served, visit):
    screen = visit(served, served.study())
    screen.wait_for_image()
    screen.press("z")
    screen.page.mouse.move(400, 300)
    screen.page.mouse.wheel(0, -240)
    before = screen.el("pic").bounding_box()
    screen.rate("4")
    expect(screen.el("heat")).to_be_visible()
    assert screen.el("pic").bounding_box() == before


def test_a_box_is_kept_in_the_pixels_of_the_image(served, visit):
    study = served.study()
    screen = visit(served, study)
    screen.rate("2")
    screen.judge("w")
    screen.press("n")
    screen.page.keyboard.type("The rim is broken")
    screen.press("Enter", "g")
    frame = screen.el("pic").bounding_box()
    scale = frame["width"] / SIZE[0]
    mouse = screen.page.mouse
    mouse.move(frame["x"] + 100 * scale, frame["y"] + 50 * scale)
    mouse.down()
    mouse.move(frame["x"] + 200 * scale, frame["y"] + 150 * scale, steps=4)
    mouse.up()
    expect(screen.page.locator(".tag")).to_have_text("3")
    screen.submit()

    query = "SELECT g.coordinates, f.state FROM review_regions g JOIN review_findings f ON f.id = g.review_finding_id"
    (row,) = served.rows(f"{query} WHERE f.review_id = ?", served.reviews(study)[-1]["id"])
    assert row["state"] == "added"
    assert json.loads(row["coordinates"]) == pytest.approx([100, 50, 200, 150], abs=1)


def test_an_image_without_a_description_can_be_described(served, visit):
    study = served.study(texts=("", TEXT))
    screen = visit(served, study)
    screen.rate("5")
    expect(screen.el("noDescription")).to_be_visible()
    screen.press("o")
    screen.write("Nothing looks unreal.")
    screen.submit()
    (row,) = served.reviews(study)
    assert (row["judgement"], row["verdict"], row["explanation"]) == (None, "no", "Nothing looks unreal.")


def test_skip_and_flag_are_saved_and_undo_opens_the_image_again(served, visit):
    study = served.study()
    screen = visit(served, study)
    screen.wait_for_image()
    skipped = screen.photo()
    screen.press("x", "Enter")
    expect(screen.el("note")).to_contain_text("Skipped")
    screen.press("f", "r")
    screen.page.keyboard.type("Not a photograph")
    screen.press("Enter")
    expect(screen.el("note")).to_contain_text("Flagged")
    assert [(row["kind"], row["reason"]) for row in served.reviews(study)] == [
        ("skip", ""),
        ("flag", "Not a photograph"),
    ]
    flagged = screen.photo()
    assert flagged != skipped
    screen.press("u")
    expect(screen.page.locator(".photo")).not_to_have_attribute("src", flagged)
    screen.rate("3")
    screen.judge("a")
    screen.submit()
    assert [(row["kind"], row["revision"]) for row in served.reviews(study)][-1] == ("review", 2)


def test_skipping_a_reopened_image_leaves_its_review_as_it_was(served, visit):
    study = served.study()
    screen = visit(served, study)
    screen.rate("3")
    screen.judge("a")
    screen.submit()
    screen.wait_for_image()
    screen.press("u")
    expect(screen.el("correctBody")).to_be_visible()
    screen.press("x")
    expect(screen.el("note")).to_have_text("Left as it was")
    assert [(row["kind"], row["revision"]) for row in served.reviews(study)] == [("review", 1)]


def test_when_all_is_done_the_screen_says_so(served, visit):
    study = served.study(texts=(TEXT,))
    screen = visit(served, study)
    screen.rate("3")
    screen.judge("a")
    screen.press("Control+Enter")
    expect(screen.el("restTitle")).to_have_text("You have reviewed the only image")


def test_the_first_visit_shows_three_steps_once(served, visit):
    screen = visit(served, served.study(), first=True)
    expect(screen.page.get_by_role("heading", name="How it works")).to_be_visible()
    screen.press("Enter")
    screen.wait_for_image()
    screen.page.reload()
    screen.wait_for_image()
    expect(screen.el("welcome")).to_be_hidden()


def test_a_second_rating_is_kept_beside_the_first(served, visit):
    study = served.study()
    screen = visit(served, study)
    screen.rate("2")
    screen.judge("a")
    screen.press("i")
    expect(screen.el("rating")).to_have_text("–")  # the first one is no start for it
    screen.press("4", "Enter")
    expect(screen.el("againValue")).to_have_text(", now 70")
    screen.submit()
    (row,) = served.reviews(study)
    assert (row["rating"], row["second_rating"]) == (30, 70)


def test_a_map_that_shows_nothing_says_so(served, visit):
    screen = visit(served, served.study(texts=("No. There is nothing unrealistic in this image.", TEXT)))
    screen.rate("5")
    expect(screen.el("rampNone")).to_have_text("All real")
    screen.judge("a")
    screen.submit()
    screen.rate("2")
    expect(screen.el("heat")).to_be_visible()
    expect(screen.el("rampNone")).to_be_hidden()


def test_a_number_gives_the_reason_of_a_skip_or_a_flag_and_escape_gives_none(served, visit):
    study = served.study()
    screen = visit(served, study)
    screen.wait_for_image()
    screen.press("x", "Escape")
    expect(screen.page.locator("dialog[open]")).to_have_count(0)
    screen.press("x", "2")
    expect(screen.el("note")).to_contain_text("Skipped")
    screen.press("f", "Enter")  # says nothing by itself
    expect(screen.page.get_by_role("dialog", name="Flag this image")).to_be_visible()
    screen.press("Escape")
    expect(screen.page.locator("dialog[open]")).to_have_count(0)
    screen.press("f", "1")
    expect(screen.el("note")).to_contain_text("Flagged")
    assert [(row["kind"], row["reason"]) for row in served.reviews(study)] == [
        ("skip", "Too small or blurred to judge"),
        ("flag", "Cannot be judged"),
    ]


def test_a_note_to_the_lead_is_kept_with_the_draft_and_the_review(served, visit):
    study = served.study()
    screen = visit(served, study)
    screen.rate("3")
    screen.judge("a")
    expect(screen.el("noteText")).to_be_hidden()
    screen.press("l")
    screen.page.keyboard.type("Seen elsewhere.")
    screen.press("Escape")
    screen.draft_saved()
    screen.page.reload()
    expect(screen.el("noteText")).to_have_value("Seen elsewhere.")
    screen.submit()
    assert [row["note"] for row in served.reviews(study)] == ["Seen elsewhere."]
