"""Choosing one of several descriptions by keys: what is shown, kept, sent, and what is never told."""

import itertools
import json

import pytest
from conftest import PASSWORD
from playwright.sync_api import expect
from screen import sign_in
from small_study import PHRASES, TEXT, describe

pytestmark = pytest.mark.browser

TEXTS = {
    "secret-vlm": "Yes. The saucer floats over the table, and the shadow falls towards the lamp.",
    "another-vlm": "No. The cup and the spoon look natural.",
}
SAID = {model: text.split(". ", 1)[1] for model, text in TEXTS.items()}


@pytest.fixture
def study(served):
    """Two images, each with a text by three describers to choose from."""
    name = served.study((TEXT,) * 2)
    describe(served.settings, name, TEXTS, choices=3)
    return name


def key_of(screen, words):
    """The key of the text that says so."""
    card = screen.el("texts").get_by_role("button").filter(has_text=words)
    expect(card).to_have_count(1)
    return card.get_attribute("data-v")


def chosen(served, study):
    """Of each review the text that was chosen, and how many it was chosen from."""
    query = "SELECT d.explanation FROM descriptions d WHERE d.id = ?"
    rows = served.reviews(study)
    return [
        (served.rows(query, row["description_id"])[0]["explanation"], len(json.loads(row["offered"]))) for row in rows
    ]


def test_a_text_is_chosen_corrected_and_sent_by_keys_alone(served, visit, study):
    screen = visit(served, study)
    screen.rate("2")
    expect(screen.el("texts").get_by_role("button")).to_have_count(3)
    expect(screen.el("judgeAsk")).to_be_hidden()
    expect(screen.el("heat")).to_be_hidden()
    expect(screen.el("textsAsk")).to_have_text("Is anything unrealistic?")
    expect(screen.el("texts").get_by_text("No, nothing", exact=True)).to_have_count(1)
    expect(screen.el("legend")).to_contain_text("take A, B, C")
    screen.press("a", "Control+Enter")
    expect(screen.el("texts")).to_be_visible()
    screen.press(key_of(screen, "saucer"))
    expect(screen.el("said")).to_contain_text("The saucer floats")
    expect(screen.el("heat")).to_be_visible()
    screen.judge("p")
    expect(screen.el("text")).to_have_value(SAID["secret-vlm"])
    screen.press("k", "j", "d")
    screen.write("The saucer floats.")
    screen.submit()
    assert chosen(served, study) == [(SAID["secret-vlm"], 3)]
    query = "SELECT state, phrase FROM review_findings WHERE review_id = ? ORDER BY position"
    found = served.rows(query, served.reviews(study)[0]["id"])
    assert [row["state"] for row in found] == ["kept", "dropped"]
    expect(screen.el("rateBody")).to_be_visible()


def test_a_choice_and_its_corrections_are_there_after_a_reload_and_after_undo(served, visit, study):
    screen = visit(served, study)
    screen.rate("2")
    order = screen.el("texts").locator(".said").all_inner_texts()
    screen.press(key_of(screen, "saucer"))
    screen.judge("w")
    screen.write("Nothing floats.")
    screen.draft_saved()
    screen.page.evaluate("localStorage.clear(); localStorage.setItem('realness.seen', 'true')")
    screen.page.reload()
    expect(screen.el("text")).to_have_value("Nothing floats.")
    screen.press("h")
    expect(screen.el("texts").locator('[aria-pressed="true"]')).to_contain_text("saucer")
    expect(screen.el("texts").locator(".done:not(:empty)")).to_have_text(["Judged wrong, corrected"])
    assert screen.el("texts").locator(".said").all_inner_texts() == order
    screen.press("Escape")
    screen.submit()
    screen.press("u")
    expect(screen.el("text")).to_have_value("Nothing floats.")
    expect(screen.el("judged")).to_contain_text("Wrong")
    screen.press("h")
    assert screen.el("texts").locator(".said").all_inner_texts() == order


def test_what_was_said_of_a_text_is_there_again_when_it_is_chosen_again(served, visit, study):
    screen = visit(served, study)
    screen.rate("2")
    screen.press(key_of(screen, "saucer"))
    screen.judge("p")
    screen.press("d")
    screen.write("The saucer hovers.")
    screen.press("h")
    screen.press(key_of(screen, "natural"))
    expect(screen.el("note")).to_contain_text("stays with it")
    expect(screen.el("said")).to_contain_text("look natural")
    screen.judge("w")
    expect(screen.el("text")).to_have_value(SAID["another-vlm"])
    screen.press("h")
    screen.press(key_of(screen, "saucer"))
    expect(screen.el("text")).to_have_value("The saucer hovers.")
    expect(screen.el("findings").locator(".dropped")).to_have_count(1)
    screen.submit()
    assert chosen(served, study) == [(SAID["secret-vlm"], 3)]


@pytest.mark.parametrize("size", [(1024, 768), (1280, 800), (1440, 900)])
def test_what_was_said_of_the_other_text_is_told_of_beside_the_tools_and_covers_none(served, visit, study, size):
    screen = visit(served, study, viewport={"width": size[0], "height": size[1]})
    screen.rate("2")
    screen.press(key_of(screen, "natural"))
    screen.judge("p")
    screen.press("h")
    screen.press(key_of(screen, "saucer"), "s")
    expect(screen.el("note")).to_contain_text("stays with it")
    expect(screen.el("correctBody")).to_be_visible()
    parts = "mapSwitch", "layers", "opacity", "hidden", "ramp", "stepBack", "stepForward", "zoomOut", "zoomIn", "note"
    boxes = [screen.el(name).bounding_box() for name in parts]
    for before, after in itertools.pairwise(boxes):
        assert before["x"] + before["width"] <= after["x"] + 1
    assert boxes[-1]["y"] + boxes[-1]["height"] <= screen.el("foot").bounding_box()["y"] + 1


def test_nothing_that_the_page_gets_names_a_describer(served, visit, study):
    screen = visit(served, study)
    sent = []
    screen.page.on("response", lambda answer: sent.append(answer) if "/api/" in answer.url else None)
    screen.page.reload()
    screen.rate("3")
    screen.press("1", "h", "2")
    screen.judge("a")
    screen.submit()
    screen.wait_for_image()
    bodies = [answer.text() for answer in sent if answer.request.method != "PUT"]
    assert any("saucer" in body for body in bodies)
    for telling in ("vlm", "by-", "provider", "planted"):
        assert not [body for body in bodies if telling in body]


def test_two_people_see_the_texts_in_orders_of_their_own(led, visit):
    study = led.study((TEXT,) * 4)
    describe(led.settings, study, TEXTS, choices=3)
    orders = []
    for name in ("ana", "ben"):
        screen = visit(led, study)
        sign_in(screen.page, name, PASSWORD)
        orders.append([])
        for _ in range(4):
            screen.rate("2")
            orders[-1].append(screen.el("texts").locator(".said").all_inner_texts())
            screen.press("1")
            screen.judge("a")
            screen.submit()
    assert [sorted(one) for one in orders[0]] == [sorted(one) for one in orders[1]]
    assert orders[0] != orders[1]


def test_with_one_text_the_keys_of_the_layers_are_as_ever(served, visit):
    study = served.study((TEXT,))
    screen = visit(served, study)
    screen.rate("2")
    screen.press("1")
    expect(screen.el("layers").locator('[aria-pressed="true"]')).to_have_text("1")
    expect(screen.el("texts")).to_be_hidden()
    expect(screen.el("otherText")).to_be_hidden()
    expect(screen.el("said")).to_contain_text(PHRASES[0])
