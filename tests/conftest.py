"""What every test may use: a real workbench over an empty database."""

import os

import anyio
import pytest

from realness.settings import Settings
from realness.workbench import Workbench

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["MPLBACKEND"] = "agg"
# pytest rewrites anyio, a part of which is imported when a server's thread sends its first file. Python 3.11 fails now
# and then when two threads make syntax trees at once ("AST constructor recursion depth mismatch"): it is imported here.
assert anyio.open_file


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


@pytest.fixture
def one_thread():
    """One thread for torch: more of them than there are cores to spare make small tensors many times slower."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
