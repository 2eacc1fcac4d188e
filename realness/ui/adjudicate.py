"""The Adjudicate screen, for leads: the reviews of one image side by side."""

import gradio as gr

from realness.ui.markup import part


def screen(head: str) -> gr.HTML:
    """The markup of the screen; `assets/ui/adjudicate.js` does the rest in the browser, with the JSON routes."""
    return part("adjudicate.html", "adjudicate.js", head)
