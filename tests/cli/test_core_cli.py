"""CORE on the command line: the preset `paper`, without any weights at hand."""

import csv
import json
import os

import pytest
import torch
from rated_images import write_rated, write_table
from typer.testing import CliRunner

from realness.cli import app, main
from realness.cli.context import Context

SMALL = ("--preset", "paper", "--fresh", "--image", "scratch", "--epochs", "1")


@pytest.fixture
def realness(tmp_path, capsys, monkeypatch):
    """Runs one command in this process, at its usual priority; gives the JSON of its last line."""
    monkeypatch.setattr(os, "nice", lambda _by: 0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)

    def run(*words):
        options = ("--db", f"sqlite:///{tmp_path}/x/a.db", "--data", tmp_path / "x", "--json")
        status = main([*map(str, words), *map(str, options)])
        told = capsys.readouterr()
        assert status == 0, told.err
        return json.loads(told.out.splitlines()[-1])

    yield run
    torch.set_num_threads(threads)


def test_a_model_is_trained_from_nothing_and_scores_a_folder(realness, tmp_path):
    table = write_table(tmp_path / "rated", write_rated(tmp_path / "rated", 20))
    told = realness("core", "train", table, *SMALL, "--seeds", "2")
    assert told["model"].startswith("paper-")
    assert len(told["members"]) == 2
    assert {"srocc", "plcc", "ci", "n"} <= set(told)
    out = tmp_path / "p.csv"
    said = realness("core", "predict", table, "--model", told["out"], "--out", out)
    assert said["scores"] == 20
    assert 0 < said["learned_from"] < 20  # by both; the others are scored by the network that did not
    with out.open() as file:
        rows = list(csv.DictReader(file))
        assert sum(row["learned_from"] == "true" for row in rows) == said["learned_from"]
        for row in rows:
            assert 0 <= float(row["low"]) < float(row["rating"]) < float(row["high"]) <= 100


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("train", "--preset", "slow"), "--preset must be fast or paper"),
        (("train", "--epochs", "3"), "--epochs does not go with --preset fast"),
        (("train", "--seeds", "3"), "--seeds does not go with --preset fast"),
        (("train", "--fresh"), "--fresh does not go with --preset fast"),
        (("train", "--preset", "paper", "--head", "gp"), "--head does not go with --preset paper"),
        (("train", "--preset", "paper", "--epochs", "0"), "greater than or equal to 1"),
        (("train", "--preset", "paper", "--image", "+scratch"), "one image encoder and one text encoder"),
        (("train", "x", "--study", "s"), "--study does not go with a PATH (x)"),
        (("evaluate", "x", "--scores", "people"), "--scores does not go with a PATH (x)"),
        (("predict", "x", "--limit", "3"), "--limit does not go with a PATH (x)"),
        (("evaluate", "--batch", "4"), "--batch does not go with --preset fast"),
        (("evaluate", "--preset", "paper", "--head", "svr"), "--head does not go with --preset paper"),
    ],
)
def test_options_that_would_go_unread_are_refused(tmp_path, words, told):
    shared = Context(f"sqlite:///{tmp_path}/a.db", str(tmp_path / "x"))
    done = CliRunner().invoke(app, ["core", *words], obj=shared, env={"COLUMNS": "200", "TERM": "dumb"})
    assert done.exit_code == 2
    assert told in done.output
