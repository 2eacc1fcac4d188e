"""Maps over the thumbnails of Browse."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

CORNER = """(image) => {
  const paper = new OffscreenCanvas(image.naturalWidth, image.naturalHeight).getContext("2d");
  paper.drawImage(image, 0, 0);
  const [x, y] = [0.3 * image.naturalWidth, 0.55 * image.naturalHeight];
  return [...paper.getImageData(x, y, 1, 1).data].slice(0, 3);
}"""  # where the made-up map is unreal


def test_maps_lie_on_rated_images_alone_and_a_key_that_is_remembered_takes_them_away(served, visit):
    screen = visit(served, served.study())
    page = screen.page
    asked = []
    page.on("request", lambda request: asked.append(request.url.split("/files/")[-1]))
    screen.rate("2")
    page.get_by_role("link", name="Browse").click()
    mapped, pictures = page.locator(".card .mapped"), page.locator(".card img")
    switch, ramp = page.get_by_role("button", name="Map"), page.get_by_text("Map: real")
    expect(pictures).to_have_count(4)
    expect(mapped).to_have_count(1)
    expect(ramp).to_be_visible()
    red, green, blue = mapped.evaluate(CORNER)
    assert red > 150 and green > 150 and blue < 110  # noqa: PT018  one colour: yellow
    assert len([url for url in asked if url.startswith("mapped/") and url.endswith("/viridis")]) == 1

    screen.press("m")
    expect(mapped).to_have_count(0)
    expect(pictures).to_have_count(4)
    expect(switch).to_have_attribute("aria-pressed", "false")
    expect(ramp).to_be_hidden()
    page.reload()
    expect(pictures).to_have_count(4)
    expect(switch).to_have_attribute("aria-pressed", "false")
    expect(mapped).to_have_count(0)
    switch.click()
    expect(mapped).to_have_count(1)


def test_a_map_that_cannot_be_had_leaves_the_thumbnail(served, visit):
    screen = visit(served, served.study(), noise="500")
    screen.page.route("**/files/mapped/**", lambda route: route.fulfill(status=500))
    screen.rate("2")
    screen.page.get_by_role("link", name="Browse").click()
    expect(screen.page.locator(".card img")).to_have_count(4)
    expect(screen.page.locator(".card .mapped")).to_have_count(0)
