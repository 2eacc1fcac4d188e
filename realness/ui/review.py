"""The Review screen: rate an image, judge what a machine says of it, correct that."""

import gradio as gr

from realness.ui.markup import part


def screen(head: str) -> gr.HTML:
    """The markup of the screen; `assets/ui/review.js` does the rest in the browser, with the JSON routes."""
    return part("review.html", "review.js", head)
