"""Every step has keys of its own, and every key is told."""

import re

import pytest
from playwright.sync_api import expect
from small_study import TEXT

pytestmark = pytest.mark.browser


def test_while_rating_again_the_keys_are_those_of_rating_again(screen):
    photo = screen.photo()
    screen.press("i")
    expect(screen.el("legend")).to_contain_text("leave as it was")
    expect(screen.el("legend")).not_to_contain_text("skip")
    expect(screen.el("skip")).to_be_hidden()
    screen.press("x", "u", "f", "m", "4")
    expect(screen.el("heat")).to_be_hidden()
    expect(screen.page.locator("dialog[open]")).to_have_count(0)
    screen.press("Escape")
    expect(screen.el("correctBody")).to_be_visible()
    expect(screen.el("againValue")).to_have_text("")
    screen.press("i", "4", "Enter")
    expect(screen.el("againValue")).to_have_text(", now 70")
    screen.press("i", "1", "Escape")
    expect(screen.el("againValue")).to_have_text(", now 70")
    screen.press("i", "Delete")
    expect(screen.el("againValue")).to_have_text("")
    assert screen.photo() == photo


def test_while_judging_again_escape_leaves_the_judgement_as_it_was(screen):
    screen.el("rejudge").click()
    screen.press("x", "ArrowDown", "Escape")
    expect(screen.el("correctBody")).to_be_visible()
    expect(screen.el("judged")).to_have_text("Partly")
    screen.el("rejudge").click()
    screen.press("w")
    expect(screen.el("judged")).to_have_text("Wrong")


def test_a_mistyped_judgement_is_corrected_by_its_key_and_nothing_else_is_lost(screen):
    screen.press("d", "o")
    screen.press("s")
    expect(screen.el("judged")).to_have_text("Misses something")
    findings = screen.el("findings").locator("li")
    expect(findings.first).to_contain_text("Dropped")
    expect(findings.last).to_contain_text("Kept")
    expect(screen.el("verdict").locator('[aria-pressed="true"]')).to_have_text("No O")


def test_while_somebody_types_the_footer_tells_the_keys_that_hold_then(screen):
    expect(screen.el("legend")).to_contain_text("next finding")
    screen.press("e")
    expect(screen.el("legend")).to_have_text("Esc leave textCtrlEnter submit")
    screen.press("Escape")
    expect(screen.el("legend")).to_contain_text("next finding")


def test_an_image_that_comes_again_says_when_it_was_reviewed_and_how_to_leave_it(screen):
    screen.press("Control+Enter")
    expect(screen.el("note")).to_contain_text("Saved")
    screen.press("u")
    expect(screen.el("trouble")).to_have_text(
        re.compile(r"Open againYou reviewed this image at \d\d:\d\d. X leaves it as it was.")
    )
    screen.press("x")
    expect(screen.el("note")).to_have_text("Left as it was")
    expect(screen.el("trouble")).to_be_hidden()


def test_what_another_tab_saved_is_chosen_by_a_key(served, visit):
    study = served.study()
    screen = visit(served, study, noise="409")
    screen.rate("2")
    screen.judge("p")
    screen.draft_saved()
    other = visit(served, study)
    expect(other.el("correctBody")).to_be_visible()
    other.write("Theirs.")
    other.submit()
    screen.press("Control+Enter")
    expect(screen.el("second")).to_have_text("Use the other2")
    screen.press("2")
    expect(screen.el("note")).to_have_text("The other one stays")
    assert [row["explanation"] for row in served.reviews(study)] == ["Theirs."]


def test_enter_goes_on_when_all_is_done(served_alone, visit):
    screen = visit(served_alone, served_alone.study(texts=(TEXT,)))
    screen.rate("3")
    screen.judge("a")
    screen.press("Control+Enter")
    expect(screen.el("restChoices").locator("button").first).to_contain_text("left")
    screen.press("Enter")
    screen.rate("3")


def test_all_keys_are_a_key_away_on_every_screen(served, visit):
    screen = visit(served, served.study(), at="browse")
    keys = screen.page.get_by_role("dialog", name="All keys")
    expect(screen.page.locator(".card")).to_have_count(4)
    screen.press("?")
    expect(keys).to_contain_text("turn the page")
    screen.press("?")
    expect(keys).to_be_hidden()
    screen.page.get_by_role("button", name="? all keys").click()
    expect(keys).to_be_visible()


def test_without_a_description_there_is_nothing_to_submit_before_there_is_an_answer(served, visit):
    study = served.study(texts=("", TEXT))
    screen = visit(served, study)
    screen.rate("5")
    expect(screen.el("go")).to_be_disabled()
    screen.press("Control+Enter", "a")
    expect(screen.el("correctBody")).to_be_visible()
    expect(screen.el("markSays")).to_contain_text("Nothing is said yet")
    screen.press("y")
    expect(screen.el("markSays")).to_have_text("")
    expect(screen.el("go")).to_be_enabled()
    screen.submit()
    (row,) = served.reviews(study)
    assert (row["judgement"], row["verdict"]) == (None, "yes")
