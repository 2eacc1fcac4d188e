"""A worker of `map --engine ray` that is killed, a run that is stopped: no image is lost, none is mapped twice."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from many import below, import_many, map_rows, workers_of

from realness.settings import Settings
from realness.workbench import Workbench

pytestmark = pytest.mark.skipif(not find_spec("ray"), reason="needs requirements-ray.txt")
IMAGES = 60
PATIENCE = 240.0
PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def given(tmp_path):
    """A folder with a database of images that wait for their maps."""
    bench = Workbench.open(Settings(f"sqlite:///{tmp_path}/a.db", tmp_path / "data"))
    import_many(bench, tmp_path / "images", IMAGES, (320, 240))
    bench.close()
    return tmp_path


def begin(folder, *options):
    """`map` in a process group of its own, as in a terminal, with its results in pipes."""
    place = ["--db", f"sqlite:///{folder}/a.db", "--data", str(folder / "data"), "--json"]
    command = [sys.executable, "-m", "realness", "map", *options, *place]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    known = {**os.environ, "PYTHONPATH": str(PROJECT)}
    return subprocess.Popen(command, cwd=folder, env=known, start_new_session=True, **pipes)


def wait_for(what, run):
    end = time.monotonic() + PATIENCE
    while not (found := what()):
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)
    return found


def check_maps(folder, count=IMAGES):
    """Every image has one map, whose file is whole; there is no file besides."""
    rows = map_rows(folder / "a.db")
    assert len(rows) == len({image for image, _, _ in rows}) == count
    for _, path, sha256 in rows:
        assert hashlib.sha256((folder / "data" / path).read_bytes()).hexdigest() == sha256
    there = {path for path in (folder / "data" / "maps").rglob("*") if path.is_file()}
    assert there == {folder / "data" / path for _, path, _ in rows}


def test_a_worker_killed_half_way_costs_no_image_and_writes_none_twice(given):
    run = begin(given, "--engine", "ray", "--ray-workers", "2")
    before = len(wait_for(lambda: map_rows(given / "a.db"), run))
    killed = random.Random(7).choice(workers_of(run.pid))
    os.kill(killed, signal.SIGKILL)
    assert before < IMAGES
    out, told = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0, told
    (line,) = out.splitlines()  # what Ray tells of the dead worker is not there
    result = json.loads(line)
    assert (result["maps"], result["found"], result["skipped"]) == (IMAGES, 0, [])
    check_maps(given)
    assert sorted(path.name for path in given.iterdir() if not path.name.startswith("a.db")) == ["data", "images"]


def test_ctrl_c_ends_the_run_and_all_its_processes_and_another_one_goes_on(given):
    run = begin(given, "--engine", "ray", "--ray-workers", "2")
    wait_for(lambda: map_rows(given / "a.db"), run)
    family = below(run.pid)
    assert workers_of(run.pid)
    os.killpg(run.pid, signal.SIGINT)
    out, told = run.communicate(timeout=PATIENCE)
    assert (run.returncode, out) == (1, "")
    assert told.splitlines()[-1].startswith("error: stopped; what was finished is kept")
    assert "Traceback" not in told
    kept = len(map_rows(given / "a.db"))
    assert 0 < kept < IMAGES
    check_maps(given, kept)
    end = time.monotonic() + PATIENCE
    while any(Path(f"/proc/{each}/cmdline").exists() and each in family for each in family):
        assert time.monotonic() < end
        time.sleep(0.1)
    again = begin(given)
    out, told = again.communicate(timeout=PATIENCE)
    assert json.loads(out)["maps"] == IMAGES - kept, told
    check_maps(given)
