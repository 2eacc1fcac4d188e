"""Where exports land: what killed ones left, and what may not lie there."""

import json
import os
import time

import pytest
from reviewed import answered, described, exported

from realness import exchange
from realness.errors import InvalidValue
from realness.exchange.landing import sweep


class Killed(BaseException):
    """As good as SIGKILL between two steps."""


@pytest.mark.parametrize("format", ["csv", "argilla"])
def test_an_export_that_was_killed_before_its_last_step_can_be_made_again(tmp_path, monkeypatch, format):
    dest, replace = tmp_path / "out", os.replace
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", lambda one, target: _killed(one, target, replace))
        with pytest.raises(Killed):
            exchange.write(format, [], dest, filters={"of": "the first"})
    assert [path.name for path in tmp_path.iterdir()] == ["out.manifest.json"]
    manifest = exchange.write(format, [], dest)
    assert dest.is_file()
    assert json.loads((tmp_path / "out.manifest.json").read_text(encoding="utf-8")) == manifest
    with pytest.raises(InvalidValue, match="exists already"):
        exchange.write(format, [], dest)


def _killed(one, target, replace):
    if target.name == "out":
        raise Killed
    return replace(one, target)


def test_a_manifest_of_another_file_is_an_obstacle(tmp_path):
    manifest = exchange.write("csv", [], tmp_path / "other")
    (tmp_path / "out.manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InvalidValue, match="exists already"):
        exchange.write("csv", [], tmp_path / "out")


def test_half_made_exports_are_swept_after_an_hour_and_nothing_else_is(tmp_path):
    hidden = {"old": 2, "writing": 2, "new": 0}
    parts = {name: tmp_path / f".out.{at:032x}.part" for at, name in enumerate(hidden)}
    mine = tmp_path / ".mine.part"
    for place in (*parts.values(), mine):
        (place / "content").mkdir(parents=True)
        (place / "content" / "a").write_text("")
    then = time.time() - 2 * 3600
    for place in (parts["old"], parts["writing"], mine):
        for each in (*place.rglob("*"), place):
            os.utime(each, (then, then))
    os.utime(parts["writing"] / "content" / "a")
    exchange.write("csv", [], tmp_path / "out")
    left = {path.name for path in tmp_path.iterdir()} - {"out", "out.manifest.json"}
    assert left == {parts["writing"].name, parts["new"].name, ".mine.part"}
    sweep(tmp_path / "nowhere")


@pytest.mark.parametrize("within", ["b", "train/b", "new/../b"])
def test_a_place_in_another_export_is_refused(tmp_path, within):
    exchange.write("sft", [], tmp_path / "a")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InvalidValue, match="is an export itself"):
        exchange.write("csv", [], tmp_path / "a" / within)
    assert sorted(tmp_path.rglob("*")) == before
    (tmp_path / "manifest.json").write_text('{"file": "of something else"}')
    exchange.write("csv", [], tmp_path / "b")


def test_a_share_that_changes_nothing_is_told(bench, tmp_path):
    described(bench, tmp_path / "in", count=8)  # two of them are in `test`
    machine = {"source": "machine", "test_share": 0.5}
    told = exported(bench, "sft", tmp_path / "some", machine)["notes"]
    assert told == [
        "2 of 8 images have a split of their own and stay in it; the share for test was drawn among the others"
    ]
    told = exported(bench, "sft", tmp_path / "all", machine, split="test")["notes"]
    assert told == ["2 of 2 images have a split of their own and stay in it; the share for test changes nothing"]
    for format in ("csv", "jsonl"):
        told = exported(bench, format, tmp_path / format, machine)["notes"]
        assert told == ["this format has no splits; the share for test changes nothing"]
    assert "notes" not in exported(bench, "sft", tmp_path / "none", {"source": "machine"})


def test_what_is_said_of_a_region_in_label_studio_is_its_findings_phrase(bench, tmp_path):
    answered(bench, tmp_path / "in")
    exported(bench, "label-studio", tmp_path / "out")
    tasks = json.loads((tmp_path / "out" / "tasks.json").read_text(encoding="utf-8"))
    results = [each["result"] for task in tasks for each in task["annotations"]]
    assert 'perRegion="true"' in (tmp_path / "out" / "config.xml").read_text(encoding="utf-8")
    boxes = 0
    for result in results:
        for box in (one for one in result if one["from_name"] == "box"):
            boxes += 1
            (said,) = [one for one in result if one["from_name"] == "phrase" and one["id"] == box["id"]]
            assert "melts into the rim" in said["value"]["text"][0]
            assert {name: said["value"][name] for name in ("x", "y")} == {
                name: box["value"][name] for name in ("x", "y")
            }
    assert boxes
