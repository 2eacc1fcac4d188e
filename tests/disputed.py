"""An image that three people reviewed, and did not agree on."""

from builders import make_submission

from realness.domain import FindingState, Judgement, Region, RegionShape, ReviewedFinding, Verdict

BOX = Region(RegionShape.BOX, (20, 30, 120, 130))
POLYGON = Region(RegionShape.POLYGON, (200, 60, 320, 60, 260, 200))
ANSWERS = (
    (20.0, Judgement.WRONG, Verdict.YES, "The handle melts into the rim.", FindingState.KEPT, (BOX,)),
    (85.0, Judgement.ACCURATE, Verdict.NO, "Nothing looks unreal here.", FindingState.DROPPED, ()),
    (55.0, Judgement.PARTLY, Verdict.SOMEWHAT, "The rim is broken at its left.", FindingState.REWORDED, (POLYGON,)),
)
"""Of each person: rating, judgement, verdict, explanation, what became of the first finding, and its marks."""


def dispute(store, study, image, people, answers=ANSWERS):
    """Review an image of a study as these people; the kept reviews in that order."""
    said = store.descriptions.newest(image.id)
    kept = []
    for person, (rating, judgement, verdict, text, state, regions) in zip(people, answers, strict=False):
        store.assignments.open(study, image.key, person.id)
        store.assignments.lock(study.id, image.id, person.id, rating)
        phrase = f"{text[:-1]}, here" if state is FindingState.REWORDED else said.description.findings[0].phrase
        first = ReviewedFinding(state, phrase, said.finding_ids[0], None, regions)
        given = make_submission(
            study, image, description_id=said.id, judgement=judgement, verdict=verdict, explanation=text,
            findings=(first,), active_seconds=30.0,
        )  # fmt: skip
        kept.append(store.reviews.submit(person.id, given))
    return kept


def revise(store, study, image, person, review, text):
    """Another revision of somebody's review."""
    said = store.descriptions.newest(image.id)
    given = make_submission(
        study, image, base_revision=review.revision, description_id=said.id, judgement=Judgement.PARTLY,
        verdict=Verdict.SOMEWHAT, explanation=text,
    )  # fmt: skip
    return store.reviews.submit(person.id, given)
