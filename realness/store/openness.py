"""Which images of a study a person may have."""

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select

from realness.store.tables import assignments, study_images

_inside, _given = study_images.c, assignments.c
HELD = or_(_given.lease_expires_at > bindparam("now"), _given.assigned_by.is_not(None))
"""Which leases hold an image at the time `now`."""


def open_to() -> list[ColumnElement[bool]]:
    """What makes an image of the study one that this person may have."""
    here = and_(_given.study_id == _inside.study_id, _given.image_id == _inside.image_id)
    held = (
        select(func.count())
        .select_from(assignments)
        .where(here, _given.reviewer_id != bindparam("me"), ~_given.answered, HELD)
        .correlate(study_images)
        .scalar_subquery()
    )
    mine = exists().where(here, _given.reviewer_id == bindparam("me"), _given.answered).correlate(study_images)
    ordinary = or_(_inside.gold.is_(None), bindparam("all"))
    return [_inside.study_id == bindparam("study"), _inside.remaining > 0, ordinary, ~mine, _inside.remaining > held]
