"""The Review screen as a reviewer uses it: by keys, and by reading what stands there."""

from playwright.sync_api import Locator, Page, expect


def sign_in(page: Page, name: str, password: str) -> None:
    """Sign in as somebody by keys, once the sign-in page stands."""
    form = page.get_by_role("form", name="Sign in")
    form.get_by_label("Name").fill(name)
    form.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")


class Screen:
    """A page on which the application is open."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def el(self, name: str) -> Locator:
        """The part of the Review screen that its markup names so."""
        return self.page.locator(f'[data-screen="review"] [data-el="{name}"]')

    def press(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def wait_for_image(self) -> None:
        """Wait for an image to be rated."""
        expect(self.page.locator(".photo")).to_be_visible()
        expect(self.el("rateBody")).to_be_visible()

    def rate(self, key: str) -> None:
        """Rate the image and lock: the reveal is there afterwards."""
        self.wait_for_image()
        self.press(key, "Enter")
        expect(self.el("lockedValue")).to_be_visible()

    def judge(self, key: str) -> None:
        """Judge the description: the third step is open afterwards."""
        expect(self.el("judge")).to_be_visible()
        self.press(key)
        expect(self.el("correctBody")).to_be_visible()

    def write(self, text: str) -> None:
        """Replace the explanation, and leave the field."""
        self.press("e", "Control+a")
        self.page.keyboard.type(text)
        self.press("Escape")

    def submit(self) -> None:
        """Submit: the next image is there, or the end."""
        self.press("Control+Enter")
        expect(self.el("note")).to_contain_text("Saved")

    def photo(self) -> str:
        """The address of the picture that is shown; another one for another image."""
        source = self.page.locator(".photo").get_attribute("src")
        assert source
        return source

    def draft_saved(self) -> None:
        """Wait until the server has the draft."""
        expect(self.el("saved")).to_contain_text("Draft saved")
