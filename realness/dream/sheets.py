"""Sheets: pictures in rows with titles, a heading and a colour bar, to the pixel. Needs no torch.

Drawn on a figure of its own, never through pyplot: the app's threads share nothing. The font is the one that comes with
matplotlib, so that a sheet is the same on every machine; text is never markup, not even between dollar signs.
"""

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

Ramp = Callable[[int, int], Image.Image]
"""Gives the colour bar, unreal at the left, at a width and a height in pixels."""

NARROWEST = 360
"""Width in pixels that the colour bar and its words need."""
_PAGE = 7.5
"""Width in inches, for print: a sheet has as many pixels to the inch as make its own width this."""
_FONT = str(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf")
_LACKING, _MORE = "□", "…"
_INK, _QUIET = "#1a1a1a", "#595959"


@dataclass(frozen=True)
class Panel:
    """One picture of a sheet, RGB at its final pixels."""

    pixels: Image.Image
    title: str


def encoded(panels: Sequence[Panel], heading: str, caption: str, ramp: Ramp, kind: str) -> bytes:
    """A sheet as a file's bytes; the same sheet gives the same bytes: no dates, no program's version.

    Args:
        panels: of one size; at most four stand in a row.
        heading: above all, on at most three lines.
        caption: in the last line.
        ramp: the colour bar.
        kind: `.png` or `.pdf`.
    """
    told = {"Software": None} if kind == ".png" else {"Creator": None, "Producer": None, "CreationDate": None}
    buffer = io.BytesIO()
    _figure(panels, heading, caption, ramp).savefig(buffer, format=kind[1:], dpi="figure", metadata=told)
    return buffer.getvalue()


def _figure(panels: Sequence[Panel], heading: str, caption: str, ramp: Ramp) -> "Figure":
    """Panels in rows with their titles above, a heading over all and the colour bar under all, to the pixel."""
    from matplotlib.figure import Figure  # noqa: PLC0415  half a second

    width, height = panels[0].pixels.size
    rows = math.ceil(len(panels) / 4)
    columns = math.ceil(len(panels) / rows)
    em = max(13, width // (50 if len(panels) == 1 else 28))
    across = max(columns * width + (columns - 1) * em, NARROWEST)
    page = across + 2 * em
    over = _lines(heading, across, em, 3)
    titles = [_lines(panel.title, width if columns > 1 else across, em, 3) for panel in panels]
    line, gap = round(1.4 * em), em // 3
    deep = [
        max(len(lines) for lines in titles[row * columns : (row + 1) * columns]) * line + gap for row in range(rows)
    ]
    head = em + (len(over) * line + em if over else 0)
    foot = round((4.5 if _below(caption, across, em) else 3) * em)
    tall = head + sum(deep) + rows * height + (rows - 1) * em + foot
    dots = max(72.0, page / _PAGE)
    figure = Figure(figsize=(page / dots, tall / dots), dpi=dots, facecolor="white")
    sheet = _Sheet(figure, page, tall, em * 72 / dots)
    sheet.text(em, em, over, line)
    top = head
    for row in range(rows):
        top += deep[row]
        for column, at in enumerate(range(row * columns, min((row + 1) * columns, len(panels)))):
            left = em + column * (width + em)
            sheet.text(left, top - len(titles[at]) * line - gap, titles[at], line)
            sheet.image(left, top, panels[at].pixels)
        top += height + em
    _bar(sheet, em, top, across, caption, ramp)
    return figure


@dataclass(frozen=True)
class _Sheet:
    """A figure on which things are placed by pixels from its upper left corner; the text has `points`."""

    figure: "Figure"
    width: int
    height: int
    points: float

    def text(self, left: float, top: float, lines: Sequence[str], line: float, **look: Any) -> None:
        """Lines of text, each `line` pixels high; nothing in them is markup."""
        style = {"color": _INK, "va": "center", "fontproperties": _font(), "fontsize": self.points} | look
        for at, text in enumerate(lines):
            middle = top + (at + 0.5) * line
            self.figure.text(left / self.width, 1 - middle / self.height, text, parse_math=False, usetex=False, **style)

    def image(self, left: int, top: int, pixels: Image.Image) -> None:
        """An image, pixel for pixel."""
        wide, high = pixels.size
        bottom = self.height - top - high
        axes = self.figure.add_axes((left / self.width, bottom / self.height, wide / self.width, high / self.height))
        axes.set_axis_off()
        axes.imshow(np.asarray(pixels), interpolation="none", aspect="auto")


def _bar(sheet: _Sheet, left: int, top: int, across: int, caption: str, ramp: Ramp) -> None:
    """The colours with the meaning of both ends, and what the map is."""
    em = left
    ends = round(5 * em)
    bar = ramp(min(12 * em, across - 2 * ends), em)
    sheet.text(left, top, ["unreal 0"], em)
    sheet.image(left + ends, top, bar)
    sheet.text(left + ends + bar.width + em // 2, top, ["1 real"], em)
    if _below(caption, across, em):
        sheet.text(left, top + round(1.5 * em), _lines(caption, across, em, 1), em, color=_QUIET)
    else:
        sheet.text(left + across, top, [caption], em, color=_QUIET, ha="right")


def _below(caption: str, across: int, em: int) -> bool:
    """Whether the caption goes under the colour bar, for want of room beside it."""
    return _wide(caption, em) > across - 24 * em


def _lines(text: str, width: int, em: int, most: int) -> list[str]:
    """A text on at most `most` lines of `width` pixels; what does not fit is left out, and an ellipsis says so."""
    known = _advances()
    lines = [""]
    for word in "".join(one if one in known else _LACKING for one in " ".join(text.split())).split():
        longer = f"{lines[-1]} {word}".strip()
        if _wide(longer, em) <= width:
            lines[-1] = longer
        elif lines[-1] and len(lines) < most:
            lines.append(_fitted(word, width, em))
        else:
            lines[-1] = _fitted(f"{longer[:200]} {_MORE}", width, em)
            break
    return [line for line in lines if line]


def _fitted(text: str, width: int, em: int) -> str:
    """The text, or its start with an ellipsis."""
    if _wide(text, em) <= width:
        return text
    while text and _wide(text + _MORE, em) > width:
        text = text[:-1]
    return text.rstrip() + _MORE


def _wide(text: str, em: int) -> float:
    """How many pixels a text takes, without kerning."""
    known = _advances()
    return em * sum(known[one] for one in text)


@cache
def _font() -> "FontProperties":
    """The font that comes with matplotlib: the same on every machine, whatever its settings say."""
    from matplotlib.font_manager import FontProperties  # noqa: PLC0415

    return FontProperties(fname=_FONT)


@cache
def _advances() -> dict[str, float]:
    """The characters that the font has, with their widths in em."""
    from matplotlib.ft2font import FT2Font, LoadFlags  # noqa: PLC0415

    font = FT2Font(_FONT)
    glyphs = {chr(code): font.load_char(code, flags=LoadFlags.NO_SCALE) for code in font.get_charmap()}
    return {character: glyph.horiAdvance / font.units_per_EM for character, glyph in glyphs.items()}
