"""The app's process stays light."""

import json
import subprocess
import sys
from pathlib import Path

from server import free_port

from realness.domain import StudySettings

ROOT = Path(__file__).resolve().parents[2]
SERVE = """
import sys, threading, time, urllib.request
from urllib.error import URLError
from realness.cli import main
threading.Thread(target=main, args=({words!r},), daemon=True).start()
until = time.monotonic() + 120
while time.monotonic() < until:
    try:
        assert urllib.request.urlopen("http://127.0.0.1:{port}", timeout=10).status == 200
        break
    except URLError:
        time.sleep(0.05)
"""


def modules_after(code):
    """The top-level modules that a fresh interpreter has after running the code."""
    code = f"import sys, json\n{code}\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_realness_is_light():
    assert not {"torch", "gradio", "sqlalchemy", "numpy", "PIL"} & modules_after("import realness")


def test_a_second_start_has_not_imported_torch_when_the_page_is_there(bench, tmp_path):
    bench.store.studies.create("one", StudySettings())
    port = free_port()
    words = ["serve", "--port", str(port), "--db", bench.settings.database, "--data", str(bench.settings.data)]
    found = modules_after(SERVE.format(words=words, port=port))
    assert {"gradio", "uvicorn"} <= found
    assert not {"torch", "torchvision", "open_clip", "transformers", "skimage", "sklearn"} & found


def test_insights_and_the_start_of_training_load_nothing_heavy():
    parts = "realness.workbench.opinions, realness.workbench.drawing, realness.dream.ranks, realness.opinion.agreement"
    found = modules_after(
        f"import realness.workbench.insights, realness.workbench.learning, realness.core.measures, {parts}"
    )
    assert {"scipy", "matplotlib"} <= found
    assert "matplotlib" not in modules_after("import realness.ui.routes")
    assert not {"torch", "torchvision", "open_clip", "transformers", "skimage", "sklearn"} & found


def test_ray_is_loaded_by_those_alone_who_ask_for_it():
    verbs = "mapping, realness.workbench.describing, realness.workbench.scoring, realness.workbench.workers"
    found = modules_after(f"import realness.cli, realness.workbench.{verbs}")
    assert "realness" in found
    assert not {"ray", "torch", "transformers", "datasets"} & found
