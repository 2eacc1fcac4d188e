"""What axe-core finds on every screen, in light and in dark: names, roles, contrast, order. And what it cannot see."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
GRADIO = ["page-has-heading-one", "region", "landmark-one-main", "landmark-unique"]
"""Rules that speak of a whole page, whose frame Gradio makes."""
MOVING = """() => [...document.querySelectorAll('.screen *, .top *')].filter((one) => {
  const { animationName, transitionDuration } = getComputedStyle(one);
  return animationName !== 'none' || parseFloat(transitionDuration) > 0.001;
}).map((one) => one.className)"""
SCREENS = (
    "browse",
    "compare",
    "adjudicate",
    "studies",
    "studies?part=people",
    "data",
    "data?part=export",
    "data?part=backup",
    "insights?part=progress",
    "insights?part=opinions",
    "insights?part=agreement",
    "insights?part=people",
    "insights?part=scores",
    "insights?part=maps",
)


@pytest.fixture(scope="module", params=["light", "dark"])
def theme(request):
    return request.param


@pytest.fixture(scope="module")
def study(served):
    return served.study()


def findings(page) -> list[str]:
    page.wait_for_timeout(200)  # for what fades in
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{one['id']}: {one['help']}: {node['html'][:160]} {node['any'][0]['message'][:160] if node['any'] else ''}"
        for one in found
        if one["id"] not in GRADIO
        for node in one["nodes"]
    ]


def test_every_step_of_a_review_can_be_used_by_everybody(served, visit, theme):
    screen = visit(served, served.study(), color_scheme=theme, first=True)
    found = []

    def look(step: str) -> None:
        found.extend(f"{step}: {one}" for one in findings(screen.page))

    expect(screen.el("welcome")).to_be_visible()
    look("welcome")
    screen.press("Enter")
    screen.wait_for_image()
    look("rate")
    screen.press("2", "Enter")
    expect(screen.el("judge")).to_be_visible()
    look("judge")
    screen.judge("p")
    screen.press("g")
    look("correct")
    screen.press("Escape", "f")
    look("reasons")
    screen.press("Escape", "?")
    look("keys")
    assert found == []


@pytest.mark.parametrize("where", SCREENS)
def test_every_screen_can_be_used_by_everybody(served, visit, study, theme, where):
    screen = visit(served, study, at=where, color_scheme=theme)
    expect(screen.page.locator(f'[data-screen="{where.split("?")[0]}"]')).to_be_visible()
    screen.page.wait_for_load_state("networkidle")
    assert findings(screen.page) == []


def test_nothing_moves_where_people_asked_for_that(served, visit, study):
    screen = visit(served, study, reduced_motion="reduce")
    screen.wait_for_image()
    moving = screen.page.evaluate(MOVING)
    assert moving == []
