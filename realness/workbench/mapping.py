"""Computing the maps that are missing."""

import hashlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from realness import images
from realness.atomic import replacing
from realness.domain import Skipped, Study
from realness.dream import files as map_files
from realness.dream import sampling
from realness.errors import InvalidValue, UnreadableImage
from realness.store import MapTask
from realness.store.maps import MAP_VERSION
from realness.workbench.bench import Progress, Workbench, silent

if TYPE_CHECKING:
    from realness.dream import Dream


@dataclass
class MapReport:
    """What a run did: how many maps, in how many seconds, and which images could not be read."""

    maps: int = 0
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
) -> MapReport:
    """Compute and keep every map that is missing. Each one is kept as it is done, so a run can be resumed.

    Raises:
        WeightsNotFound: the CLIP cannot be had.
        InvalidValue: the method is unknown.
        CannotWrite: the data folder is full or read-only.
    """
    from realness.dream import Dream  # noqa: PLC0415  torch, of which the app's process knows nothing

    dream = Dream.load(clip)
    weights = dream.clip.weights_id
    tasks = bench.store.maps.missing(method, clip, weights, limit, study.id if study else None)
    tasks += bench.store.maps.lost(method, clip, weights, bench.settings.data)
    tasks = tasks[:limit]
    report, start = MapReport(), time.perf_counter()
    progress(0, len(tasks))
    for done, task in enumerate(tasks, 1):
        try:
            _compute(bench, dream, task, method)
            report.maps += 1
        except UnreadableImage as error:
            report.skipped.append(Skipped(task.image.facts.sha256, str(error)))
        progress(done, len(tasks))
    report.seconds = time.perf_counter() - start
    return report


def _compute(bench: Workbench, dream: "Dream", task: MapTask, method: str) -> None:
    _, picture = images.read_image(bench.checked_file(task.image))
    said = task.description.description
    found = dream.map(picture, said.text, method=method, verdict=said.verdict, findings=said.findings or None)
    weights = dream.clip.weights_id
    told = "\0".join((task.image.facts.sha256, said.text, method, dream.clip.spec, weights, str(MAP_VERSION)))
    target = bench.beside("maps", hashlib.sha256(told.encode()).hexdigest() + ".npz")
    digest = map_files.save(sampling.to_keep(found), target)
    bench.store.maps.add(
        task,
        method=method,
        clip=dream.clip.spec,
        weights=weights,
        path=target.relative_to(bench.settings.data).as_posix(),
        sha256=digest,
        phrases=found.phrases,
    )


def map_one_image(
    image: Path,
    text: str,
    out: Path,
    *,
    clip: str = "mini",
    method: str = "dense",
    stride: int | None = None,
    progress: Progress = silent,
) -> np.ndarray:
    """One map of one image, without a database, computed in fp32.

    Args:
        out: `.npy` (float32) or `.png` (8-bit grey, white = realistic).

    Returns:
        `(H, W)` float32 in [0, 1] at the image's own pixels, higher = more realistic.

    Raises:
        InvalidValue: the suffix of `out`, the method or the text is no good.
        CannotWrite: `out` cannot be written.
    """
    from realness.dream import Dream  # noqa: PLC0415

    if out.suffix not in (".npy", ".png"):
        raise InvalidValue(f"--out must end in .npy or .png, got {out.name!r}")
    _, picture = images.read_image(image)
    with replacing(out) as part:
        dream = Dream.load(clip, precision="fp32")
        found = dream.map(picture, text, method=method, stride=stride, progress=progress)
        values = sampling.values_at_pixels(found)
        if out.suffix == ".npy":
            with part.open("wb") as file:
                np.save(file, values)
        else:
            part.write_bytes(map_files.layer_png(values))
    return values
