"""A small study as the browser tests need it: drawn pictures, texts, made-up maps; no model is loaded."""

import csv
import itertools
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from realness.descriptions import parse_verdict, split_findings
from realness.domain import Description, RealnessMap
from realness.dream import files as map_files
from realness.settings import Settings
from realness.store import MapTask, NewImage
from realness.workbench import Workbench
from realness.workbench.importing import ImportOptions, import_source

TEXT = "Somewhat. The handle melts into the rim, and the spoon reflects a second window."
PHRASES = ("The handle melts into the rim", "the spoon reflects a second window")
SIZE = (600, 400)
_numbers = itertools.count(1)
_PLACES = ((18, 22), (36, 14), (30, 30), *((4 * at, 4) for at in range(1, 10)))


def make_study(settings: Settings, texts: tuple[str, ...] = (TEXT,) * 4, *, maps: bool = True) -> str:
    """Import one new picture for each text into a study of its own; returns the study's name."""
    name = f"study-{next(_numbers)}"
    bench = Workbench.open(settings)
    with tempfile.TemporaryDirectory() as folder:
        table = _write(Path(folder), texts)
        report = import_source(bench, table, ImportOptions(study=name))
        assert report.images == len(texts), report.skipped
    if maps:
        _add_maps(bench, name)
    bench.close()
    return name


def describe(settings: Settings, name: str, texts: dict[str, str], choices: int) -> None:
    """Add a description by each describer to all images of a study, mapped, and let people choose among so many."""
    bench = Workbench.open(settings)
    study = bench.store.studies.named(name)
    bench.store.studies.change(study.id, replace(study.settings, choices=choices, overlap=2))
    for image in bench.store.assignments.ahead(study, 0, None, study.images):
        for model, text in texts.items():
            verdict, explanation = parse_verdict(text)
            said = Description(
                text, verdict, explanation, provider=f"by-{model}", model=model,
                findings=split_findings(explanation, verdict),
            )  # fmt: skip
            bench.store.images.add(study.id, [NewImage(image.facts, image.path, model, image.key, description=said)])
    _add_maps(bench, name)
    bench.close()


def _add_maps(bench: Workbench, name: str) -> None:
    study = bench.store.studies.named(name)
    for task in bench.store.maps.missing("dense", "mini", "made-up", None, study.id):
        _add_map(bench, task)


def _write(folder: Path, texts: tuple[str, ...]) -> Path:
    table = folder / "table.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "description", "rating", "split"])
        for at, text in enumerate(texts):
            picture(next(_numbers)).save(folder / f"{at}.png")
            rows.writerow([f"{at}.png", text, 30 + 5 * (at % 14), "train" if at % 2 else "test"])
    return table


def picture(number: int) -> Image.Image:
    """A picture that no other number has."""
    image = Image.new("RGB", SIZE, (40 + number % 200, 90 + number // 200, 140))
    draw = ImageDraw.Draw(image)
    draw.ellipse((150, 60, 450, 340), fill=(210, 160, 90))
    draw.rectangle((280, 120, 320, 300), fill=(250, 250, 245))
    return image


def _add_map(bench: Workbench, task: MapTask) -> None:
    phrases = tuple(finding.phrase for finding in task.description.description.findings)[: len(_PLACES)]
    y, x = np.mgrid[0:40, 0:60].astype(np.float32)
    spots = [1 - np.exp(-((x - left) ** 2 + (y - top) ** 2) / 40) for left, top in _PLACES[: len(phrases)]]
    layers = np.stack([np.ones((40, 60), np.float32), *spots])[1:].astype(np.float32)
    values = layers.min(axis=0, initial=1.0)
    found = RealnessMap(values, 0.2 * values, layers, phrases, "dense", "mini", SIZE)
    target = bench.beside("maps", f"{task.image.facts.sha256}-{task.description.id}.npz")
    digest = map_files.save(found, target)
    place = target.relative_to(bench.settings.data).as_posix()
    bench.store.maps.add(
        task, method="dense", clip="mini", weights="made-up", path=place, sha256=digest, phrases=phrases
    )
