"""Tags and assignments of many images at once, for those who lead."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, model_validator

from realness.ui.routes.needs import Bench, Lead, desk_in
from realness.ui.schemas import Body, Id, Key
from realness.workbench.choosing import Choice, Step, give, tag, take_back
from realness.workbench.listings import listing_in

router = APIRouter()
MOST_KEYS, MOST_TAGS = 2_000, 20
_Tags = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=MOST_TAGS)]


class ChosenBody(Body):
    """Images of a study: their keys, or the query of the listing that finds them and how far it was worked through."""

    study: Id
    images: Annotated[list[Key], Field(max_length=MOST_KEYS)] | None = None
    listing: Annotated[str, Field(max_length=20_000)] | None = None
    after: Annotated[int, Field(ge=-1, le=2**62)] = -1

    @model_validator(mode="after")
    def _one_of_two(self) -> "ChosenBody":
        if (self.images is None) == (self.listing is None):
            raise ValueError("give images or a listing")
        return self

    @property
    def choice(self) -> Choice:
        """As the workbench takes it."""
        return Choice(self.images or (), None if self.listing is None else listing_in(self.listing), self.after)


class TagsBody(ChosenBody):
    """Tags to put on the images and to take off them."""

    add: _Tags = Field(default_factory=list)
    remove: _Tags = Field(default_factory=list)


class PersonBody(ChosenBody):
    """The person whom the images are given to, or taken back from."""

    reviewer: Id


@router.get("/api/tags")
def tags(bench: Bench, lead: Lead, study: Id) -> dict[str, Any]:
    """The tags of a study and how many images have each."""
    found = bench.store.tags.all(desk_in(bench, lead, study).study.id)
    return {"tags": [{"tag": name, "images": count} for name, count in found.items()]}


@router.post("/api/tags")
def change_tags(bench: Bench, lead: Lead, body: TagsBody) -> dict[str, Any]:
    """Put tags on images and take others off."""
    return _told(tag(desk_in(bench, lead, body.study), body.choice, body.add, body.remove))


@router.get("/api/assignments")
def holders(bench: Bench, lead: Lead, study: Id) -> dict[str, Any]:
    """To whom images can be given, and how many of those given are open."""
    found = bench.store.assignments.holders(desk_in(bench, lead, study).study.id)
    return {"people": [{"id": person.id, "name": person.name, "open": count} for person, count in found]}


@router.post("/api/assignments")
def assign(bench: Bench, lead: Lead, body: PersonBody) -> dict[str, Any]:
    """Give images to a person."""
    return _told(give(desk_in(bench, lead, body.study), body.choice, body.reviewer))


@router.post("/api/assignments/take-back")
def unassign(bench: Bench, lead: Lead, body: PersonBody) -> dict[str, Any]:
    """Take images back that the person has not begun."""
    return _told(take_back(desk_in(bench, lead, body.study), body.choice, body.reviewer))


def _told(step: Step[Any]) -> dict[str, Any]:
    return {"images": step.images, "next": step.next, **asdict(step.told)}
