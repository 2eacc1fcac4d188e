"""The Compare screen: maps side by side, by keys and by pointer."""

import re
import time

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from realness.domain import RealnessMap
from realness.dream import files as map_files
from realness.store import MapTask
from realness.workbench import Workbench

pytestmark = pytest.mark.browser

SIZE = (600, 400)


def slope(low: float, high: float, grid=(8, 12)) -> np.ndarray:
    """Values that rise from left to right."""
    return np.tile(np.linspace(low, high, grid[1], dtype=np.float32), (grid[0], 1))


def at_pixel(values: np.ndarray, x: int, y: int) -> float:
    """What the browser gets, grey steps, at a pixel of the image."""
    grey = np.rint(values * 255).astype(np.float32) / 255
    return float(np.asarray(Image.fromarray(grey).resize(SIZE, Image.Resampling.BILINEAR))[y, x])


RELEASED = slope(0.2, 0.6)
PAPER = slope(0.9, 0.1, (10, 15))


def put_map(bench: Workbench, image, method: str, values: np.ndarray, clip: str = "mini") -> None:
    """A map by another method, of the image's text."""
    task = MapTask(image, bench.store.descriptions.newest(image.id))
    layers = np.stack([values, values]) if method == "released" else np.empty((0, *values.shape), np.float32)
    phrases = ("one", "two")[: len(layers)]
    found = RealnessMap(values, values, layers, phrases, method, clip, SIZE)
    target = bench.beside("maps", f"{image.facts.sha256}.{method}.npz")
    path = target.relative_to(bench.settings.data).as_posix()
    digest = map_files.save(found, target)
    bench.store.maps.add(task, method=method, clip=clip, weights="w", path=path, sha256=digest, phrases=phrases)


class Compared:
    """A study whose images are rated, but for the last, and whose first two have maps by three methods."""

    def __init__(self, served, rated=3):
        self.served, self.study = served, served.study()
        bench = Workbench.open(served.settings)
        self.id = bench.store.studies.named(self.study).id
        me = bench.store.people.local()
        self.images = bench.store.assignments.ahead(bench.store.studies.by_id(self.id), me.id, None, 4)[:2]
        rows = served.rows("SELECT image_id FROM study_images WHERE study_id = ? ORDER BY position", self.id)
        self.images = [bench.store.images.by_id(row["image_id"]) for row in rows]
        self.keys = [image.key for image in self.images]
        for image in self.images[:2]:
            put_map(bench, image, "released", RELEASED)
            put_map(bench, image, "paper", PAPER, "ViT-B-32:openai")
        for image in self.images[:rated]:
            bench.store.assignments.open(bench.store.studies.by_id(self.id), image.key, me.id)
            bench.store.assignments.lock(self.id, image.id, me.id, 40)
        bench.close()


@pytest.fixture
def compared(served):
    return Compared(served)


def panes(page: Page):
    """The tiles that are seen, in order."""
    return page.locator(".pane:visible")


def opened(visit, compared, at: str, tiles: int, **options) -> Page:
    page = visit(compared.served, compared.study, at=at, **options).page
    expect(panes(page)).to_have_count(tiles)
    expect(page.locator(".pane .heat:visible")).to_have_count(tiles)
    return page


def widths(page: Page) -> list[float]:
    return [round(box["width"], 1) for box in page.locator(".pane:visible .pic").evaluate_all(
        "(all) => all.map((one) => ({ width: one.getBoundingClientRect().width }))")]  # fmt: skip


def alike(values) -> None:
    """Wait until what is measured of each pane is the same: they are painted one after another."""
    until = time.monotonic() + 5
    while (measured := values()) != measured[:1] * len(measured) and time.monotonic() < until:
        time.sleep(0.05)
    assert measured == measured[:1] * len(measured)


def offsets(page: Page) -> list[list[float]]:
    """Where the picture lies in each stage."""
    return page.locator(".pane:visible").evaluate_all(
        """(all) => all.map((one) => { const [stage, pic] = [".stage", ".pic"].map((name) => one.querySelector(name)
           .getBoundingClientRect()); return [Math.round(pic.x - stage.x), Math.round(pic.y - stage.y)]; })"""
    )


def point(page: Page, x: int, y: int, pane: int = 0) -> None:
    """Move the pointer onto a pixel of the image."""
    box = panes(page).nth(pane).locator(".pic").bounding_box()
    assert box
    page.mouse.move(box["x"] + (x + 0.5) * box["width"] / SIZE[0], box["y"] + (y + 0.5) * box["height"] / SIZE[1])


def figures(page: Page) -> list[str]:
    return page.locator(".nums .vbar .figure").all_inner_texts()


def test_the_maps_of_an_image_chosen_in_browse_lie_side_by_side_and_say_what_they_are_of(visit, compared):
    page = visit(compared.served, compared.study, at="browse?sort=imported").page
    expect(page.locator(".card img")).to_have_count(4)
    page.keyboard.press("c")
    expect(panes(page)).to_have_count(3)
    heads = panes(page).locator("header")
    expect(heads.nth(0)).to_contain_text("Dense")
    expect(heads.nth(0)).to_contain_text("by mini")
    expect(heads.nth(1)).to_contain_text("As in the paper")
    expect(heads.nth(1)).to_contain_text("ViT-B-32:openai, all findings")
    expect(heads.nth(1)).not_to_contain_text("by mini")
    expect(heads.nth(2)).to_contain_text("As released")
    assert page.evaluate("document.activeElement === document.body")
    page.get_by_label("What A shows").select_option(label="As released, mini: 2 two")
    expect(heads.nth(0)).to_contain_text("2 two")


def test_images_chosen_in_browse_by_keys_or_ticks_lie_side_by_side_with_their_maps(visit, compared):
    page = visit(compared.served, compared.study, at="browse?sort=imported").page
    cards = page.locator(".card")
    expect(cards).to_have_count(4)
    page.keyboard.press(" ")
    expect(cards.first).to_have_attribute("aria-checked", "true")
    cards.nth(2).hover()
    cards.nth(2).locator(".tick").click()
    button = page.get_by_role("button", name="Compare 2")
    expect(button).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator('.card[aria-checked="true"]')).to_have_count(0)
    for at in (0, 2):
        cards.nth(at).locator(".tick").dispatch_event("click")
    button.click()
    expect(panes(page)).to_have_count(2)
    expect(panes(page).nth(0)).to_contain_text("image 1")
    expect(panes(page).nth(1)).to_contain_text("image 3")
    page.go_back()
    expect(cards.first).to_be_visible()
    expect(page.locator('.card[aria-checked="true"]')).to_have_count(0)


def test_zoom_and_place_are_one_until_they_are_unlocked(visit, compared):
    page = opened(visit, compared, f"compare/{compared.keys[0]}", 3)
    point(page, 150, 100, pane=1)
    page.mouse.wheel(0, -400)
    expect(page.get_by_title("Z: fit or exact pixels").locator("visible=true")).not_to_have_text("50 %")
    alike(lambda: widths(page))
    page.mouse.down()
    page.mouse.move(*[page.viewport_size["width"] / 3, 300], steps=3)
    page.mouse.up()
    alike(lambda: offsets(page))

    page.keyboard.press("l")
    expect(page.get_by_role("button", name="Zoom together")).to_have_attribute("aria-pressed", "false")
    panes(page).nth(1).locator(".stage").hover()
    page.keyboard.press("+")
    first, second, third = widths(page)
    assert second > first == third
    page.keyboard.press("l")
    alike(lambda: widths(page))
    assert widths(page)[0] == second
    alike(lambda: offsets(page))
    page.keyboard.press("2")
    expect(panes(page)).to_have_count(1)
    page.keyboard.press("-")
    page.keyboard.press("2")
    expect(panes(page)).to_have_count(3)
    alike(lambda: widths(page))
    assert widths(page)[0] < second


def test_tiles_hidden_and_shown_within_one_frame_are_zoomed_as_the_others_are(visit, compared):
    page = opened(visit, compared, f"compare/{compared.keys[0]}", 3)
    alike(lambda: widths(page))
    before = widths(page)[0]
    page.evaluate(
        """() => {
             const [first, , third] = document.querySelectorAll(".pane");
             const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
             first.hidden = third.hidden = true;
             press("-");
             first.hidden = third.hidden = false;
           }"""
    )
    alike(lambda: widths(page))
    assert widths(page)[0] < before


@pytest.mark.parametrize("pixel", [(0, 0), (150, 40), (311, 222), (599, 399)])
def test_the_numbers_under_the_cursor_are_the_maps_values_at_that_pixel(visit, compared, pixel):
    page = opened(visit, compared, f"compare/{compared.keys[0]}", 3)
    point(page, *pixel, pane=2)
    expect(page.locator('[data-screen="compare"] [data-el=place]')).to_have_text(f"x {pixel[0]}  y {pixel[1]}")
    _, paper, released = figures(page)
    assert float(paper) == pytest.approx(at_pixel(PAPER, *pixel), abs=0.0051)
    assert float(released) == pytest.approx(at_pixel(RELEASED, *pixel), abs=0.0051)
    assert page.locator(".pane:visible .cross .under").all_inner_texts() == figures(page)
    crosses = page.locator(".pane:visible .cross").evaluate_all("(all) => all.map((one) => one.style.cssText)")
    assert len(set(crosses)) == 1


def test_the_difference_is_first_minus_second_with_a_sign_and_nothing_where_they_are_equal(visit, compared):
    page = opened(visit, compared, f"compare/{compared.keys[0]}", 3)
    page.keyboard.press("d")
    expect(panes(page)).to_have_count(4)
    page.get_by_label("Of which maps the difference is shown").select_option("B-C")
    expect(panes(page).nth(3)).to_contain_text("B minus C")
    expect(page.get_by_text("B more unreal")).to_be_visible()
    for pixel in ((40, 200), (560, 200)):
        point(page, *pixel)
        expected = at_pixel(PAPER, *pixel) - at_pixel(RELEASED, *pixel)
        found = figures(page)[3]
        assert float(found.replace("−", "-")) == pytest.approx(expected, abs=0.0051)
        assert found[0] == ("+" if expected > 0 else "−")
    left, middle, right = page.locator(".difference canvas").evaluate(
        """(canvas) => { const { data } = canvas.getContext("2d").getImageData(0, 1, canvas.width, 1);
           return [0.05, 0.62, 0.98].map((part) => { const at = 4 * Math.floor(part * canvas.width);
             return [...data.slice(at, at + 4)]; }); }"""
    )  # the slopes cross at 7 / 12 of the width, the cells of the canvas are a fifteenth of it
    assert left[2] > left[0]  # blue: the first is more real
    assert right[0] > right[2]  # orange: the first is more unreal
    assert middle[3] < 0.2 * left[3]
    page.get_by_label("Of which maps the difference is shown").select_option("C-B")
    point(page, 40, 200)
    expect(page.locator(".nums .vbar .figure").nth(3)).to_contain_text("−")
    page.keyboard.press("5")
    expect(panes(page)).to_have_count(1)
    expect(panes(page)).to_contain_text("C minus B")


def test_a_difference_of_two_images_is_not_made_up(visit, compared):
    page = opened(visit, compared, f"compare?t={compared.keys[0]}&t={compared.keys[1]}", 2)
    page.keyboard.press("d")
    expect(panes(page)).to_have_count(3)
    expect(panes(page).nth(2)).to_contain_text("It needs two maps of one image")


def test_one_scale_is_for_all_maps_unless_each_has_its_own_and_that_is_said(visit, compared):
    page = opened(visit, compared, f"compare/{compared.keys[0]}", 3)
    notice, ramp = page.get_by_text("Each map has its own scale."), page.locator(".nums .ramp").first
    expect(notice).to_be_hidden()
    expect(ramp).to_contain_text("Real 1")
    slopes = "(all) => all.map((one) => Number(one.getAttribute('slope')))"
    parts = page.locator("#rz-tile-2 feFuncR[type=linear]")
    assert parts.evaluate_all(slopes) == [1]
    point(page, 311, 222)
    before = figures(page)

    page.keyboard.press("s")
    expect(notice).to_be_visible()
    expect(ramp).not_to_contain_text("Real 1")
    expect(panes(page).nth(2)).to_contain_text("own scale 0.20 to 0.60")
    assert parts.evaluate_all(slopes) == pytest.approx([2.5], abs=0.02)
    assert figures(page) == before  # colours change, values do not
    page.keyboard.press("s")
    expect(notice).to_be_hidden()
    assert parts.evaluate_all(slopes) == [1]


def test_in_a_blind_study_an_image_shows_itself_alone_until_it_is_rated(visit, compared):
    hidden = compared.keys[3]
    asked = []
    screen = visit(compared.served, compared.study, at="insights")
    page = screen.page
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(f"location.hash = '#compare?t={compared.keys[0]}&t={hidden}&difference=A-B'")
    expect(panes(page).nth(1)).to_contain_text("Rate it first")
    expect(panes(page).nth(1).locator(".photo")).to_be_visible()
    expect(panes(page).nth(1).locator(".heat")).to_be_hidden()
    assert len([url for url in asked if "/files/map/" in url]) == 1
    panes(page).nth(1).get_by_role("link", name="Rate this image").click()
    expect(screen.el("rateBody")).to_be_visible()
    screen.press("3", "Enter")
    expect(screen.el("lockedValue")).to_be_visible()
    page.get_by_role("link", name="Compare").click()
    expect(page.locator(".pane .heat:visible")).to_have_count(2)


def test_a_blind_study_in_which_nothing_is_rated_says_what_to_do(visit, served):
    compared = Compared(served, rated=0)
    page = visit(served, compared.study, at="compare").page
    expect(page.get_by_text("Nothing to compare yet")).to_be_visible()
    page.get_by_role("button", name="Go on rating").click()
    expect(page).to_have_url(re.compile("#review"))


def test_an_image_with_one_map_lies_beside_its_findings_and_without_a_map_says_the_command(visit, served):
    compared = Compared(served)
    page = opened(visit, compared, f"compare/{compared.keys[2]}", 3)
    expect(panes(page).nth(1)).to_contain_text("1 The handle melts into the rim")
    expect(page.get_by_text("This image has one map")).to_be_visible()
    bare = replace_study(served)
    page = visit(served, bare.study, at=f"compare/{bare.keys[0]}").page
    expect(panes(page)).to_contain_text("No map of this image yet")
    expect(panes(page)).to_contain_text("Compute the maps")


def replace_study(served):
    """A study without maps whose first image is rated."""
    bare = object.__new__(Compared)
    bare.served, bare.study = served, served.study(maps=False)
    (found,) = served.rows("SELECT id FROM studies WHERE name = ?", bare.study)
    with served.server.client() as client:
        item = client.get("/api/next", params={"study": found["id"]}).json()["item"]
        body = {"study": found["id"], "image": item["image"]["key"], "rating": 40}
        client.post("/api/lock", json=body).raise_for_status()
    bare.keys = [item["image"]["key"]]
    return bare


def test_people_s_marks_are_shown_by_a_key_once_ones_own_review_is_in(visit, compared):
    page = opened(visit, compared, f"compare/{compared.keys[0]}", 3)
    marks = page.locator(".pane:visible .marks path.m")
    expect(page.get_by_role("button", name="Marks")).to_be_disabled()
    page.keyboard.press("b")
    expect(marks).to_have_count(0)
    box, inside = [400, 100, 600, 300], [400, 100, 600, 100, 600, 300]
    regions = [{"shape": "box", "coordinates": box}, {"shape": "polygon", "coordinates": inside}]
    finding = {"state": "added", "phrase": "A dent", "regions": regions}
    with compared.served.server.client() as client:
        body = {"study": compared.id, "image": compared.keys[0], "submission_id": f"{compared.study}-own-review"}
        body |= {"base_revision": 0, "findings": [finding]}
        client.post("/api/reviews", json=body).raise_for_status()
    page.reload()
    expect(page.get_by_text("2 marks from 1 review")).to_be_visible()
    page.keyboard.press("b")
    expect(marks).to_have_count(6)  # in each of three tiles
    overlap = page.locator(".nums tbody tr").nth(1).locator("td").last
    below = np.asarray([[at_pixel(PAPER, x, 0) < 0.55 for x in range(600)]] * 400)
    marked = np.zeros((400, 600), bool)
    marked[100:300, 400:600] = True
    expected = (below & marked).sum() / (below | marked).sum()
    assert float(overlap.inner_text()) == pytest.approx(expected, abs=0.02)
    page.reload()
    expect(marks).to_have_count(6)  # the wish is remembered


def test_everything_can_be_done_by_keys_alone(visit, compared):
    page = opened(visit, compared, f"compare/{compared.keys[0]}", 3)
    place = page.locator('[data-screen="compare"] [data-el=place]')
    page.keyboard.press("Shift+ArrowRight")
    expect(place).to_have_text("x 300  y 200, held")
    page.keyboard.press("Shift+ArrowDown")
    expect(place).not_to_have_text("x 300  y 200, held")
    expect(page.locator(".nums [data-el=told]")).to_contain_text(re.compile(r"A \d\.\d\d, B \d\.\d\d, C \d\.\d\d"))
    held = place.inner_text()
    point(page, 10, 10)
    expect(place).to_have_text(held)
    page.keyboard.press(" ")
    point(page, 12, 12)
    expect(place).to_have_text("x 12  y 12")
    page.keyboard.press("m")
    expect(page.locator(".pane .heat:visible")).to_have_count(0)
    page.keyboard.press("m")
    expect(page.locator(".pane .heat:visible")).to_have_count(3)
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(rf"t={compared.keys[1]}\.\d+\.0&t={compared.keys[1]}"))
    expect(panes(page)).to_have_count(3)
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile(rf"t={compared.keys[0]}"))
    page.keyboard.press("i")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Image 4, not rated yet")).to_be_disabled()
    expect(dialog.get_by_role("button", name="Image 1")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")  # the fourth is not rated yet
    expect(dialog.get_by_role("button", name="Image 3")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press(" ")
    page.keyboard.press("Enter")
    expect(panes(page)).to_have_count(2)
    expect(panes(page).nth(1)).to_contain_text("image 2")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Hold the cross where it is, or let it go")
    page.keyboard.press("?")
    page.wait_for_function("document.activeElement === document.body")
    expect(page.locator(".screen:visible .legend")).to_contain_text("zoom together")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"#review/{compared.keys[0]}"))


def test_the_address_opens_the_same_comparison_again(visit, compared):
    page = opened(visit, compared, f"compare/{compared.keys[1]}", 3)
    page.get_by_role("button", name="2", exact=True).click()
    expect(panes(page)).to_have_count(2)
    page.get_by_label("What B shows").select_option(label="As released, mini: 1 one")
    page.keyboard.press("d")
    page.keyboard.press("s")
    expect(page).to_have_url(re.compile("difference=A-B&scale=own"))
    expect(panes(page).nth(2)).to_contain_text("own scale −0.80 to +0.80")
    heads = page.locator(".pane:visible header").all_inner_texts()
    address = page.url.split("#")[1]
    again = opened(visit, compared, address, 3)
    expect(panes(again).nth(2)).to_contain_text("own scale −0.80 to +0.80")
    assert again.locator(".pane:visible header").all_inner_texts() == heads
    assert again.url.split("#")[1] == address
    expect(again.get_by_text("Each map has its own scale.")).to_be_visible()
    page.get_by_role("link", name="Browse").click()
    page.get_by_role("link", name="Compare").click()
    expect(page).to_have_url(re.compile(re.escape(address)))  # what was left is there again


SPILL = """() => [".head", ".compare .bar", ".pane header", ".nums", ".legend", ".compare .btn", ".compare .seg"]
  .flatMap((part) => [...document.querySelectorAll(part)])
  .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1).map((one) => one.className)"""


@pytest.mark.parametrize("size", [(1024, 768), (2560, 1440)])
def test_nothing_spills_over_in_windows_of_any_size(visit, compared, size):
    viewport = {"width": size[0], "height": size[1]}
    page = opened(visit, compared, f"compare/{compared.keys[0]}", 3, viewport=viewport)
    page.get_by_role("button", name="4", exact=True).click()
    expect(panes(page)).to_have_count(4)
    page.keyboard.press("d")
    page.keyboard.press("s")
    expect(panes(page).nth(4)).to_contain_text("own scale")
    assert page.evaluate(SPILL) == []
    pictures = page.locator(".pane:visible .pic").evaluate_all("(all) => all.map((one) => one.clientWidth)")
    assert min(pictures) > 0.15 * size[0]


NAMELESS = ("t=nothing", "t=../x.1.1&t=..", "t={0}.999.0&difference=A-Z", "t={0}.x.y&alone=9")


@pytest.mark.parametrize("asked", NAMELESS)
def test_an_address_that_names_nothing_ends_in_a_sentence_and_not_in_an_empty_screen(visit, compared, asked):
    page = visit(compared.served, compared.study, at=f"compare?{asked.format(compared.keys[0])}", noise="404").page
    there = page.locator('[data-screen="compare"]')
    shown = there.locator(".pane:visible, .nothing:visible")
    expect(shown.first).to_be_visible()
