"""The layouts `csv`, `jsonl` and `folder`, and telling layouts apart."""

import csv
import io
import json
import os

import pytest
import trees
from hypothesis import given, settings
from hypothesis import strategies as st

from realness import exchange
from realness.domain import OpinionScore, Verdict
from realness.errors import ImportFailed, InvalidValue
from realness.exchange.lines import BadRow, Row, csv_rows

FULL = {
    "image": "pictures/a.png",
    "description": "Yes, the hand, left, has six fingers.",
    "verdict": "Yes",
    "rating": 31.5,
    "z_score": -1.25,
    "votes": 22,
    "generator": "sdxl",
    "prompt": "a hand, photo",
    "model": "some-vlm",
    "provider": "lab",
    "prompt_version": "mine-3",
    "split": "train",
    "real": False,
}


@pytest.fixture
def folder(tmp_path):
    """A folder with three images below `pictures`."""
    for seed, name in enumerate(("a.png", "b.png", "c d é.png")):
        trees.picture(tmp_path / "pictures" / name, seed)
    return tmp_path


def write_csv(path, *rows):
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_jsonl(path, *rows):
    path.write_text("\ufeff" + "\n\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("name", "write"), [("labels.csv", write_csv), ("labels.jsonl", write_jsonl)])
def test_every_field_arrives(folder, name, write):
    path = write(folder / name, FULL, dict.fromkeys(FULL, None) | {"image": "pictures/c d é.png"})
    (full, bare), skipped = trees.taken(path)
    assert skipped == []
    assert full.path == folder / "pictures" / "a.png"
    assert (full.name, full.description, full.verdict) == (FULL["image"], FULL["description"], Verdict.YES)
    assert full.scores == (OpinionScore("labels", 31.5, -1.25, 22),)
    assert (full.generator, full.prompt, full.model, full.provider) == ("sdxl", "a hand, photo", "some-vlm", "lab")
    assert (full.split, full.is_real, full.prompt_version) == ("train", False, "mine-3")
    assert (bare.description, bare.verdict, bare.scores, bare.provider, bare.is_real) == (
        None,
        None,
        (),
        "import",
        None,
    )
    assert [record.split for record in trees.taken(path, split="dev")[0]] == ["train", "dev"]


BAD_FIELDS = [
    ({"image": "pictures/z.png"}, "no file 'pictures/z.png'"),
    ({"image": "../a.png"}, "leaves the folder"),
    ({"image": ""}, "names no image"),
    ({"image": "pictures"}, "not a regular file"),
    ({"image": "x" * 5000}, "cannot be a path"),
    ({"rating": "101"}, "rating must be from 0 to 100"),
    ({"rating": "-0.5"}, "rating must be from 0 to 100"),
    ({"rating": "1_0"}, "rating must be a finite number"),
    ({"rating": "inf"}, "rating must be a finite number"),
    ({"z_score": "nan"}, "z_score must be a finite number"),
    ({"votes": "2.5"}, "whole number"),
    ({"votes": "0"}, "whole number"),
    ({"rating": "", "z_score": ""}, "neither a rating nor a z_score"),
    ({"verdict": "maybe"}, "yes, somewhat or no"),
    ({"real": "perhaps"}, "true or false"),
    ({"generator": "g" * 201}, "at most 200"),
    ({"description": "d" * 20_001}, "at most 20000"),
    ({"prompt": "a\0b"}, "NUL"),
]


@pytest.mark.parametrize(("change", "reason"), BAD_FIELDS)
@pytest.mark.parametrize(("name", "write"), [("labels.csv", write_csv), ("labels.jsonl", write_jsonl)])
def test_a_bad_field_costs_its_row_alone(folder, name, write, change, reason):
    path = write(folder / name, FULL | change, FULL | {"image": "pictures/b.png"})
    records, skipped = trees.taken(path)
    assert [record.name for record in records] == ["pictures/b.png"]
    assert [item.row for item in skipped] == [f"line {2 if name.endswith('csv') else 1} of {name}"]
    assert reason in skipped[0].reason


@pytest.mark.parametrize(("name", "write"), [("labels.csv", write_csv), ("labels.jsonl", write_jsonl)])
def test_an_image_may_have_two_descriptions_but_no_row_twice_and_no_two_scores(folder, name, write):
    rows = (FULL, FULL | {"description": "No.", "verdict": "no"}, FULL, FULL | {"description": "Other.", "rating": 77})
    records, skipped = trees.taken(write(folder / name, *rows))
    assert [record.description for record in records] == [FULL["description"], "No."]
    assert "remove one of them" in skipped[0].reason
    assert "another score than line" in skipped[1].reason


@pytest.mark.parametrize(("name", "write"), [("labels.csv", write_csv), ("labels.jsonl", write_jsonl)])
def test_an_unknown_field_is_listed_once_with_the_known_ones(folder, name, write):
    rows = ({"image": "pictures/a.png", "raiting": 5}, {"image": "pictures/b.png", "raiting": 6})
    records, skipped = trees.taken(write(folder / name, *rows))
    assert len(records) == 2
    assert len(skipped) == 1
    assert "'raiting' is unknown" in skipped[0].reason
    assert "rating, z_score" in skipped[0].reason


def test_findings_of_a_description_are_phrases_or_phrases_with_their_kind(folder):
    given = ["the hand has six fingers", {"phrase": "left", "kind": "Hands"}, {"phrase": "no kind", "kind": None}]
    (record,), skipped = trees.taken(write_jsonl(folder / "a.jsonl", FULL | {"findings": given}))
    assert skipped == []
    told = [(one.phrase, one.kind) for one in record.findings]
    assert told == [("the hand has six fingers", None), ("left", "hands"), ("no kind", None)]
    (_,), skipped = trees.taken(write_csv(folder / "a.csv", FULL | {"findings": "the hand"}))
    assert "'findings' is unknown" in skipped[0].reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"findings": "the hand"}, "must be a list"),
        ({"findings": [5]}, '"phrase" and "kind"'),
        ({"findings": [{"kind": "hands"}]}, "needs a phrase"),
        ({"findings": [{"phrase": "x", "where": 1}]}, '"phrase" and "kind"'),
        ({"findings": ["x"] * 101}, "at most 100"),
        ({"findings": ["x"], "description": None}, "no description"),
        ({"prompt_version": "v" * 65}, "at most 64"),
    ],
)
def test_findings_that_are_none_cost_their_line_alone(folder, change, reason):
    path = write_jsonl(folder / "a.jsonl", FULL | change, FULL | {"image": "pictures/b.png"})
    records, skipped = trees.taken(path)
    assert [record.name for record in records] == ["pictures/b.png"]
    assert reason in skipped[0].reason


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "no JSON"),
        (b'["image"]', "no JSON object"),
        (b'{"image": "pictures/a.png", "rating": NaN}', "NaN"),
        (b'{"image": "pictures/a.png", "rating": 1e999}', "finite number"),
        (b'{"image": "pictures/a.png", "rating": true}', "finite number"),
        (b'{"image": 5}', "image must be text"),
        (b'{"image": "pictures/a.png", "description": "\\ud800"}', "half a character"),
        (b'{"image": "pictures/a.png", "description": "caf\xe9"}', "UTF-8"),
        (b"[" * 100_000, "no usable JSON"),
        (b'{"image": ' + b"9" * 10_000 + b"}", "no usable JSON"),
        (b'{"image": "' + b"a" * 2_000_000 + b'"}', "longer than"),
    ],
)
def test_a_bad_json_line_costs_itself_alone(folder, line, reason):
    path = trees.table(folder / "a.jsonl", line, '{"image": "pictures/b.png"}')
    records, skipped = trees.taken(path)
    assert [record.name for record in records] == ["pictures/b.png"]
    assert [item.row for item in skipped] == ["line 1 of a.jsonl"]
    assert reason in skipped[0].reason


def test_semicolons_tabs_and_windows_line_ends_and_separators_are_understood(folder):
    for mark in ";", "\t":
        path = folder / "labels.csv"
        path.write_bytes(f"image{mark}description\r\npictures\\a.png{mark}Yes, it is.\r\n\r\n".encode())
        (record,), skipped = trees.taken(path)
        assert skipped == []
        assert (record.path, record.description) == (folder / "pictures" / "a.png", "Yes, it is.")


def test_a_stray_quote_costs_one_line_and_not_the_rest_of_the_file():
    text = 'a,b\n1,"open\n2,fine\n3,"two\nlines"\n4,"closed" wrongly\n5,6 inch 5"\n7,"end\n'
    rows = list(csv_rows(io.BytesIO(text.encode())))
    assert [row.cells for row in rows if isinstance(row, Row)] == [
        ("a", "b"),
        ("2", "fine"),
        ("3", "two\nlines"),
        ("5", '6 inch 5"'),
    ]
    assert [row.line for row in rows if isinstance(row, BadRow)] == [2, 6, 8]


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=30)


@given(rows=st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=8), after=st.integers(0, 8))
@settings(deadline=None)
def test_what_csv_writes_is_read_back_whatever_bad_line_lies_between(rows, after):
    lines = []
    for row in [("one", "two", "three"), *rows]:
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerow(row)
        lines.append(buffer.getvalue().encode())
    lines.insert(1 + min(after, len(rows)), b"\xff\xfe,bad,\x00\n")
    found = list(csv_rows(io.BytesIO(b"".join(lines))))
    assert [row.cells for row in found[1:] if isinstance(row, Row)] == rows
    assert len([row for row in found if isinstance(row, BadRow)]) == 1


@given(data=st.binary(max_size=300))
@settings(deadline=None)
def test_no_bytes_make_the_csv_reader_fail(data):
    rows = [row for row in csv_rows(io.BytesIO(data)) if isinstance(row, Row)]
    assert len({len(row.cells) for row in rows}) <= 1


def test_a_folder_gives_its_images_and_lists_what_only_looks_like_one(folder):
    trees.picture(folder / "deep" / "er" / "no suffix")
    trees.picture(folder / "UPPER.JPG")
    trees.picture(folder / ".hidden" / "a.png")
    trees.picture(folder / "._a.png")
    for name in ("notes.txt", "BM notes", "drawing.svg", "photo.HEIC", "text.png"):
        (folder / name).write_text("BM no image")
    (folder / "inside.png").symlink_to(folder / "UPPER.JPG")
    (folder / "dead.png").symlink_to("nowhere")
    (folder / "out.png").symlink_to("/etc/hostname")
    (folder / "outdir").symlink_to("/etc")
    (folder / "outtext").symlink_to("/etc/hostname")  # whatever is behind it: it is not read to find out
    (folder / "around").symlink_to(folder)
    os.mkfifo(folder / "pipe.png")
    assert exchange.detect_layout(folder) == "folder"
    records, skipped = trees.taken(folder, split="dev")
    assert [record.name for record in records] == [
        "UPPER.JPG", "deep/er/no suffix", "inside.png",
        "pictures/a.png", "pictures/b.png", "pictures/c d é.png", "text.png",
    ]  # fmt: skip
    assert {record.split for record in records} == {"dev"}
    reasons = {item.row: item.reason for item in skipped}
    assert {name: reasons[name].split(";")[0] for name in reasons} == {
        "dead.png": "there is no file 'dead.png'",
        "drawing.svg": "SVG is not read",
        "out.png": "is a link that leaves the folder",
        "outdir": "is a link that leaves the folder",
        "outtext": "is a link that leaves the folder",
        "photo.HEIC": "HEIC is not read",
        "pipe.png": "'pipe.png' is not a regular file",
    }


def test_a_name_of_other_bytes_is_listed_and_does_no_harm(folder):
    os.close(os.open(bytes(folder) + b"/caf\xe9.png", os.O_CREAT))
    records, skipped = trees.taken(folder)
    assert len(records) == 3
    assert [(item.row, "rename it" in item.reason) for item in skipped] == [("caf\\\\udce9.png", True)]


def test_one_image_file_is_a_folder_of_one(folder):
    assert exchange.detect_layout(folder / "pictures" / "a.png") == "folder"
    (record,), skipped = trees.taken(folder / "pictures" / "a.png")
    assert (record.name, skipped) == ("a.png", [])


@pytest.mark.parametrize(
    ("name", "layout"), [("a.csv", "csv"), ("a.TSV", "csv"), ("a.jsonl", "jsonl"), ("a.ndjson", "jsonl")]
)
def test_a_file_is_known_by_its_suffix(tmp_path, name, layout):
    (tmp_path / name).write_text("")
    assert exchange.detect_layout(tmp_path / name) == layout


def test_what_cannot_be_imported_is_refused_at_once(tmp_path):
    (tmp_path / "a.pdf").write_text("")
    with pytest.raises(ImportFailed, match=r"no folder, \.csv, \.jsonl or image"):
        exchange.read(tmp_path / "a.pdf")
    with pytest.raises(ImportFailed, match="nothing at"):
        exchange.read(tmp_path / "missing")
    with pytest.raises(ImportFailed, match="nothing at"):
        exchange.read(tmp_path / "missing", "csv")
    with pytest.raises(ImportFailed, match="is a folder"):
        exchange.read(tmp_path, "csv")
    with pytest.raises(InvalidValue, match="auto or one of raise-td, raise, folder, csv, jsonl"):
        exchange.read(tmp_path, "yolo")
