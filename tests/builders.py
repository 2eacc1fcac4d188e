"""Rows for tests, with what matters named and the rest made up."""

import itertools
from pathlib import Path

import pytest

from realness.domain import Description, Finding, ImageFacts, OpinionScore, StudySettings, Submission, Verdict
from realness.store import NewImage

_numbers = itertools.count(1)


def make_image(number=None, **known) -> NewImage:
    """An image that nobody has seen: its own hash, 640 x 480."""
    number = number or next(_numbers)
    facts = ImageFacts(f"{number:064x}", 640, 480, "PNG", 1000 + number)
    values = {"path": f"images/{number}.png", "source": "made", "name": f"{number}.png"} | known
    return NewImage(facts, **values)


def make_description(text="Somewhat. The hand has six fingers, and the sign is garbled.", **known) -> Description:
    """A machine's description with two findings."""
    explanation = text.split(". ", 1)[-1]
    findings = (Finding("The hand has six fingers", start=0), Finding("the sign is garbled", kind="garbled"))
    values = {"verdict": Verdict.SOMEWHAT, "provider": "raise-td", "model": "gpt-4.1", "findings": findings} | known
    return Description(text=text, explanation=explanation, **values)


def make_study(store, images=3, name="pilot", **settings):
    """A study with some images that have a description and an opinion score."""
    study = store.studies.create(name, StudySettings(**settings))
    score = OpinionScore("raise", rating=64.0, z_score=0.0)
    store.images.add(study.id, [make_image(description=make_description(), scores=(score,)) for _ in range(images)])
    return store.studies.named(name)


def make_submission(study, image, **given) -> Submission:
    """A submission with an id of its own."""
    values = {"submission_id": f"submission-{next(_numbers):08}", "base_revision": 0} | given
    return Submission(study_id=study.id, image_id=image.id, **values)


def given_image(store, study, reviewer=None, rating=40.0):
    """The next image, with its rating locked: ready for a review."""
    reviewer = reviewer or store.people.local()
    image = store.assignments.next_image(study, reviewer.id)
    if rating is not None:
        store.assignments.lock(study.id, image.id, reviewer.id, rating)
    return image


def shared_folder(name: str) -> Path:
    """Real data beside the project, or a skip where it is not: tests pass without it."""
    folder = Path(__file__).resolve().parents[2] / "shared" / name
    if not folder.exists():
        pytest.skip(f"needs {folder.name} beside the project")
    return folder
