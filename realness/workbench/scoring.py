"""CORE over what is known: training it, scoring images with it. `measuring.py` tells how good it is."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from realness import exchange
from realness.atomic import write_bytes
from realness.core.features import FeatureCache
from realness.core.fitting import check_head
from realness.core.measures import Agreement, agreement
from realness.core.model import Encoders, trained
from realness.core.samples import Rated, Sample, check_rated
from realness.core.score import Core, Prediction
from realness.domain import ImportedRecord, Skipped
from realness.engines import LOCAL, Engine, Job
from realness.errors import InvalidValue, UnreadableImage
from realness.exchange.to_csv import check_target, table
from realness.workbench.bench import Progress, Workbench, digest, silent
from realness.workbench.worker_places import Place
from realness.workbench.workers import Scorer

if TYPE_CHECKING:
    from realness.store import Opinion

SCORES = ("imported", "people", "both")
IMPORTED_VOTES = 20
"""Of how many ratings an imported opinion score counts as the mean where its data set does not say: what large studies
have."""
OF_FOLDER = ("image", "rating", "low", "high", "learned_from")
OF_DATABASE = ("image", "image_sha256", "rating", "low", "high", "learned_from")
"""Columns of scores as files. `learned_from`: whether all of the model learned from the image, which flatters it."""
KEPT_EVERY = 64
"""Scores that are kept together: what a stopped run does again at most."""


@dataclass(frozen=True)
class Setting:
    """How a model is made.

    Attributes:
        image, text: encoders by SPEC; `none` for no image, or no text.
        head: one of `realness.core.fitting.HEADS`.
    """

    image: tuple[str, ...] = ("stats",)
    text: tuple[str, ...] = ("tfidf",)
    head: str = "gp"

    def __post_init__(self) -> None:
        check_head(self.head)

    @property
    def title(self) -> str:
        """What it is, in a line."""
        return f"image {' + '.join(self.image)}, text {' + '.join(self.text)}, head {self.head}"


@dataclass(frozen=True)
class Source:
    """Where the rated images come from.

    Attributes:
        path: a RAISE-TD folder, or anything that `import` takes; None for the database.
        scores: of the database: `imported` opinion scores, `people`'s ratings here, or `both`.
        study: of the database: by name; None for all.
    """

    path: Path | None = None
    scores: str = "both"
    study: str | None = None


@dataclass
class Found:
    """Rated images, and what had to be left out."""

    samples: list[Rated] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def features_of(bench: Workbench) -> FeatureCache:
    """Where vectors are kept: `DATA/features`."""
    return FeatureCache(bench.settings.data / "features")


def rated_images(bench: Workbench, source: Source, progress: Progress = silent) -> Found:
    """The rated images of a source, each once.

    Raises:
        ImportFailed: the folder holds nothing that can be read.
        InvalidValue: `scores` is none of `SCORES`.
        NotFound: there is no study of that name.
    """
    if source.scores not in SCORES:
        raise InvalidValue(f"--scores must be {', '.join(SCORES)}, got {source.scores!r}")
    if source.path is not None:
        return _from_folder(source.path, progress)
    study = bench.store.studies.named(source.study) if source.study else None
    found = Found()
    for one in bench.store.predictions.opinions(study.id if study else None):
        rated = _opinion(one, source.scores)
        if rated is None:
            continue
        rating, votes = rated
        try:
            file = bench.checked_file(one.image)
        except UnreadableImage as error:
            found.skipped.append(Skipped(one.image.facts.sha256, str(error)))
            continue
        found.samples.append(Rated(one.image.facts.sha256, file, one.text, rating, votes, one.name))
    return found


def _opinion(one: "Opinion", scores: str) -> tuple[float, int | None] | None:
    """The mean opinion score of an image, and of how many votes, where known or where ratings here are joined to it."""
    imported = one.imported if scores != "people" else None
    people = one.people if scores != "imported" else ()
    if imported is None:
        return (float(np.mean(people)), len(people)) if people else None
    if not people:
        return imported, one.votes
    votes = one.votes or IMPORTED_VOTES
    return (imported * votes + sum(people)) / (votes + len(people)), votes + len(people)


def _from_folder(path: Path, progress: Progress) -> Found:
    found, seen = Found(), set()
    for record in exchange.read(path):
        if isinstance(record, Skipped):
            found.skipped.append(record)
            continue
        score = next((each for each in record.scores if each.rating is not None), None)
        if score is None or score.rating is None:
            found.skipped.append(Skipped(record.row, "has no rating on the scale of 0 to 100"))
            continue
        sha256 = digest(Path(record.path))
        if sha256 in seen:
            found.skipped.append(Skipped(record.row, "is the same image as an earlier one; the first one counts"))
            continue
        seen.add(sha256)
        text = record.description or ""
        found.samples.append(Rated(sha256, Path(record.path), text, score.rating, score.votes, record.name))
        progress(len(found.samples), None)
    return found


def check_found(samples: Sequence[Rated], skipped: Sequence[Skipped], folds: int | None = None) -> None:
    """Refuse samples that nothing can be learned from, or that are too few for so many folds.

    Raises:
        InvalidValue: as said, with the first of what was left out.
    """
    try:
        check_rated(samples)
    except InvalidValue as error:
        if not skipped:
            raise
        first = skipped[0]
        raise InvalidValue(f"{error} ({len(skipped)} were left out, the first: {first.row} {first.reason})") from error
    if folds is not None and not 2 <= folds <= len(samples) // 2:
        raise InvalidValue(f"--folds must be from 2 to {len(samples) // 2} for {len(samples)} images, got {folds}")


def train_core(
    bench: Workbench, source: Source, setting: Setting, out: Path, *, progress: Progress = silent
) -> tuple[Core, dict[str, Any], list[Skipped]]:
    """Fit CORE to all rated images of a source and write it to a folder.

    Returns:
        The model, its leave-one-out figures, and what could not be used.

    Raises:
        InvalidValue: too few rated images, or one rating for all.
        CannotWrite: `out` cannot be written.
    """
    from realness.core.checkpoint import check_place, write  # noqa: PLC0415  it makes models

    check_place(out)
    found = rated_images(bench, source, progress)
    encoders = Encoders.of(setting.image, setting.text)
    encoded, used, skipped = encoders.encode(found.samples, features_of(bench), progress)
    samples = [found.samples[at] for at in used]
    skipped = [*found.skipped, *skipped]
    check_found(samples, skipped)
    core = trained(encoded, samples, encoders, setting.head)
    rated = np.array([samples[row].rating for row in core.head.rows])
    figures = {"n": len(samples)} | agreement([core.head.left_out()[0]], rated).as_json()
    return write(core, out, {"leave one out": figures}), figures, skipped


@dataclass
class ScoreReport:
    """What a run did: scores kept or written, and which images could not be scored.

    Attributes:
        learned_from: how many of the scores are of images that all of the model learned from: they flatter it.
    """

    scores: int = 0
    learned_from: int = 0
    model: str = ""
    skipped: list[Skipped] = field(default_factory=list)
    agreement: Agreement | None = None


def predict_missing(
    bench: Workbench,
    core: Core,
    *,
    limit: int | None = None,
    study: str | None = None,
    progress: Progress = silent,
    engine: Engine = LOCAL,
    folder: Path | None = None,
) -> ScoreReport:
    """Score every image of the database that this model has not scored. Kept as they are done: a run can be resumed.

    Args:
        folder: the model's, which the workers of another engine than `LOCAL` load it from.

    Raises:
        EngineProblem: see `Engine`; what came before is kept.
    """
    chosen = bench.store.studies.named(study) if study else None
    store, place = bench.store.predictions, Place.of(bench, engine)
    tasks = store.missing(core.name, by_text=core.reads_text, limit=limit, study_id=chosen.id if chosen else None)
    report, done = ScoreReport(model=core.name), 0
    together = [tasks[start : start + KEPT_EVERY] for start in range(0, len(tasks), KEPT_EVERY)]
    load = partial(Scorer.load, str(folder and folder.resolve()), core.name, place)
    job = Job(here=Scorer(core, features_of(bench), place), elsewhere=load)
    with closing(engine.results(job, together)) as results:
        for each in results:
            found = each.result()
            store.add(core.name, found.kept)
            report.skipped += found.skipped
            report.scores += len(found.kept)
            report.learned_from += found.learned_from
            done += len(together[each.at])
            progress(done, len(tasks))
    return report


def _learned_from(core: Core, samples: Sequence[Sample], said: Sequence[Prediction | None]) -> int:
    return sum(each is not None and core.learned_from(one.sha256) for one, each in zip(samples, said, strict=True))


def predict_folder(bench: Workbench, core: Core, path: Path, out: Path, *, progress: Progress = silent) -> ScoreReport:
    """Score a folder of images, or a data set with descriptions, to a CSV file of the columns `OF_FOLDER`.

    Raises:
        ImportFailed: there is nothing that can be read.
        CannotWrite: the file cannot be written, or something else than scores lies there.
    """
    check_target(out, [OF_FOLDER])
    records: list[ImportedRecord] = []
    report = ScoreReport(model=core.name)
    for record in exchange.read(path):
        if isinstance(record, Skipped):
            report.skipped.append(record)
        else:
            records.append(record)
    samples = [Sample(digest(Path(one.path)), Path(one.path), one.description or "") for one in records]
    said, skipped = core.predict_all(samples, features_of(bench), progress)
    report.learned_from = _learned_from(core, samples, said)
    names = {sample.sha256: one.row for sample, one in zip(samples, records, strict=True)}
    report.skipped += [Skipped(names.get(one.row, one.row), one.reason) for one in skipped]
    lines: list[Sequence[Any]] = [OF_FOLDER]
    pairs = []
    for record, sample, each in zip(records, samples, said, strict=True):
        if each is None:
            continue
        report.scores += 1
        lines.append((record.name, *_rounded(each.rating, each.low, each.high), core.learned_from(sample.sha256)))
        known = next((score.rating for score in record.scores if score.rating is not None), None)
        if known is not None:
            pairs.append((each.rating, known))
    if not report.scores:
        first = report.skipped[0] if report.skipped else None
        why = f"; the first: {first.row} {first.reason}" if first else ""
        raise InvalidValue(f"no image of {path} could be scored{why}")
    write_bytes(out, table(lines))
    if len(pairs) >= 3:
        predicted, rated = np.array(pairs).T
        report.agreement = agreement([predicted], rated)
    return report


def write_scores(bench: Workbench, core: Core, out: Path, *, study: str | None = None) -> int:
    """Write the scores that the database has of a model to a CSV file of the columns `OF_DATABASE`.

    Returns:
        How many of them are of images that all of the model learned from.

    Raises:
        CannotWrite: the file cannot be written, or something else than scores lies there.
        NotFound: there is no study of that name.
    """
    check_target(out, [OF_DATABASE])
    chosen = bench.store.studies.named(study) if study else None
    lines: list[Sequence[Any]] = [OF_DATABASE]
    for row in bench.store.predictions.kept(core.name, chosen.id if chosen else None):
        figures = _rounded(row["rating"], row["low"], row["high"])
        lines.append((row["name"], row["sha256"], *figures, core.learned_from(row["sha256"])))
    write_bytes(out, table(lines))
    return sum(line[-1] is True for line in lines)


def _rounded(*values: float | None) -> tuple[float | None, ...]:
    return tuple(None if each is None else round(each, 3) for each in values)
