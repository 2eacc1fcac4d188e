"""What Insights draws, as tables: the screen, the pictures to download and the CSV are made of the same rows."""

import io
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from realness.errors import NotFound
from realness.exchange.to_csv import table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DIGITS = 3
_DRAWING = threading.Lock()
"""matplotlib's settings are the process's: one picture at a time."""


class PlotName(StrEnum):
    """The plots there are."""

    RATINGS = "ratings"
    MOS = "mos"
    SPREAD = "spread"
    REVIEWERS = "reviewers"
    MINUTES = "minutes"
    SCORES = "scores"
    MAPS = "maps"


class PlotKind(StrEnum):
    """How a plot leaves."""

    PNG = "png"
    SVG = "svg"
    CSV = "csv"


@dataclass(frozen=True)
class Plot:
    """One plot.

    Attributes:
        title: what it shows.
        caption: of how many, and what the intervals are.
        columns: of the table.
        rows: numbers, texts and lists; None where there is no value.
        keys: of each row the image it is of, for the screen; empty where rows are no images.
        mean: a figure of all rows with its interval, drawn as a line with a band.
    """

    name: PlotName
    title: str
    caption: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    keys: Sequence[str] = field(default=())
    mean: tuple[float, float, float] | None = None

    @classmethod
    def of(cls, name: PlotName, title: str, caption: str, rows: Sequence[Mapping[str, Any]], **more: Any) -> "Plot":
        """From rows by name, rounded to what is told: the screen and the file say the same figure."""
        columns = tuple(rows[0]) if rows else ()
        told = [tuple(_round(row[column]) for column in columns) for row in rows]
        return cls(name, title, caption, columns, told, **more)

    def as_json(self) -> dict[str, Any]:
        """For the screen: rows by name."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        for row, key in zip(rows, self.keys, strict=False):
            row["key"] = key
        return {"name": self.name, "title": self.title, "caption": self.caption, "rows": rows, "mean": self.mean}

    def column(self, name: str) -> list[Any]:
        """The values of one column."""
        at = self.columns.index(name)
        return [row[at] for row in self.rows]


def rendered(plot: Plot, kind: PlotKind) -> bytes:
    """A plot as a file: PNG and SVG on white, or the table that is drawn as CSV.

    Raises:
        NotFound: there is nothing to draw yet.
    """
    if not plot.rows:
        raise NotFound("there is nothing to draw yet; rate some images first")
    if kind is PlotKind.CSV:
        return table([plot.columns, *plot.rows])
    from matplotlib import rc_context  # noqa: PLC0415  for those who take a picture along

    from realness.workbench.drawing import SETTINGS, drawn  # noqa: PLC0415

    with _DRAWING, rc_context(SETTINGS):
        return _saved(drawn(plot), kind)


def _saved(figure: "Figure", kind: PlotKind) -> bytes:
    buffer = io.BytesIO()
    # Without its date the same plot gives the same bytes.
    figure.savefig(buffer, format=kind, metadata={"Date": None} if kind is PlotKind.SVG else None)
    return buffer.getvalue()


def _round(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_round(each) for each in value]
    return round(value, _DIGITS) if isinstance(value, float) else value
