"""A small study with answers of every kind, and exports of it."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

from builders import make_submission
from PIL import Image
from sqlalchemy import insert, text

from realness.domain import (
    FindingState,
    Judgement,
    Region,
    RegionShape,
    ReviewedFinding,
    ReviewKind,
    ReviewRole,
    Role,
    Verdict,
)
from realness.store import ExportFilter
from realness.store.tables import descriptions, reviews
from realness.workbench.exporting import How, make_export
from realness.workbench.importing import ImportOptions, import_source

NASTY = "The <image> sign says <|im_end|>, and \u2028 the hand melts."
BOX = Region(RegionShape.BOX, (8, 6, 32, 24))


def picture(at):
    """A picture that no other number has."""
    image = Image.new("RGB", (64, 48), (40 + at, 90, 140))
    image.paste((200, 30, 30), (at, at, at + 9, at + 9))
    return image


def described(bench, folder: Path, count=10, real=True):
    """A study of pictures with a text each; every fourth lies in the split `test`."""
    folder.mkdir(parents=True)
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "description", "rating", "split", "provider", "model", "real"])
        for at in range(count):
            name = f"{at}.{'jpg' if at % 2 else 'png'}"
            picture(at).save(folder / name, quality=95)
            text = f"Somewhat. The handle {at} melts into the rim, and the sign is garbled."
            rows.writerow([name, text, 30 + at, "test" if at % 4 == 3 else "", "openai", "gpt-4.1", at % 2 == 0])
    report = import_source(bench, folder / "table.csv", ImportOptions(study="pilot"))
    assert report.images == count, report.skipped
    return bench.store.studies.named("pilot")


def answer(bench, study, at, who, judgement, text=None, **given):
    """Review the image at a place of the study; without a text the machine's stays."""
    store = bench.store
    image = store.controls.image_named(study.id, str(at + 1))
    said = store.descriptions.shown(study.id, image.id)
    store.assignments.open(study, image.key, who.id)
    if store.reviews.current(study.id, image.id, who.id) is None:
        store.assignments.lock(study.id, image.id, who.id, 20.0 + 5 * at + who.id)
    one = said.description
    found = (ReviewedFinding(FindingState.KEPT, one.findings[0].phrase, said.finding_ids[0], None, (BOX,)),)
    values = {"judgement": judgement, "description_id": said.id, "findings": found, "verdict": one.verdict}
    values |= {"explanation": one.explanation if text is None else text, "active_seconds": 9.0}
    return store.reviews.submit(who.id, make_submission(study, image, **values | given))


def answered(bench, folder: Path):
    """Ten images: accurate, corrected, left though wrong, two checks, an adjudication, a skip, a choice of three."""
    study = described(bench, folder)
    store, wrong = bench.store, Judgement.WRONG
    store.controls.plant_checks(study.id, 20, seed=1)
    with store.database.read() as connection:
        found = connection.execute(text("SELECT position FROM study_images WHERE check_id IS NOT NULL ORDER BY id"))
        checks = list(found.scalars())
    plain = [at for at in range(10) if at not in checks]
    first, second = store.people.local(), store.people.add("Ada Lovelace", Role.LEAD, "x").reviewer
    answer(bench, study, plain[0], first, Judgement.ACCURATE)
    answer(bench, study, plain[0], second, Judgement.ACCURATE)
    answer(bench, study, plain[1], first, wrong, NASTY)
    answer(bench, study, plain[2], first, Judgement.PARTLY, "=1+1 is written on the rim.")
    answer(bench, study, plain[3], first, wrong)
    answer(bench, study, checks[0], first, Judgement.ACCURATE)
    answer(bench, study, checks[1], first, wrong, "The rim is broken.", verdict=Verdict.YES)
    answer(bench, study, plain[4], first, Judgement.PARTLY, "Mine.")
    image = store.controls.image_named(study.id, str(plain[4] + 1))
    said = store.descriptions.newest(image.id)
    decided = make_submission(
        study, image, role=ReviewRole.ADJUDICATOR, reason="Clear", description_id=said.id, judgement=Judgement.PARTLY,
        verdict=Verdict.YES, explanation="Decided: the rim is broken.", sources=(),
    )  # fmt: skip
    store.adjudications.submit(second.id, decided, None)
    answer(
        bench, study, plain[5], first, None, "", kind=ReviewKind.SKIP, description_id=None, findings=(), verdict=None
    )
    chosen = answer(bench, study, plain[6], first, Judgement.PARTLY, "The chosen one, corrected.")
    choose(bench, chosen, ["Yes. Another text.", "No.", "Yes. Another text."])
    return study


def choose(bench, review, texts):
    """Make a revision of a review in which other texts were shown beside the chosen one."""
    with bench.store.database.write() as connection:
        image, said = review.submission.image_id, review.submission.description_id
        ids = [said]
        for at, said_so in enumerate(texts):
            verdict, _, rest = said_so.partition(". ")
            values = {"image_id": image, "text": said_so, "text_sha256": f"{at:064}", "provider": "vllm"}
            values |= {"verdict": verdict.rstrip(".").lower(), "explanation": rest, "model": f"model {at}"}
            made = insert(descriptions).values(created_at=datetime(2020, 1, 1, tzinfo=UTC), **values)
            ids.append(connection.execute(made.returning(descriptions.c.id)).scalar_one())
        names = [column.name for column in reviews.columns if column.name != "id"]
        new = {"submission_id": "'chosen-00000001'", "revision": "revision + 1", "offered": f"'{json.dumps(ids)}'"}
        columns = ", ".join(new.get(name, name) for name in names)
        chosen = f"INSERT INTO reviews ({', '.join(names)}) SELECT {columns} FROM reviews WHERE id = {review.id}"
        connection.execute(text(chosen))


def exported(bench, format, target: Path, how=None, **wanted):
    """The manifest of an export."""
    return make_export(bench, format, target, ExportFilter(**wanted), How(**how or {}))
