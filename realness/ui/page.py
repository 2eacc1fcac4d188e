"""The page: a header and the screens, of which one is shown at a time, and how it is put on a FastAPI app."""

import fastapi
import gradio as gr

from realness import __version__
from realness.ui import adjudicate, browse, compare, data, insights, review, studies
from realness.ui.markup import UI, part

STYLE = f'<link rel="stylesheet" href="/assets/ui/realness.css?v={__version__}">'
# Gradio's default themes ask a font server on the internet; the page brings its own font list.
THEME = gr.themes.Base(font=["sans-serif"], font_mono=["monospace"])


def build_page(head: str = "") -> gr.Blocks:
    """The whole page, not launched. Moving between the screens is a change of the address's hash, without a load.

    Args:
        head: HTML for the page's head: `<meta name="realness-token" content="…">`.
    """
    head = f"{head}{STYLE}"
    with gr.Blocks(title="Realness", analytics_enabled=False) as page:
        part("header.html", "shell.js", head)
        review.screen(head)
        browse.screen(head)
        compare.screen(head)
        insights.screen(head)
        adjudicate.screen(head)
        studies.screen(head)
        data.screen(head)
    return page


def mount_page(app: fastapi.FastAPI, head: str = "") -> fastapi.FastAPI:
    """Put the page at `/` of `app`, whose own routes were added before: what comes after is hidden by the page.

    Nothing of Gradio's own is offered: no footer, no run history (it would put old texts back into new forms), no
    MCP server, no API page.
    """
    return gr.mount_gradio_app(
        app,
        build_page(head),
        path="/",
        footer_links=[],
        run_history=False,
        mcp_server=False,
        ssr_mode=False,
        theme=THEME,
        favicon_path=str(UI / "logo.svg"),
    )
