"""Addresses below ours that no route has: refused here, in our own words, before Gradio's page is asked."""

from collections.abc import Iterator

from fastapi import APIRouter
from starlette.responses import JSONResponse
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

PLACES = ("/api", "/files")


def every_route(router: APIRouter) -> Iterator[Route]:
    """The routes of a router and of those inside it."""
    for route in router.routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from every_route(inner)
        elif isinstance(route, Route):
            yield route


def refusing(place: str, router: APIRouter) -> ASGIApp:
    """Answers 405 where a route has the address for another method, and 404 where none has."""
    routes = list(every_route(router))

    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        asked = {**scope, "path": scope["path"], "root_path": ""}
        others = {m for route in routes if route.matches(asked)[0] is Match.PARTIAL for m in route.methods or ()}
        if others:
            told = {"error": f"this address takes {', '.join(sorted(others))} only", "kind": "not_allowed"}
            answer = JSONResponse(told, 405, {"Allow": ", ".join(sorted(others))})
        else:
            told = {"error": f"there is nothing at this address below {place}/; reload the page", "kind": "not_found"}
            answer = JSONResponse(told, 404)
        await answer(scope, receive, send)

    return refuse
