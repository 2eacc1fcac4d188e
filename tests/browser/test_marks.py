"""Marks on the picture: box, polygon and brush; by pointer and by key; changed, taken back and made again; kept."""

import itertools
import json

import numpy as np
import pytest
from builders import make_description
from playwright.sync_api import expect
from small_study import SIZE

from realness.domain import Finding, Region, RegionShape
from realness.images import rasterise
from realness.store.images import add_description
from realness.ui.schemas import MAX_COORDINATES, MAX_REGIONS
from realness.workbench import Workbench

pytestmark = pytest.mark.browser

SQUARE = [(100, 60), (240, 70), (220, 200), (90, 180)]
STROKE = [(150, 250), (300, 300), (420, 240)]


def place(screen, point):
    """Where a pixel of the image is in the window."""
    frame = screen.el("pic").bounding_box()
    scale = frame["width"] / SIZE[0]
    return frame["x"] + point[0] * scale, frame["y"] + point[1] * scale


def drag(screen, *points):
    """Drag on the picture over places in pixels of the image."""
    mouse = screen.page.mouse
    mouse.move(*place(screen, points[0]))
    mouse.down()
    for point in points[1:]:
        mouse.move(*place(screen, point), steps=5)
    mouse.up()


def click(screen, *points):
    for point in points:
        screen.page.mouse.click(*place(screen, point))


def take(screen, tool):
    """Take a tool into the hand, by its key as often as it needs."""
    tools = screen.el("markTool")
    for _ in range(4):
        if tools.is_visible() and tools.locator('[aria-pressed="true"]').inner_text() == tool:
            return
        screen.press("g")
    raise AssertionError(f"no tool {tool}")


def marks(screen, finding=0):
    return screen.page.locator(f'.marks .m[data-finding="{finding}"]')


def corners(screen, finding=0):
    """The corners of the finding's only polygon."""
    values = [float(value) for value in marks(screen, finding).get_attribute("points").replace(",", " ").split()]
    return np.array(values).reshape(-1, 2)


def saved(served, study):
    """The marks of the newest review of a study, in order."""
    query = """SELECT g.shape, g.coordinates FROM review_regions g
        JOIN review_findings f ON f.id = g.review_finding_id JOIN reviews r ON r.id = f.review_id
        JOIN studies s ON s.id = r.study_id WHERE s.name = ? ORDER BY f.position, g.position"""
    return [(row["shape"], json.loads(row["coordinates"])) for row in served.rows(query, study)]


def is_painted(coordinates):
    region = Region(RegionShape.MASK, tuple(coordinates), SIZE)
    return rasterise(region, SIZE)


def distance_to(line):
    """How far the centre of each pixel is from a line through several places."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]] + 0.5
    nearest = np.full(x.shape, np.inf)
    for (ax, ay), (bx, by) in itertools.pairwise(line):
        along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
        along = np.clip(along, 0, 1)
        nearest = np.minimum(nearest, np.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay)))
    return nearest


def radius(screen):
    """Of the brush, in pixels of the image."""
    return float(screen.el("brushSize").input_value()) / 2 / (screen.el("pic").bounding_box()["width"] / SIZE[0])


@pytest.fixture
def study(served):
    return served.study()


@pytest.fixture
def screen(served, study, visit):
    """An image that is rated, judged, and whose findings are all kept."""
    opened = visit(served, study)
    opened.rate("2")
    opened.judge("a")
    return opened


def test_the_browser_knows_the_same_limits_as_the_server(screen):
    limits = screen.page.evaluate(
        "import('/assets/ui/shapes.js').then(({ MOST_MARKS, MOST_NUMBERS }) => [MOST_MARKS, MOST_NUMBERS])"
    )
    assert limits == [MAX_REGIONS, MAX_COORDINATES]


@pytest.mark.parametrize("closing", ["Enter", "double click", "first point"])
def test_a_polygon_is_drawn_by_clicks_and_kept_in_the_pixels_of_the_image(served, screen, study, closing):
    take(screen, "Polygon")
    click(screen, *SQUARE)
    if closing == "Enter":
        screen.press("Enter")
    elif closing == "first point":
        click(screen, (SQUARE[0][0] + 2, SQUARE[0][1] + 2))
    else:
        screen.page.mouse.dblclick(*place(screen, (60, 120)))
    expect(screen.el("markTools")).to_be_hidden()
    expected = SQUARE + [(60, 120)] * (closing == "double click")
    screen.submit()
    ((shape, coordinates),) = saved(served, study)
    assert shape == "polygon"
    assert np.array(coordinates).reshape(-1, 2) == pytest.approx(np.array(expected), abs=1)


def test_backspace_takes_the_last_point_back_and_escape_drops_the_polygon(screen):
    take(screen, "Polygon")
    click(screen, *SQUARE, (400, 300))
    screen.press("Backspace", "Enter")
    assert corners(screen) == pytest.approx(np.array(SQUARE), abs=1)
    take(screen, "Polygon")
    click(screen, *SQUARE)
    screen.press("Escape", "Enter")
    expect(screen.el("markTools")).to_be_visible()
    screen.press("Escape")
    expect(screen.el("markTools")).to_be_hidden()
    expect(marks(screen)).to_have_count(1)


def test_what_is_painted_and_erased_is_the_mask_that_is_kept(served, screen, study):
    take(screen, "Brush")
    drag(screen, *STROKE)
    screen.page.keyboard.down("Shift")
    drag(screen, (300, 200), (300, 390))
    screen.page.keyboard.up("Shift")
    reach = radius(screen)
    screen.press("Escape")
    screen.submit()
    ((shape, coordinates),) = saved(served, study)
    assert shape == "mask"
    painted, erased = distance_to(STROKE), distance_to([(300, 200), (300, 390)])
    found = is_painted(coordinates)
    assert found[(painted < reach - 1) & (erased > reach + 1)].all()
    assert not found[(painted > reach + 1) | (erased < reach - 1)].any()


def test_a_mask_is_added_to_and_one_that_is_erased_is_gone(screen):
    take(screen, "Brush")
    drag(screen, *STROKE)
    drag(screen, (60, 60), (120, 60))
    expect(marks(screen)).to_have_count(1)
    screen.el("erase").click()
    for _ in range(6):
        screen.press("]")
    drag(screen, *STROKE)
    expect(marks(screen)).to_have_count(1)
    drag(screen, (50, 60), (130, 60))
    expect(marks(screen)).to_have_count(0)
    screen.press("Control+z")
    expect(marks(screen)).to_have_count(1)


def test_a_mask_is_moved_pixel_by_pixel(served, screen, study):
    take(screen, "Brush")
    drag(screen, *STROKE)
    reach = radius(screen)
    screen.press("Escape", "v", "ArrowUp", "Shift+ArrowLeft")
    drag(screen, (STROKE[1][0] - 10, STROKE[1][1] - 1), (STROKE[1][0] + 10, STROKE[1][1] - 31))
    screen.submit()
    ((_, coordinates),) = saved(served, study)
    found = is_painted(coordinates)
    distance = distance_to([(x + 10, y - 31) for x, y in STROKE])
    assert found[distance < reach - 2].all()
    assert not found[distance > reach + 2].any()


def test_a_box_is_resized_at_a_corner_and_moved_by_keys(served, screen, study):
    take(screen, "Box")
    drag(screen, (100, 50), (200, 150))
    drag(screen, (200, 150), (260, 180))
    screen.press("ArrowRight", "Shift+ArrowDown", "b", "Shift+ArrowLeft")
    screen.submit()
    ((shape, coordinates),) = saved(served, study)
    assert shape == "box"
    assert coordinates == pytest.approx([91, 60, 261, 190], abs=1)


def test_the_corners_of_a_polygon_are_moved_added_and_taken_out(screen):
    take(screen, "Polygon")
    click(screen, *SQUARE)
    screen.press("Enter")
    drag(screen, SQUARE[1], (300, 40))
    assert corners(screen)[1] == pytest.approx((300, 40), abs=1)
    middle = ((SQUARE[2][0] + SQUARE[3][0]) / 2, (SQUARE[2][1] + SQUARE[3][1]) / 2)
    drag(screen, middle, (150, 320))
    assert corners(screen) == pytest.approx(np.array([SQUARE[0], (300, 40), SQUARE[2], (150, 320), SQUARE[3]]), abs=1)
    screen.press("Backspace")
    assert corners(screen) == pytest.approx(np.array([SQUARE[0], (300, 40), *SQUARE[2:]]), abs=1)
    screen.press("Escape", "b", "Space", "ArrowDown")
    between = ((SQUARE[0][0] + 300) / 2, (SQUARE[0][1] + 40) / 2 + 1)
    assert corners(screen)[1] == pytest.approx(between, abs=1)
    screen.press("Backspace", "Backspace", "Backspace")
    expect(screen.el("markSays")).to_have_text("A polygon has at least three points")
    screen.press("Delete")
    expect(marks(screen)).to_have_count(0)


def test_a_key_goes_from_mark_to_mark_and_arrows_are_the_maps_while_none_is_selected(screen):
    take(screen, "Box")
    drag(screen, (100, 50), (200, 150))
    take(screen, "Polygon")
    click(screen, *SQUARE)
    screen.press("Enter", "v")
    expect(screen.el("markSays")).to_have_text("Box, mark 1 of 2")
    expect(screen.page.locator(".grip")).to_have_count(4)
    opacity = screen.el("opacity").input_value()
    screen.press("ArrowUp", "Shift+V")
    expect(screen.el("markSays")).to_have_text("Polygon, mark 2 of 2")
    assert screen.el("opacity").input_value() == opacity
    screen.press("Escape", "ArrowUp")
    expect(screen.page.locator(".grip")).to_have_count(0)
    assert int(screen.el("opacity").input_value()) == int(opacity) + 5


def test_marking_goes_by_keys_alone(served, screen, study):
    take(screen, "Box")
    screen.press(*["Shift+ArrowLeft"] * 3, "Space", *["Shift+ArrowRight"] * 6, *["Shift+ArrowDown"] * 4, "Enter")
    screen.press("j")
    take(screen, "Polygon")
    screen.press("Space", *["Shift+ArrowRight"] * 5, "Space", *["Shift+ArrowDown"] * 5, "Space", "Enter")
    screen.press("j")
    take(screen, "Brush")
    screen.press("[", "Shift+ArrowUp", "Space", *["Shift+ArrowUp"] * 9, "Space", "Backspace", "Enter")
    expect(screen.el("markTools")).to_be_hidden()
    reach = radius(screen)
    screen.submit()
    box, mask, polygon = saved(served, study)
    (x0, y0, x1, y1) = box[1]
    assert (box[0], x1 - x0, y1 - y0) == (
        "box",
        pytest.approx(2 * (SIZE[0] / 2 - x0)),
        pytest.approx((x1 - x0) * 2 / 3, abs=3),
    )
    assert (polygon[0], len(polygon[1])) == ("polygon", 6)
    dab = is_painted(mask[1])
    assert dab.sum() == pytest.approx(np.pi * reach**2, rel=0.1)


def test_a_tool_taken_from_a_focused_button_gets_the_keys(screen):
    button = screen.el("findings").get_by_role("button", name="Mark")
    button.focus()
    screen.press("Enter")
    expect(screen.el("markTools")).to_be_visible()
    take(screen, "Polygon")
    screen.press("Space", "Shift+ArrowRight", "Space", "Shift+ArrowDown", "Space", "Enter")
    expect(marks(screen)).to_have_count(1)


def test_changes_are_taken_back_and_made_again_in_order(screen):
    rows = screen.el("findings").locator("li")
    expect(screen.el("stepBack")).to_be_disabled()
    take(screen, "Box")
    drag(screen, (100, 50), (200, 150))
    screen.press("ArrowRight", "ArrowRight", "Delete", "j", "d", "n")
    screen.page.keyboard.type("The rim is broken")
    screen.press("Enter")
    expect(rows).to_have_count(3)
    screen.press("Control+z")
    expect(rows).to_have_count(2)
    screen.press("Control+z")
    expect(rows.nth(1)).to_contain_text("Kept")
    screen.press("Control+z")
    x = float(marks(screen).get_attribute("x"))
    take(screen, "Brush")
    screen.press("Control+z")
    assert float(marks(screen).get_attribute("x")) == x - 2
    screen.el("stepBack").click()
    expect(marks(screen)).to_have_count(0)
    expect(screen.el("stepBack")).to_be_disabled()
    screen.press(*["Control+Shift+Z"] * 4, "Control+y")
    expect(rows).to_have_count(3)
    expect(rows.nth(2)).to_contain_text("The rim is broken")
    expect(rows.nth(1)).to_contain_text("Dropped")
    expect(marks(screen)).to_have_count(0)
    expect(screen.el("stepForward")).to_be_disabled()


def test_taking_back_in_a_text_is_the_texts_own(screen):
    take(screen, "Box")
    drag(screen, (100, 50), (200, 150))
    screen.press("e", "End")
    screen.page.keyboard.type(" More")
    screen.press("Control+z", "Escape")
    expect(marks(screen)).to_have_count(1)
    assert "More" not in screen.el("text").input_value()


def test_a_polygon_and_a_mask_come_back_after_a_reload_as_they_were_left(screen):
    take(screen, "Polygon")
    click(screen, *SQUARE)
    screen.press("Enter", "j")
    take(screen, "Brush")
    drag(screen, *STROKE)
    drag(screen, (20, 20), (90, 40))
    screen.press("Control+z")
    polygon, mask = marks(screen).get_attribute("points"), marks(screen, 1).get_attribute("d")
    screen.draft_saved()
    screen.page.evaluate("localStorage.clear(); localStorage.setItem('realness.seen', 'true')")
    screen.page.reload()
    expect(marks(screen)).to_have_attribute("points", polygon)
    expect(marks(screen, 1)).to_have_attribute("d", mask)


def test_an_image_without_findings_is_marked_first_and_worded_then(served, visit):
    study = served.study(texts=("", ""))
    screen = visit(served, study)
    screen.rate("2")
    take(screen, "Box")
    drag(screen, (100, 50), (200, 150))
    screen.press("Escape")
    screen.press("y", "Control+Enter")
    expect(screen.el("markSays")).to_contain_text("needs a few words")
    screen.page.keyboard.type("The rim is broken")
    screen.submit()
    ((shape, coordinates),) = saved(served, study)
    assert (shape, coordinates) == ("box", pytest.approx([100, 50, 200, 150], abs=1))


def test_a_tool_that_is_put_down_leaves_no_finding_without_words_and_mark(served, visit):
    screen = visit(served, served.study(texts=("",)))
    screen.rate("2")
    screen.press("g")
    expect(screen.el("findings").locator("li")).to_have_count(1)
    screen.press("Escape")
    expect(screen.el("findings").locator("li")).to_have_count(0)


def test_a_finger_paints_and_does_not_move_the_picture(served, visit):
    screen = visit(served, served.study(), has_touch=True)
    screen.rate("2")
    screen.judge("a")
    take(screen, "Brush")
    before = screen.el("pic").bounding_box()
    session = screen.page.context.new_cdp_session(screen.page)
    for kind, point in (
        ("touchStart", STROKE[0]),
        ("touchMove", STROKE[1]),
        ("touchMove", STROKE[2]),
        ("touchEnd", None),
    ):
        points = [dict(zip("xy", place(screen, point), strict=True))] if point else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(marks(screen)).to_have_count(1)
    assert screen.el("pic").bounding_box() == before


def test_a_mask_with_more_edges_than_can_be_kept_is_refused_in_words(screen):
    # The pixels of a chequered picture have an edge on every side.
    screen.page.evaluate(
        """import('/assets/ui/masks.js').then(({ encode }) => {
            window.refused = import('/assets/ui/shapes.js').then(({ refusal }) => {
                const bits = Uint8Array.from({ length: 600 * 400 }, (_, at) => at % 2);
                return refusal([{ shape: 'mask', coordinates: encode(bits) }]);
            });
        })"""
    )
    assert "Too many edges" in screen.page.evaluate("window.refused")


def test_the_footer_tells_the_keys_of_the_tool_in_the_hand(screen):
    legend = screen.el("legend")
    expect(legend).not_to_contain_text("cursor")
    take(screen, "Polygon")
    expect(legend).to_contain_text("last point")
    take(screen, "Brush")
    expect(legend).to_contain_text("size")
    expect(legend).not_to_contain_text("last point")
    screen.press("Escape")
    expect(legend).to_contain_text("reword")


def describe_with_a_mark(served, study):
    """Give every image of a study a newer description, whose only finding has a box."""
    bench = Workbench.open(served.settings)
    region = Region(RegionShape.BOX, (100, 50, 200, 150))
    said = make_description("Yes. The rim is broken.", findings=(Finding("The rim is broken", regions=(region,)),))
    query = "SELECT i.image_id FROM study_images i JOIN studies s ON s.id = i.study_id WHERE s.name = ?"
    with bench.store.images.database.write() as connection:
        for row in served.rows(query, study):
            add_description(connection, row["image_id"], said)
    bench.close()


def test_a_machines_mark_is_dashed_until_it_is_changed_and_kept_with_its_finding(served, visit):
    study = served.study(maps=False)
    describe_with_a_mark(served, study)
    screen = visit(served, study)
    screen.wait_for_image()
    expect(marks(screen)).to_have_count(0)
    screen.rate("2")
    screen.judge("a")

    def is_dashed():
        return marks(screen).evaluate("mark => getComputedStyle(mark).strokeDasharray !== 'none'")

    assert is_dashed()
    screen.press("v", "ArrowRight")
    assert not is_dashed()
    screen.press("Control+z")
    assert is_dashed()
    screen.submit()
    assert saved(served, study) == [("box", [100, 50, 200, 150])]


def test_a_dropped_findings_marks_fade(screen):
    take(screen, "Polygon")
    click(screen, *SQUARE)
    screen.press("Enter", "d")
    assert marks(screen).evaluate("mark => Number(getComputedStyle(mark.parentElement).opacity)") < 1
    size = "tag => [tag.offsetWidth < 40, tag.offsetHeight]"
    assert screen.page.locator(".tag").first.evaluate(size) == [True, 20]
    row = "row => [getComputedStyle(row).textAlign, getComputedStyle(row).borderLeftStyle]"
    dropped, other = (screen.el("findings").locator("li").nth(at).evaluate(row) for at in (0, 1))
    assert dropped == other


@pytest.mark.parametrize("judgement", ["p", "w"])
def test_marking_the_place_of_a_finding_that_nothing_was_said_of_keeps_it(served, visit, judgement):
    study = served.study()
    screen = visit(served, study)
    screen.rate("2")
    screen.judge(judgement)
    first = screen.el("findings").locator("li").first
    expect(first).to_contain_text("Not judged")
    take(screen, "Box")
    drag(screen, (100, 100), (200, 180))
    screen.press("Escape")
    expect(first).to_contain_text("Kept")
    screen.submit()
    ((shape, coordinates),) = saved(served, study)
    assert (shape, coordinates) == ("box", pytest.approx([100, 100, 200, 180], abs=1))
