"""The pictures of Insights' plots, with matplotlib and without pyplot: light, axes with their units, n below."""

from collections.abc import Callable
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from realness.workbench.plots import Plot, PlotName

_INK, _QUIET, _LINE, _POINT, _SOFT = "#1a1a1a", "#595959", "#868686", "#1b5cc8", "#c9daf5"
SETTINGS: dict[Any, Any] = {
    "font.size": 10,
    "text.color": _INK,
    "axes.edgecolor": _LINE,
    "axes.labelcolor": _QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": _QUIET,
    "ytick.color": _QUIET,
    "legend.frameon": False,
    "text.parse_math": False,  # a name with dollars in it is a name
    "svg.fonttype": "none",
    "svg.hashsalt": "realness",
}
_SCALE = (-2, 102)
_ROWS_HIGH = 0.28
"""Inches of a line of the plot of reviewers."""
_CAPTION = 90
"""Characters of a line of the caption, which stands above the legend."""


def drawn(plot: Plot) -> Figure:
    """A plot's picture; the settings are to hold around it."""
    high = 4.6 if plot.name is not PlotName.REVIEWERS else max(3.0, 1.8 + _ROWS_HIGH * len(plot.rows))
    figure = Figure(figsize=(5.6, 5.8) if plot.name is PlotName.SCORES else (7.6, high), dpi=200, layout="constrained")
    axes = figure.subplots()
    axes.set_title(plot.title, loc="left", fontsize=11, fontweight="bold")
    _WAYS[plot.name](axes, plot)
    told = {
        "loc": "outside lower left",
        "title": fill(plot.caption, _CAPTION),
        "alignment": "left",
        "borderaxespad": 0.3,
    }
    legend = figure.legend(*axes.get_legend_handles_labels(), ncols=3, fontsize=9, title_fontsize=8, **told)
    legend.get_title().set_color(_QUIET)
    return figure


def _numbers(plot: Plot, name: str) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in plot.column(name)], dtype=float)


def _spans(axes: Axes, at: np.ndarray, plot: Plot, label: str, low: str = "low", high: str = "high") -> None:
    known = ~np.isnan(_numbers(plot, low))
    if known.any():
        ends = (_numbers(plot, low)[known], _numbers(plot, high)[known])
        axes.vlines(at[known], *ends, color=_LINE, linewidth=1, zorder=1, label=label)


def _points(axes: Axes, x: Any, y: Any, label: str | None = None, **more: Any) -> None:
    if np.isfinite(np.asarray(y, float)).any():
        values = {"s": 14, "color": _POINT, "zorder": 3, "label": label} | more
        axes.scatter(x, y, **values)


def _days(axes: Axes, plot: Plot) -> np.ndarray:
    days = np.array(plot.column("day"), dtype="datetime64[D]")
    locator = AutoDateLocator(minticks=2, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.set_xlabel("day (UTC)")
    return days


def _ratings(axes: Axes, plot: Plot) -> None:
    axes.bar(_days(axes, plot), plot.column("ratings"), width=0.8, color=_POINT)
    axes.set_ylabel("ratings a day")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", color="#dcdcdc", linewidth=0.8)


def _mos(axes: Axes, plot: Plot) -> None:
    at = np.arange(1, len(plot.rows) + 1)
    _spans(axes, at, plot, "95 % interval")
    few = np.isnan(_numbers(plot, "low"))
    votes = [(x, vote) for x, row in zip(at, plot.column("votes"), strict=True) for vote in row or ()]
    if votes:
        x, y = zip(*votes, strict=True)
        _points(axes, x, y, "vote", s=10, facecolors="none", color=None, edgecolors=_INK, zorder=2)
    _points(axes, at[~few], _numbers(plot, "mos")[~few], "MOS")
    _points(axes, at, _numbers(plot, "mos_p913"), "without bias (P.913)", s=16, marker="_", color=_INK)
    _points(axes, at, _numbers(plot, "mos_p910"), "most likely (P.910)", s=18, marker="x", color=_INK, linewidths=0.8)
    _ranked(axes, "mean opinion score (0-100)", f"{len(plot.rows)} images, lowest to highest")


def _ranked(axes: Axes, what: str, which: str, limits: tuple[float, float] = _SCALE) -> None:
    axes.set(ylim=limits, xticks=[])
    axes.set_ylabel(what)
    axes.set_xlabel(which)
    axes.grid(axis="y", color="#dcdcdc", linewidth=0.8)


def _spread(axes: Axes, plot: Plot) -> None:
    _points(axes, _numbers(plot, "mos"), _numbers(plot, "sd"), alpha=0.6, edgecolors="none")
    axes.set(xlim=_SCALE)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("mean opinion score (0-100)")
    axes.set_ylabel("standard deviation of the ratings (points)")
    axes.grid(color="#dcdcdc", linewidth=0.8)


def _reviewers(axes: Axes, plot: Plot) -> None:
    bias, spread = _numbers(plot, "bias"), _numbers(plot, "inconsistency")
    at = np.arange(len(bias))
    axes.hlines(at, bias - spread, bias + spread, color=_LINE, linewidth=1.2, label="± inconsistency")
    axes.axvline(0, color=_LINE, linewidth=1, zorder=0)
    _points(axes, bias, at, "bias", s=26)
    axes.set_yticks(at, plot.column("reviewer"))
    axes.set_ylim(len(bias) - 0.5, -0.5)
    axes.set_xlabel("points above (+) or below (-) the others")
    axes.grid(axis="x", color="#dcdcdc", linewidth=0.8)


def _minutes(axes: Axes, plot: Plot) -> None:
    days = _days(axes, plot)
    _spans(axes, days, plot, "middle half")  # one day alone has no area
    axes.fill_between(days, _numbers(plot, "low"), _numbers(plot, "high"), color=_SOFT, zorder=0)
    axes.plot(days, _numbers(plot, "median"), color=_POINT, marker="o", markersize=4, label="median")
    axes.set_ylim(bottom=0)
    axes.set_ylabel("active minutes an image")
    axes.grid(axis="y", color="#dcdcdc", linewidth=0.8)


def _scores(axes: Axes, plot: Plot) -> None:
    mos, score = _numbers(plot, "mos"), _numbers(plot, "score")
    axes.plot((0, 100), (0, 100), color=_LINE, linewidth=1, linestyle="--", zorder=0)
    _spans(axes, mos, plot, "95 % intervals")
    known = ~np.isnan(_numbers(plot, "mos_low"))
    ends = (_numbers(plot, "mos_low")[known], _numbers(plot, "mos_high")[known])
    axes.hlines(score[known], *ends, color=_LINE, linewidth=1, zorder=1)
    inside = (mos >= _numbers(plot, "low")) & (mos <= _numbers(plot, "high"))
    _points(axes, mos[~inside], score[~inside], "people outside the score's interval")
    _points(axes, mos[inside], score[inside], "inside", facecolors="white", color=None, edgecolors=_POINT)
    axes.set(xlim=_SCALE, ylim=_SCALE, aspect="equal")
    axes.set_xlabel("mean opinion score (0-100)")
    axes.set_ylabel("score (0-100)")


def _maps(axes: Axes, plot: Plot) -> None:
    at = np.arange(1, len(plot.rows) + 1)
    axes.axhline(0.5, color=_QUIET, linewidth=1, linestyle="--", zorder=2, label="chance")
    if plot.mean is not None:
        mean, low, high = plot.mean
        if len(plot.rows) > 1:  # one image has no interval
            axes.axhspan(low, high, color=_SOFT, zorder=0, label="95 % interval of the mean")
        axes.axhline(mean, color=_POINT, linewidth=1, zorder=1, label="mean")
    _points(axes, at, _numbers(plot, "auroc"), "an image")
    _ranked(axes, "AUROC (0-1)", f"{len(plot.rows)} images, lowest to highest", (-0.02, 1.02))


_WAYS: dict[PlotName, Callable[[Axes, Plot], None]] = {
    PlotName.RATINGS: _ratings,
    PlotName.MOS: _mos,
    PlotName.SPREAD: _spread,
    PlotName.REVIEWERS: _reviewers,
    PlotName.MINUTES: _minutes,
    PlotName.SCORES: _scores,
    PlotName.MAPS: _maps,
}
