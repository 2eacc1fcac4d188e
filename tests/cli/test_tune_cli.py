"""`tune` from the command line: one JSON object, one line where something is wrong."""

import json

import pytest
from small_vlm import build
from taught import CORPUS, write

from realness.cli import main


@pytest.fixture(autouse=True)
def _single(one_thread):
    pass


@pytest.fixture
def base(tmp_path):
    return build(tmp_path / "base", CORPUS)


def test_sft_and_dpo_on_top_of_it_tell_their_figures_as_json(base, tmp_path, capsys):
    write(tmp_path / "sft", "sft", count=4)
    write(tmp_path / "dpo", "dpo", count=4)
    line = ["--steps", "2", "--batch-size", "4", "--learning-rate", "0.001", "--json"]
    assert main(["tune", "sft", "--model", str(base), str(tmp_path / "sft"), str(tmp_path / "first"), *line]) == 0
    out, err = capsys.readouterr()
    first = json.loads(out)
    assert first["steps"] == 2
    assert first["out"] == str(tmp_path / "first")
    assert first["merged"] == str(tmp_path / "first" / "merged")
    assert first["loss"] > 0
    assert "preset cpu" in err
    assert (
        main(["tune", "dpo", "--model", first["merged"], str(tmp_path / "dpo"), str(tmp_path / "second"), *line]) == 0
    )
    second = json.loads(capsys.readouterr().out)
    assert {"margin_first", "margin_last", "accuracy", "seconds"} <= second.keys()


@pytest.mark.parametrize(
    ("line", "status", "message"),
    [
        (["sft", "--model", "nobody/nothing", "{data}", "{out}"], 1, "three ways out"),
        (["sft", "--model", "{base}", "{out}", "{out}"], 1, "is not there; DATA must be an export of this project"),
        (["dpo", "--model", "{base}", "{data}", "{out}"], 1, "is data for `tune sft`, and this is `tune dpo`"),
        (["sft", "--model", "{base}", "{data}", "{data}"], 1, "is not empty and no run of `tune`"),
        (["sft", "--model", "{base}/merged", "{data}", "{out}"], 1, "three ways out"),
        (["sft", "--model", "{base}", "--beta", "0.2", "{data}", "{out}"], 2, "--beta goes with dpo and kto"),
        (["sft", "--model", "{base}", "--steps", "1", "--epochs", "1", "{data}", "{out}"], 1, "not both"),
        (["sft", "{data}", "{out}"], 2, "--model"),
    ],
)
def test_what_does_not_fit_is_one_line_and_leaves_nothing(base, tmp_path, capsys, line, status, message):
    data, out = write(tmp_path / "data", "sft", count=2), tmp_path / "out"
    assert main(["tune", *(word.format(data=data, out=out, base=base) for word in line)]) == status
    told, err = capsys.readouterr()
    assert message in " ".join(err.split())
    assert not told
    assert not out.exists()
    if status == 1:
        assert len(err.strip().splitlines()) == 1
