"""Writing reviews to files."""

import csv
import hashlib
import io
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realness import exchange
from realness.errors import InvalidValue
from realness.exchange.rows import COLUMNS
from realness.exchange.to_csv import cell, plain

ROW = exchange.ExportRow(
    image_sha256="ab" * 32,
    image_name="f1.png",
    width=512,
    height=384,
    study="pilot",
    split="train",
    generator=None,
    prompt="a dog, photo",
    is_real=False,
    reviewer="reviewer-1",
    role="reviewer",
    kind="review",
    revision=2,
    rating=-0.0,
    second_rating=None,
    judgement="partly",
    machine_verdict="somewhat",
    machine_text="Somewhat. The hat’s brim\nmerges.",
    machine_explanation="The hat’s brim\nmerges.",
    provider="raise-td",
    model="gpt-4.1",
    prompt_version=None,
    planted_wrong=False,
    verdict="yes",
    explanation='The hat\u2028 "melts", it is 🎩.',
    findings=[{"state": "kept", "phrase": "The hat", "regions": [{"shape": "box", "coordinates": [0, 0, 5.5, 9]}]}],
    active_seconds=12.25,
    reason="",
    note="",
    created_at="2026-01-02T03:04:05+00:00",
    client_at=None,
    map_method="dense",
    map_clip="mini",
    app_version="0.1.0",
    opinion_rating=64.0,
    opinion_z_score=-1.5,
    opinion_source="raise",
    sources=[],
)

TABLES = ["jsonl", "csv"]
DANGEROUS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\nfine",
    "  =1+1",
    "\u00a0=1",
    "\u3000＝1",
    "\ufeff=1",
    "\u200b=1",
    "\x01=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠A1",
    "−1",
    '=HYPERLINK("http://example.org?x="&A1,"look")',
    "=cmd|' /C calc'!A0",
    "'=1",
    "''=1",
    "-5.5",
]


def test_a_jsonl_export_comes_back_as_it_was(tmp_path):
    rows = [ROW._replace(revision=number) for number in range(3)]
    exchange.write("jsonl", iter(rows), tmp_path / "out.jsonl")
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [row._asdict() for row in rows]
    assert list(json.loads(lines[0])) == list(COLUMNS)


def test_a_csv_export_has_numbers_as_numbers_and_lists_as_json(tmp_path):
    exchange.write("csv", [ROW], tmp_path / "out.csv")
    data = (tmp_path / "out.csv").read_bytes()
    assert data.startswith(b"image_sha256,image_name,width,")
    assert data.endswith(b"\r\n")
    (row,) = csv.DictReader(io.StringIO(data.decode(), newline=""))
    assert (row["opinion_z_score"], row["active_seconds"], row["width"]) == ("-1.5", "12.25", "512")
    assert (row["is_real"], row["second_rating"], row["prompt_version"]) == ("false", "", "")
    assert row["machine_text"] == ROW.machine_text
    assert json.loads(row["findings"]) == ROW.findings


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(tmp_path, text):
    exchange.write("csv", [ROW._replace(explanation=text, prompt=text)], tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert row["explanation"] == row["prompt"] == f"'{text}"
    assert plain(row["explanation"]) == text


@pytest.mark.parametrize("text", ["", "fine", "a=b", "6-inch", "'quoted'", "’tis", "me@example.org", "(=1)", "[-1]"])
def test_an_ordinary_text_stays_as_it_is(text):
    assert cell(text) == text == plain(text)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
nasty = st.one_of(
    texts, st.sampled_from(DANGEROUS), st.tuples(st.sampled_from(list("='+-@\t\r\n ＝")), texts).map("".join)
)


@given(explanation=nasty, note=nasty, prompt=st.none() | nasty, rating=st.none() | st.floats(0, 100))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back_from_both_formats(tmp_path, explanation, note, prompt, rating):
    row = ROW._replace(explanation=explanation, note=note, prompt=prompt, rating=rating)
    for name in ("out.csv", "out.jsonl"):
        for old in tmp_path.glob(f"{name}*"):
            old.unlink()
        exchange.write(name.split(".")[1], [row, ROW], tmp_path / name)
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        back, second = csv.DictReader(file)
    assert (plain(back["explanation"]), plain(back["note"]), plain(back["prompt"])) == (explanation, note, prompt or "")
    assert (float(back["rating"]) if back["rating"] else None) == rating
    assert second["reviewer"] == ROW.reviewer
    assert not [value for value in back.values() if value[:1] in set("=+@＝＋－＠\t\r\n")]
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0]) == row._asdict()


@pytest.mark.parametrize(("format", "empty"), [("jsonl", b""), ("csv", (",".join(COLUMNS) + "\r\n").encode())])
def test_no_rows_give_a_valid_empty_file(tmp_path, format, empty):
    manifest = exchange.write(format, [], tmp_path / "out")
    assert manifest["rows"] == 0
    assert (tmp_path / "out").read_bytes() == empty


@pytest.mark.parametrize("format", TABLES)
def test_the_manifest_says_what_is_in_the_file(tmp_path, format):
    dest = tmp_path / "a" / "b" / f"out.{format}"
    manifest = exchange.write(
        format, [ROW, ROW], dest, excluded={"skipped": 3}, filters={"study": "p"}, app_version="1"
    )
    data = dest.read_bytes()
    assert manifest["sha256"] == hashlib.sha256(data).hexdigest()
    assert (manifest["rows"], manifest["bytes"], manifest["format"]) == (2, len(data), format)
    assert (manifest["excluded"], manifest["filters"], manifest["app_version"]) == ({"skipped": 3}, {"study": "p"}, "1")
    beside = dest.with_name(f"out.{format}.manifest.json")
    assert json.loads(beside.read_text()) == manifest
    assert sorted(dest.parent.iterdir()) == sorted([dest, beside])
    assert str(tmp_path) not in beside.read_text()


def test_what_is_left_out_may_be_counted_while_rows_stream(tmp_path):
    excluded: dict[str, int] = {}

    def rows():
        yield ROW
        excluded["flagged"] = 2

    assert exchange.write("jsonl", rows(), tmp_path / "out", excluded=excluded)["excluded"] == {"flagged": 2}


def test_an_existing_file_is_refused_and_left_alone(tmp_path):
    (tmp_path / "out").write_text("mine")
    (tmp_path / "dead").symlink_to("nowhere")
    asked = iter([ROW])
    for name in ("out", "dead", "."):
        with pytest.raises(InvalidValue, match="exists already; choose another name"):
            exchange.write("csv", asked, tmp_path / name)
    assert list(asked) == [ROW]  # no row was asked for
    assert (tmp_path / "out").read_text() == "mine"
    assert not (tmp_path / "out.manifest.json").exists()


@pytest.mark.parametrize("dest", ["", ".", "/", "..", "new/.."])
def test_a_place_that_names_no_file_is_refused_and_nothing_is_made(tmp_path, monkeypatch, dest):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidValue, match="is a folder; name a file"):
        exchange.write("csv", [ROW], Path(dest))
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_not_utf_8_is_refused(tmp_path):
    with pytest.raises(InvalidValue, match="half a character"):
        exchange.write("csv", [ROW], tmp_path / "a\udcff")
    assert list(tmp_path.iterdir()) == []


def test_the_manifest_of_another_file_is_never_overwritten(tmp_path):
    (tmp_path / "out.manifest.json").write_text("mine")
    with pytest.raises(InvalidValue, match=r"out\.manifest\.json exists already; choose another name"):
        exchange.write("csv", [ROW], tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out.manifest.json"]
    assert (tmp_path / "out.manifest.json").read_text() == "mine"


def test_an_export_that_fails_half_way_leaves_nothing(tmp_path):
    def rows():
        yield ROW
        raise RuntimeError("the database is gone")

    with pytest.raises(RuntimeError):
        exchange.write("jsonl", rows(), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    for dest in (tmp_path / "file" / "out", tmp_path / ("x" * 300)):
        with pytest.raises(InvalidValue, match="cannot be written"):
            exchange.write("jsonl", [ROW], dest)
    with pytest.raises(InvalidValue, match="there are jsonl, csv"):
        exchange.write("xlsx", [ROW], tmp_path / "out")


@pytest.mark.parametrize("format", TABLES)
def test_memory_does_not_grow_with_the_rows(tmp_path, format):
    tracemalloc.start()
    exchange.write(format, (ROW._replace(revision=number) for number in range(5000)), tmp_path / "out")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (tmp_path / "out").stat().st_size > 2_000_000
    assert peak < 1_500_000
