"""Accounts: making them, signing in and out, disabling."""

import hashlib
import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from realness.domain import Account, Reviewer, Role, check_line, check_text, name_key
from realness.errors import InvalidValue, NotAllowed, NotSignedIn
from realness.store.engine import now
from realness.workbench.bench import Workbench
from realness.workbench.throttle import Throttle

SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200
SESSION = timedelta(days=14)
"""A session ends so long after it was last used."""
_RENEWED = timedelta(hours=12)
"""A session in use is prolonged at most so often: it is a write."""
_FRESH, _MOST_KNOWN = 1.0, 1000
"""Seconds for which it stays known whose a session is, unless accounts are changed here: what another process changes
holds after that; and for how many people at once. That there are no accounts is asked each time: the first one closes
the house at once."""
_HASHER = PasswordHasher()
_SIDE_BY_SIDE = threading.Semaphore(2)
"""Hashing takes 64 MiB each: so many at a time."""
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$O4zo6O7VJfM2nMqFQk5RRYHNGXwD7yNdCT6wTYq4bqU"
"""What a name that nobody has is held against, so that it takes as long as one that somebody has."""


def check_person(name: str) -> str:
    """A person's name, trimmed: 1 to 100 characters on one line.

    Raises:
        InvalidValue: it is not.
    """
    return check_line(name, "a name", 100, "name")


def hashed(password: str) -> str:
    """The argon2id hash of a password.

    Raises:
        InvalidValue: it is too short or too long.
    """
    check_text(password, "a password")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InvalidValue(f"a password must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters", "password")
    with _SIDE_BY_SIDE:
        return _HASHER.hash(password)


def add_account(bench: Workbench, name: str, role: Role, password: str) -> Account:
    """Make an account. The first one is an admin's, since from then on everybody has to sign in.

    Raises:
        InvalidValue: the name is taken or no name, the password is too short, or the first one is no admin.
    """
    name = check_person(name)
    if role is not Role.ADMIN and not bench.store.people.any_accounts():
        raise InvalidValue("the first account must be an admin's, or nobody could make others: give --role admin")
    return bench.store.people.add(name, role, hashed(password))


def change_account(
    bench: Workbench,
    account: Account,
    *,
    role: Role | None = None,
    password: str | None = None,
    disabled: bool | None = None,
) -> None:
    """Give a person another role or password, keep one out from now on or let one in again; None leaves as it is. All
    of it is done or nothing. With another password, kept out or let in, every session of theirs ends.

    Raises:
        NotAllowed: the person does not sign in.
        InvalidValue: the password is too short or too long, or nobody who manages accounts would be left.
    """
    if not account.reviewer.account:
        raise NotAllowed(f"{account.reviewer.name!r} has no account: it stands for the work without sign-in")
    changed = {
        **({} if role is None else {"role": role.value}),
        **({} if password is None else {"password_hash": hashed(password)}),
        **({} if disabled is None else {"disabled_at": now() if disabled else None}),
    }
    if changed:
        bench.store.people.change(account.reviewer.id, **changed)


@dataclass(frozen=True)
class Door:
    """Lets people in.

    Attributes:
        open_house: whether who comes while there are no accounts is the one local reviewer; never where other
            machines can come.
    """

    bench: Workbench
    open_house: bool = True
    throttle: Throttle = field(default_factory=Throttle)
    _known: dict[str | None, tuple[float, int, Reviewer]] = field(default_factory=dict)

    def sign_in(self, name: str, password: str, address: str) -> tuple[Reviewer, str]:
        """The person, and the token of a new session.

        Raises:
            NotSignedIn: the name and the password do not belong together, or the account is disabled.
            TooManyTries: it failed too often under this name or from this address.
        """
        same = name_key(name)
        self.throttle.begin(same, address)
        found = self.bench.store.people.password_hash(name)
        if not _belongs(found[1] if found else _NOBODY, password) or found is None:
            self.throttle.failed(same, address)
            raise NotSignedIn("the name and the password do not belong together; try again, or ask an admin")
        self.throttle.succeeded(same, address)
        reviewer, kept = found
        if _HASHER.check_needs_rehash(kept):
            self.bench.store.people.change(reviewer.id, password_hash=hashed(password))
        token = secrets.token_urlsafe(32)
        self.bench.store.people.begin(reviewer.id, digest(token), now() + SESSION)
        return reviewer, token

    def seen(self, token: str | None) -> Reviewer | None:
        """The same as `who` where that was answered within the last second and nothing was changed here since."""
        kept = self._known.get(token)
        if kept is None or kept[0] < time.monotonic() - _FRESH or kept[1] != self.bench.store.people.changes.number:
            return None
        return kept[2]

    def who(self, token: str | None) -> Reviewer | None:
        """Whose session a token is of; without accounts the local reviewer; None for nobody."""
        changes = self.bench.store.people.changes.number  # before the reading
        person = self._who(token)
        if person is not None and person.account:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            self._known[token] = (time.monotonic(), changes, person)
        return person

    def _who(self, token: str | None) -> Reviewer | None:
        people = self.bench.store.people
        if token:
            found = people.signed_in(digest(token))
            if found is not None:
                reviewer, until = found
                if until - now() < SESSION - _RENEWED:
                    people.prolong(digest(token), now() + SESSION)
                return reviewer
        return people.local() if self.open_house and not people.any_accounts() else None


def digest(token: str) -> str:
    """What is kept of a token: who reads the database cannot sign in with it."""
    return hashlib.sha256(token.encode()).hexdigest()


def _belongs(kept: str, password: str) -> bool:
    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        with _SIDE_BY_SIDE:
            return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
