"""The Studies screen, for those who lead them: studies with their settings, and people."""

import gradio as gr

from realness.ui.markup import part


def screen(head: str) -> gr.HTML:
    """The markup of the screen; `assets/ui/studies.js` does the rest in the browser, with the JSON routes."""
    return part("studies.html", "studies.js", head)
