"""The app's process stays light."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def modules_after(code):
    code = f"import sys, json\n{code}\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_realness_is_light():
    assert not {"torch", "gradio", "sqlalchemy", "numpy", "PIL"} & modules_after("import realness")


def test_a_second_start_has_not_imported_torch_when_the_app_is_built(tmp_path):
    """Everything that `serve` does up to listening, on a database that is there, in a fresh interpreter."""
    code = f"""
from pathlib import Path
from realness.domain import StudySettings
from realness.settings import Settings
from realness.ui.server import build_app
from realness.workbench import Workbench
bench = Workbench.open(Settings("sqlite:///{tmp_path}/a.db", Path("{tmp_path}")))
bench.store.studies.create("one", StudySettings())
app = build_app(bench)
from fastapi.testclient import TestClient
with TestClient(app, base_url="http://127.0.0.1") as client:
    assert client.get("/").status_code == 200
"""
    found = modules_after(code)
    assert "gradio" in found
    assert not {"torch", "torchvision", "open_clip", "transformers", "skimage", "sklearn"} & found
