"""The Data screen: import, export and backup, for those who lead studies."""

import gradio as gr

from realness.ui.markup import part


def screen(head: str) -> gr.HTML:
    """The markup of the screen; `assets/ui/data.js` does the rest in the browser, with the JSON routes."""
    return part("data.html", "data.js", head)
