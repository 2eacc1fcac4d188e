"""Plots of scores against people's. Needs no torch."""

import io
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from realness.core.measures import Agreement

_INK, _POINT, _LINE, _OTHER = "#333333", "#31688e", "#999999", "#d95f02"


def scatter(predicted: np.ndarray, rated: np.ndarray, found: Agreement) -> bytes:
    """Predicted scores over people's mean opinion scores, as PNG; both 0 to 100."""
    with matplotlib.rc_context({"font.size": 10, "axes.edgecolor": _INK}):
        figure = Figure(figsize=(5.2, 5), dpi=150, layout="constrained")
        axes = figure.subplots()
        axes.plot((0, 100), (0, 100), color=_LINE, linewidth=1, linestyle="--", zorder=1)
        axes.scatter(rated, predicted, s=12, alpha=0.55, color=_POINT, edgecolors="none", zorder=2)
        axes.set(xlim=(0, 100), ylim=(0, 100), aspect="equal")
        axes.set_xlabel("mean opinion score (0-100)")
        axes.set_ylabel("predicted, out of fold (0-100)")
        low, high = found.ci
        axes.set_title(f"SROCC {found.srocc:.3f} [{low:.3f}, {high:.3f}], n {found.n}", fontsize=10)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
    return buffer.getvalue()


def curves(members: Sequence[Sequence[Mapping[str, float]]]) -> bytes:
    """How trainings went, as PNG: loss and correlations over epochs, a line a member.

    Args:
        members: of each its epochs: `epoch`, `loss`, `validation_loss`, `srocc` and `plcc`.
    """
    with matplotlib.rc_context({"font.size": 10, "axes.edgecolor": _INK}):
        figure = Figure(figsize=(8.4, 3.6), dpi=150, layout="constrained")
        left, right = figure.subplots(1, 2)
        for axes, names, title in (
            (left, (("loss", "training"), ("validation_loss", "validation")), "mean squared error, standardised"),
            (right, (("srocc", "SROCC"), ("plcc", "PLCC")), "correlation on validation images"),
        ):
            for (name, label), colour in zip(names, (_POINT, _OTHER), strict=True):
                for number, epochs in enumerate(members):
                    at, values = [one["epoch"] for one in epochs], [one[name] for one in epochs]
                    shown = label if number == 0 else None
                    axes.plot(at, values, color=colour, linewidth=1.4, alpha=0.8, marker="o", markersize=3, label=shown)
            axes.set_xlabel("epoch")
            axes.set_title(title, fontsize=10)
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.legend(frameon=False)
            for side in ("top", "right"):
                axes.spines[side].set_visible(False)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
    return buffer.getvalue()
