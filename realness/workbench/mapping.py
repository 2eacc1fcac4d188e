"""Computing the maps that are missing."""

import hashlib
import time
from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from realness import images
from realness.atomic import replacing
from realness.domain import RealnessMap, Skipped, Study
from realness.dream import files as map_files
from realness.dream import sampling
from realness.engines import LOCAL, Engine, Job
from realness.errors import InvalidValue, UnreadableImage
from realness.store import MapTask
from realness.store.maps import MAP_VERSION
from realness.workbench.bench import Progress, Workbench, digest, silent
from realness.workbench.worker_places import Place
from realness.workbench.workers import Mapper

if TYPE_CHECKING:
    from realness.dream import Dream

Within = Callable[[int, int], None]
"""Told how much of one map is done, of how much."""
MAX_PIXELS_AHEAD = 60_000_000
"""Of the images whose maps are begun, together: large photographs are mapped one by one."""
TOGETHER = 8
"""Images that a worker elsewhere is handed at once for dense maps, which take little longer than handing one over."""


@dataclass
class MapReport:
    """What a run did: how many maps, in how many seconds, and which images could not be read.

    Attributes:
        maps: computed and kept.
        found: not computed, since their files lay in the data folder already.
    """

    maps: int = 0
    found: int = 0
    seconds: float = 0.0
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def images_per_second(self) -> float:
        """The rate, loading the model not counted."""
        return self.maps / self.seconds if self.seconds else 0.0


def compute_maps(
    bench: Workbench,
    *,
    clip: str = "mini",
    method: str = "dense",
    limit: int | None = None,
    study: Study | None = None,
    progress: Progress = silent,
    engine: Engine = LOCAL,
) -> MapReport:
    """Compute and keep every map that is missing. Each one is kept as it is done, so a run can be resumed.

    A map whose file lies in the data folder already is not computed again: its row is made anew.

    Args:
        progress: told how many maps are done of how many; of the window methods, how many windows.
        engine: who computes them. What comes back is kept here alone, each map once.

    Raises:
        EngineProblem: see `Engine`; what came before is kept.
        WeightsNotFound: the CLIP cannot be had.
        InvalidValue: the method is unknown.
        CannotWrite: the data folder is full or read-only.
    """
    from realness.dream import Dream  # noqa: PLC0415  torch, of which the app's process knows nothing
    from realness.dream.dream import check_method  # noqa: PLC0415

    check_method(method)
    dream = Dream.load(clip)
    weights = dream.clip.weights_id
    study_id = study.id if study else None
    tasks = bench.store.maps.missing(method, clip, weights, limit, study_id)
    tasks += bench.store.maps.lost(method, clip, weights, bench.settings.data, study_id)
    tasks = tasks[:limit]
    steps = [dream.steps(method, (task.image.facts.width, task.image.facts.height)) for task in tasks]
    report, counted, begun = MapReport(), _Counted(progress, sum(steps)), time.perf_counter()
    counted.add(0)
    todo = list(range(len(tasks)))
    if engine.apart:  # its workers see images alone
        todo = [at for at in todo if not _kept(bench, dream, tasks[at], method)]
        report.found = len(tasks) - len(todo)
        counted.add(sum(steps) - sum(steps[at] for at in todo))
    at_once = 1 if engine.apart else min(dream.images_at_once(method), max(1, len(todo)))
    job = _job(bench, Mapper(dream, method, Place.of(bench, engine)), at_once, counted)
    with dream.sharing_cores(at_once), closing(engine.results(job, [tasks[at] for at in todo])) as results:
        for count, done in enumerate(results):
            begun = min(begun, done.begun) if count else done.begun
            task = tasks[todo[done.at]]
            try:
                found = done.result()
            except UnreadableImage as error:
                report.skipped.append(Skipped(task.image.facts.sha256, str(error)))
            else:
                if found is None:
                    report.found += 1
                else:
                    _keep(bench, dream, method, task, found)
                    report.maps += 1
            counted.add(steps[todo[done.at]])
    report.seconds = time.perf_counter() - begun
    return report


@dataclass
class _Counted:
    """Turns maps into progress, which counts their steps."""

    progress: Progress
    total: int
    done: int = 0

    def add(self, steps: int) -> None:
        """So many more are done."""
        self.done += steps
        self.progress(self.done, self.total)

    def within(self, done: int, _of_this: int) -> None:
        """One map's own progress as a part of all."""
        self.progress(self.done + done, self.total)


def _job(bench: Workbench, mapper: Mapper, at_once: int, counted: _Counted) -> Job[MapTask, RealnessMap | None]:
    clip = mapper.dream.clip
    # Only a map that is computed alone tells how far it is: of several at once each tells when it is done.
    within = counted.within if at_once == 1 else None
    return Job(
        here=partial(_mapped, bench, mapper, within),
        elsewhere=partial(Mapper.load, clip.spec, clip.weights_id, mapper.method, mapper.place),
        at_once=at_once,
        size=_pixels,
        most=MAX_PIXELS_AHEAD,
        together=TOGETHER if mapper.method == "dense" else 1,
    )


def _pixels(task: MapTask) -> int:
    return task.image.facts.width * task.image.facts.height


def _target(bench: Workbench, dream: "Dream", task: MapTask, method: str) -> Path:
    """Where a map lies, named by all that it comes from: image, text, method, CLIP, weights, version."""
    said, clip = task.description.description, dream.clip
    told = (task.image.facts.sha256, said.text, method, clip.spec, clip.weights_id, str(MAP_VERSION))
    return bench.beside("maps", hashlib.sha256("\0".join(told).encode()).hexdigest() + ".npz")


def _kept(bench: Workbench, dream: "Dream", task: MapTask, method: str) -> bool:
    """Whether the map's file is there and whole, though the database knows nothing of it: then it does again."""
    target = _target(bench, dream, task, method)
    if not target.is_file():
        return False
    try:
        sha256 = digest(target)
        phrases = map_files.load(target).phrases
    except (UnreadableImage, OSError):
        return False  # computed again, in its place
    _add(bench, dream, task, method, target, sha256, phrases)
    return True


def _mapped(bench: Workbench, mapper: Mapper, within: Within | None, task: MapTask) -> RealnessMap | None:
    """The map of an image, or None when its file is there already.

    Raises:
        UnreadableImage: the image's file is gone, changed or damaged.
    """
    return None if _kept(bench, mapper.dream, task, mapper.method) else mapper(task, within)


def _keep(bench: Workbench, dream: "Dream", method: str, task: MapTask, found: RealnessMap) -> None:
    target = _target(bench, dream, task, method)
    sha256 = map_files.save(found, target)
    _add(bench, dream, task, method, target, sha256, found.phrases)


def _add(
    bench: Workbench,
    dream: "Dream",
    task: MapTask,
    method: str,
    target: Path,
    sha256: str,
    phrases: tuple[str, ...],
) -> None:
    bench.store.maps.add(
        task,
        method=method,
        clip=dream.clip.spec,
        weights=dream.clip.weights_id,
        path=target.relative_to(bench.settings.data).as_posix(),
        sha256=sha256,
        phrases=phrases,
    )


@dataclass(frozen=True)
class Drawing:
    """How the picture of one map is to look; `realness.dream.pictures` says more.

    Attributes:
        file: where it goes besides, a `.png` or `.pdf`; None when only `out` may be a picture.
        colormap: one of matplotlib's; None for the usual one.
        layers: the image, the combined map and each finding's side by side.
    """

    file: Path | None = None
    colormap: str | None = None
    layers: bool = False


def map_one_image(
    image: Path,
    text: str,
    out: Path,
    *,
    clip: str = "mini",
    method: str = "dense",
    stride: int | None = None,
    drawing: Drawing | None = None,
    progress: Progress = silent,
) -> np.ndarray:
    """One map of one image, without a database, computed in fp32.

    Args:
        out: `.npy` (float32), `.png` (8-bit grey, white = realistic), or `.pdf` (the picture of `drawing`).
        drawing: how a picture with the map over the image looks, and where it goes besides.

    Returns:
        `(H, W)` float32 in [0, 1] at the image's own pixels, higher = more realistic.

    Raises:
        InvalidValue: a suffix, the method, the colour map or the text is no good.
        CannotWrite: `out` or the drawing's file cannot be written; neither is there then.
    """
    from realness.dream import Dream, pictures  # noqa: PLC0415  torch and matplotlib

    drawing = drawing or Drawing()
    if out.suffix not in (".npy", ".png", ".pdf"):
        raise InvalidValue(f"--out must end in .npy or .png, or in .pdf for a picture, got {out.name!r}")
    if drawing.file is not None and drawing.file.resolve() == out.resolve():
        raise InvalidValue(f"--out and --picture are both {out}; name two files")
    colormap = drawing.colormap or pictures.COLORMAP
    pictures.colours(colormap)  # an unknown one is told before any long work
    kind = drawing.file and pictures.kind_of(drawing.file)
    _, picture = images.read_image(image)
    with replacing(out) as part, replacing(drawing.file) if drawing.file else nullcontext() as other:
        dream = Dream.load(clip, precision="fp32")
        found = dream.map(picture, text, method=method, stride=stride, progress=progress)
        values = sampling.values_at_pixels(found)

        def rendered(kind: str) -> bytes:
            return pictures.rendered(picture, found, kind, colormap=colormap, title=text, layers=drawing.layers)

        if out.suffix == ".npy":
            with part.open("wb") as file:
                np.save(file, values)
        else:
            part.write_bytes(map_files.layer_png(values) if out.suffix == ".png" else rendered(".pdf"))
        if kind and other:
            other.write_bytes(rendered(kind))
    return values
