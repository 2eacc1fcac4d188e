"""Sizes and themes, keys that are printed, and the Browse screen."""

import pytest
from playwright.sync_api import expect
from small_study import TEXT

pytestmark = pytest.mark.browser

THINGS = ("lid", "spoon", "cup", "plate", "fork", "knife", "lamp", "door")
MANY = "Yes. " + " ".join(f"The {thing} melts into the rim." for thing in THINGS)
PARTS = ".head, .tools, .map-tools, .foot, .legend, .steps, .bar, .key, .card .row, .btn, .act, .seg.fill > button"
SPILL = """(parts) => [...document.querySelectorAll(parts)]
  .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1).map((one) => one.className)"""


def spilled(screen):
    """What is wider than its place."""
    page = screen.page
    return page.evaluate(SPILL, PARTS) + ["page"] * page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_spills_over_at_1024_by_768(served, visit, scheme):
    study = served.study()
    screen = visit(served, study, viewport={"width": 1024, "height": 768}, color_scheme=scheme)
    screen.wait_for_image()
    ground = screen.page.evaluate("getComputedStyle(document.querySelector('.side')).backgroundColor")
    assert ground == ("rgb(251, 251, 251)" if scheme == "light" else "rgb(28, 28, 28)")
    assert spilled(screen) == []
    screen.rate("2")
    expect(screen.el("heat")).to_be_visible()
    assert spilled(screen) == []
    screen.judge("p")
    screen.write(TEXT * 3)
    assert spilled(screen) == []
    screen.press("g")
    assert spilled(screen) == []
    screen.press("Escape", "i", "4")
    assert spilled(screen) == []
    screen.press("Enter")
    screen.page.get_by_role("link", name="Browse").click()
    expect(screen.page.locator(".card")).to_have_count(4)
    assert spilled(screen) == []


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768)])
def test_many_layers_leave_room_for_the_zoom_and_the_chosen_one_is_in_sight(served, visit, size):
    screen = visit(served, served.study(texts=(MANY,)), viewport={"width": size[0], "height": size[1]})
    screen.rate("2")
    expect(screen.el("layers").locator("button")).to_have_count(9)
    screen.press("8")
    chosen = screen.el("layers").locator('[aria-pressed="true"]')
    expect(chosen).to_have_text("8")
    expect(chosen).to_be_in_viewport(ratio=0.9)
    assert spilled(screen) == []


def test_at_200_percent_zoom_the_main_button_is_reached_and_nothing_is_cut_off(served, visit):
    screen = visit(served, served.study(), viewport={"width": 720, "height": 450}, device_scale_factor=2)
    screen.rate("2")
    assert spilled(screen) == []
    screen.judge("p")
    assert spilled(screen) == []
    expect(screen.el("go")).to_be_in_viewport(ratio=1)
    screen.page.get_by_role("link", name="Browse").click()
    expect(screen.page.locator(".card").first).to_be_in_viewport(ratio=1)
    expect(screen.page.get_by_label("Sort")).to_be_in_viewport(ratio=1)
    assert spilled(screen) == []


def test_fitting_enlarges_a_small_image_at_most_twice_on_a_dense_screen(served, visit):
    screen = visit(served, served.study(), viewport={"width": 1920, "height": 1200}, device_scale_factor=2)
    screen.wait_for_image()
    expect(screen.el("zoomValue")).to_have_text("200 %")


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
    expect(screen.page.get_by_role("dialog", name="All keys")).to_contain_text("Lock the rating")
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
    expect(page.locator(".card .mapped")).to_be_visible()
    page.keyboard.press("m")
    expect(page.locator(".card .mapped")).to_be_hidden()
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


def test_a_search_that_finds_nothing_says_what_is_searched_and_keeps_the_filters(served, visit):
    screen = visit(served, served.study(), at="browse?q=melts")
    page = screen.page
    expect(page.get_by_text("Only images that you have rated are searched.")).to_be_visible()
    expect(page.locator(".opt", has_text="To review")).to_contain_text("0")
    page.locator(".opt", has_text="To review").click()
    page.get_by_role("button", name="Clear filters").last.click()
    expect(page.locator(".card")).to_have_count(4)


def test_the_arrows_turn_the_pages_of_browse(served, visit):
    screen = visit(served, served.study(texts=(TEXT,) * 62, maps=False), at="browse")
    page = screen.page
    cards, selected = page.locator(".card"), page.locator(".card.sel")
    expect(cards).to_have_count(60)
    screen.press("End", "ArrowDown")
    expect(cards).to_have_count(2)
    expect(selected).to_have_id("rz-card-0")
    screen.press("ArrowLeft")
    expect(cards).to_have_count(60)
    expect(selected).to_have_id("rz-card-59")
    screen.press("PageUp", "Home")
    expect(selected).to_have_id("rz-card-0")
    screen.press("PageDown")
    expect(selected).not_to_have_id("rz-card-0")
    screen.press("ArrowUp", "Home", "ArrowUp")
    expect(cards).to_have_count(60)  # there is no page before the first
    expect(page.get_by_text("1 to 60 of 62")).to_be_visible()


def test_an_address_names_the_study_and_opens_it_in_a_new_tab(served, visit):
    study, other = served.study(texts=(TEXT,) * 3), served.study()
    screen = visit(served, study, at="browse")
    page = screen.page
    expect(page.locator(".card")).to_have_count(3)
    page.locator(".card").first.click()
    screen.wait_for_image()
    address = page.url
    elsewhere = visit(served, other, at=address.split("#")[1], noise="404")
    elsewhere.wait_for_image()
    expect(elsewhere.page.locator('[data-el="images"]')).to_have_text("3")
    assert elsewhere.page.url == address
    (found,) = served.rows("SELECT id FROM studies WHERE name = ?", other)
    elsewhere.page.evaluate(f"location.hash = 'browse?study={found['id']}'")
    expect(elsewhere.page.locator(".card")).to_have_count(4)
    key = address.split("#review/")[1].split("?")[0]
    elsewhere.page.evaluate(f"location.hash = 'review/{key}'")
    expect(elsewhere.el("restText")).to_have_text(f"This image is not in the study {other}.")


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


def test_a_change_in_a_long_text_is_found(served, visit):
    screen = visit(served, served.study(), at="browse")
    runs = screen.page.evaluate(
        """async () => {
            const { difference } = await import('/assets/ui/diff.js');
            const text = (word) => `${'same '.repeat(700)}${word}${' end'.repeat(700)}`;
            return difference(text('old'), text('new')).map((run) => [run.kind, run.text.length]);
        }"""
    )
    assert runs == [["same", 3499], ["del", 3], ["ins", 3], ["same", 2799]]


def test_less_than_half_a_percent_of_a_map_is_nothing(served, visit):
    screen = visit(served, served.study(), at="browse")
    found = screen.page.evaluate(
        """async () => {
            const { unreal } = await import('/assets/ui/overlay.js');
            return Promise.all([49, 50].map(async (dark) => {
                const canvas = Object.assign(document.createElement('canvas'), { width: 100, height: 100 });
                const paper = canvas.getContext('2d');
                paper.fillStyle = '#fff';
                paper.fillRect(0, 0, 100, 100);
                paper.fillStyle = '#000';
                paper.fillRect(0, 0, dark, 1);
                const image = new Image();
                image.src = canvas.toDataURL();
                await image.decode();
                return unreal(image);
            }));
        }"""
    )
    assert found == [{"most": 100, "enough": 0}, {"most": 100, "enough": 100}]
