"""What to do about an error of PostgreSQL, by its SQLSTATE."""

from realness.errors import DatabaseProblem
from realness.store.dialects.address import Address

_LOST = ("connection", "timeout", "resolve", "server", "SSL", "terminat", "password", "fe_sendauth", "pool")
"""What the driver's own errors speak of when the server was not reached, or broke off."""


def problem_of(state: str | None, said: str, address: Address) -> DatabaseProblem | None:
    """What a person is told, and without places and names those who come from elsewhere; None where the program made a
    mistake.

    Args:
        state: the SQLSTATE; None where the server was not reached, or broke off.
        said: the first line of what the server, or the driver, said.
    """
    advice = _of_driver(said) if state is None else _of_server(state)
    if advice is None:
        return None
    named = {"name": address.url.database, "user": address.url.username}
    problem = DatabaseProblem(advice.format(database=address, said=said, **named))
    problem.words = advice.format(database="the database", said="the app's log says more", name="…", user="…")
    return problem


def _of_driver(said: str) -> str | None:
    if "NUL" in said:
        return "{database} keeps no text with a NUL character; remove it and try again"
    return _ADVICE["08"] if any(word in said for word in _LOST) else None


def _of_server(state: str) -> str | None:
    return next((advice for begins, advice in _ADVICE.items() if state.startswith(begins)), None)


_ADVICE = {
    "08": "{database} cannot be reached ({said}); start the server, or name another database with --db",
    "22001": "{database} keeps no text that is as long as this one ({said}); shorten it and try again",
    "22003": "{database} keeps no number that is as large ({said}); check what was given",
    "25006": "{database} can only be read ({said}); name the server that is written to with --db",
    "28": "the server of {database} does not let this user in ({said}); check user and password in --db",
    "3D000": "there is no database {name!r} on that server; make it with `createdb {name}`, or name another with --db",
    "40": "{database} is used by others at the same time in a way that could not be put in order; try again",
    "42P01": "{database} lacks a table that this version needs ({said}); restore a backup",
    "42501": "the user {user!r} may not do this in {database} ({said}); let the owner of its tables do it",
    "53100": "the disk of the server of {database} is full; free some space and try again (nothing half was written)",
    "53": "the server of {database} has no room for more ({said}); raise its limit, or close other programs",
    "55P03": "{database} is held by another process; wait for its end and try again",
    "57": "the server of {database} broke off ({said}); try again when it is there",
    "58": "the server of {database} fails ({said}); look at its log",
    "XX": "{database} is damaged ({said}); restore a backup",
}
"""By how the state begins; the first that fits counts. {database} tells no password."""
