"""The command line as a person types it, in processes of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]


def realness(*words, env=None):
    """Run one command; gives status, stdout and stderr."""
    line = [sys.executable, "-m", "realness", *map(str, words)]
    done = subprocess.run(
        line, capture_output=True, text=True, cwd=ROOT, env={**os.environ, **(env or {})}, timeout=300
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "set").mkdir()
    for seed in range(3):
        pixels = np.random.default_rng(seed).integers(0, 256, (30, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"set/{seed}.png")
    return tmp_path / "set"


def options(tmp_path):
    return ["--db", f"sqlite:///{tmp_path}/x/a.db", "--data", tmp_path / "x"]


def test_import_study_and_export_speak_json_with_global_options_anywhere(tmp_path, folder):
    status, out, err = realness(*options(tmp_path), "import", folder, "--json", "--study", "pilot")
    assert status == 0, err
    told = json.loads(out.splitlines()[-1])
    assert {k: told[k] for k in ("images", "descriptions", "scores", "regions", "new", "duplicates", "skipped")} == {
        "images": 3, "descriptions": 0, "scores": 0, "regions": 0, "new": 3, "duplicates": 0, "skipped": [],
    }  # fmt: skip
    status, out, _ = realness("study", "list", "--json", *options(tmp_path))
    assert [(s["name"], s["images"]) for s in json.loads(out)["studies"]] == [("pilot", 3)]
    status, out, err = realness("export", "jsonl", tmp_path / "out/r.jsonl", "--json", *options(tmp_path))
    assert status == 0, err
    assert json.loads(out.splitlines()[-1])["rows"] == 0
    assert (tmp_path / "out/r.jsonl").read_bytes() == b""


def test_the_environment_names_database_and_data(tmp_path, folder):
    env = {"REALNESS_DB": f"sqlite:///{tmp_path}/e/a.db", "REALNESS_DATA": str(tmp_path / "e/data")}
    assert realness("import", folder, env=env)[0] == 0
    assert (tmp_path / "e/a.db").exists()
    assert len(list((tmp_path / "e/data/images").glob("*/*"))) == 3


def test_export_lists_bare_names(tmp_path):
    status, out, _ = realness("export", "--list")
    assert (status, out.split()) == (0, ["jsonl", "csv"])


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["import", "/nowhere/at/all"], 1, "nothing at"),
        (["export", "jsonl", "EXISTING"], 1, "exists"),
        (["export", "parquet", "NEW"], 1, "jsonl"),
        (["export", "jsonl", "NEW", "--study", "none"], 1, "no study named"),
        (["study", "create", ""], 1, "1 to 200"),
        (["study", "create", "x", "--order", "sideways"], 1, "imported"),
        (["map", "--image", "a.png", "--text", "t"], 2, "go together"),
        (["map", "--image", "/nowhere.png", "--text", "t", "--out", "NEW.npy"], 1, "nowhere.png"),
        (["map", "--image", "EXISTING", "--text", "t", "--out", "NEW.tiff"], 1, ".npy or .png"),
        (["map", "--clip", "ViT-B-32", "--limit", "1"], 1, "mini, MODEL:TAG"),
        (["serve", "--host", "0.0.0.0"], 1, "no accounts yet"),
        (["bench", "nothing"], 2, "locate"),
        (["import", ".", "--layout", "loki-2"], 1, "raise-td"),
        (["nonsense"], 2, "nonsense"),
        (["--db"], 2, "needs a value"),
        (["study", "list", "--db", "nonsense"], 1, "database URL"),
    ],
)
def test_bad_input_is_one_line_that_says_what_to_do(tmp_path, words, status, told):
    (tmp_path / "there.txt").write_text("x")
    place = {"EXISTING": tmp_path / "there.txt", "NEW": tmp_path / "new", "NEW.npy": tmp_path / "new.npy"}
    place["NEW.tiff"] = tmp_path / "new.tiff"
    given = [place.get(word, word) for word in words]
    own = [] if "--db" in words else options(tmp_path)
    found, out, err = realness(*given, *own)
    assert (found, told in err) == (status, True), err
    assert "Traceback" not in out + err
    if status == 1:
        assert [line for line in err.splitlines() if line.strip()][-1].startswith("error: ")
    assert not list(tmp_path.glob("new*"))


def test_a_database_that_cannot_be_written_is_one_line(tmp_path, folder):
    (tmp_path / "file").write_text("in the way")
    status, _, err = realness("import", folder, "--db", f"sqlite:///{tmp_path}/file/a.db", "--data", tmp_path / "d")
    assert status == 1
    assert err.strip().splitlines()[-1].startswith("error: cannot make the folder")


def test_help_names_every_command():
    _, out, _ = realness("--help")
    for command in ("init", "import", "map", "serve", "export", "study", "train", "bench"):
        assert command in out
