"""What to do about an error of PostgreSQL, by its SQLSTATE."""

from realness.store.dialects.address import Address


def advice_for(state: str | None, said: str, address: Address) -> str | None:
    """What a person is told; None where the program made a mistake.

    Args:
        state: the SQLSTATE; None where the server was not reached, or broke off.
        said: the first line of what the server, or the driver, said.
    """
    if state is None:
        return _of_driver(said, address)
    for begins, advice in _ADVICE.items():
        if state.startswith(begins):
            return advice.format(database=address, said=said, name=address.url.database, user=address.url.username)
    return None


def _of_driver(said: str, address: Address) -> str | None:
    if "NUL" in said:
        return f"{address} keeps no text with a NUL character; remove it and try again"
    lost = ("connection", "timeout", "resolve", "server", "SSL", "terminat", "password", "fe_sendauth", "pool")
    if any(word in said for word in lost):
        return f"{address} cannot be reached ({said}); start the server, or name another database with --db"
    return None


_ADVICE = {
    "08": "{database} cannot be reached ({said}); start the server, or name another database with --db",
    "22001": "{database} keeps no text that is as long as this one ({said}); shorten it and try again",
    "22003": "{database} keeps no number that is as large ({said}); check what was given",
    "25006": "{database} can only be read ({said}); name the server that is written to with --db",
    "28": "the server of {database} does not let this user in ({said}); check user and password in --db",
    "3D000": "there is no database {name!r} on that server; make it with `createdb {name}`, or name another with --db",
    "40": "{database} is used by others at the same time in a way that could not be put in order; try again",
    "42501": "the user {user!r} may not do this in {database} ({said}); let the database's owner give the right",
    "53100": "the disk of the server of {database} is full; free some space and try again (nothing half was written)",
    "53": "the server of {database} has no room for more ({said}); raise its limit, or close other programs",
    "55P03": "{database} is held by another process; wait for its end and try again",
    "57": "the server of {database} broke off ({said}); try again when it is there",
    "58": "the server of {database} fails ({said}); look at its log",
    "XX": "{database} is damaged ({said}); restore a backup",
}
"""By how the state begins; the first that fits counts. {database} tells no password."""
