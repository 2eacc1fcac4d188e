"""Saved views of Browse: a person's own, and those that leads share with everybody in the study."""

from realness.domain import Reviewer, check_line
from realness.errors import NotAllowed
from realness.store import View
from realness.store.facets import FOR_LEADS
from realness.workbench.bench import Workbench
from realness.workbench.listings import listing_in, plain_query

_LONGEST_NAME = 100


def of(bench: Workbench, who: Reviewer, study_id: int) -> list[View]:
    """The views that a person sees in a study: those that filter by what leads are told are for who leads."""
    found = bench.store.views.of(study_id, who.id)
    return [view for view in found if who.leads or not any(map(listing_in(view.query).chosen.get, FOR_LEADS))]


def save(bench: Workbench, who: Reviewer, study_id: int, name: str, query: str, *, shared: bool = False) -> View:
    """Save a view.

    Raises:
        InvalidValue: the name is none or is taken, or the query asks for nothing that there is.
        NotAllowed: who does not lead shares it.
    """
    _check_sharing(who, shared)
    study = bench.store.studies.by_id(study_id)
    return bench.store.views.add(study.id, who.id, _check_name(name), plain_query(query), shared=shared)


def change(
    bench: Workbench, who: Reviewer, view_id: int, name: str | None, query: str | None, shared: bool | None
) -> View:
    """Rename a view of one's own, give it another query, share it or keep it to oneself; None leaves as it is.

    Raises:
        NotFound: there is no such view of this person's own.
        InvalidValue, NotAllowed: as in `save`; who does not lead any more only stops sharing what others see.
    """
    before = bench.store.views.own(view_id, who.id)
    _check_sharing(who, before.shared if shared is None else shared)
    changed = {
        **({} if name is None else {"name": _check_name(name)}),
        **({} if query is None else {"query": plain_query(query)}),
        **({} if shared is None else {"shared": shared}),
    }
    return bench.store.views.change(view_id, who.id, **changed) if changed else before


def _check_sharing(who: Reviewer, shared: bool) -> None:
    if shared and not who.leads:
        raise NotAllowed("views are shared by those who lead studies; save it for yourself")


def _check_name(name: str) -> str:
    return check_line(name, "a view's name", _LONGEST_NAME)
