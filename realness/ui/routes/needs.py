"""What routes ask for: the workbench, the person who asks, a study as that person may see it."""

from typing import Annotated

from fastapi import Depends, Request

from realness.domain import Reviewer, Role
from realness.errors import NotAllowed, NotFound
from realness.ui.entrance import WHO
from realness.ui.tickets import Tickets
from realness.workbench import Workbench
from realness.workbench.accounts import Door
from realness.workbench.chores import Chores
from realness.workbench.learning import Learning
from realness.workbench.opinions import Statistics
from realness.workbench.reviewing import Desk, desk
from realness.workbench.uploads import Uploads


async def _bench(request: Request) -> Workbench:
    return request.app.state.bench


async def _learning(request: Request) -> Learning:
    return request.app.state.learning


async def _statistics(request: Request) -> Statistics:
    return request.app.state.statistics


async def _chores(request: Request) -> Chores:
    return request.app.state.chores


async def _uploads(request: Request) -> Uploads:
    return request.app.state.uploads


async def _tickets(request: Request) -> Tickets:
    return request.app.state.tickets


async def _who(request: Request) -> Reviewer:
    return request.scope[WHO]


async def _lead(request: Request) -> Reviewer:
    person: Reviewer = request.scope[WHO]
    if not person.leads:
        raise NotAllowed("this is for those who lead studies; ask one of them")
    return person


async def _admin(request: Request) -> Reviewer:
    person: Reviewer = request.scope[WHO]
    if person.role is not Role.ADMIN:
        raise NotAllowed("this is for those who manage accounts; ask one of them")
    return person


async def _door(request: Request) -> Door:
    return request.app.state.door


# Asynchronous, though they wait for nothing: FastAPI would give each of them a thread.
Bench = Annotated[Workbench, Depends(_bench)]
Learns = Annotated[Learning, Depends(_learning)]
Knows = Annotated[Statistics, Depends(_statistics)]
Works = Annotated[Chores, Depends(_chores)]
Sends = Annotated[Uploads, Depends(_uploads)]
Passes = Annotated[Tickets, Depends(_tickets)]
Who = Annotated[Reviewer, Depends(_who)]
Lead = Annotated[Reviewer, Depends(_lead)]
Admin = Annotated[Reviewer, Depends(_admin)]
Doorway = Annotated[Door, Depends(_door)]


def desk_in(bench: Workbench, who: Reviewer, study: int) -> Desk:
    """A reviewer in a study.

    Raises:
        NotFound: there is no such study.
    """
    found = desk(bench, who, study)
    if found is None:
        raise NotFound("there is no study yet; import a folder first")
    return found
