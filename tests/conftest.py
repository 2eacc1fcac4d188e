"""What every test may use: a real workbench over an empty database."""

import os

import pytest

from realness.settings import Settings
from realness.workbench import Workbench

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["MPLBACKEND"] = "agg"


@pytest.fixture
def bench(tmp_path):
    """A workbench over an empty database."""
    opened = Workbench.open(Settings(f"sqlite:///{tmp_path}/a.db", tmp_path / "data"))
    yield opened
    opened.close()


@pytest.fixture
def store(bench):
    """Its store."""
    return bench.store
