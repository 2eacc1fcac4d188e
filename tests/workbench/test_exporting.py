"""Exporting through the workbench: the current reviews leave, what stays is counted."""

import hashlib
import json
from datetime import date

import pytest
from builders import given_image, make_study, make_submission

from realness.domain import FindingState, Judgement, ReviewedFinding, ReviewKind, Verdict
from realness.errors import DatabaseProblem, InvalidValue, NotFound
from realness.store import ExportFilter
from realness.workbench.exporting import export_counts, make_export


def export(bench, folder, name="out.jsonl", **wanted):
    """The manifest and the rows of an export."""
    target = folder / name
    manifest = make_export(bench, "jsonl", target, ExportFilter(**wanted))
    return manifest, [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def study(bench):
    """Three images: one reviewed twice over, one skipped, one flagged; and a draft."""
    made = make_study(bench.store, images=4)
    me = bench.store.people.local().id
    first = given_image(bench.store, made, rating=30.0)
    said = bench.store.descriptions.newest(first.id)
    finding = ReviewedFinding(FindingState.ADDED, "The rim is broken")
    for revision, text in enumerate(("At first.", "In the end.")):
        bench.store.reviews.submit(
            me,
            make_submission(
                made, first, base_revision=revision, judgement=Judgement.WRONG, verdict=Verdict.YES,
                explanation=text, findings=(finding,), description_id=said.id,
            ),
        )  # fmt: skip
    second = given_image(bench.store, made, rating=None)
    bench.store.reviews.submit(me, make_submission(made, second, kind=ReviewKind.SKIP))
    third = given_image(bench.store, made, rating=None)
    bench.store.reviews.submit(me, make_submission(made, third, kind=ReviewKind.FLAG, reason="Private"))
    fourth = given_image(bench.store, made)
    bench.store.reviews.save_draft(me, made.id, fourth.id, 0, {"explanation": "not yet"})
    return made


def test_only_the_current_revision_leaves_with_machine_text_and_correction(bench, study, tmp_path):
    manifest, (row,) = export(bench, tmp_path)
    assert (manifest["rows"], manifest["excluded"]) == (1, {"skipped": 1, "flagged": 1, "draft": 1})
    assert (row["revision"], row["explanation"], row["verdict"], row["rating"]) == (2, "In the end.", "yes", 30)
    assert row["machine_text"].startswith("Somewhat. The hand has six fingers")
    assert [(found["state"], found["phrase"]) for found in row["findings"]] == [("added", "The rim is broken")]
    assert row["opinion_rating"] == 64
    assert row["reviewer"] != bench.store.people.local().name
    assert manifest["sha256"] == hashlib.sha256((tmp_path / "out.jsonl").read_bytes()).hexdigest()


def test_skips_and_flags_leave_when_asked_for(bench, study, tmp_path):
    manifest, rows = export(bench, tmp_path, skips=True)
    assert [(row["kind"], row["reason"]) for row in rows] == [("review", ""), ("skip", ""), ("flag", "Private")]
    assert manifest["excluded"] == {"draft": 1}


def test_a_filter_counts_what_it_leaves_out(bench, study, tmp_path):
    make_study(bench.store, images=1, name="other")
    assert export(bench, tmp_path, study="other")[0]["excluded"] == {"other study": 3}
    assert export(bench, tmp_path, name="b.jsonl", split="test")[0]["excluded"] == {"other split": 3, "draft": 1}


def test_without_reviews_the_file_is_valid_and_empty(bench, tmp_path):
    manifest, rows = export(bench, tmp_path)
    assert (manifest["rows"], rows) == (0, [])


def test_an_export_that_cannot_be_remembered_leaves_no_file(bench, study, tmp_path):
    with bench.store.database.write() as other:
        other.exec_driver_sql("DROP TABLE exports")
    with pytest.raises(DatabaseProblem):
        export(bench, tmp_path)
    assert [path for path in tmp_path.iterdir() if "out" in path.name] == []


def test_what_cannot_be_exported_leaves_nothing_behind(bench, study, tmp_path):
    with pytest.raises(NotFound, match="nowhere"):
        export(bench, tmp_path, study="nowhere")
    with pytest.raises(InvalidValue, match="jsonl"):
        make_export(bench, "xlsx", tmp_path / "out", ExportFilter())
    assert [path for path in tmp_path.iterdir() if path.name.startswith("out")] == []


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"min_reviews": 10**23}, "from 0 to 1,000,000"),
        ({"until": date.max}, "9999-12-30"),
        ({"since": date.max}, "9999"),
    ],
)
def test_bounds_that_no_database_knows_are_refused(bench, study, tmp_path, wanted, said):
    for ask in (lambda: export(bench, tmp_path, **wanted), lambda: export_counts(bench, ExportFilter(**wanted))):
        with pytest.raises(InvalidValue, match=said):
            ask()
    assert export(bench, tmp_path, until=date(9999, 12, 30), min_reviews=10**6)[0]["rows"] == 0
