"""Which database a URL names."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from realness.errors import DatabaseProblem
from realness.settings import without_password

EXAMPLE = "sqlite:///annotations.db or postgresql://USER:PASSWORD@HOST/NAME for example"
_SQLITE = ("sqlite", "sqlite+pysqlite")
_POSTGRESQL = ("postgresql", "postgresql+psycopg")
_DRIVER = "postgresql+psycopg"
_OPTIONS = frozenset(
    [
        "host",
        "port",
        "connect_timeout",
        "passfile",
        "target_session_attrs",
        "channel_binding",
        "gssencmode",
        "krbsrvname",
        "sslmode",
        "sslrootcert",
        "sslcert",
        "sslkey",
        "sslcrl",
    ]
)
"""What may follow the `?` of a PostgreSQL URL: how the server is reached, nothing that changes what a session does."""


@dataclass(frozen=True)
class Address:
    """A database.

    Attributes:
        url: with the driver that is used; its text tells no password.
        path: the SQLite file; None for a database of a PostgreSQL server.
    """

    url: URL
    path: Path | None

    @property
    def name(self) -> str:
        """What a folder of its own is called: the file's name, or the database's."""
        return self.path.name if self.path is not None else f"{self.url.database}.postgresql"

    @property
    def called(self) -> str:
        """A short name."""
        return self.path.name if self.path is not None else str(self.url.database)

    def __str__(self) -> str:
        """How people are told of it: the path, or the URL without a password."""
        return str(self.path) if self.path is not None else f"{self.url.set(drivername='postgresql')}"


def address_of(url: str) -> Address:
    """The database that a URL names.

    Raises:
        DatabaseProblem: it is neither a plain path to a SQLite file nor a database of a PostgreSQL server.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise DatabaseProblem(f"{without_password(url)!r} is no database URL; write {EXAMPLE}") from error
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        return Address(parsed, _file_of(url, parsed))
    if kind in ("postgresql", "postgres"):
        return Address(_server_of(parsed), None)
    raise DatabaseProblem(f"only SQLite and PostgreSQL are supported; write {EXAMPLE}")


def _file_of(url: str, parsed: URL) -> Path:
    if parsed.database in (None, "", ":memory:"):
        raise DatabaseProblem(f"the database must be a file; write {EXAMPLE}")
    plain = URL.create(parsed.drivername, database=parsed.database)
    if parsed.drivername not in _SQLITE or parsed != plain or "?" in url or parsed.database.startswith("file:"):
        raise DatabaseProblem(f"{without_password(url)!r} is more than the path of a SQLite file; write {EXAMPLE}")
    return Path(parsed.database)


def _server_of(parsed: URL) -> URL:
    if parsed.drivername not in _POSTGRESQL:
        raise DatabaseProblem(f"{parsed.drivername!r} is not spoken here; write {EXAMPLE}")
    if not parsed.database:
        raise DatabaseProblem(f"{parsed} names a server and no database of it; write {EXAMPLE}")
    strange = sorted(set(parsed.query) - _OPTIONS)
    if strange:
        known = ", ".join(sorted(_OPTIONS))
        raise DatabaseProblem(f"{strange[0]!r} is no option of a database here; after the ? may stand {known}")
    return parsed.set(drivername=_DRIVER)
