"""CORE learning from the ratings so far, in a process of its own beside the app.

That process, `python -m realness.workbench.learning`, trains the `fast` preset, scores every image that the new model
has not scored, and tells how far it is on stdout, one JSON object a line. The app's process only listens, and never
loads what learning needs.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from realness.errors import RealnessError
from realness.settings import Settings
from realness.workbench.bench import Progress, Workbench

PRESET = "fast"
_POLITENESS = 10
"""How much the process gives way to those that serve reviewers, as `nice` has it."""
_PATIENCE = 5.0
"""Seconds that it is given to end in."""
_CRASHED = "training stopped before its end; the server's log says why. Try again."


@dataclass(frozen=True)
class Learned:
    """How far learning is.

    Attributes:
        state: `idle`, `training`, `scoring`, `done` or `failed`.
        done, total: images, of this state; None where not known.
        error: why it failed, and what to do.
        model: the new model's name, once it is trained.
        scores: how many images it has scored, at the end.
        skipped: how many could not be used, at the end.
    """

    state: str = "idle"
    done: int | None = None
    total: int | None = None
    error: str | None = None
    model: str | None = None
    scores: int | None = None
    skipped: int | None = None

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
        self._stopped = False

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
            command = [sys.executable, "-m", "realness.workbench.learning"]
            command += [self._settings.database, str(self._settings.data)]
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
            self._told = Learned("training")
            self._listener = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
            self._listener.start()
            return self._told

    def stop(self) -> None:
        """End the process; nothing starts after that."""
        with self._lock:
            self._stopped = True
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._listener is not None:
            self._listener.join()

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self._hear(line)
        process.wait()
        with self._lock:
            if self._told.running:
                self._told = Learned("failed", error=_CRASHED)

    def _hear(self, line: str) -> None:
        with suppress(ValueError, TypeError):  # a library that prints is not ours to obey
            told = Learned(**json.loads(line))
            with self._lock:
                self._told = told


def learn(settings: Settings) -> int:
    """Train, score, and tell; gives the exit status."""
    from realness.workbench.scoring import Setting, Source, predict_missing, train_core  # noqa: PLC0415  scikit-learn

    bench = Workbench.open(settings)
    try:
        out = bench.settings.data / "core" / PRESET
        core, _, left = train_core(bench, Source(), Setting(), out, progress=_telling("training"))
        report = predict_missing(bench, core, progress=_telling("scoring", model=core.name))
    finally:
        bench.close()
    _tell({"state": "done", "model": core.name, "scores": report.scores, "skipped": len(left) + len(report.skipped)})
    return 0


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
    try:
        return learn(Settings(database, Path(data)))
    except RealnessError as error:
        _tell({"state": "failed", "error": str(error)})
        return 1
    except KeyboardInterrupt:  # Ctrl+C reaches the app and this process alike
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
