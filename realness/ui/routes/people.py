"""Signing in and out, and the accounts for those who manage them."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field

from realness import __version__
from realness.domain import Account, Role
from realness.errors import NotAllowed
from realness.settings import ASSETS
from realness.ui.entrance import COOKIE, session_token
from realness.ui.routes.needs import Admin, Bench, Doorway, Who
from realness.ui.schemas import Body, Id
from realness.workbench import accounts
from realness.workbench.accounts import SESSION, add_account, digest

router = APIRouter()
_Name = Annotated[str, Field(max_length=200)]
_Password = Annotated[str, Field(max_length=1000)]


class SignInBody(Body):
    """Who wants in."""

    name: _Name
    password: _Password


class AccountBody(Body):
    """A new account."""

    name: _Name
    role: Role
    password: _Password


class AccountChange(Body):
    """What is to change of an account; what is not named stays."""

    role: Role | None = None
    password: _Password | None = None
    disabled: bool | None = None


@router.get("/login", response_class=HTMLResponse)
def login_page(request: Request) -> Response:
    """The sign-in page; who needs none is sent on."""
    door = request.app.state.door
    if door.who(session_token(request.headers)) is not None:
        return RedirectResponse("/", 303)
    page = (ASSETS / "ui" / "login.html").read_text(encoding="utf-8")
    page = page.replace("TOKEN", request.app.state.token).replace("VERSION", __version__)
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


@router.post("/api/sign-in")
def sign_in(door: Doorway, request: Request, response: Response, body: SignInBody) -> dict[str, Any]:
    """Begin a session."""
    address = request.client.host if request.client else ""
    person, token = door.sign_in(body.name, body.password, address)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(SESSION.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return {"name": person.name}


@router.post("/api/sign-out")
def sign_out(bench: Bench, request: Request, response: Response) -> dict[str, Any]:
    """End this session."""
    token = session_token(request.headers)
    if token:
        bench.store.people.end(digest(token))
    response.delete_cookie(COOKIE)
    return {}


@router.post("/api/sign-out-everywhere")
def sign_out_everywhere(bench: Bench, who: Who, response: Response) -> dict[str, Any]:
    """End every session of this person, in all browsers."""
    response.delete_cookie(COOKIE)
    return {"sessions": bench.store.people.end_all(who.id)}


@router.post("/api/password")
def own_password(bench: Bench, who: Who, body: AccountChange) -> dict[str, Any]:
    """Another password for oneself; every session ends."""
    if body.password is None or body.role is not None or body.disabled is not None:
        raise NotAllowed("only one's own password can be changed here")
    accounts.change_account(bench, bench.store.people.by_id(who.id), password=body.password)
    return {}


@router.get("/api/people")
def people(bench: Bench, admin: Admin) -> dict[str, Any]:
    """Everybody."""
    return {"people": [_told(one) for one in bench.store.people.all()], "me": admin.id}


@router.post("/api/people", status_code=201)
def new_account(bench: Bench, admin: Admin, body: AccountBody) -> dict[str, Any]:
    """Make an account."""
    return _told(add_account(bench, body.name, body.role, body.password))


@router.patch("/api/people/{reviewer}")
def change_account(bench: Bench, admin: Admin, reviewer: Id, body: AccountChange) -> dict[str, Any]:
    """Change a role or a password, disable or enable: all that is named, or nothing."""
    account = bench.store.people.by_id(reviewer)
    accounts.change_account(bench, account, role=body.role, password=body.password, disabled=body.disabled)
    return _told(bench.store.people.by_id(reviewer))


@router.delete("/api/people/{reviewer}/sessions")
def end_sessions(bench: Bench, admin: Admin, reviewer: Id) -> dict[str, Any]:
    """End every session of a person."""
    return {"sessions": bench.store.people.end_all(reviewer)}


def _told(account: Account) -> dict[str, Any]:
    person = account.reviewer
    told = {"id": person.id, "name": person.name, "pseudonym": person.pseudonym, "role": person.role.value}
    told |= {"account": person.account, "disabled": account.disabled, "reviews": account.reviews}
    return told | {"created_at": account.created_at.isoformat()}
