"""Adjudicating as leads do it: the reviews of an image side by side, and one answer in their place."""

import json

import pytest
from disputed import dispute, revise
from playwright.sync_api import expect
from screen import sign_in

from realness.workbench import Workbench

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"
REVIEWERS = ("ana", "ben", "cid")


def disputed(led, images=2):
    """A study whose first images three people reviewed; its name, and the ids of the reviews image by image."""
    name = led.study()
    bench = Workbench.open(led.settings)
    store = bench.store
    study = store.studies.named(name)
    people = [store.people.named(one).reviewer for one in REVIEWERS]
    found = store.assignments.ahead(study, store.people.named("lea").reviewer.id, None, images)
    kept = [dispute(store, study, image, people) for image in found]
    for image, reviews in zip(found[:1], kept[:1], strict=True):
        revise(store, study, image, people[1], reviews[1], "Nothing but the rim looks unreal.")
    bench.close()
    query = (
        "SELECT r.id FROM current_reviews r JOIN studies s ON s.id = r.study_id WHERE s.name = ? "
        "ORDER BY r.image_id, r.reviewer_id"
    )
    ids = [row["id"] for row in led.rows(query, name)]
    return name, [ids[at : at + 3] for at in range(0, len(ids), 3)]


@pytest.fixture
def signed_in(visit):
    """`signed_in(led, study, "lea")`: the screen, opened by this person."""

    def open_screen(led, study, who, at="adjudicate", **options):
        page = visit(led, study, at=at, **options).page
        sign_in(page, who, PASSWORD)
        return page

    return open_screen


def el(page, name):
    return page.locator(f'[data-screen="adjudicate"] [data-el="{name}"]')


def ready(page, cards=3):
    expect(page.locator('[data-screen="adjudicate"] .photo')).to_be_visible()
    expect(page.locator(".answer")).to_have_count(cards)


def say_why(page, words="Marks are more exact"):
    page.keyboard.press("q")
    page.keyboard.type(words)
    page.keyboard.press("Escape")


def saved(led, study):
    """The adjudications of a study, with their findings."""
    rows = [row for row in led.reviews(study) if row["role"] == "adjudicator"]
    for row in rows:
        row["sources"] = json.loads(row["sources"])
        found = led.rows("SELECT * FROM review_findings WHERE review_id = ? ORDER BY position", row["id"])
        marks = "SELECT shape FROM review_regions WHERE review_finding_id = ?"
        row["findings"] = [(one["state"], [mark["shape"] for mark in led.rows(marks, one["id"])]) for one in found]
    return rows


def test_a_review_is_chosen_with_its_findings_and_marks_by_keys_alone(led, signed_in):
    study, (first, _) = disputed(led)
    page = signed_in(led, study, "lea")
    ready(page)
    expect(el(page, "left")).to_have_text("2 left")
    expect(el(page, "result")).to_have_text("Nothing yet")
    page.keyboard.press("1")
    expect(el(page, "result")).to_have_text("Review A, as it is")
    expect(el(page, "text")).to_have_value("The handle melts into the rim.")
    say_why(page)
    page.keyboard.press("Escape")
    expect(el(page, "legend")).to_contain_text("differences")
    page.keyboard.press("q")
    page.keyboard.press("Control+Enter")
    expect(el(page, "noted")).to_have_text("Saved")
    expect(el(page, "left")).to_have_text("1 left")  # and the next image is there
    (row,) = saved(led, study)
    assert (row["verdict"], row["explanation"], row["judgement"]) == ("yes", "The handle melts into the rim.", "wrong")
    assert (row["reason"], row["sources"], row["rating"]) == ("Marks are more exact", [first[0]], None)
    assert row["findings"] == [("kept", ["box"])]


def test_findings_of_several_reviews_are_merged(led, signed_in):
    study, (first, _) = disputed(led)
    page = signed_in(led, study, "lea")
    ready(page)
    page.keyboard.press("1")
    page.keyboard.press("n")
    page.keyboard.type("A shadow falls upwards")
    page.keyboard.press("Enter")
    page.get_by_role("checkbox", name="Take: The rim is broken at its left, here").focus()
    page.keyboard.press("Space")  # another answer to the same finding of the machine
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(1)
    expect(el(page, "result")).to_have_text("Merged from A and C")
    page.keyboard.press("t")
    page.keyboard.press("i")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Each saw a part").click()
    page.keyboard.press("Control+Enter")
    expect(el(page, "noted")).to_have_text("Saved")
    (row,) = saved(led, study)
    assert (row["sources"], row["verdict"], row["rating"]) == ([first[0], first[2]], "somewhat", 50)
    assert row["findings"] == [("reworded", ["polygon"]), ("added", [])]


def test_a_third_answer_is_written_from_the_machines_and_a_choice_is_put_back(led, signed_in):
    study, _ = disputed(led)
    page = signed_in(led, study, "lea")
    ready(page)
    page.keyboard.press("0")
    page.keyboard.press("e")
    page.keyboard.press("Control+a")
    page.keyboard.type("Only the spoon is odd.")
    page.keyboard.press("Escape")
    expect(el(page, "result")).to_have_text("Written anew")
    page.keyboard.press("2")
    expect(el(page, "text")).to_have_value("Nothing but the rim looks unreal.")
    page.keyboard.press("u")
    expect(el(page, "text")).to_have_value("Only the spoon is odd.")
    say_why(page, "All missed it")
    page.reload()  # what was not saved is there again
    ready(page)
    expect(el(page, "text")).to_have_value("Only the spoon is odd.")
    page.keyboard.press("Control+Enter")
    expect(el(page, "noted")).to_have_text("Saved")
    (row,) = saved(led, study)
    assert (row["explanation"], row["sources"], row["reason"]) == ("Only the spoon is odd.", [], "All missed it")


def test_after_saving_the_keys_are_those_of_the_next_image(led, signed_in):
    study, _ = disputed(led)
    page = signed_in(led, study, "lea")
    ready(page)
    page.keyboard.press("1")
    page.keyboard.press("q")
    page.keyboard.type("More exact")
    expect(el(page, "legend")).not_to_contain_text("differences")
    page.keyboard.press("Control+Enter")
    expect(el(page, "noted")).to_contain_text("Saved")
    ready(page)
    page.keyboard.press("1")
    expect(el(page, "reason")).to_have_value("")
    expect(page.locator('.answer [aria-pressed="true"]').first).to_be_visible()


def test_without_a_reason_nothing_is_saved(led, signed_in):
    study, _ = disputed(led)
    page = signed_in(led, study, "lea")
    ready(page)
    page.keyboard.press("Control+Enter")
    expect(el(page, "trouble")).to_contain_text("Nothing is decided yet")
    page.keyboard.press("3")
    page.keyboard.press("Control+Enter")
    expect(el(page, "trouble")).to_contain_text("Say why")
    expect(el(page, "reason")).to_be_focused()
    assert saved(led, study) == []


def test_two_leads_at_once_see_each_others_answer_and_both_are_kept(led, signed_in):
    study, (first, _) = disputed(led)
    lea, lou = (signed_in(led, study, who, noise="409") for who in ("lea", "lou"))
    for page, key in ((lea, "1"), (lou, "3")):
        ready(page)
        page.keyboard.press(key)
        say_why(page, f"Choice {key}")
    lea.keyboard.press("Control+Enter")
    expect(el(lea, "noted")).to_have_text("Saved")
    lou.keyboard.press("Control+Enter")
    expect(el(lou, "conflict")).to_contain_text("Choice 1")
    expect(el(lou, "conflictDiff").locator("ins")).to_contain_text(["broken at its left"])
    assert len(saved(led, study)) == 1
    lou.keyboard.press("1")
    expect(el(lou, "noted")).to_have_text("Saved")
    rows = saved(led, study)
    assert [(row["sources"], row["reason"]) for row in rows] == [([first[0]], "Choice 1"), ([first[2]], "Choice 3")]


def test_what_was_decided_and_revised_before_is_shown(led, signed_in):
    study, _ = disputed(led, images=1)
    page = signed_in(led, study, "lea")
    ready(page)
    page.get_by_label("Revision").select_option("1")
    expect(page.locator(".answer").nth(1)).to_contain_text("Nothing looks unreal here")
    expect(page.locator(".answer").nth(1).get_by_role("button", name="Choose")).to_have_count(0)  # only what counts
    page.keyboard.press("1")
    say_why(page, "At first")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("All are decided")).to_be_visible()
    page.get_by_role("button", name="Look at those that are done, 1").click()
    ready(page)
    page.keyboard.press("3")
    say_why(page, "In the end")
    page.keyboard.press("Control+Enter")
    expect(el(page, "noted")).to_have_text("Saved")
    decisions = el(page, "decisions").locator("li")
    expect(decisions).to_have_count(2)
    expect(decisions.nth(0)).to_contain_text("In the end")
    expect(decisions.nth(0)).to_contain_text("counts")
    expect(decisions.nth(1)).to_contain_text("At first")
    expect(el(page, "text")).to_have_value("The rim is broken at its left.")
    assert [row["revision"] for row in saved(led, study)] == [1, 2]


def test_everybodys_marks_differ_in_dashes_and_letters_and_are_switched_one_by_one(led, signed_in):
    study, _ = disputed(led)
    page = signed_in(led, study, "lea")
    ready(page)
    marks = el(page, "otherMarks").locator("path.m")
    expect(marks).to_have_count(2)
    assert len({marks.nth(at).get_attribute("stroke-dasharray") for at in range(2)}) == 2
    expect(el(page, "otherTags").locator("span")).to_have_text(["A", "C"])
    page.get_by_role("button", name="Marks of A").click()
    expect(el(page, "otherTags").locator("span")).to_have_text(["C"])
    page.get_by_role("button", name="Marks of A").click()
    for shown in (["A"], [], ["C"], [], ["A", "C"]):  # A's alone, B's, C's, nobody's, everybody's
        page.keyboard.press("b")
        expect(el(page, "otherTags").locator("span")).to_have_text(shown)


def test_texts_are_held_against_the_machines_or_one_another(led, signed_in):
    study, _ = disputed(led)
    page = signed_in(led, study, "lea")
    ready(page)
    third = page.locator(".answer").nth(2).locator(".diff")
    expect(third.locator("del")).to_contain_text(["spoon reflects a second window"])
    page.keyboard.press("h")
    expect(third.locator("del")).to_contain_text(["handle melts"])
    expect(third).not_to_contain_text("spoon")


def test_the_arrows_lead_from_image_to_image_and_the_address_names_it(led, signed_in):
    study, _ = disputed(led)
    page = signed_in(led, study, "lea")
    ready(page)
    expect(el(page, "where")).to_have_text("1 of 2")
    before = page.url
    page.keyboard.press("ArrowRight")
    expect(el(page, "where")).to_have_text("2 of 2")
    expect(page).not_to_have_url(before)
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(before)


def test_a_reviewer_cannot_open_it(led, signed_in):
    study, _ = disputed(led, images=1)
    page = signed_in(led, study, "ana")
    expect(page.get_by_text("This is for those who lead studies")).to_be_visible()
    expect(page.locator('[data-nav="adjudicate"]')).to_be_hidden()
    expect(page.locator(".answer")).to_have_count(0)


def test_with_no_image_reviewed_twice_it_says_what_to_wait_for(led, signed_in):
    page = signed_in(led, led.study(), "lea")
    expect(page.get_by_text("No image with two reviews yet")).to_be_visible()
