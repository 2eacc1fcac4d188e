"""Several reviewers and their answers."""

from builders import make_submission
from sqlalchemy import insert

from realness.domain import Judgement, Reviewer, Role
from realness.store.engine import now
from realness.store.tables import reviewers


def reviewer(store, name, role="reviewer"):
    """A new person."""
    with store.database.write() as connection:
        values = {"name": name, "pseudonym": f"p-{name}", "role": role, "created_at": now()}
        found = connection.execute(insert(reviewers).values(values)).inserted_primary_key[0]
    return Reviewer(found, name, f"p-{name}", Role(role))


def answer(store, study, person, ratings, **given):
    """Review the next images with these ratings; None skips one."""
    for rating in ratings:
        image = store.assignments.next_image(study, person.id)
        if rating is None:
            store.reviews.submit(person.id, make_submission(study, image, kind="skip", reason="other", note="blurred"))
            continue
        store.assignments.lock(study.id, image.id, person.id, rating)
        said = store.descriptions.newest(image.id)
        values = {"judgement": Judgement.ACCURATE, "active_seconds": 30.0} | given
        values |= {"description_id": said.id} if said else {"judgement": None}
        store.reviews.submit(person.id, make_submission(study, image, **values))
