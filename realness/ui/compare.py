"""The Compare screen: maps side by side."""

import gradio as gr

from realness.ui.markup import part


def screen(head: str) -> gr.HTML:
    """The markup of the screen; `assets/ui/compare.js` does the rest in the browser, with the JSON routes."""
    return part("compare.html", "compare.js", head)
