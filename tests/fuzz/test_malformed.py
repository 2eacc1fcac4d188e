"""Broken files by the hundred (10,000 in the soak): none ends the process, hangs, or takes more memory than said."""

import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
import seeds
import targets
from PIL import Image

from realness import images

HERE = Path(__file__).resolve().parent
COUNT = 10_000 if os.environ.get("REALNESS_SOAK") else 300
A_PIXEL = 17
"""Bytes of memory that reading one image may take for each of its pixels: docs/operating.md says 16."""
MOST = A_PIXEL * images.MAX_PIXELS
READ = """
import sys
from pathlib import Path
from feeding import peak
from realness import images
before = peak()
images.read_image(Path(sys.argv[1]))
print(peak() - before)
"""


def run(script, *words):
    """A program of this folder, to its end; its output."""
    ways = os.pathsep.join(map(str, (HERE.parents[1], HERE.parent, HERE)))
    command = [sys.executable, "-W", "ignore", script if script == "-c" else str(HERE / script), *map(str, words)]
    return subprocess.run(
        command, env=os.environ | {"PYTHONPATH": ways}, capture_output=True, text=True, timeout=3000, check=False
    )


@pytest.mark.timeout(3600)
def test_broken_files_are_read_or_refused_with_a_reason_and_nothing_else(tmp_path):
    done = run("feeding.py", tmp_path, COUNT, 7)
    last = (tmp_path / "at").read_text().splitlines()[-1]
    assert done.returncode == 0, f"it ended at {last}: {done.stderr[-2000:]}"
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert sum(one["read"] + one["refused"] for one in told) == COUNT, done.stderr[-4000:]
    assert {one["kind"]: one["failed"] for one in told} == dict.fromkeys((one["kind"] for one in told), 0)
    assert len(told) == 9
    assert all(one["refused"] for one in told)
    assert max(one["slowest"] for one in told) < 15
    assert max(one["peak"] for one in told) < MOST


@pytest.mark.skipif(sys.platform != "linux", reason="memory is told in other units elsewhere")
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_an_image_takes_as_much_memory_as_is_said(tmp_path, mode):
    Image.new(mode, (3000, 3000)).save(tmp_path / "a.png")
    done = run("-c", READ, tmp_path / "a.png")
    assert done.returncode == 0, done.stderr
    assert 4 < int(done.stdout) / 3000**2 < A_PIXEL


def test_whole_files_of_every_kind_are_read(tmp_path):
    for kind, (feed, wholes) in targets.all_of(tmp_path).items():
        assert {feed(data) for data in wholes} <= ({"read", "refused"} if kind == "JSON" else {"read"}), kind
        assert "read" in {feed(data) for data in wholes}


def test_the_same_seed_breaks_them_the_same_way():
    first, second = (list(islice(seeds.mutated(seeds.images("PNG"), 3), 20)) for _ in range(2))
    assert first == second
    assert len(set(first)) > 15


@pytest.mark.skipif("REALNESS_SOAK" not in os.environ, reason="a minute for each kind: make soak")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["words", "PNG", "JPEG", "WEBP", "GIF", "TIFF", "CSV", "JSONL", "JSON", "safetensors"])
def test_a_search_led_by_coverage_finds_nothing_in_a_minute(tmp_path, kind):
    pytest.importorskip("atheris")
    done = run("with_atheris.py", kind, tmp_path, "-max_total_time=60")
    found = [path.name for path in tmp_path.iterdir() if path.name.startswith(("crash-", "timeout-", "oom-"))]
    assert (done.returncode, found) == (0, []), done.stderr[-3000:]
