"""Measuring CORE: cross-validation, another set, and what comes out as files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from realness.atomic import made_folder, write_bytes
from realness.core.crossing import Evaluation, cross_validate
from realness.core.measures import Agreement, agreement
from realness.core.model import Encoders, trained
from realness.core.samples import Rated, Sample, weights_of
from realness.core.score import Core
from realness.domain import Skipped
from realness.errors import InvalidValue
from realness.workbench.bench import Progress, Workbench, silent
from realness.workbench.scoring import Setting, Source, check_found, features_of, rated_images


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
    found = rated_images(bench, Source(path), progress)
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
