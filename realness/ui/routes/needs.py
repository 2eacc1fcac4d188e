"""What routes ask for: the workbench, the person who asks, a study as that person may see it."""

from typing import Annotated

from fastapi import Depends, Request

from realness.domain import Reviewer
from realness.errors import NotFound
from realness.workbench import Workbench
from realness.workbench.learning import Learning
from realness.workbench.opinions import Statistics
from realness.workbench.reviewing import Desk, desk


def _bench(request: Request) -> Workbench:
    return request.app.state.bench


def _learning(request: Request) -> Learning:
    return request.app.state.learning


def _statistics(request: Request) -> Statistics:
    return request.app.state.statistics


def _who(request: Request) -> Reviewer:
    return _bench(request).store.studies.local_reviewer()


Bench = Annotated[Workbench, Depends(_bench)]
Learns = Annotated[Learning, Depends(_learning)]
Knows = Annotated[Statistics, Depends(_statistics)]
Who = Annotated[Reviewer, Depends(_who)]


def desk_in(bench: Workbench, who: Reviewer, study: int) -> Desk:
    """A reviewer in a study.

    Raises:
        NotFound: there is no such study.
    """
    found = desk(bench, who, study)
    if found is None:
        raise NotFound("there is no study yet; import a folder first")
    return found
