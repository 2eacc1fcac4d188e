"""Measuring CORE: cross-validation, another set, and what comes out as files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from realness.atomic import check_folder, made_folder, write_bytes
from realness.core.crossing import Evaluation, cross_validate
from realness.core.features import FeatureCache
from realness.core.measures import Agreement, agreement
from realness.core.model import Encoders, trained
from realness.core.samples import Rated, Sample, weights_of
from realness.core.score import Core
from realness.domain import Skipped
from realness.errors import CannotWrite, InvalidValue
from realness.exchange import to_csv
from realness.workbench.bench import Progress, Workbench, silent
from realness.workbench.scoring import Setting, Source, check_found, features_of, rated_images

FILES = {"table": "core.md", "scatter": "core.png", "predictions": "core.csv"}


@dataclass(frozen=True)
class Measured:
    """What `evaluate_core` found.

    Attributes:
        crossed: by cross-validation.
        test: on the other set; None without one.
        skipped: what could not be used.
        files: the table, the plot and the scores, where they were written.
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
    folding: Progress = silent,
) -> Measured:
    """Measure CORE by cross-validation, and on another set if one is given; write a table, a plot and the scores.

    The other set is scored by one model, fitted to all of the source: what is chosen (weights, noise) is chosen there
    by leave-one-out, and the other set is looked at once, so seeds change nothing.

    Args:
        out: the folder that gets `core.md`, `core.png` and `core.csv`.
        test: a data set with ratings, none of whose images may be in the source.
        progress: told how many images are read.
        folding: told how many folds are done.

    Raises:
        InvalidValue: too few rated images, one rating for all, more folds than images, or a test image in the source.
        CannotWrite: `out` cannot be written.
    """
    check_results(out)
    found = rated_images(bench, source, progress)
    check_found(found.samples, found.skipped, folds)
    apart = None if test is None else rated_images(bench, Source(test), progress)
    if apart is not None:
        check_apart(found.samples, apart.samples)
    encoders, cache = Encoders.of(setting.image, setting.text), features_of(bench)
    encoded, used, skipped = encoders.encode(found.samples, cache, progress)
    samples = [found.samples[at] for at in used]
    skipped = [*found.skipped, *skipped]
    check_found(samples, skipped, folds)
    ratings, counts = np.array([one.rating for one in samples]), weights_of(samples)
    tested = None
    if apart is not None:
        core = trained(encoded, samples, encoders, setting.head)
        tested, left = _tested(core, apart.samples, cache, progress)
        skipped += [*apart.skipped, *left]
    crossed = cross_validate(
        encoded, ratings, counts, encoders.sources, head=setting.head, folds=folds, seeds=seeds, progress=folding
    )
    return written(crossed, tested, samples, skipped, out, f"{setting.title}; {folds} folds x {seeds} seeds")


def written(
    crossed: Evaluation,
    tested: Agreement | None,
    samples: Sequence[Rated],
    skipped: list[Skipped],
    out: Path,
    title: str,
) -> Measured:
    """Figures with their table, their plot and what they are of, as files.

    Args:
        samples: those that were scored, in the order of the predictions.

    Raises:
        CannotWrite: `out` cannot be written.
    """
    from realness.core.pictures import scatter  # noqa: PLC0415  matplotlib

    measured = Measured(crossed, tested, skipped, {name: out / file for name, file in FILES.items()})
    made_folder(out)
    write_bytes(measured.files["table"], table(measured, title).encode())
    predicted = np.mean(crossed.predictions[crossed.whole], axis=0)
    write_bytes(measured.files["scatter"], scatter(predicted, crossed.ratings, crossed.ablation[crossed.whole]))
    write_bytes(measured.files["predictions"], to_csv.table(_scores(crossed, samples)))
    return measured


def _scores(crossed: Evaluation, samples: Sequence[Rated]) -> list[Sequence[Any]]:
    """A line an image: what people said, and what models that had not seen it said, the mean over seeds."""
    means = {name: np.mean(crossed.predictions[name], axis=0) for name in crossed.ablation}
    head = ("image", "image_sha256", "mos", "votes", *(f"predicted_{name}" for name in means))
    lines = [
        (one.name, one.sha256, round(one.rating, 3), one.votes, *(round(float(each[at]), 3) for each in means.values()))
        for at, one in enumerate(samples)
    ]
    return [head, *lines]


def check_results(out: Path) -> None:
    """Refuse a folder that the results could not be written to, before any long work.

    Raises:
        CannotWrite: they could not.
    """
    check_folder(out)
    for file in FILES.values():
        if (out / file).exists() and not (out / file).is_file():
            raise CannotWrite(f"{out / file} is there and is no file; name another --out")


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
    core: Core, samples: Sequence[Rated], cache: FeatureCache, progress: Progress
) -> tuple[Agreement, list[Skipped]]:
    said, skipped = core.predict_all(samples, cache, progress)
    pairs = [(each.rating, one.rating) for each, one in zip(said, samples, strict=True) if each is not None]
    if len(pairs) < 3:
        raise InvalidValue(f"--test has {len(pairs)} images that can be scored; at least 3 are needed")
    predicted, rated = np.array(pairs).T
    return agreement([predicted], rated), skipped


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
