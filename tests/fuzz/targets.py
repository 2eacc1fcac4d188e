"""What reads bytes that nobody has checked: each gives `read`, or `refused` with a reason, and nothing else."""

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import seeds
from PIL import Image
from rated_images import write_rated

from realness import descriptions, exchange, images, prompts
from realness.core import checkpoint
from realness.core.features import FeatureCache
from realness.core.model import Core, Encoders, trained
from realness.domain import ImportedRecord, Skipped
from realness.errors import RealnessError
from realness.prompts import answers

Target = Callable[[bytes], str]


def refused(error: Exception) -> str:
    """A refusal, which has its reason."""
    assert str(error).strip()
    return "refused"


def image(folder: Path) -> Target:
    """Opens it, as every image is opened, and makes what the screens show of it."""
    file, copy, thumbnail = folder / "any", folder / "copy", folder / "thumbnail"

    def feed(data: bytes) -> str:
        file.write_bytes(data)
        for made in (copy, thumbnail):
            made.unlink(missing_ok=True)
        try:
            facts, pixels = images.read_image(file)
            images.display_copy(file, copy)
            images.thumbnail(file, thumbnail)
        except RealnessError as error:
            assert not (copy.exists() and thumbnail.exists())
            return refused(error)
        assert pixels.size == (facts.width, facts.height)
        return "read"

    return feed


def table(folder: Path, name: str) -> Target:
    """Imports it, beside two images."""
    file = _pictures(folder / "tables", "a.png", "b.png") / name

    def feed(data: bytes) -> str:
        file.write_bytes(data)
        return _imported(file)

    return feed


def labels(folder: Path) -> Target:
    """Imports it as each of the layouts whose labels are JSON."""
    where = {"loki": "data_json/image/open_ended_vqa.json", "synthscars": "test/annotations/test.json"}
    where |= {"hadm": "annotations/val_ALL/a.json"}
    places = {"loki": "media_data/image", "synthscars": "test/images", "hadm": "images/val_ALL"}
    for layout, place in places.items():
        _pictures(folder / layout / place, "a.png")
        (folder / layout / where[layout]).parent.mkdir(parents=True, exist_ok=True)

    def feed(data: bytes) -> str:
        told = set()
        for layout, file in where.items():
            (folder / layout / file).write_bytes(data)
            told.add(_imported(folder / layout, layout))
        return "read" if "read" in told else "refused"

    return feed


def _pictures(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate(names):
        pixels = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / name)
    return folder


def _imported(source: Path, layout: str = "auto") -> str:
    try:
        found = list(exchange.read(source, layout=layout))
    except RealnessError as error:
        return refused(error)
    skipped = [one for one in found if isinstance(one, Skipped)]
    assert all(one.reason.strip() for one in skipped)
    assert all(isinstance(one, ImportedRecord | Skipped) for one in found)
    return "refused" if skipped or not found else "read"


def weights(folder: Path) -> Target:
    """Reads it as the numbers of a CORE whose digest fits, as somebody who means harm would send it."""
    whole = _model(folder)
    card = json.loads((whole / "core.json").read_text())
    words = (whole / "words.json").read_text()

    def feed(data: bytes) -> str:
        (whole / "model.safetensors").write_bytes(data)
        told = card | {"digest": checkpoint._digest(data, words, card)}
        (whole / "core.json").write_text(json.dumps(told | {"name": f"fast-{told['digest'][:12]}"}))
        try:
            Core.load(whole)
        except RealnessError as error:
            return refused(error)
        return "read"

    return feed


def _model(folder: Path) -> Path:
    if not (folder / "m" / "core.json").exists():
        rated, encoders = write_rated(folder / "rated", 20), Encoders.of()
        encoded, used, _ = encoders.encode(rated, FeatureCache(folder / "features"))
        model = trained(encoded, [rated[at] for at in used], encoders, "gp")
        checkpoint.write(model, folder / "m", {"n": len(used)})
        shutil.copy(folder / "m" / "model.safetensors", folder / "whole.safetensors")
    return folder / "m"


def description(_folder: Path) -> Target:
    """Takes it apart as a description, and as the answer of a describer."""
    versions = [prompts.load(name) for name in prompts.names()]

    def feed(data: bytes) -> str:
        text = data.decode("utf-8", "replace")
        verdict, explanation = descriptions.parse_verdict(text)
        with suppress(RealnessError):  # of a text that cannot be stored
            for finding in descriptions.split_findings(explanation, verdict):
                assert finding.start is None or explanation[finding.start :].startswith(finding.phrase)
        try:
            for version in versions:
                answers.read(version, text, (640, 480))
        except answers.Unusable as error:
            return refused(error)
        return "read"

    return feed


def all_of(folder: Path) -> dict[str, tuple[Target, list[bytes]]]:
    """Each kind of file with what reads it and whole ones to begin with."""
    reads_weights = weights(folder)
    found = {kind: (image(folder), seeds.images(kind)) for kind in ("PNG", "JPEG", "WEBP", "GIF", "TIFF")}
    found["CSV"] = (table(folder, "any.csv"), seeds.TEXTS["CSV"])
    found["JSONL"] = (table(folder, "any.jsonl"), seeds.TEXTS["JSONL"])
    found["JSON"] = (labels(folder), seeds.TEXTS["JSON"])
    found["safetensors"] = (reads_weights, [(folder / "whole.safetensors").read_bytes()])
    return found
