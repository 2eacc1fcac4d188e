"""The options of the engines: what does not go together, and what is not there, is told in a line."""

import sys

import pytest

from realness.cli import main

LOCAL_MODEL = ("describe", "--model", "m", "--local")


@pytest.fixture
def told(tmp_path, capsys):
    """Exit status and last words of a command."""

    def run(*words):
        status = main([*words, "--db", f"sqlite:///{tmp_path}/a.db", "--data", str(tmp_path / "data")])
        return status, " ".join(capsys.readouterr().err.split())

    return run


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("map", "--engine", "spark"), "--engine must be local or ray"),
        (("core", "predict", "--engine", "spark"), "--engine must be local or ray"),
        ((*LOCAL_MODEL, "--engine", "spark"), "--engine must be local or ray"),
        (("map", "--ray-workers", "2"), "go with --engine ray"),
        (("map", "--ray-data", "s3://a/b"), "go with --engine ray"),
        (("map", "--engine", "ray", "--image", "a.png", "--text", "a", "--out", "a.npy"), "not with --image"),
        (("core", "predict", "somewhere", "--engine", "ray"), "--engine does not go with a PATH"),
        (("describe", "--model", "m", "--engine", "ray", "--batch"), "--batch with a server"),
    ],
)
def test_what_does_not_go_together_is_told(told, words, why):
    status, words = told(*words)
    assert status == 2
    assert why in words.replace("│ ", "")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("map", "--engine", "ray", "--ray-address", "ray://somewhere:10001"), "must be HOST:PORT or auto"),
        (("map", "--engine", "ray", "--ray-data", "nope://bucket"), "name a folder, s3://"),
        (
            ("describe", "--model", "m", "--base-url", "http://127.0.0.1:9", "--engine", "ray"),
            "goes with a local describer",
        ),
    ],
)
def test_what_cannot_be_is_told_before_any_worker_is_begun(told, words, why):
    status, words = told(*words)
    assert status == 1
    assert words.startswith("error: ")
    assert why in words


def test_without_ray_one_line_says_what_to_install(told, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    status, words = told("map", "--engine", "ray")
    assert (status, words) == (
        1,
        "error: --engine ray needs Ray, which is not installed: pip install -r requirements-ray.txt",
    )
