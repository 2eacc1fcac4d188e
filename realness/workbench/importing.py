"""Bringing images in, with what their source says of them."""

import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path

from realness import exchange, images
from realness.atomic import replacing, sweep
from realness.descriptions import parse_verdict, split_findings
from realness.domain import (
    Description,
    Finding,
    ImageFacts,
    ImportedRecord,
    ImportReport,
    RegionShape,
    Skipped,
    StoredReferenceMap,
    StudySettings,
    check_text,
)
from realness.errors import ImportFailed, InvalidValue, UnreadableImage
from realness.exchange.from_folder import printable
from realness.store import NewImage
from realness.store.studies import check_name
from realness.workbench.bench import Progress, Workbench, digest, silent
from realness.workbench.references import keep_reference_map

BATCH = 64
"""Records a transaction: few enough to keep it short, many enough that syncing to disk does not rule."""


@dataclass(frozen=True)
class ImportOptions:
    """How to import.

    Attributes:
        study: name of the study the images go to; None for the folder's name.
        split: given to every image whose source names none.
        link: keep the file where it is, by path and hash, instead of copying its bytes.
        layout: one of `realness.exchange.LAYOUTS`, or `auto`.
    """

    study: str | None = None
    split: str | None = None
    link: bool = False
    layout: str = "auto"


@dataclass
class _Tally:
    """What an import counts while it runs."""

    images: set[str] = field(default_factory=set)
    descriptions: set[tuple[str | None, ...]] = field(default_factory=set)
    scores: set[tuple[str, str]] = field(default_factory=set)
    regions: set[tuple[str, int]] = field(default_factory=set)
    new: int = 0
    records: int = 0
    skipped: list[Skipped] = field(default_factory=list)


def import_source(
    bench: Workbench, path: Path, options: ImportOptions | None = None, progress: Progress = silent
) -> ImportReport:
    """Bring a folder or a file of records in. Twice is the same as once; a bad record is listed, not fatal.

    Args:
        progress: told of records that were read.

    Raises:
        ImportFailed: nothing in it could be used; the message gives the first reasons.
        InvalidValue: the layout or the study's name is no good.
    """
    options = options or ImportOptions()
    if not path.exists():
        raise ImportFailed(f"there is nothing at {path}; give a folder, a .csv or a .jsonl file")
    whole = path.resolve()
    name = check_name(options.study or printable(whole.name if whole.is_dir() else whole.stem) or "import")
    records = exchange.read(path, options.layout, split=options.split)
    sweep(bench.settings.data / "images", below=True)
    tally, study, read = _Tally(), None, 0
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        for batch in _batches(records, BATCH):
            loaded = list(pool.map(partial(_load, bench, options.link), batch))
            tally.skipped += [one for one in loaded if isinstance(one, Skipped)]
            new = [one for one in loaded if isinstance(one, _Loaded)]
            if new:
                study = study or bench.store.studies.ensure(name, StudySettings())
                fresh, _ = bench.store.images.add(study.id, [_new_image(path, record) for record in new])
                _count(new, fresh, tally)
            read += len(batch)
            progress(read, None)
    if not tally.images:
        raise ImportFailed(_nothing(path, tally.skipped))
    bench.store.database.survey(tally.new)
    return ImportReport(
        images=len(tally.images),
        descriptions=len(tally.descriptions),
        scores=len(tally.scores),
        regions=len(tally.regions),
        new=tally.new,
        duplicates=tally.records - tally.new,
        skipped=tally.skipped,
    )


@dataclass(frozen=True)
class _Loaded:
    """A record whose image was opened and put in its place."""

    record: ImportedRecord
    facts: ImageFacts
    path: str
    description: Description | None
    reference_maps: tuple[StoredReferenceMap, ...]


def _batches(records: Iterable, size: int) -> Iterator[list]:
    iterator = iter(records)
    while batch := list(islice(iterator, size)):
        yield batch


def _load(bench: Workbench, link: bool, record: ImportedRecord | Skipped) -> "_Loaded | Skipped":
    if isinstance(record, Skipped):
        return record
    try:
        check_text(record.name, "the image's name")
        description = describe(record)
        facts = images.inspect_image(record.path)
        _check_masks(record, facts)
        stored = _linked(record.path) if link else copy_image(bench, Path(record.path), facts)
        maps = tuple(keep_reference_map(bench, one) for one in record.reference_maps)
    except (UnreadableImage, InvalidValue) as error:
        return Skipped(record.row, str(error))
    except OSError as error:
        return Skipped(record.row, f"{record.name}: {error.strerror or error}")
    return _Loaded(record, facts, stored, description, maps)


def _check_masks(record: ImportedRecord, facts: ImageFacts) -> None:
    for region in (region for finding in record.regions for region in finding.regions):
        if region.shape is RegionShape.MASK and region.size != (facts.width, facts.height):
            width, height = region.size or (0, 0)
            raise InvalidValue(
                f"its mask has {width} x {height} pixels where the image has {facts.width} x {facts.height}; "
                "bring both to one size"
            )


def _linked(path: Path) -> str:
    return check_text(str(path.resolve()), "the path of a linked image")


def copy_image(bench: Workbench, source: Path, facts: ImageFacts) -> str:
    """Copy the bytes to `DATA/images/aa/SHA256.ext`; gives the path relative to the data folder."""
    target = bench.beside("images", f"{facts.sha256}{images.EXTENSIONS[facts.format]}")
    if not target.exists() or digest(target) != facts.sha256:
        with source.open("rb") as original, replacing(target) as part, part.open("wb") as copy:
            shutil.copyfileobj(original, copy, 1 << 20)
    return target.relative_to(bench.settings.data).as_posix()


def _new_image(source: Path, loaded: _Loaded) -> NewImage:
    record = loaded.record
    return NewImage(
        facts=loaded.facts,
        path=loaded.path,
        source=printable(source.resolve().name),
        name=record.name,
        split=record.split,
        generator=record.generator,
        prompt=record.prompt,
        is_real=record.is_real,
        description=loaded.description,
        scores=record.scores,
        regions=record.regions,
        regions_of="" if record.provider == "import" else record.provider,
        reference_maps=loaded.reference_maps,
    )


def describe(record: ImportedRecord) -> Description | None:
    """The record's description: its verdict parsed off unless the source gives one, its findings split."""
    text = (record.description or "").strip()
    if not text and record.verdict is None:
        return None
    verdict, explanation = parse_verdict(text)
    if record.verdict not in (None, verdict):  # what looks like a verdict is a word of the explanation then
        verdict, explanation = record.verdict, text
    return Description(
        text=text,
        verdict=verdict,
        explanation=explanation,
        provider=record.provider,
        model=record.model,
        prompt_version=record.prompt_version,
        findings=tuple(_placed(one, explanation) for one in record.findings) or split_findings(explanation, verdict),
        planted_wrong=record.planted_wrong,
    )


def _placed(finding: Finding, explanation: str) -> Finding:
    """A finding with its offset in the explanation, where its phrase is a part of it."""
    start = explanation.find(finding.phrase)
    return finding if finding.start is not None or start < 0 else replace(finding, start=start)


def _count(loaded: list[_Loaded], fresh: int, tally: _Tally) -> None:
    tally.new += fresh
    tally.records += len(loaded)
    for one in loaded:
        sha256, record, said = one.facts.sha256, one.record, one.description
        tally.images.add(sha256)
        if said is not None:
            tally.descriptions.add((sha256, said.provider, said.model, said.prompt_version, said.text))
        tally.scores |= {(sha256, score.source) for score in record.scores}
        for finding in record.regions:
            # Hashes, since the outlines of a large data set would fill the memory.
            tally.regions |= {(sha256, hash((finding.phrase, finding.kind, region))) for region in finding.regions}
        tally.regions |= {(sha256, hash((kept.source, kept.phrase))) for kept in one.reference_maps}


def _nothing(path: Path, skipped: list[Skipped]) -> str:
    if not skipped:
        return f"there is no image in {path}; see docs/formats.md for what can be imported"
    reasons = "; ".join(f"{one.row}: {one.reason}" for one in skipped[:3])
    more = f" and {len(skipped) - 3} more" if len(skipped) > 3 else ""
    return f"nothing in {path} could be used: {reasons}{more}"


def check_layout(layout: str) -> str:
    """A layout's name, or `InvalidValue` that lists those there are."""
    if layout != "auto" and layout not in exchange.LAYOUTS:
        raise InvalidValue(f"--layout must be auto, {', '.join(exchange.LAYOUTS)}; got {layout!r}")
    return layout
