"""What every test may use: a real workbench over an empty database."""

import os
from pathlib import Path

import anyio
import pytest

from realness.settings import Settings
from realness.workbench import Workbench

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["MPLBACKEND"] = "agg"
# pytest rewrites anyio, a part of which is imported when a server's thread sends its first file. Python 3.11 fails now
# and then when two threads make syntax trees at once ("AST constructor recursion depth mismatch"): it is imported here.
assert anyio.open_file


BOTH = ("store", "workbench")
"""The folders whose tests run on SQLite and on PostgreSQL, but for those that are marked as being of SQLite alone."""


def pytest_generate_tests(metafunc):
    """Every test over a database of these folders, on both."""
    here = metafunc.definition.path.relative_to(Path(__file__).parent).parts[0]
    alone = metafunc.definition.get_closest_marker("sqlite_alone")
    if "database_kind" in metafunc.fixturenames and here in BOTH and not alone:
        metafunc.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True, scope="function")


@pytest.fixture
def database_kind(request):
    """`sqlite` or `postgresql`: which database a test runs on."""
    return getattr(request, "param", "sqlite")


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server, one for each process that runs tests; it starts at the first test that asks for it."""
    from postgres import Server

    server = Server()
    yield server
    server.stop()


@pytest.fixture
def url(request, database_kind, tmp_path):
    """The URL of an empty database."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path}/a.db"
        return
    postgres = request.getfixturevalue("postgres")
    made = postgres.migrated()
    yield made
    postgres.drop(made)


@pytest.fixture
def bench(url, tmp_path):
    """A workbench over an empty database."""
    opened = Workbench.open(Settings(url, tmp_path / "data"))
    yield opened
    opened.close()


@pytest.fixture
def store(bench):
    """Its store."""
    return bench.store


@pytest.fixture
def one_thread():
    """One thread for torch: more of them than there are cores to spare make small tensors many times slower."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
