"""Runs of a describer: every image ends described or listed, and no answer is paid for twice."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from describers import ChatServer, grey, serving
from sqlalchemy import select

from realness.describe import Asked, Endpoint, Price, ServerDescriber
from realness.errors import DescriberProblem, InvalidValue
from realness.prompts import load
from realness.store.tables import descriptions, findings, replies
from realness.workbench.describing import DescribeOptions, describe_images, expected
from realness.workbench.importing import import_source

ROOT = Path(__file__).resolve().parents[2]
KEY = "sk-very-secret-0123456789abcdef"
FAULTS = {
    0: ["429", "429"], 1: ["500", "503"], 2: ["half JSON"], 3: ["half JSON", "half JSON"], 4: ["empty"],
    5: ["refusal"], 6: ["text refusal"], 7: ["hang"], 8: ["wrong JSON"], 9: ["fenced"], 10: ["half body"],
    11: ["empty body"], 12: ["filtered"], 13: ["no choice"], 14: ["cut off"], 15: ["500"] * 3, 16: ["prose", "prose"],
    17: ["cut connection"], 18: ["429"], 19: ["echo"],
}  # fmt: skip
USABLE = {"good", "fenced", "echo"}
FINAL = USABLE | {"empty", "refusal", "text refusal", "filtered", "no choice", "cut off"}


@pytest.fixture
def server():
    with serving(ChatServer()) as listening:
        yield listening


def filled(bench, folder, count):
    for number in range(count):
        grey(number, folder)
    import_source(bench, folder)


def describer(server, prompt="findings", **given):
    options = {"timeout": 0.6, "retries": 2, "at_once": 4} | given
    return ServerDescriber(Asked("m", load(prompt)), Endpoint.at(server.url), **options)


def rows(bench, table):
    with bench.store.database.read() as connection:
        return connection.execute(select(table).order_by(table.c.id)).mappings().all()


def realness(folder, *words, **env):
    line = [sys.executable, "-m", "realness", *map(str, words), "--db", f"sqlite:///{folder}/a.db"]
    return subprocess.Popen(
        [*line, "--data", f"{folder}/data", "--json"],
        cwd=ROOT, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_whatever_a_server_does_each_image_ends_described_or_listed_and_no_answer_is_paid_for_twice(
    bench, server, tmp_path, monkeypatch, caplog
):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    caplog.set_level("DEBUG")
    filled(bench, tmp_path / "set", 30)
    server.plan = {number: list(plan) for number, plan in FAULTS.items()}
    first = describe_images(bench, describer(server))
    assert first.descriptions + len(first.skipped) == 30
    listed = {one.row: one.reason for one in first.skipped}
    unanswered = {"10.png", "11.png", "15.png"}
    unusable = {"03.png", "04.png", "05.png", "06.png", "12.png", "13.png", "14.png", "16.png"}
    assert set(listed) == unusable | unanswered
    assert all(listed.values())
    kept = {row["status"] for row in rows(bench, replies)}
    assert kept == {"described", "refused", "empty", "invalid"}

    second = describe_images(bench, describer(server))
    assert (second.descriptions, second.skipped) == (len(unanswered), [])
    for number, seen in server.seen.items():
        assert sum(what in FINAL for what in seen) == (0 if number in (3, 16) else 1), (number, seen)

    third = describe_images(bench, describer(server), DescribeOptions(again=("refused", "empty", "invalid")))
    assert (third.descriptions, third.skipped) == (len(unusable), [])
    assert len({row["image_id"] for row in rows(bench, descriptions)}) == 30
    assert KEY not in caplog.text
    bench.store.close()
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_all_that_a_description_came_from_is_kept_with_it(bench, server, tmp_path):
    filled(bench, tmp_path / "set", 1)
    report = describe_images(bench, describer(server), DescribeOptions(price=Price(2.0, 8.0)))
    assert report.cost == pytest.approx((1000 * 2.0 + 100 * 8.0) / 1e6)
    (row,) = rows(bench, descriptions)
    assert row["provider"] == server.url.removeprefix("http://").removesuffix("/v1")
    told = {name: row[name] for name in ("model", "prompt_version", "verdict", "input_tokens", "output_tokens")}
    assert told == {
        "model": "m", "prompt_version": "findings-1", "verdict": "yes", "input_tokens": 1000, "output_tokens": 100,
    }  # fmt: skip
    assert json.loads(row["raw_reply"])["explanation"] == row["explanation"]
    assert row["text"] == "Yes. The hand of person 0 has six fingers"
    assert row["parameters"] == {"max_tokens": 2000, "schema": True, "long_side": 1024}
    assert row["cost"] == pytest.approx(report.cost)
    assert row["seconds"] > 0
    (finding,) = rows(bench, findings)
    assert (finding["kind"], finding["regions"][0]["coordinates"]) == ("hands", [0.0, 0.0, 32.0, 48.0])
    assert bench.store.descriptions.newest(row["image_id"]).id == row["id"]


def test_another_prompt_model_or_parameter_is_another_request(bench, server, tmp_path):
    filled(bench, tmp_path / "set", 2)
    describe_images(bench, describer(server))
    assert expected(bench, describer(server), DescribeOptions()).images == 0
    assert expected(bench, describer(server, "raise-td"), DescribeOptions()).images == 2
    other = ServerDescriber(Asked("m", load("findings"), temperature=1.0), Endpoint.at(server.url))
    assert expected(bench, other, DescribeOptions()).images == 2


def test_a_run_stops_before_it_may_cost_more_than_it_may(bench, server, tmp_path):
    filled(bench, tmp_path / "set", 12)
    options = DescribeOptions(price=Price(100.0, 100.0), max_cost=2.0)
    report = describe_images(bench, describer(server), options)
    assert 0 < report.descriptions < 12
    assert report.left == 12 - report.descriptions
    assert report.cost <= 2.0
    assert server.done() == report.descriptions
    with pytest.raises(InvalidValue, match="--price"):
        DescribeOptions(max_cost=1.0)


def test_a_server_that_answers_nobody_is_not_troubled_for_long(bench, server, tmp_path):
    filled(bench, tmp_path / "set", 30)
    server.plan = {number: ["empty body"] * 9 for number in range(30)}
    with pytest.raises(DescriberProblem, match="the last 10 images"):
        describe_images(bench, describer(server))
    assert server.done() < 15


def test_a_refused_key_ends_the_run_after_one_request(bench, server, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    filled(bench, tmp_path / "set", 8)
    server.plan = {0: ["404"]}
    with pytest.raises(DescriberProblem, match="no model"):
        describe_images(bench, describer(server))
    assert server.done() == 1


def test_a_killed_run_goes_on_with_the_rest(tmp_path, server):
    for number in range(30):
        grey(number, tmp_path / "set")
    assert realness(tmp_path, "import", tmp_path / "set").wait() == 0
    server.delay = 0.1
    line = ("describe", "--model", "m", "--base-url", server.url, "--prompt", "findings")
    killed = realness(tmp_path, *line, OPENAI_API_KEY=KEY)
    until = time.monotonic() + 60
    while server.done() < 12 and time.monotonic() < until:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    time.sleep(0.3)  # what was in flight reaches the server's end
    before = {number: len(seen) for number, seen in server.seen.items()}
    server.delay = 0.0
    again = realness(tmp_path, *line, OPENAI_API_KEY=KEY)
    out, err = again.communicate()
    assert again.returncode == 0, err
    told = json.loads(out.splitlines()[-1])
    assert told["descriptions"] + told["before"]["described"] == 30
    assert told["before"]["described"] >= len(before) - 4  # those in flight when it was killed
    asked_twice = [number for number, seen in server.seen.items() if len(seen) > 1]
    assert len(asked_twice) == len(before) - told["before"]["described"]
    assert KEY not in out + err
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_server_that_is_not_there_is_one_line(tmp_path):
    grey(1, tmp_path / "set")
    assert realness(tmp_path, "import", tmp_path / "set").wait() == 0
    run = realness(tmp_path, "describe", "--model", "m", "--base-url", "http://127.0.0.1:9/v1")
    _, err = run.communicate()
    assert (run.returncode, len(err.strip().splitlines())) == (1, 1)
    assert "cannot be reached" in err
