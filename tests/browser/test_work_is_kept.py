"""Reloads, restarts, silent servers and second tabs: what a reviewer wrote is never lost."""

import json
import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_unsaved_text_comes_back_after_a_reload(served, visit):
    study = served.study()
    screen = visit(served, study)
    screen.rate("2")
    screen.judge("p")
    screen.press("d")
    screen.write("Typed a moment ago.")
    screen.page.reload()
    expect(screen.el("text")).to_have_value("Typed a moment ago.")
    expect(screen.el("judged")).to_have_text("Partly")
    expect(screen.el("findings").locator("li").first).to_contain_text("Dropped")
    assert served.reviews(study) == []


def test_a_rating_that_is_not_locked_comes_back_too(served, visit):
    screen = visit(served, served.study())
    screen.wait_for_image()
    screen.press("4", "Shift+ArrowLeft")
    screen.page.reload()
    expect(screen.el("rating")).to_have_text("65")
    expect(screen.el("lockedValue")).to_be_hidden()


def test_the_draft_is_on_the_server_for_another_browser(served, visit):
    study = served.study()
    screen = visit(served, study)
    screen.rate("2")
    screen.judge("p")
    screen.write("Begun at one desk.")
    screen.draft_saved()
    other = visit(served, study)
    expect(other.el("text")).to_have_value("Begun at one desk.")


def test_unsaved_text_survives_a_new_start_of_the_server(served_alone, visit):
    study = served_alone.study()
    screen = visit(served_alone, study, noise="Failed to load resource")
    screen.rate("2")
    screen.judge("p")
    screen.draft_saved()
    screen.page.route("**/api/draft", lambda route: route.abort())
    screen.page.evaluate("() => { window.before = true; }")
    served_alone.server.kill()
    served_alone.server.start()
    screen.write("Written while the server was gone.")
    screen.page.unroute("**/api/draft")
    screen.press("Control+Enter")
    screen.page.wait_for_function("() => !window.before")  # the new server knows nothing of the old page
    screen.wait_for_image()
    (row,) = served_alone.reviews(study)
    assert row["explanation"] == "Written while the server was gone."


def test_a_save_that_fails_is_told_and_sent_again_under_the_same_id(served, visit):
    study = served.study()
    screen = visit(served, study, noise="Failed to load resource")
    screen.rate("2")
    screen.judge("p")
    screen.write("Not to be lost.")
    sent = []

    def refuse(route):
        sent.append(json.loads(route.request.post_data)["submission_id"])
        route.abort()

    screen.page.route("**/api/reviews", refuse)
    screen.press("Control+Enter")
    alert = screen.page.get_by_role("alert").filter(has_text="Not saved")
    expect(alert).to_contain_text("Your work is still here")
    expect(screen.el("go")).to_contain_text("Try again")
    expect(screen.el("text")).to_have_value("Not to be lost.")
    screen.page.unroute("**/api/reviews")
    screen.press("Control+Enter")
    expect(screen.el("note")).to_contain_text("Saved")
    expect(alert).to_be_hidden()

    (row,) = served.reviews(study)
    assert row["submission_id"] == sent[0]
    assert row["explanation"] == "Not to be lost."


def test_an_answer_that_is_lost_on_its_way_does_not_save_twice(served, visit):
    study = served.study()
    screen = visit(served, study, noise="Failed to load resource")
    screen.rate("2")
    screen.judge("a")

    def lose_the_answer(route):
        route.fetch()
        route.abort()

    screen.page.route("**/api/reviews", lose_the_answer, times=1)
    screen.press("Control+Enter")
    expect(screen.el("note")).to_contain_text("Saved")
    assert len(served.reviews(study)) == 1


def test_a_review_that_could_not_be_sent_goes_out_when_the_page_is_opened_again(served, visit):
    study = served.study()
    screen = visit(served, study, noise="Failed to load resource")
    screen.rate("2")
    screen.judge("p")
    screen.write("Waits in the browser.")
    screen.page.route("**/api/reviews", lambda route: route.abort())
    screen.press("Control+Enter")
    expect(screen.el("trouble")).to_be_visible()
    screen.page.unroute("**/api/reviews")
    screen.page.reload()
    screen.wait_for_image()
    (row,) = served.reviews(study)
    assert row["explanation"] == "Waits in the browser."


def in_conflict(served, visit, study):
    """The screen of somebody who submits what another tab has submitted meanwhile."""
    screen = visit(served, study, noise="409")
    screen.rate("2")
    screen.judge("p")
    screen.write("Mine.")
    screen.draft_saved()
    other = visit(served, study)
    expect(other.el("text")).to_have_value("Mine.")
    other.write("Theirs.")
    other.submit()
    screen.press("Control+Enter")
    return screen


def test_what_another_tab_saved_is_shown_and_the_person_chooses(served, visit):
    study = served.study()
    screen = in_conflict(served, visit, study)
    expect(screen.el("conflictDiff").locator("del")).to_contain_text("Theirs")
    expect(screen.el("conflictDiff").locator("ins")).to_contain_text("Mine")
    screen.el("go").click()
    expect(screen.el("note")).to_contain_text("Saved")
    assert [(row["revision"], row["explanation"]) for row in served.reviews(study)] == [(1, "Theirs."), (2, "Mine.")]


def test_a_reload_comes_back_to_what_is_to_be_chosen(served, visit):
    study = served.study()
    screen = in_conflict(served, visit, study)
    expect(screen.el("conflictDiff")).to_be_visible()
    screen.page.reload()
    expect(screen.el("text")).to_have_value("Mine.")
    screen.press("Control+Enter")
    expect(screen.el("conflictDiff")).to_be_visible()
    screen.press("2")
    expect(screen.el("note")).to_have_text("The other one stays")
    expect(screen.page).not_to_have_url(re.compile("#review/"))


def test_what_the_network_kept_back_goes_out_as_soon_as_it_is_there_again(served, visit):
    study = served.study()
    screen = visit(served, study, noise="Failed to load resource")
    screen.rate("2")
    screen.judge("p")
    screen.draft_saved()
    screen.page.context.set_offline(True)
    screen.press("Control+Enter")
    expect(screen.el("trouble")).to_contain_text("Offline")
    screen.page.wait_for_timeout(2500)  # the second try has failed, too: the third is four seconds away
    screen.page.context.set_offline(False)
    expect(screen.el("note")).to_contain_text("Saved", timeout=2000)
    assert len(served.reviews(study)) == 1


@pytest.mark.parametrize("kept", ["{}", "null", "[null]", '"x"'])
def test_a_browser_that_keeps_nonsense_opens_the_next_image_all_the_same(served, visit, kept):
    study = served.study()
    screen = visit(served, study)
    screen.rate("2")
    screen.judge("p")
    spoil = """([kept]) => {
      const draft = `{"body": {"findings": [${kept}]}, "base_revision": 0}`;
      for (const name of Object.keys(localStorage)) if (name.includes("draft.")) localStorage.setItem(name, draft);
      localStorage.setItem("realness.outbox", kept);
    }"""
    screen.page.evaluate(spoil, [kept])
    screen.page.reload()
    expect(screen.page.locator(".photo")).to_be_visible()
    expect(screen.el("findings").locator("li").first).to_be_visible()


def test_an_image_that_cannot_be_shown_is_passed_by_one_key(served, visit):
    study = served.study()
    screen = visit(served, study, noise="Failed to load resource")
    screen.page.route("**/files/image/**", lambda route: route.fulfill(status=410, json={"error": "gone", "kind": ""}))
    screen.page.reload()
    expect(screen.el("broken")).to_be_visible()
    screen.page.unroute("**/files/image/**")
    screen.press("x")
    screen.wait_for_image()
    (row,) = served.reviews(study)
    assert (row["kind"], row["reason"]) == ("flag", "The image cannot be shown")


def test_a_skip_that_is_kept_in_a_conflict_is_still_a_skip(served, visit):
    study = served.study()
    screen = visit(served, study, noise="409")
    screen.wait_for_image()
    other = visit(served, study)
    other.rate("2")
    other.judge("a")
    other.submit()
    screen.press("x", "Enter")
    expect(screen.el("conflictDiff")).to_be_visible()
    screen.el("go").click()
    expect(screen.el("note")).to_contain_text("Skipped")
    assert [(row["revision"], row["kind"]) for row in served.reviews(study)] == [(1, "review"), (2, "skip")]
