"""People: add, list, change, disable."""

import sys
from typing import Annotated

import typer

from realness.cli.context import Context
from realness.domain import Account, Role
from realness.errors import InvalidValue
from realness.workbench import accounts

app = typer.Typer(help="People who sign in, and their roles.", no_args_is_help=True)
_Name = Annotated[str, typer.Argument(help="The name to sign in with.")]
_FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@app.command()
def add(
    context: typer.Context,
    name: _Name,
    role: Annotated[Role, typer.Option(help="What the person may do.")] = Role.REVIEWER,
    password_stdin: _FromStdin = False,
) -> None:
    """Make an account; from the first one on everybody has to sign in."""
    shared: Context = context.obj
    password = _password(from_stdin=password_stdin)
    with shared.bench() as bench:
        account = accounts.add_account(bench, name, role, password)
    shared.finish(_as_dict(account), f"{account.reviewer.name} may sign in as {role.value}")


@app.command("list")
def list_(context: typer.Context) -> None:
    """List everybody."""
    shared: Context = context.obj
    with shared.bench() as bench:
        people = [_as_dict(one) for one in bench.store.people.all()]
    if not shared.json:
        for one in people:
            state = "disabled" if one["disabled"] else one["role"] if one["account"] else "without sign-in"
            typer.echo(f"{one['name']} ({one['pseudonym']}): {state}, {one['reviews']} answered")
    shared.finish({"reviewers": people}, f"{len(people)} people")


@app.command()
def password(context: typer.Context, name: _Name, password_stdin: _FromStdin = False) -> None:
    """Give a person another password; every session of theirs ends."""
    shared: Context = context.obj
    given = _password(from_stdin=password_stdin)
    with shared.bench() as bench:
        account = bench.store.people.named(name)
        accounts.change_account(bench, account, password=given)
    shared.finish(_as_dict(account), f"{account.reviewer.name} has another password and is signed out everywhere")


@app.command()
def role(context: typer.Context, name: _Name, role: Annotated[Role, typer.Argument(help="The new one.")]) -> None:
    """Give a person another role."""
    shared: Context = context.obj
    with shared.bench() as bench:
        accounts.change_account(bench, bench.store.people.named(name), role=role)
        account = bench.store.people.named(name)
    shared.finish(_as_dict(account), f"{account.reviewer.name} is {role.value} now")


@app.command()
def disable(context: typer.Context, name: _Name) -> None:
    """Keep a person out; what was answered stays."""
    _disable(context.obj, name, disabled=True)


@app.command()
def enable(context: typer.Context, name: _Name) -> None:
    """Let a disabled person in again."""
    _disable(context.obj, name, disabled=False)


def _disable(shared: Context, name: str, *, disabled: bool) -> None:
    with shared.bench() as bench:
        accounts.change_account(bench, bench.store.people.named(name), disabled=disabled)
        account = bench.store.people.named(name)
    does = "may not sign in any more" if disabled else "may sign in again"
    shared.finish(_as_dict(account), f"{account.reviewer.name} {does}")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise InvalidValue("there is no terminal to ask for the password; give it with --password-stdin")
    return typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)


def _as_dict(account: Account) -> dict:
    person = account.reviewer
    told = {"name": person.name, "pseudonym": person.pseudonym, "role": person.role.value, "account": person.account}
    return told | {"disabled": account.disabled, "reviews": account.reviews, "since": account.created_at.isoformat()}
