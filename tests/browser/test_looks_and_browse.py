"""Sizes and themes, keys that are printed, and the Browse screen."""

import pytest
from playwright.sync_api import expect
from small_study import TEXT

pytestmark = pytest.mark.browser

SPILL = """() => [...document.querySelectorAll('.head, .tools, .foot, .legend, .steps, .bar, .key, .card .row')]
  .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1).map((one) => one.className)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_spills_over_at_1024_by_768(served, visit, scheme):
    study = served.study()
    screen = visit(served, study, viewport={"width": 1024, "height": 768}, color_scheme=scheme)
    screen.wait_for_image()
    ground = screen.page.evaluate("getComputedStyle(document.querySelector('.side')).backgroundColor")
    assert ground == ("rgb(251, 251, 251)" if scheme == "light" else "rgb(28, 28, 28)")

    def spilled():
        page = screen.page
        return page.evaluate(SPILL) + ["page"] * page.evaluate("document.documentElement.scrollWidth > innerWidth")

    assert spilled() == []
    screen.rate("2")
    expect(screen.el("heat")).to_be_visible()
    assert spilled() == []
    screen.judge("p")
    screen.write(TEXT * 3)
    assert spilled() == []
    screen.page.get_by_role("link", name="Browse").click()
    expect(screen.page.locator(".card")).to_have_count(4)
    assert spilled() == []


def test_the_theme_is_the_systems_until_it_is_switched_and_then_stays(served, visit):
    screen = visit(served, served.study(), color_scheme="dark")
    screen.wait_for_image()
    theme = "document.documentElement.dataset.theme"
    assert screen.page.evaluate(theme) == "dark"
    screen.page.get_by_role("button", name="Switch between light and dark").click()
    assert screen.page.evaluate(theme) == "light"
    screen.page.reload()
    screen.wait_for_image()
    assert screen.page.evaluate(theme) == "light"


def test_no_value_is_there_before_the_person_gives_one(served, visit):
    screen = visit(served, served.study())
    screen.wait_for_image()
    expect(screen.el("thumb")).to_be_hidden()
    expect(screen.el("go")).to_be_disabled()
    screen.press("Enter")
    expect(screen.el("rateBody")).to_be_visible()
    screen.press("ArrowLeft")
    expect(screen.el("rating")).to_have_text("50")
    screen.press("Enter")
    expect(screen.page.locator('.judge [aria-pressed="true"]')).to_have_count(0)
    expect(screen.el("go")).to_be_disabled()


def test_every_key_of_the_open_step_is_printed_and_all_keys_are_a_key_away(served, visit):
    screen = visit(served, served.study())
    screen.rate("2")
    expect(screen.el("legend")).to_contain_text("judge")
    screen.press("?")
    expect(screen.el("allKeys")).to_contain_text("Lock the rating")
    screen.press("Escape")
    opacity = screen.el("opacityValue").inner_text()
    screen.press("ArrowDown")
    expect(screen.el("opacityValue")).not_to_have_text(opacity)
    screen.press("m")
    expect(screen.el("heat")).to_be_hidden()
    screen.press("1")
    expect(screen.el("heat")).to_be_visible()


def test_browse_filters_searches_and_opens_an_image(served, visit):
    study = served.study(texts=(TEXT, "No. The photograph shows no inconsistencies.", TEXT))
    screen = visit(served, study)
    page = screen.page
    screen.rate("2")
    screen.judge("a")
    screen.submit()
    screen.wait_for_image()
    page.get_by_role("link", name="Browse").click()
    expect(page.locator(".card")).to_have_count(3)
    expect(page.locator(".card.veiled")).to_have_count(2)  # not rated yet: nothing is told of them

    page.locator(".opt", has_text="Reviewed").click()
    expect(page.locator(".card")).to_have_count(1)
    assert "status=reviewed" in page.url
    expect(page.locator(".card .heat")).to_be_visible()
    page.keyboard.press("m")
    expect(page.locator(".card .heat")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("zebra")
    expect(page.get_by_text("No image matches")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear filters").last.click()
    expect(page.locator(".card")).to_have_count(3)
    page.keyboard.press("/")
    page.keyboard.type("melts")
    expect(page.locator(".card")).to_have_count(1)
    page.reload()
    expect(page.locator(".card")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(screen.el("correctBody")).to_be_visible()
    expect(screen.el("judged")).to_have_text("Accurate")


def test_back_and_forward_walk_through_the_screens(served, visit):
    screen = visit(served, served.study(), at="browse")
    page = screen.page
    expect(page.locator(".card")).to_have_count(4)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    screen.wait_for_image()
    page.go_back()
    expect(page.locator(".card")).to_have_count(4)
    page.go_forward()
    screen.wait_for_image()


def test_the_difference_runs_by_words_and_folds_islands(served, visit):
    screen = visit(served, served.study(), at="browse")
    found = screen.page.evaluate(
        """async ([was, is]) =>
            (await import('/assets/ui/diff.js')).difference(was, is).map((run) => [run.kind, run.text])""",
        ["The spoon is bent, and the cup is red.", "The spoon has a melted, and odd cup is red."],
    )
    assert found == [
        ["same", "The spoon"],
        ["del", "is bent"],
        ["ins", "has a melted"],
        ["same", ", and"],
        ["del", "the"],
        ["ins", "odd"],
        ["same", "cup is red."],
    ]
