"""What machines and people wrote is shown as text and never runs."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

NASTY = (
    "<img src=x onerror=window.hacked=1> ${window.hacked=2} "
    "{{constructor.constructor('window.hacked=3')()}} <script>window.hacked=4</script>"
)


def test_a_description_with_markup_is_shown_and_does_not_run(served, visit):
    study = served.study(texts=(f"Yes. {NASTY}", "Yes. plain"), maps=False)
    screen = visit(served, study)
    screen.rate("1")
    expect(screen.el("said")).to_contain_text("<img src=x onerror=window.hacked=1> ${window.hacked=2} {{constructor")
    screen.judge("w")
    screen.write(f"{NASTY} and more")
    expect(screen.el("diff")).to_contain_text("and more")
    screen.press("n")
    screen.page.keyboard.type(NASTY)
    screen.press("Enter")
    screen.submit()
    screen.press("u")
    expect(screen.el("text")).to_have_value(f"{NASTY} and more")
    screen.page.evaluate("location.hash = 'browse'")
    expect(screen.page.locator(".card").first).to_be_visible()
    assert screen.page.evaluate("window.hacked") is None
    assert screen.page.locator("img[src=x]").count() == 0
    assert served.reviews(study)[0]["explanation"] == f"{NASTY} and more"


def test_no_request_leaves_the_machine(served, visit):
    screen = visit(served, served.study())
    asked = []
    screen.page.on("request", lambda request: asked.append(request.url))
    screen.page.reload()
    screen.rate("3")
    strangers = [url for url in asked if not url.startswith((served.url, "blob:", "data:"))]
    assert strangers == []
