"""CORE over what is known: measuring it, training it, scoring images with it."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from realness import exchange
from realness.atomic import made_folder, write_bytes
from realness.core.crossing import Evaluation, cross_validate
from realness.core.features import FeatureCache
from realness.core.measures import Agreement, agreement
from realness.core.model import Encoders, trained
from realness.core.samples import Rated, Sample, check_rated, weights_of
from realness.core.score import Core
from realness.domain import ImportedRecord, Skipped
from realness.errors import CannotWrite, InvalidValue, UnreadableImage
from realness.exchange.to_csv import cell
from realness.store import NewPrediction
from realness.workbench.bench import Progress, Workbench, digest, silent

if TYPE_CHECKING:
    from realness.store import Opinion, Scorable

SCORES = ("imported", "people", "both")
IMPORTED_VOTES = 20
"""Of how many ratings an imported opinion score counts as the mean where its data set does not say: what large studies
have."""
KEPT_EVERY = 64
"""Scores that are kept together: what a stopped run does again at most."""


@dataclass(frozen=True)
class Setting:
    """How a model is made.

    Attributes:
        image, text: encoders by SPEC; `none` for no image, or no text.
        head: one of `realness.core.heads.HEADS`.
    """

    image: tuple[str, ...] = ("stats",)
    text: tuple[str, ...] = ("tfidf",)
    head: str = "gp"

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
        found.samples.append(Rated(one.image.facts.sha256, file, one.text, rating, votes))
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
        found.samples.append(Rated(sha256, Path(record.path), record.description or "", score.rating, score.votes))
        progress(len(found.samples), None)
    return found


@dataclass(frozen=True)
class Measured:
    """What `evaluate_core` found.

    Attributes:
        crossed: by cross-validation.
        test: on the other set; None without one.
        skipped: what could not be used.
        files: the table and the plot, where they were written.
    """

    crossed: Evaluation
    test: Agreement | None
    skipped: list[Skipped]
    files: dict[str, Path]

    def as_json(self) -> dict[str, Any]:
        """The figures, by name; the first ones are of the whole model."""
        crossed = self.crossed
        told: dict[str, Any] = crossed.ablation[crossed.whole].as_json()
        told["ablation"] = {name: each.as_json() for name, each in crossed.ablation.items()}
        told["baselines"] = {name: each.as_json() for name, each in crossed.baselines.items()}
        paired = crossed.both_minus_better_alone
        if paired is not None:
            told["both_minus_better_alone"] = round(paired.mean, 4)
            told["both_minus_better_alone_ci"] = [round(each, 4) for each in paired.ci]
        if self.test is not None:
            told["test"] = self.test.as_json()
        return told


def evaluate_core(
    bench: Workbench,
    source: Source,
    setting: Setting,
    out: Path,
    *,
    folds: int = 5,
    seeds: int = 5,
    test: Path | None = None,
    progress: Progress = silent,
) -> Measured:
    """Measure CORE by cross-validation, and on another set if one is given; write a table and a plot.

    The other set is scored by one model, fitted to all of the source: what is chosen (weights, noise) is chosen there
    by leave-one-out, and the other set is looked at once, so seeds change nothing.

    Args:
        out: the folder that gets `core.md` and `core.png`.
        test: a data set with ratings, none of whose images may be in the source.
        progress: told how many vectors, then how many folds are done.

    Raises:
        InvalidValue: too few rated images, one rating for all, more folds than images, or a test image in the source.
        CannotWrite: `out` cannot be written.
    """
    found = rated_images(bench, source, progress)
    encoders, cache = Encoders.of(setting.image, setting.text), features_of(bench)
    encoded, used, skipped = encoders.encode(found.samples, cache, progress)
    samples = [found.samples[at] for at in used]
    skipped = [*found.skipped, *skipped]
    check_found(samples, skipped, folds)
    ratings, counts = np.array([one.rating for one in samples]), weights_of(samples)
    tested = None
    if test is not None:
        tested, left = _tested(bench, test, samples, trained(encoded, samples, encoders, setting.head), progress)
        skipped += left
    crossed = cross_validate(
        encoded, ratings, counts, encoders.sources, head=setting.head, folds=folds, seeds=seeds, progress=progress
    )
    return written(crossed, tested, skipped, out, f"{setting.title}; {folds} folds x {seeds} seeds")


def written(crossed: Evaluation, tested: Agreement | None, skipped: list[Skipped], out: Path, title: str) -> Measured:
    """Figures with their table and their plot, as files.

    Raises:
        CannotWrite: `out` cannot be written.
    """
    from realness.core.pictures import scatter  # noqa: PLC0415  matplotlib

    measured = Measured(crossed, tested, skipped, {"table": out / "core.md", "scatter": out / "core.png"})
    made_folder(out)
    write_bytes(measured.files["table"], table(measured, title).encode())
    predicted = np.mean(crossed.predictions[crossed.whole], axis=0)
    write_bytes(measured.files["scatter"], scatter(predicted, crossed.ratings, crossed.ablation[crossed.whole]))
    return measured


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


def check_apart(known: Sequence[Sample], tested: Sequence[Sample]) -> None:
    """Refuse a test set that holds images of the training.

    Raises:
        InvalidValue: it does.
    """
    both = {one.sha256 for one in known} & {one.sha256 for one in tested}
    if both:
        raise InvalidValue(
            f"{len(both)} images of --test are in the training as well; give a set that is apart from it"
        )


def _tested(
    bench: Workbench, path: Path, known: Sequence[Rated], core: Core, progress: Progress
) -> tuple[Agreement, list[Skipped]]:
    found = _from_folder(path, progress)
    check_apart(known, found.samples)
    said, skipped = core.predict_all(found.samples, features_of(bench), progress)
    pairs = [(each.rating, one.rating) for each, one in zip(said, found.samples, strict=True) if each is not None]
    if len(pairs) < 3:
        raise InvalidValue(f"--test has {len(pairs)} images that can be scored; at least 3 are needed")
    predicted, rated = np.array(pairs).T
    return agreement([predicted], rated), [*found.skipped, *skipped]


def table(measured: Measured, title: str) -> str:
    """The figures as Markdown."""
    lines = [
        f"# CORE: {title}",
        "",
        f"{len(measured.crossed.ratings)} images, every score by a model that never saw "
        "its image. Means over seeds; bootstrap 95 % intervals over images.",
        "",
        "| | SROCC | PLCC | PLCC, logistic | RMSE |",
        "|---|---|---|---|---|",
    ]
    rows = {**measured.crossed.ablation, **{f"baseline: {k}": v for k, v in measured.crossed.baselines.items()}}
    if measured.test is not None:
        rows[f"test set (n {measured.test.n})"] = measured.test
    for name, each in rows.items():
        lines.append(
            f"| {name} | {each.srocc:.3f} [{each.ci[0]:.3f}, {each.ci[1]:.3f}] | {each.plcc:.3f} "
            f"[{each.plcc_ci[0]:.3f}, {each.plcc_ci[1]:.3f}] | {each.plcc_logistic:.3f} | {each.rmse:.2f} |"
        )
    paired = measured.crossed.both_minus_better_alone
    if paired is not None:
        low, high = paired.ci
        lines += ["", f"Both minus the better alone, paired: {paired.mean:+.3f} [{low:+.3f}, {high:+.3f}] SROCC."]
    return "\n".join(lines) + "\n"


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
    from realness.core.checkpoint import write  # noqa: PLC0415  it makes models

    found = rated_images(bench, source, progress)
    encoders = Encoders.of(setting.image, setting.text)
    encoded, used, skipped = encoders.encode(found.samples, features_of(bench), progress)
    samples = [found.samples[at] for at in used]
    skipped = [*found.skipped, *skipped]
    check_found(samples, skipped)
    core = trained(encoded, samples, encoders, setting.head)
    figures = {"n": len(samples)}
    left_out = core.head.left_out()
    if left_out is not None:
        figures |= agreement([left_out[0]], np.array([samples[row].rating for row in core.head.rows])).as_json()
    return write(core, out, {"leave one out": figures}), figures, skipped


@dataclass
class ScoreReport:
    """What a run did: scores kept or written, and which images could not be scored."""

    scores: int = 0
    model: str = ""
    skipped: list[Skipped] = field(default_factory=list)
    agreement: Agreement | None = None


def predict_missing(
    bench: Workbench, core: Core, *, limit: int | None = None, study: str | None = None, progress: Progress = silent
) -> ScoreReport:
    """Score every image of the database that this model has not scored. Kept as they are done: a run can be resumed."""
    chosen = bench.store.studies.named(study) if study else None
    by_text = core.reads_text
    store = bench.store.predictions
    tasks = store.missing(core.name, by_text=by_text, limit=limit, study_id=chosen.id if chosen else None)
    report, cache = ScoreReport(model=core.name), features_of(bench)
    for start in range(0, len(tasks), KEPT_EVERY):
        some = tasks[start : start + KEPT_EVERY]
        samples, owners = _samples(bench, some, report)
        said, skipped = core.predict_all(samples, cache)
        report.skipped += skipped
        kept = [
            NewPrediction(task.image.id, task.description_id if by_text else None, each.rating, each.low, each.high)
            for task, each in zip(owners, said, strict=True)
            if each is not None
        ]
        store.add(core.name, kept)
        report.scores += len(kept)
        progress(min(start + KEPT_EVERY, len(tasks)), len(tasks))
    return report


def _samples(
    bench: Workbench, tasks: Sequence["Scorable"], report: ScoreReport
) -> tuple[list[Sample], list["Scorable"]]:
    samples, owners = [], []
    for task in tasks:
        try:
            file = bench.checked_file(task.image)
        except UnreadableImage as error:
            report.skipped.append(Skipped(task.image.facts.sha256, str(error)))
            continue
        samples.append(Sample(task.image.facts.sha256, file, task.text))
        owners.append(task)
    return samples, owners


def predict_folder(bench: Workbench, core: Core, path: Path, out: Path, *, progress: Progress = silent) -> ScoreReport:
    """Score a folder of images, or a data set with descriptions, to a CSV file: image, rating, low, high.

    Raises:
        ImportFailed: there is nothing that can be read.
        CannotWrite: the file cannot be written.
    """
    if out.is_dir() or out.resolve() == path.resolve():
        raise CannotWrite(f"{out} is {'a folder' if out.is_dir() else 'what is read'}; name another --out")
    records: list[ImportedRecord] = []
    report = ScoreReport(model=core.name)
    for record in exchange.read(path):
        if isinstance(record, Skipped):
            report.skipped.append(record)
        else:
            records.append(record)
    samples = [Sample(digest(Path(one.path)), Path(one.path), one.description or "") for one in records]
    said, skipped = core.predict_all(samples, features_of(bench), progress)
    names = {sample.sha256: one.row for sample, one in zip(samples, records, strict=True)}
    report.skipped += [Skipped(names.get(one.row, one.row), one.reason) for one in skipped]
    buffer = io.StringIO()
    lines = csv.writer(buffer)
    lines.writerow(("image", "rating", "low", "high"))
    pairs = []
    for record, each in zip(records, said, strict=True):
        if each is None:
            continue
        report.scores += 1
        lines.writerow((cell(record.name), *(cell(v and round(v, 3)) for v in (each.rating, each.low, each.high))))
        known = next((score.rating for score in record.scores if score.rating is not None), None)
        if known is not None:
            pairs.append((each.rating, known))
    if not report.scores:
        first = report.skipped[0] if report.skipped else None
        why = f"; the first: {first.row} {first.reason}" if first else ""
        raise InvalidValue(f"no image of {path} could be scored{why}")
    write_bytes(out, buffer.getvalue().encode())
    if len(pairs) >= 3:
        predicted, rated = np.array(pairs).T
        report.agreement = agreement([predicted], rated)
    return report
