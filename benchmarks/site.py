"""A workbench over a large study, in which work is timed; and the answers that newcomers give there."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.filling import Base, insert
from realness.domain import (
    FindingState,
    Judgement,
    Region,
    RegionShape,
    ReviewedFinding,
    Role,
    StoredImage,
    Study,
    StudySettings,
    Submission,
    Verdict,
)
from realness.settings import Settings
from realness.store.journal.files import line
from realness.store.journal.records import reviews_after
from realness.workbench import Workbench
from realness.workbench.bench import journal_folder
from realness.workbench.reviewing import AHEAD

PEOPLE = 20
STUDY = "all"
ORDERS = ("imported", "random", "informative")
_POLYGON = Region(RegionShape.POLYGON, (100, 100, 220, 110, 240, 200, 180, 260, 90, 190))


class Site:
    """A workbench over a base of so many images, and what work took there, in seconds by name."""

    def __init__(self, folder: Path, size: int) -> None:
        self.size, self.took = size, dict[str, list[float]]()
        settings = Settings(f"sqlite:///{folder}/scale.db", folder / "data")
        start = time.perf_counter()
        bench = Workbench.open(settings)
        study = bench.store.studies.create(STUDY, StudySettings(overlap=2, order=ORDERS[-1]))
        people = [bench.store.people.add(f"person {n}", Role.REVIEWER, "").reviewer.id for n in range(PEOPLE)]
        if size:
            insert(bench.store.database.path, Base(size, study.id, people).rows())
            _end_of_journal(bench)
        bench.close()
        self.fill_seconds = time.perf_counter() - start
        self.bytes = bench.store.database.path.stat().st_size
        self.bench = Workbench.open(settings)
        self.study = self.bench.store.studies.named(STUDY)
        newcomers = (self.bench.store.people.add(name, Role.REVIEWER, "").reviewer.id for name in ORDERS)
        self.newcomers: dict[str, int] = dict(zip(ORDERS, newcomers, strict=True))

    def timed(self, name: str, action: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> Any:
        """What an action gives, its time kept."""
        start = clock()
        found = action()
        self.took.setdefault(name, []).append(clock() - start)
        return found

    def answer(self, order: str, turn: int, name: str) -> None:
        """The next image of a newcomer, in this order, is chosen (timed as `name`), rated and answered."""
        me, store = self.newcomers[order], self.bench.store
        study = replace(self.study, settings=replace(self.study.settings, order=order))
        given = self.timed(name, lambda: store.assignments.take(study, me, AHEAD)).given
        assert given is not None, "nothing is left to answer"
        self.timed("rate", lambda: store.assignments.lock(study.id, given.image.id, me, 40.0))
        review = _written(study, given.image, f"{order}-{turn}")
        self.timed("save", lambda: store.reviews.submit(me, review))


def _end_of_journal(bench: Workbench) -> None:
    folder = journal_folder(bench.settings)
    folder.mkdir(parents=True)
    with bench.store.database.read() as connection:
        last = connection.exec_driver_sql("SELECT max(id) FROM reviews").scalar_one()
        (told, _who), *_ = reviews_after(connection, last - 1, 1)
    (folder / f"{datetime.now(UTC):%Y-%m}.jsonl").write_bytes(line(told))


def _written(study: Study, image: StoredImage, name: str) -> Submission:
    """An answer to the description of an image of the base."""
    phrase, other = Base.PHRASES
    findings = (
        ReviewedFinding(FindingState.KEPT, phrase, finding_id=2 * image.id - 1),
        ReviewedFinding(FindingState.REWORDED, f"{other} too", finding_id=2 * image.id, regions=(_POLYGON,)),
    )
    return Submission(
        submission_id=f"scale-{name}-{image.id}",
        study_id=study.id,
        image_id=image.id,
        base_revision=0,
        description_id=image.id,
        judgement=Judgement.PARTLY,
        verdict=Verdict.SOMEWHAT,
        explanation=Base.TEXT.ljust(150, "."),
        findings=findings,
        active_seconds=12.5,
    )
