"""Odd servers and two runs at once: the run goes on, what was paid for is kept, and nothing is paid for twice."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from describers import USAGE, finish_batch, grey, serving
from sqlalchemy import select

from realness.cli import main
from realness.describe import Asked, Endpoint, Price, ServerDescriber
from realness.errors import DescriberProblem
from realness.prompts import load
from realness.store.tables import batches, replies
from realness.workbench.alone import alone
from realness.workbench.batching import describe_in_batches
from realness.workbench.describing import DescribeOptions, describe_images, expected
from realness.workbench.importing import import_source

KEY = "sk-very-secret-0123456789abcdef"
HALF = json.dumps({"verdict": "yes", "explanation": "A hand \ud800 of six", "findings": []})


@pytest.fixture
def server():
    with serving() as listening:
        yield listening


@pytest.fixture
def places(bench):
    return ["--db", bench.settings.database, "--data", str(bench.settings.data), "--json"]


def filled(bench, folder, count):
    for number in range(count):
        grey(number, folder)
    import_source(bench, folder)


def describer(server, prompt="findings", **given):
    asked = Asked("m", load(prompt), **given)
    return ServerDescriber(asked, Endpoint.at(server.url), timeout=5, retries=0)


def rows(bench, table):
    with bench.store.database.read() as connection:
        return connection.execute(select(table).order_by(table.c.id)).mappings().all()


@pytest.mark.parametrize(
    "text", ["Yes. A hand \ud800 of six.", "Yes. A \0 hand.", HALF, HALF.replace("ud800", "u0000")]
)
def test_a_reply_with_half_a_character_is_kept_with_a_mark_in_its_place(bench, server, tmp_path, text):
    filled(bench, tmp_path / "set", 2)
    server.says = {0: {"text": text}}
    prompt = "findings" if text.startswith("{") else "raise-td"
    report = describe_images(bench, describer(server, prompt))
    assert report.descriptions + len(report.skipped) == 2
    assert report.descriptions == (1 if text.startswith("{") else 2)
    assert len(rows(bench, replies)) == 2


@pytest.mark.parametrize("tokens", [2**64, -3, True, 1.5, "many", [1]])
def test_a_count_of_tokens_that_is_none_is_not_known(bench, server, tmp_path, tokens):
    filled(bench, tmp_path / "set", 1)
    server.says = {0: {"usage": {"prompt_tokens": tokens, "completion_tokens": tokens}}}
    report = describe_images(bench, describer(server), DescribeOptions(price=Price(1.0, 1.0)))
    assert (report.descriptions, report.cost) == (1, None)
    assert rows(bench, replies)[0]["input_tokens"] is None


@pytest.mark.parametrize(
    "odd",
    [
        {"error": f"no {KEY}"}, {"response": {"status_code": 400, "body": {"error": f"no {KEY}"}}},
        {"error": {"code": ["content_filter"], "message": {"a": 1}}}, {"error": 7}, {"response": []},
        {"response": {"status_code": 200, "body": "text"}}, {"response": {"status_code": 200, "body": {"choices": 3}}},
        {"response": {"status_code": 400, "body": []}}, {"error": ["\ud800"]},
        {"response": {"status_code": 200, "body": {"_fields_set": 3, "choices": [{"message": 4}]}}},
    ],
)  # fmt: skip
def test_an_odd_line_of_a_batch_keeps_no_other_image_from_its_description(bench, server, tmp_path, monkeypatch, odd):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    filled(bench, tmp_path / "set", 3)
    describe_in_batches(bench, describer(server), DescribeOptions())
    finish_batch(server, "batch_0")
    name = server.batches["batch_0"]["output_file_id"]
    first, *others = server.files[name].decode().splitlines()
    line = json.loads(first) | {"response": None, "error": None} | odd
    server.files[name] = "\n".join([json.dumps(line), "[1]", "null", *others]).encode()
    report = describe_in_batches(bench, describer(server), DescribeOptions())
    assert report.descriptions == 2
    (listed,) = report.skipped
    assert listed.reason
    assert KEY not in listed.reason
    listed.reason.encode()


@pytest.mark.parametrize("what", ["401", "402"])
def test_a_first_reply_is_kept_where_nobody_may_ask_for_its_repair(bench, server, tmp_path, what):
    filled(bench, tmp_path / "set", 3)
    server.plan = {0: ["prose", what]}
    with pytest.raises(DescriberProblem):
        describe_images(bench, describer(server))
    (kept,) = rows(bench, replies)
    assert (kept["status"], kept["input_tokens"]) == ("invalid", USAGE["prompt_tokens"])


def test_of_two_runs_at_once_the_second_says_to_wait(bench, server, tmp_path):
    filled(bench, tmp_path / "set", 6)
    server.delay = 0.2

    def run(way):
        try:
            return way(bench, describer(server), DescribeOptions())
        except DescriberProblem as error:
            return str(error)

    with ThreadPoolExecutor(3) as pool:
        ended = list(pool.map(run, (describe_images, describe_images, describe_in_batches)))
    refused = [one for one in ended if isinstance(one, str)]
    assert len(refused) == 2
    assert all("wait until it ends" in one for one in refused)
    assert server.done() + sum(len(held.splitlines()) for held in server.files.values()) == 6
    with alone(bench):
        pass


def test_images_that_wait_in_a_batch_are_not_asked_about_besides(bench, server, tmp_path, places, capsys):
    filled(bench, tmp_path / "set", 5)
    describe_in_batches(bench, describer(server), DescribeOptions(limit=3))
    assert expected(bench, describer(server), DescribeOptions()).images == 2
    assert main(["describe", "--model", "m", "--base-url", server.url, "--prompt", "findings", *places[:-1]]) == 0
    said = capsys.readouterr().out
    assert "2 descriptions" in said
    assert "with --batch collects" in said
    assert "`map` computes their maps" in said
    assert server.done() == 2
    report = describe_images(bench, describer(server))
    assert (report.descriptions, report.waiting) == (0, 3)


@pytest.mark.parametrize("tokens", [(1000, 500_000), (5_000_000, 100)])
def test_a_server_that_counts_more_than_was_asked_for_ends_the_run_after_that_reply(bench, server, tmp_path, tokens):
    filled(bench, tmp_path / "set", 8)
    used = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
    server.says = {0: {"usage": used}}
    report = describe_images(bench, describer(server), DescribeOptions(price=Price(1.0, 1.0), max_cost=0.6))
    assert (report.descriptions, report.left, server.done()) == (1, 7, 1)
    assert report.overcounted is (tokens[1] > 2000)
    assert report.worst_cost > 0


def test_a_later_reply_beyond_what_was_reckoned_ends_the_run_though_money_is_left(bench, server, tmp_path):
    filled(bench, tmp_path / "set", 8)
    server.says = {2: {"usage": {"prompt_tokens": 90_000, "completion_tokens": 100}}}
    one = ServerDescriber(Asked("m", load("findings")), Endpoint.at(server.url), at_once=1)
    report = describe_images(bench, one, DescribeOptions(price=Price(1.0, 1.0), max_cost=50.0))
    assert (report.descriptions, report.left, report.overcounted) == (3, 5, True)


def test_a_server_that_counts_images_otherwise_is_learned_from_and_the_limit_kept(bench, server, tmp_path):
    filled(bench, tmp_path / "set", 12)
    server.says = {number: {"usage": {"prompt_tokens": 9000, "completion_tokens": 100}} for number in range(12)}
    server.plan = {0: ["500"]}  # nothing is learned from the first
    limit = 0.1
    report = describe_images(bench, describer(server), DescribeOptions(price=Price(1.0, 1.0), max_cost=limit))
    assert 1 < report.descriptions < 12
    assert report.cost <= limit
    assert not report.overcounted


def test_of_an_address_no_path_is_stored(bench, server, tmp_path):
    filled(bench, tmp_path / "set", 1)
    one = describer(server)
    describe_in_batches(bench, one, DescribeOptions())
    (row,) = rows(bench, batches)
    assert row["base_url"] == one.endpoint.stored
    assert row["base_url"].startswith(server.url.removesuffix("/v1") + " sha256:")


def test_a_run_that_describes_nothing_fails_after_its_list(bench, server, tmp_path, places, capsys):
    filled(bench, tmp_path / "set", 2)
    server.plan = {0: ["empty"], 1: ["refusal"]}
    line = ["describe", "--model", "m", "--base-url", server.url, "--prompt", "findings"]
    assert main([*line, *places]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out.splitlines()[-1])["failed"] == 2
    assert told.err.splitlines()[-1].startswith("error: no image was described")
    server.plan = {0: ["empty"]}
    assert main([*line, *places[:-1], "--again", "empty", "--again", "refused"]) == 0
    told = capsys.readouterr().out
    assert "1 description; 1 image without one" in told
    assert "--again" not in told


@pytest.mark.parametrize(
    "words",
    [
        ("--model", "~nosuch/x"), ("--model", "/"), ("--model", "./.."), ("--model", "m", "--batch"),
        ("--local", "--model", "~nosuch/x"),
        *(("--model", "m", "--base-url", f"http://{host}/v1") for host in ("ü..de", "...", "a" * 300, "☃☃☃.de")),
    ],
)  # fmt: skip
def test_what_is_no_name_host_or_key_is_one_line(bench, tmp_path, places, capsys, monkeypatch, words):
    filled(bench, tmp_path / "set", 1)
    monkeypatch.setenv("OPENAI_API_KEY", "schlüssel-0123456789")
    given = words if "--base-url" in words else (*words, "--base-url", "http://127.0.0.1:9/v1")
    given = words if "--local" in words else given
    assert main(["describe", *given, *places]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: ")


def test_a_limit_beyond_all_counting_is_refused_as_usage(bench, places):
    assert main(["describe", "--model", "m", "--limit", "9" * 20, *places]) == 2


def test_the_estimate_tells_the_worst_beside_it(bench, server, tmp_path, places, capsys):
    filled(bench, tmp_path / "set", 1)
    line = ["describe", "--model", "m", "--base-url", server.url, "--dry-run", "--price", "1", "1", *places]
    assert main(line) == 0
    told = json.loads(capsys.readouterr().out)
    assert 0 < told["cost"] < told["worst_cost"]
    assert main(line[:-1]) == 0
    said = capsys.readouterr().out
    assert said.startswith("1 image would")
    assert f"at worst {told['worst_cost']:.4f}" in said
