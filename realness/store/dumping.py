"""Copies of a PostgreSQL database, by the server's own programs."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import inspect

from realness.errors import CannotWrite, DatabaseProblem, InvalidValue
from realness.store.dialects.plpgsql import FUNCTIONS
from realness.store.dialects.postgresql import OTHERS
from realness.store.engine import Database
from realness.store.words import INDEX

FOLDER = "REALNESS_PG_BIN"
"""The environment variable with the folder of `pg_dump`, `pg_restore` and `psql`; else those in $PATH are used."""
_LOOKS, _PAUSE_S = 20, 0.1
_MAGIC = b"PGDMP"
_HELP = "install the client programs of PostgreSQL (`postgresql-client`), or name their folder in $" + FOLDER


def dump(database: Database, target: Path) -> None:
    """Copy the database, as it is when this begins, to a file; others work on meanwhile.

    Raises:
        DatabaseProblem: there is no `pg_dump`, it is older than the server, or it failed.
        CannotWrite: the file cannot be written.
    """
    words = ["--format=custom", "--no-owner", "--no-privileges", "--lock-wait-timeout=60s", f"--file={target}"]
    failed = _run(_program("pg_dump", database), [*words, f"--dbname={_place(database)}"], database)
    if failed and ("could not open output" in failed or "No space" in failed or "could not write" in failed):
        raise CannotWrite(
            "the copy cannot be written to {place}: " + f"{failed}; make room and try again", target.parent
        )
    if failed:
        raise DatabaseProblem(f"`pg_dump` could not copy {database.backend.address}: {failed}")


def problems(path: Path, database: Database) -> list[str]:
    """What is wrong in a copy: it is read to its end, without a database."""
    if not is_dump(path):
        return ["it is no copy of a PostgreSQL database"]
    failed = _run(_program("pg_restore", database), ["--file=/dev/null", str(path)], database)
    return [failed] if failed else []


def put_back(database: Database, path: Path) -> None:
    """Put a copy in place of what is in the database, in one transaction.

    Raises:
        InvalidValue: it is no copy, or is damaged.
        DatabaseProblem: a program is not there or older than the server, or failed; the database is as it was.
    """
    restore, psql = _program("pg_restore", database), _program("psql", database)
    if not is_dump(path):
        raise InvalidValue(f"{path} is no copy of a PostgreSQL database; name one that `backup` made of one")
    with TemporaryDirectory(prefix="realness-restore-") as folder:
        first, then = Path(folder) / "first.sql", Path(folder) / "then.sql"
        first.write_text("".join(f"{statement};\n" for statement in _emptying(database)), encoding="utf-8")
        failed = _run(restore, ["--no-owner", "--no-privileges", f"--file={then}", str(path)], database)
        if failed:
            raise InvalidValue(f"{path} is damaged ({failed}); restore another backup")
        words = [
            "--no-psqlrc",
            "--quiet",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            f"--dbname={_place(database)}",
        ]
        failed = _run(psql, [*words, f"--file={first}", f"--file={then}"], database)
    if failed:
        address = database.backend.address
        raise DatabaseProblem(f"{path} could not be put back into {address}, which is as it was: {failed}")


def empty(database: Database) -> None:
    """Take all that is ours out of a database."""
    statements = _emptying(database)
    with database.write() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def others(database: Database) -> int:
    """How many connections others have to the database, other processes of ours among them."""
    database.engine.dispose()
    for _ in range(_LOOKS):
        if not _seen(database):
            return 0
        time.sleep(_PAUSE_S)  # the server notices a while later that one has gone
    return _seen(database)


def _seen(database: Database) -> int:
    with database.read() as connection:
        return connection.exec_driver_sql(OTHERS).scalar_one()


def _emptying(database: Database) -> list[str]:
    """What takes all that is ours away; with the tables go their triggers, indexes and sequences."""
    with database.read() as connection:
        there = inspect(connection)
        gone = [f'DROP VIEW "{name}"' for name in there.get_view_names()]
        gone += [f'DROP TABLE "{name}" CASCADE' for name in there.get_table_names()]
        functions = connection.exec_driver_sql(
            "SELECT p.oid::regprocedure::text FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace "
            "WHERE n.nspname = current_schema() AND p.prokind = 'f' "
            f"AND (starts_with(p.proname, '{FUNCTIONS}') OR p.proname = '{INDEX}')"
        ).scalars()
        return gone + [f"DROP FUNCTION {name} CASCADE" for name in functions.all()]


def is_dump(path: Path) -> bool:
    """Whether a file is a copy of a PostgreSQL database."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def _program(name: str, database: Database) -> str:
    """Where a program is that is not older than the server."""
    found = shutil.which(name, path=os.environ.get(FOLDER))
    if found is None:
        raise DatabaseProblem(f"copies of a PostgreSQL database need `{name}`, which is not there; {_HELP}")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"(\d+)(\.\d+)*", said)
    with database.read() as connection:
        server = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000
    if version is None or int(version[1]) < server:
        raise DatabaseProblem(
            f"{found} ({said.strip()}) is older than the server, which is PostgreSQL {server}; {_HELP}"
        )
    return found


def _run(program: str, words: list[str], database: Database) -> str:
    """Run a program; what it said when it failed, in one line, empty where it did not. The password is in no list of
    processes.
    """
    password = database.backend.address.url.password
    environment = os.environ | ({"PGPASSWORD": str(password)} if password is not None else {})
    done = subprocess.run([program, *words], env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    lines = [line for line in done.stderr.splitlines() if "error" in line.lower()] or done.stderr.splitlines()
    return lines[0] if lines else f"it ended with status {done.returncode}"


def _place(database: Database) -> str:
    url = database.backend.address.url.set(drivername="postgresql")._replace(password=None)
    return url.render_as_string(hide_password=False)
