"""The command line as a person types it, in processes of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from realness import exchange
from realness.cli import context

ROOT = Path(__file__).resolve().parents[2]


NOT_UTF8 = "a\udcff"


def command(*words):
    """The words of one command line."""
    return [sys.executable, "-m", "realness", *map(str, words)]


def realness(*words, env=None):
    """Run one command; gives status, stdout and stderr."""
    line = command(*words)
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
    assert (status, out.split()) == (0, list(exchange.EXPORTERS))


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["import", "/nowhere/at/all"], 1, "nothing at"),
        (["export", "jsonl", "EXISTING"], 1, "exists"),
        (["export", "xlsx", "NEW"], 1, "jsonl"),
        (["export", "sft", "NEW", "--source", "nobody"], 1, "human, machine, both"),
        (["export", "sft", "NEW", "--prompt", "none"], 1, "there is no prompt"),
        (["export", "sft", "NEW", "--since", "soon"], 2, "--since"),
        (["export", "csv", "NEW", "--until", "9999-12-31"], 1, "9999-12-30"),
        (["export", "csv", "NEW", "--min-reviews", "9" * 23], 1, "from 0 to 1,000,000"),
        (["export", "jsonl", "NEW", "--study", "none"], 1, "no study named"),
        (["study", "create", ""], 1, "1 to 200"),
        (["study", "create", "x", "--order", "sideways"], 1, "imported"),
        (["map", "--image", "a.png", "--text", "t"], 2, "go together"),
        (["map", "--image", "/nowhere.png", "--text", "t", "--out", "NEW.npy"], 1, "nowhere.png"),
        (["map", "--image", "EXISTING", "--text", "t", "--out", "NEW.tiff"], 1, ".npy or .png"),
        (["map", "--image", "EXISTING", "--text", "t", "--out", "NEW.npy", "--picture", "NEW.tiff"], 1, ".png or .pdf"),
        (["map", "--image", "a.png", "--text", "t", "--out", "NEW.npy", "--layers"], 2, "go with a picture"),
        (["map", "--picture", "NEW.pdf"], 2, "--picture goes with --image"),
        (["map", "--clip", "ViT-B-32", "--limit", "1"], 1, "mini, MODEL:TAG"),
        (["serve", "--host", "0.0.0.0"], 1, "no accounts yet"),
        (["bench", "nothing"], 2, "locate"),
        (["bench", "dream", "EXISTING"], 2, "goes with core, locate and scale"),
        (["bench", "locate", "--clip", "ViT-B-32"], 1, "mini, MODEL:TAG"),
        (["evaluate", "maps"], 1, "no marked place"),
        (["evaluate", "maps", "--source", "loki"], 1, "no marked place"),
        (["evaluate", "maps", "--study", "none"], 1, "no study"),
        (["import", ".", "--layout", "loki-2"], 1, "raise-td"),
        (["nonsense"], 2, "nonsense"),
        (["--db"], 2, "needs a value"),
        (["study", "list", "--db", "nonsense"], 1, "database URL"),
        (["study", "list", "--db", "sqlite+foo:///NEW"], 1, "sqlite:///annotations.db"),
        (["study", "create", "x", "--seed", "1000000000000000000000"], 2, "--seed"),
        (["study", "create", "x", "--seed", "-1"], 2, "--seed"),
        (["study", "list", "--data", "~nosuchuser/x"], 1, "names a user"),
        (["import", "~nosuchuser/x"], 1, "names a user"),
        (["import", "x" * 5000], 1, "cannot be looked up"),
        (["import", ".", "--split", NOT_UTF8], 1, "--split holds"),
        (["import", ".", "--split", "x" * 5000], 1, "at most 64"),
        (["import", ".", "--study", NOT_UTF8], 1, "--study holds"),
        (["export", "csv", "NEW", "--split", NOT_UTF8], 1, "--split holds"),
        (["export", "csv", "NEW", "--study", NOT_UTF8], 1, "--study holds"),
        (["export", "csv", NOT_UTF8], 1, "DEST holds"),
        (["export", "csv", ""], 1, "name a file"),
        (["export", "csv", "."], 1, "name a file"),
        (["export", "csv", "/"], 1, "name a file"),
        (["export", "csv", "~nosuchuser/x"], 1, "names a user"),
        (["export", "csv", "x" * 5000], 1, "cannot be looked up"),
        (["map", "--image", "~nosuchuser/x", "--text", "t", "--out", "NEW.npy"], 1, "names a user"),
        (["map", "--image", "a.png", "--text", "t", "--out", "~nosuchuser/x.npy"], 1, "names a user"),
        (["map", "--stride", "4"], 2, "--stride goes with --image"),
        (["bench", "locate", "~nosuchuser/x"], 1, "names a user"),
        (["train", "clip", "--out", "~nosuchuser/x"], 1, "names a user"),
        (["train", "clip", "--out", "NEW", "--seed", "-1"], 2, "--seed"),
        (["train", "clip", "--out", "NEW", "--regions"], 1, "at least 10 images with marked places"),
        (["train", "clip", "--out", "NEW", "--regions", "--method", "all"], 1, "lora or last"),
        (["train", "clip", "--out", "NEW", "--regions", "--minutes", "5"], 2, "--minutes does not go with --regions"),
        (["train", "clip", "--out", "NEW", "--steps", "5"], 2, "--steps goes with --regions"),
        (["serve", "--study", NOT_UTF8], 1, "--study holds"),
        (["serve", "--study", ""], 1, "--study is empty"),
        (["serve", "--host", ""], 1, "--host is empty"),
        (["backup", ""], 1, "a path is empty"),
        (["import", ""], 1, "a path is empty"),
        (["import", ".", "--study", ""], 1, "--study is empty"),
        (["export", "csv", "NEW", "--study", ""], 1, "--study is empty"),
        (["export", "csv", "NEW", "--split", " "], 1, "--split is empty"),
        (["stats", "--study", ""], 1, "--study is empty"),
        (["evaluate", "maps", "--study", ""], 1, "--study is empty"),
        (["core", "evaluate", "--study", ""], 1, "--study is empty"),
        (["train", "clip", "--out", "NEW", "--regions", "--study", ""], 1, "--study is empty"),
        (["import", "/dev/zero", "--layout", "csv"], 1, "/dev/zero is no file"),
        (["import", "/dev", "--layout", "csv"], 1, "/dev is a folder"),
    ],
)
def test_bad_input_is_one_line_that_says_what_to_do(tmp_path, words, status, told):
    (tmp_path / "there.txt").write_text("x")
    place = {"EXISTING": tmp_path / "there.txt", "NEW": tmp_path / "new", "NEW.npy": tmp_path / "new.npy"}
    place["NEW.tiff"] = tmp_path / "new.tiff"
    given = [place.get(word, word) for word in words]
    own = [] if "--db" in words else options(tmp_path)
    found, out, err = realness(*own, *given)
    assert (found, told in err) == (status, True), err
    assert "Traceback" not in out + err
    if status == 1:
        assert [line for line in err.splitlines() if line.strip()][-1].startswith("error: ")
    assert not list(tmp_path.glob("new*"))


def test_a_home_folder_is_filled_in_where_an_export_goes(tmp_path):
    status, out, err = realness("export", "csv", "~/out.csv", *options(tmp_path), env={"HOME": str(tmp_path)})
    assert (status, str(tmp_path / "out.csv") in out) == (0, True), err
    assert (tmp_path / "out.csv").exists()


@contextmanager
def started(*words):
    """A command that goes on while the test looks at it, as a terminal would start it: Ctrl+C gets through."""
    process = subprocess.Popen(
        command(*words), cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_ctrl_c_stops_an_import_with_one_line_and_the_same_command_goes_on(tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    for seed in range(300):
        pixels = np.random.default_rng(seed).integers(0, 256, (100, 100, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{seed}.png")
    words = [*options(tmp_path), "import", folder, "--json"]
    with started(*words) as process:
        while process.poll() is None and not any((tmp_path / "x").glob("images/*/*.png")):
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    said = "error: stopped; what was finished is kept, and the same command goes on from there"
    assert (process.returncode, out, err.splitlines()[-1:]) == (1, "", [said])
    assert "Traceback" not in err
    status, out, _ = realness(*words)
    assert (status, json.loads(out)["images"]) == (0, 300)


def test_ctrl_c_is_how_a_server_is_stopped(tmp_path):
    assert realness(*options(tmp_path), "study", "create", "pilot")[0] == 0
    with started(*options(tmp_path), "serve", "--port", "0") as process:
        assert process.stdout is not None
        assert "Realness is on" in process.stdout.readline()
        time.sleep(1)  # uvicorn takes the signal over a moment later
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")


def test_a_database_that_cannot_be_written_is_one_line(tmp_path, folder):
    (tmp_path / "file").write_text("in the way")
    status, _, err = realness("import", folder, "--db", f"sqlite:///{tmp_path}/file/a.db", "--data", tmp_path / "d")
    assert status == 1
    assert err.strip().splitlines()[-1].startswith("error: cannot make the folder")


def test_help_names_every_command():
    _, out, _ = realness("--help")
    for command in ("init", "import", "map", "serve", "export", "study", "train", "bench"):
        assert command in out


@pytest.mark.parametrize("words", [("serve",), ("study", "create"), ("core", "train")])
def test_help_of_every_command_names_the_options_that_all_take(words):
    _, out, _ = realness(*words, "--help")
    assert all(option in out for option in ("--db", "--data", "--json"))


def test_long_work_tells_how_far_it_is_where_there_is_no_terminal(monkeypatch, capsys):
    monkeypatch.setattr(context, "EVERY", 0.0)
    with context.progress_bar("maps") as progress:
        progress(3, 10)
        progress(4, None)
    assert capsys.readouterr().err.splitlines() == ["maps: 3 of 10", "maps: 4", "maps: 4 done"]
