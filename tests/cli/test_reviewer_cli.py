"""People from the command line."""

import json
import subprocess

import pytest
from test_cli import ROOT, command, realness

WORDS = "correct horse battery"


@pytest.fixture
def database(tmp_path):
    return ["--db", f"sqlite:///{tmp_path}/a.db", "--data", str(tmp_path / "data")]


def add(database, *words, password=WORDS):
    line = command("reviewer", "add", *words, "--password-stdin", "--json", *database)
    done = subprocess.run(line, input=f"{password}\n", capture_output=True, text=True, cwd=ROOT, timeout=120)
    return done.returncode, done.stdout, done.stderr


def test_people_are_added_listed_changed_and_disabled(database):
    assert add(database, "ada", "--role", "admin")[0] == 0
    status, out, _ = add(database, "ana")
    assert (status, json.loads(out)["role"]) == (0, "reviewer")
    assert realness("reviewer", "role", "ana", "lead", *database)[0] == 0
    assert realness("reviewer", "disable", "ANA", *database)[0] == 0
    told = json.loads(realness("reviewer", "list", "--json", *database)[1].splitlines()[-1])["reviewers"]
    assert [(one["name"], one["role"], one["disabled"]) for one in told] == [
        ("ada", "admin", False),
        ("ana", "lead", True),
    ]


def test_what_cannot_be_says_what_to_do(database):
    for words, password, said in (
        (("ana",), WORDS, "--role admin"),
        (("ada", "--role", "admin"), "short", "10 to 200"),
    ):
        status, _, error = add(database, *words, password=password)
        assert (status, error.startswith("error: "), said in error) == (1, True, True)
    status, _, error = realness("reviewer", "disable", "nobody", *database)
    assert (status, "reviewer list" in error) == (1, True)
