"""The Browse screen: the images of a study, filtered, sorted, searched."""

import gradio as gr

from realness.ui.markup import part


def screen(head: str) -> gr.HTML:
    """The markup of the screen; `assets/ui/browse.js` does the rest in the browser, with the JSON routes."""
    return part("browse.html", "browse.js", head)
