"""The Insights screen: CORE's scores against people's, and the button that trains it."""

import gradio as gr

from realness.ui.markup import part


def screen(head: str) -> gr.HTML:
    """The markup of the screen; `assets/ui/insights.js` does the rest in the browser, with the JSON routes."""
    return part("insights.html", "insights.js", head)
