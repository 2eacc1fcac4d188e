"""CORE learning from all ratings so far, in a process of its own beside the app.

That process, `python -m realness.workbench.learning`, trains the `fast` preset, scores every image that the new model
has not scored, and tells how far it is on stdout, one JSON object a line. The app's process only listens, and never
loads what learning needs.
"""

import json
import math
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from realness.errors import RealnessError
from realness.settings import Settings
from realness.workbench.bench import Progress, Workbench
from realness.workbench.jobs import Job, give_way, tell

PRESET = "fast"
_MODULE = ("-m", "realness.workbench.learning")


@dataclass(frozen=True)
class Learned:
    """How far learning is.

    Attributes:
        state: `idle`, `training`, `scoring`, `done`, `stopped` or `failed`.
        done, total: images, of this state; None where not known.
        error: why it failed, and what to do.
        model: the new model's name, once it is trained.
        scores: how many images it has scored, at the end.
        skipped: how many could not be used, at the end.
        srocc: of the new model on what it was trained on, each image left out, once it is trained.
        before: the same of the model that was there, on what that one was trained on; None where there was none.
    """

    state: str = "idle"
    done: int | None = None
    total: int | None = None
    error: str | None = None
    model: str | None = None
    scores: int | None = None
    skipped: int | None = None
    srocc: float | None = None
    before: float | None = None

    @property
    def running(self) -> bool:
        """Whether the process is at work."""
        return self.state in ("training", "scoring")

    def as_json(self) -> dict[str, Any]:
        """By name."""
        return asdict(self)


class Learning(Job[Learned]):
    """Starts the process, one at a time, and knows how far it is. A model and scores that are kept stay when it is
    stopped.
    """

    name = "training"

    def __init__(self, settings: Settings) -> None:
        super().__init__(Learned())
        self._settings = settings

    def start(self) -> Learned:
        """Start learning, unless that is going on already."""
        self._run([sys.executable, *_MODULE], self._settings.environment(), Learned("training"))
        return self.told

    def _read(self, said: Any) -> Learned:
        return Learned(**said)

    def _cut(self, last: Learned) -> Learned:
        return replace(last, state="stopped", scores=last.done if last.state == "scoring" else None)

    def _failed(self, error: str) -> Learned:
        return Learned("failed", error=error)


def learn(settings: Settings) -> int:
    """Train, score, and tell; gives the exit status."""
    from realness.workbench.scoring import Setting, Source, predict_missing, train_core  # noqa: PLC0415  scikit-learn

    bench = Workbench.open(settings)
    try:
        out = bench.settings.model(PRESET)
        before = unseen(out)
        core, figures, left = train_core(bench, Source(), Setting(), out, progress=_telling("training"))
        gained = {"srocc": figures["srocc"], "before": before["srocc"] if before else None}
        report = predict_missing(bench, core, progress=_telling("scoring", model=core.name, **gained))
    finally:
        bench.close()
    told = {"state": "done", "model": core.name, "scores": report.scores, "skipped": len(left) + len(report.skipped)}
    tell(told | gained)
    return 0


def unseen(folder: Path) -> dict[str, Any] | None:
    """What a model's card says of images that it had not learned from: `name`, `srocc`, `ci`, `n`.

    The card is read as what it is: a file that may be anything. None where it tells no such figures.
    """
    try:
        card = json.loads((folder / "core.json").read_text(encoding="utf-8"))
        figures = card["metrics"]["leave one out"]
        srocc, (low, high) = float(figures["srocc"]), map(float, figures["ci"])
        told = {"name": str(card["name"]), "srocc": srocc, "ci": [low, high], "n": int(figures["n"])}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return told if all(map(math.isfinite, (srocc, low, high))) else None


def _telling(state: str, **more: Any) -> Progress:
    def progress(done: int, total: int | None) -> None:
        tell({"state": state, "done": done, "total": total, **more})

    return progress


def main() -> int:
    """Learn from the database and the data folder that the environment names."""
    give_way()
    try:
        return learn(Settings.read())
    except RealnessError as error:
        tell({"state": "failed", "error": str(error)})
        return 1
    except BrokenPipeError:  # the app is gone
        return 1
    except KeyboardInterrupt:  # Ctrl+C reaches the app and this process alike
        return 130


if __name__ == "__main__":
    sys.exit(main())
