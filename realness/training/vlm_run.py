"""The folder of one tuning: what it was made from, how it went, what came out."""

import csv
import importlib.metadata
import io
import json
import math
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from realness import __version__
from realness.atomic import check_folder, made_folder, replacing, write_bytes
from realness.errors import CannotWrite, InvalidValue
from realness.training.vlm_model import MERGED

RUN, LOSSES, PLOT, SUPERVISED = "run.json", "losses.csv", "loss.png", "supervised.txt"
ADAPTER, _CHECKPOINTS, _UNPACKED = "adapter", "checkpoints", ".unpacked"
_KIND = "realness tune"
_LIBRARIES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets")
_COURSE = {
    "loss": "loss",
    "learning_rate": "learning_rate",
    "eval_loss": "eval_loss",
    "rewards/margins": "margin",
    "rewards/accuracies": "accuracy",
    "eval_rewards/margins": "eval_margin",
    "eval_rewards/accuracies": "eval_accuracy",
}
"""Columns of `losses.csv` by what trl calls them."""


class RunFolder:
    """Where a tuning keeps its things.

    Args:
        place: the folder; it need not exist.

    Raises:
        InvalidValue: it holds something else.
        CannotWrite: it could not be written.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        check_folder(place)
        there = {each.name for each in place.iterdir()} if place.is_dir() else set()
        if there - {_UNPACKED} and not self.record:
            raise InvalidValue(f"{place} is not empty and no run of `tune`; name another OUT")

    @property
    def record(self) -> dict[str, Any]:
        """What `run.json` holds; empty where there is none of ours."""
        try:
            held = json.loads((self.place / RUN).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return held if isinstance(held, dict) and held.get("kind") == _KIND else {}

    def begin(self, recipe: dict[str, Any], made_from: dict[str, Any], more: dict[str, Any]) -> None:
        """Write down what the run is made from, or hold it against what stands there.

        Args:
            recipe: the configuration.
            made_from: the digests of the data and of the model.
            more: what is told besides.

        Raises:
            InvalidValue: the folder holds a run with another recipe, other data or another model.
        """
        held = self.record
        if held:
            was, now = held["recipe"] | held["made_from"], recipe | made_from
            others = [name for name in now if was.get(name) != now[name]]
            if others:
                raise InvalidValue(f"{self.place} holds a run with another {' and '.join(others)}; name another OUT")
            return
        made_folder(self.place)
        versions = {name: importlib.metadata.version(name) for name in _LIBRARIES}
        told = {"kind": _KIND, "recipe": recipe, "made_from": made_from, **more}
        self._write(told | {"versions": {"realness": __version__} | versions, "result": None})

    def finish(self, result: dict[str, Any]) -> None:
        """Write down what came out."""
        self._write(self.record | {"result": result})

    def checkpoint(self) -> Path | None:
        """The newest checkpoint that is whole; what a killed process left half-written is taken away."""
        found = sorted(self.checkpoints.glob("checkpoint-*"), key=lambda each: int(each.name.split("-")[1]))
        while found:
            newest = found.pop()
            try:  # the state is written last
                json.loads((newest / "trainer_state.json").read_text(encoding="utf-8"))
            except (OSError, ValueError):
                shutil.rmtree(newest)
            else:
                return newest
        return None

    def keep_course(self, history: Sequence[dict[str, Any]], method: str) -> list[dict[str, Any]]:
        """Write `losses.csv` and `loss.png` from what trl logged; gives the rows."""
        rows: dict[int, dict[str, Any]] = {}
        for entry in history:
            told = {column: entry[name] for name, column in _COURSE.items() if name in entry}
            if "margin" not in told and {"rewards/chosen", "rewards/rejected"} <= entry.keys():
                # trl's kto takes it within each micro-batch, and leaves it out where none holds both kinds.
                told["margin"] = entry["rewards/chosen"] - entry["rewards/rejected"]
            if told:
                rows.setdefault(int(entry["step"]), {"step": int(entry["step"])}).update(told)
        course = [rows[step] for step in sorted(rows)]
        columns = ["step", *(column for column in _COURSE.values() if any(column in row for row in course))]
        text = io.StringIO()
        table = csv.DictWriter(text, columns, restval="", lineterminator="\n")
        table.writeheader()
        table.writerows(course)
        write_bytes(self.place / LOSSES, text.getvalue().encode())
        _plot(course, method, self.place / PLOT)
        return course

    @contextmanager
    def folder(self, name: str) -> Iterator[Path]:
        """A new folder that takes its place, whole, when the block ends well."""
        part = self.place / f".{uuid4().hex}.part"
        try:
            part.mkdir()
            yield part
            shutil.rmtree(self.place / name, ignore_errors=True)
            part.replace(self.place / name)
        except OSError as error:
            raise CannotWrite(f"cannot write {self.place / name}: {error.strerror or error}; make room") from error
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def tidy(self) -> None:
        """Take away what only a run that goes on needs, and what killed ones left."""
        for name in (_CHECKPOINTS, _UNPACKED, *(part.name for part in self.place.glob(".*.part"))):
            shutil.rmtree(self.place / name, ignore_errors=True)

    def forget_unless_begun(self) -> None:
        """Leave nothing of a run that failed before its first step could be taken."""
        if not self.record and self.place.is_dir():
            shutil.rmtree(self.unpacked, ignore_errors=True)
            with suppress(OSError):  # it was there before, and holds something by now
                self.place.rmdir()

    @property
    def checkpoints(self) -> Path:
        """Where trl keeps its checkpoints while the run goes on."""
        return self.place / _CHECKPOINTS

    @property
    def unpacked(self) -> Path:
        """Where images out of parquet files lie while the run goes on."""
        return self.place / _UNPACKED

    @property
    def adapter(self) -> Path:
        """The low-rank change by itself."""
        return self.place / ADAPTER

    @property
    def merged(self) -> Path:
        """The model with the change in its weights."""
        return self.place / MERGED

    def _write(self, record: dict[str, Any]) -> None:
        write_bytes(self.place / RUN, (json.dumps(record, indent=2, ensure_ascii=False) + "\n").encode())


def _plot(course: Sequence[dict[str, Any]], method: str, target: Path) -> None:
    from matplotlib.figure import Figure  # noqa: PLC0415  half a second, at the end alone

    shown = [("loss", "eval_loss")] + ([("margin", "eval_margin")] if method != "sft" else [])
    figure = Figure(figsize=(7, 3.2 * len(shown)), layout="constrained")
    for axes, names in zip(figure.subplots(len(shown), squeeze=False)[:, 0], shown, strict=True):
        for name, marker in zip(names, ("", "o"), strict=True):
            points = [(row["step"], row[name]) for row in course if math.isfinite(row.get(name, math.nan))]
            if points:
                axes.plot(*zip(*points, strict=True), marker=marker, label=name.replace("eval_", "held out, "))
        axes.set(xlabel="step", ylabel=names[0])
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend()
    with replacing(target) as part:
        figure.savefig(part, format="png", dpi=110)
