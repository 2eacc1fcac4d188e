"""Importing through the workbench: what can be used goes in once, the rest is listed."""

import json
import os
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from builders import shared_folder
from PIL import Image

from realness.errors import ImportFailed, InvalidValue, UnreadableImage
from realness.workbench.importing import ImportOptions, import_source


def write_image(path: Path, seed=0, size=(40, 30)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def bomb(path: Path) -> None:
    """A PNG whose header promises 60,000 x 60,000 pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b""))


@pytest.fixture
def table(tmp_path):
    """A csv with one good row and everything that can be wrong, and the files it names."""
    folder = tmp_path / "set"
    good = write_image(folder / "images/good.png")
    (folder / "images/cut.png").write_bytes(good.read_bytes()[:200])
    bomb(folder / "images/bomb.png")
    (folder / "images/text.png").write_text("I am no image")
    write_image(tmp_path / "outside.png", seed=9)
    rows = [
        b"image,description,rating,colour",
        b"images/good.png,Yes. The cup melts.,40,red",
        b"images/none.png,Yes. It is gone.,40,",
        b"images/cut.png,Yes. It is cut.,40,",
        b"images/bomb.png,Yes. It is huge.,40,",
        b"images/text.png,Yes. It is text.,40,",
        b"../outside.png,Yes. It is outside.,40,",
        b"images/good.png,\xff\xfe broken,40,",
        b"images/good.png,Yes. Off the scale.,140,",
    ]
    path = folder / "table.csv"
    path.write_bytes(b"\n".join(rows) + b"\n")
    return path


def test_what_a_killed_import_left_is_taken_away_once_it_is_nobodys(bench, table):
    folder = bench.settings.data / "images" / "ab"
    folder.mkdir(parents=True)
    for name, age in ((".old.part", 3700), (".new.part", 0)):
        (folder / name).write_text("half an image")
        os.utime(folder / name, (time.time() - age,) * 2)
    import_source(bench, table)
    assert [path.name for path in folder.iterdir()] == [".new.part"]


def test_what_is_good_goes_in_and_each_bad_row_is_listed_with_its_reason(bench, table):
    report = import_source(bench, table)
    assert (report.images, report.descriptions, report.scores, report.new) == (1, 1, 1, 1)
    reasons = {one.row: one.reason for one in report.skipped}
    assert len(reasons) == 8, reasons
    said = " | ".join(f"{row}: {reason}" for row, reason in reasons.items())
    for word in ("colour", "none.png", "cut.png", "bomb.png", "text.png", "outside", "UTF-8", "0 to 100"):
        assert word in said
    assert all(reason for reason in reasons.values())


def test_twice_is_once(bench, table):
    import_source(bench, table)
    again = import_source(bench, table)
    assert (again.images, again.new, again.duplicates) == (1, 0, 1)
    assert bench.store.images.counts() == {"images": 1, "descriptions": 1, "opinion_scores": 1}
    assert len(list(bench.settings.data.glob("images/*/*"))) == 1


def test_nothing_usable_is_an_error_that_gives_the_reasons_and_leaves_no_study(bench, tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/a.png").write_text("no image")
    with pytest.raises(ImportFailed, match=r"a\.png"):
        import_source(bench, tmp_path / "bad")
    with pytest.raises(ImportFailed, match="nothing at"):
        import_source(bench, tmp_path / "nowhere")
    assert bench.store.studies.all() == []


def test_bytes_are_copied_by_content_and_linked_files_stay(bench, tmp_path):
    source = write_image(tmp_path / "set/a.png")
    import_source(bench, tmp_path / "set", ImportOptions(study="copied"))
    (copy,) = bench.settings.data.glob("images/*/*.png")
    assert copy.read_bytes() == source.read_bytes()
    assert copy.parent.name == copy.stem[:2]
    write_image(tmp_path / "linked/b.png", seed=5)
    import_source(bench, tmp_path / "linked", ImportOptions(link=True))
    assert len(list(bench.settings.data.glob("images/*/*"))) == 1
    assert bench.store.studies.named("linked").images == 1


def test_a_description_that_no_database_keeps_is_listed(bench, tmp_path):
    write_image(tmp_path / "set/a.png")
    write_image(tmp_path / "set/b.png", seed=2)
    lines = '{"image": "a.png", "description": "x\\u0000y"}\n{"image": "b.png", "description": "Yes. Fine."}\n'
    (tmp_path / "set/t.jsonl").write_text(lines)
    report = import_source(bench, tmp_path / "set/t.jsonl")
    assert (report.images, len(report.skipped)) == (1, 1)


def test_an_image_can_be_in_several_studies(bench, tmp_path):
    write_image(tmp_path / "set/a.png")
    import_source(bench, tmp_path / "set", ImportOptions(study="one"))
    import_source(bench, tmp_path / "set", ImportOptions(study="two"))
    assert [study.images for study in bench.store.studies.all()] == [1, 1]
    assert bench.store.images.counts()["images"] == 1


def test_a_study_name_that_is_none_is_refused_before_anything_is_read(bench, tmp_path):
    write_image(tmp_path / "set/a.png")
    with pytest.raises(InvalidValue, match="200"):
        import_source(bench, tmp_path / "set", ImportOptions(study="x" * 300))
    assert bench.store.images.counts()["images"] == 0


def test_the_real_data_set_goes_in_whole_and_once(bench):
    """510 images with descriptions, ratings and z-scores."""
    folder = shared_folder("raise_td")
    first, again = import_source(bench, folder), import_source(bench, folder)
    assert (first.images, first.descriptions, first.scores, first.new, first.skipped) == (510, 510, 510, 510, [])
    assert (again.images, again.new, again.skipped) == (510, 0, [])
    with bench.store.database.read() as connection:
        query = "SELECT max(abs(z_score - (0.057637 * rating - 3.689390))) FROM opinion_scores"
        assert connection.exec_driver_sql(query).scalar() < 1e-4  # the published constants are rounded
        query = "SELECT verdict, count(*) FROM descriptions GROUP BY verdict ORDER BY verdict"
        assert connection.exec_driver_sql(query).all() == [("no", 150), ("somewhat", 217), ("yes", 143)]


def test_counts_are_of_records_and_a_folder_keeps_its_whole_name(bench, tmp_path):
    folder = tmp_path / "photos.v2"
    first = write_image(folder / "a.png")
    (folder / "b.png").write_bytes(first.read_bytes())
    report = import_source(bench, folder)
    assert (report.images, report.new, report.duplicates) == (1, 1, 1)
    assert bench.store.studies.named("photos.v2").images == 1
    table = folder / "said.csv"
    table.write_text("image,description,model\na.png,Yes. It melts.,one\na.png,No. All is well.,two\n")
    assert import_source(bench, table).descriptions == 2


def test_a_verdict_of_its_own_leaves_a_first_word_that_only_looks_like_one(bench, tmp_path):
    write_image(tmp_path / "a.png")
    (tmp_path / "t.jsonl").write_text('{"image": "a.png", "verdict": "yes", "description": "No, two windows match."}')
    import_source(bench, tmp_path / "t.jsonl")
    said = bench.store.descriptions.newest(1).description
    assert (said.verdict, said.explanation) == ("yes", "No, two windows match.")


def test_the_findings_of_a_machine_text_go_in_with_it_and_know_their_place_in_it(bench, tmp_path):
    write_image(tmp_path / "set/a.png")
    findings = [{"phrase": "the hand has six fingers", "kind": "hands"}, "somewhere else"]
    row = {"image": "a.png", "description": "Yes. Clearly the hand has six fingers.", "provider": "lab", "model": "vlm"}
    (tmp_path / "set/a.jsonl").write_text(json.dumps(row | {"prompt_version": "mine-3", "findings": findings}))
    assert import_source(bench, tmp_path / "set/a.jsonl").descriptions == 1
    said = bench.store.descriptions.newest(1).description
    assert (said.provider, said.model, said.prompt_version) == ("lab", "vlm", "mine-3")
    assert [(one.phrase, one.kind, one.start) for one in said.findings] == [
        ("the hand has six fingers", "hands", 8), ("somewhere else", None, None),
    ]  # fmt: skip


def test_a_damaged_copy_is_mended_by_a_new_import(bench, tmp_path):
    source = write_image(tmp_path / "a.png")
    import_source(bench, source)
    image = bench.store.images.by_id(1)
    kept = bench.image_file(image)
    kept.write_bytes(bytes(kept.stat().st_size))
    with pytest.raises(UnreadableImage, match="changed"):
        bench.checked_file(image)
    import_source(bench, source)
    assert bench.checked_file(image).read_bytes() == source.read_bytes()
