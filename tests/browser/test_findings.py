"""The findings of the third step: their words, their boxes, and the layers that show them."""

import pytest
from playwright.sync_api import expect
from small_study import PHRASES, SIZE

pytestmark = pytest.mark.browser


def rows(screen):
    return screen.el("findings").locator("li")


def drag(screen, *, start, end):
    """Drag on the picture, from and to a place in pixels of the image."""
    frame = screen.el("pic").bounding_box()
    scale = frame["width"] / SIZE[0]
    mouse = screen.page.mouse
    mouse.move(frame["x"] + start[0] * scale, frame["y"] + start[1] * scale)
    mouse.down()
    mouse.move(frame["x"] + end[0] * scale, frame["y"] + end[1] * scale, steps=4)
    mouse.up()


def test_a_box_of_another_finding_can_be_grabbed_and_moved(screen):
    screen.press("g")
    drag(screen, start=(100, 50), end=(200, 150))
    screen.press("j", "g")
    drag(screen, start=(300, 200), end=(400, 300))
    drag(screen, start=(120, 50), end=(150, 90))
    expect(rows(screen).first).to_have_attribute("aria-current", "true")
    expect(screen.page.locator(".grip")).to_have_count(4)
    box = screen.page.locator('rect.m[data-finding="0"]')
    assert float(box.get_attribute("x")) == pytest.approx(130, abs=2)
    assert float(box.get_attribute("y")) == pytest.approx(90, abs=2)


def test_only_a_box_with_grips_is_deleted(screen):
    boxes = screen.page.locator("rect.m")
    screen.press("g")
    drag(screen, start=(100, 50), end=(200, 150))
    screen.press("j", "Shift+J", "Delete")
    expect(boxes).to_have_count(1)
    drag(screen, start=(120, 50), end=(121, 50))
    screen.press("Backspace")
    expect(boxes).to_have_count(1)
    screen.press("Delete")
    expect(boxes).to_have_count(0)


def test_escape_leaves_a_finding_as_it_was_before_it_was_reworded(screen):
    screen.press("r")
    screen.page.keyboard.type("Something else")
    expect(rows(screen).first).to_contain_text("Not judged")
    screen.press("Escape")
    expect(rows(screen).first).to_contain_text(PHRASES[0])
    expect(rows(screen).first).to_contain_text("Not judged")
    screen.press("d", "r")
    screen.page.keyboard.type("Something else")
    screen.press("Escape")
    expect(rows(screen).first).to_contain_text("Dropped")


def test_escape_keeps_the_words_of_a_new_finding_and_an_empty_one_goes(screen):
    screen.press("n")
    screen.page.keyboard.type("The rim is broken")
    screen.press("Escape")
    expect(rows(screen).last).to_contain_text("The rim is broken")
    screen.press("n", "Escape")
    expect(rows(screen)).to_have_count(3)


def test_findings_keep_their_numbers_when_a_review_is_opened_again(screen):
    screen.press("j", "d")
    screen.submit()
    screen.wait_for_image()
    screen.press("u")
    expect(screen.el("correctBody")).to_be_visible()
    for at, (phrase, state) in enumerate(zip(PHRASES, ("Not judged", "Dropped"), strict=True)):
        expect(rows(screen).nth(at)).to_contain_text(phrase)
        expect(rows(screen).nth(at)).to_contain_text(state)


def test_a_layer_chosen_by_key_is_shown_though_the_pointer_rests_on_a_finding(screen):
    def pressed(name):
        expect(screen.el("layers").locator('[aria-pressed="true"]')).to_have_text(name)

    rows(screen).last.hover()
    pressed("2")
    screen.press("1")
    pressed("1")
    screen.press("k")  # its rows are made anew under the pointer
    screen.page.wait_for_timeout(300)
    pressed("1")
    screen.page.mouse.move(400, 300)
    pressed("1")
    rows(screen).last.hover()
    pressed("2")


def test_the_focus_stays_on_the_control_that_was_pressed(screen):
    def focused():
        return screen.page.evaluate("document.activeElement.textContent.trim()")

    for name, state in (("Keep", "Kept"), ("Drop", "Dropped")):
        rows(screen).get_by_role("button", name=name).focus()
        screen.press("Enter")
        expect(rows(screen).first).to_contain_text(state)
        assert focused() == name
    screen.el("rejudge").focus()
    screen.press("Enter", "w")
    assert focused() == "Change"
    screen.el("addFinding").focus()
    screen.press("Enter")
    screen.page.keyboard.type("The rim is broken")
    screen.press("Enter")
    assert focused().startswith("Add a finding")
