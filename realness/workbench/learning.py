"""CORE learning from all ratings so far, in a process of its own beside the app.

That process, `python -m realness.workbench.learning`, trains the `fast` preset, scores every image that the new model
has not scored, and tells how far it is on stdout, one JSON object a line. The app's process only listens, and never
loads what learning needs.
"""

import json
import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from realness.errors import RealnessError
from realness.settings import Settings
from realness.workbench.bench import Progress, Workbench

PRESET = "fast"
_MODULE = ("-m", "realness.workbench.learning")
_POLITENESS = 10
"""How much the process gives way to those that serve reviewers, as `nice` has it."""
_PATIENCE = 5.0
"""Seconds that it is given to end in."""
_CRASHED = "training stopped before its end; the server's log says why. Try again."


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


class Learning:
    """Starts the process, one at a time, and knows how far it is."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._told = Learned()
        self._process: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None
        self._stopped = self._cancelled = False

    @property
    def told(self) -> Learned:
        """How far it is now."""
        with self._lock:
            return self._told

    def start(self) -> Learned:
        """Start learning, unless that is going on already."""
        with self._lock:
            if self._told.running or self._stopped:
                return self._told
            command = [sys.executable, *_MODULE]
            command += [self._settings.database, str(self._settings.data)]
            # A session of its own, so that what it starts (the readers of image statistics) can be ended with it.
            try:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    text=True,
                    encoding="utf-8",
                    errors="replace",
                    start_new_session=True,
                )
            except OSError as error:
                self._told = Learned("failed", error=f"training cannot start: {error.strerror or error}. Try again.")
                return self._told
            self._told, self._cancelled = Learned("training"), False
            self._listener = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
            self._listener.start()
            return self._told

    def cancel(self) -> Learned:
        """End the process, if it is at work. A model that it has written, and scores that are kept, stay."""
        self._end()
        return self.told

    def stop(self) -> None:
        """End the process and what it started; nothing starts after that."""
        with self._lock:
            self._stopped = True
        self._end()

    def _end(self) -> None:
        with self._lock:
            process, listener = self._process, self._listener
            if process is None or listener is None or process.poll() is not None:
                return  # it has ended: its number may be another process's by now
            self._cancelled = True
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, sign)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE)
        listener.join(_PATIENCE)

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        """Hear what the process tells. How it ended counts when it has ended, so that the next one runs alone."""
        assert process.stdout is not None
        last = Learned("training")
        with process.stdout:
            for line in process.stdout:
                with suppress(ValueError, TypeError, RecursionError):  # a library that prints is not ours to obey
                    last = Learned(**json.loads(line))
                    if last.running:
                        self._tell(last)
        process.wait()
        if last.running:
            kept = replace(last, state="stopped", scores=last.done if last.state == "scoring" else None)
            last = kept if self._cancelled else Learned("failed", error=_CRASHED)
        self._tell(last)

    def _tell(self, told: Learned) -> None:
        with self._lock:
            self._told = told


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
    _tell(told | gained)
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
        _tell({"state": state, "done": done, "total": total, **more})

    return progress


def _tell(told: Mapping[str, Any]) -> None:
    print(json.dumps(told), flush=True)  # noqa: T201  to the app


def main(argv: list[str]) -> int:
    """Learn from one database: its URL and the data folder."""
    with suppress(OSError):
        os.nice(_POLITENESS)
    database, data = argv
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what it started is ended with it
    try:
        return learn(Settings(database, Path(data)))
    except RealnessError as error:
        _tell({"state": "failed", "error": str(error)})
        return 1
    except BrokenPipeError:  # the app is gone
        return 1
    except KeyboardInterrupt:  # Ctrl+C reaches the app and this process alike
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
