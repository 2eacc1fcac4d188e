"""The parts of the page as Gradio components: static markup from `assets/ui` and the script that brings it to life."""

import re

import gradio as gr

from realness import __version__
from realness.settings import ASSETS

UI = ASSETS / "ui"
_NAMED = re.compile(r"<!-- ([a-z]+\.html) -->\n")


def part(markup: str, script: str, head: str) -> gr.HTML:
    """A part of the page.

    No text of people or machines may go through it: Gradio evaluates `${…}` inside values as JavaScript. The script
    fetches such text and sets it with `textContent`.

    Args:
        markup: the file of static markup in `assets/ui`.
        script: the module in `assets/ui` whose `mount(element)` takes over.
        head: HTML for the page's head. Gradio puts a link that several parts ask for there once.
    """
    return gr.HTML(
        html_template=_whole(markup),
        js_on_load=f"import('/assets/ui/{script}?v={__version__}').then((part) => part.mount(element));",
        head=head,
        apply_default_css=False,
        container=False,
        padding=False,
    )


def _whole(markup: str) -> str:
    """A file of markup with those that it names, as `<!-- zoom.html -->`, in their places."""
    return _NAMED.sub(lambda found: _whole(found[1]), (UI / markup).read_text(encoding="utf-8"))
