"""Importing data sets with regions and heat maps: into the database, and out again as they were."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from records import example, heat, png, record, richhf, write

from realness.domain import Finding, ReferenceMap, Region, RegionShape
from realness.errors import ImportFailed, InvalidValue, UnreadableImage
from realness.workbench.importing import ImportOptions, import_source
from realness.workbench.references import load_reference_map


def picture(path: Path, seed=0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, "PNG")
    return path


@pytest.fixture
def heats(tmp_path):
    """RichHF with two images; the second one's maps are empty."""
    for seed, name in enumerate(("a.png", "b.png")):
        picture(tmp_path / "rich/images" / name, seed)
    empty = png(np.zeros((16, 20), np.uint8))
    second = richhf("b.png", artifact_map=empty, misalignment_map=empty)
    write(tmp_path / "rich/train.tfrecord", record(example(richhf())), record(example(second)))
    return tmp_path / "rich"


def test_heat_maps_are_kept_by_content_counted_and_read_back_as_they_were(bench, heats):
    report = import_source(bench, heats)
    assert (report.images, report.scores, report.regions, report.skipped) == (2, 4, 4, [])
    kept = bench.store.references.maps_of(1)
    assert [(one.source, one.phrase) for one in kept] == [("richhf", "artifact"), ("richhf", "misalignment")]
    for seed, one in enumerate(kept, 1):
        assert np.array_equal(load_reference_map(bench, one).values, heat(seed))
        assert one.path == f"reference_maps/{one.sha256[:2]}/{one.sha256}.png"
    assert not load_reference_map(bench, bench.store.references.maps_of(2)[0]).values.any()
    assert len(list(bench.settings.data.glob("reference_maps/*/*.png"))) == 3  # the empty one is one file
    assert [image.id for image in bench.store.references.images_with_any()] == [1, 2]


def test_heat_maps_twice_are_once_and_a_lost_file_comes_back(bench, heats):
    first = import_source(bench, heats)
    kept = bench.store.references.maps_of(1)
    (bench.settings.data / kept[0].path).unlink()
    (bench.settings.data / kept[1].path).write_bytes(b"damaged")
    for one, reason in zip(kept, ("missing", "damaged"), strict=True):
        with pytest.raises(UnreadableImage, match=reason):
            load_reference_map(bench, one)
    again = import_source(bench, heats)
    assert (again.regions, again.new, again.duplicates) == (first.regions, 0, 2)
    assert bench.store.references.maps_of(1) == kept
    assert [load_reference_map(bench, one).phrase for one in kept] == ["artifact", "misalignment"]


def test_boxes_go_in_once_beside_the_description_that_has_none(bench, tmp_path):
    picture(tmp_path / "media_data/image/a.png")
    regional = [{"region": [1.5, 1, 2, 9], "desc": "A blob"}]
    item = {"image_path": "media_data/image/a.png", "problems": {"regional": regional, "global": [{"desc": "Flat"}]}}
    (tmp_path / "open_ended_vqa.json").write_text(json.dumps([item]), encoding="utf-16")
    for _ in range(2):
        report = import_source(bench, tmp_path, ImportOptions(study="loki"))
        assert (report.images, report.descriptions, report.regions) == (1, 1, 1)
    (found,) = bench.store.references.regions_of(1)
    assert found.finding == Finding("A blob", regions=(Region(RegionShape.BOX, (1.5, 1.0, 3.5, 10.0)),))
    said = bench.store.descriptions.newest(1).description
    assert (said.text, said.provider) == ("A blob. Flat.", "loki")
    assert [(finding.phrase, finding.start, finding.regions) for finding in said.findings] == [
        ("A blob", 0, ()),
        ("Flat", 8, ()),
    ]


def test_a_mask_of_another_size_is_listed_and_its_image_stays_out(bench, tmp_path):
    for name, size in (("a", (8, 6)), ("b", (6, 8))):
        picture(tmp_path / "pal/images" / f"{name}.png", len(size) + ord(name))
        (tmp_path / "pal/masks").mkdir(exist_ok=True)
        Image.new("L", size, 255).save(tmp_path / "pal/masks" / f"{name}.png")
    report = import_source(bench, tmp_path / "pal", ImportOptions(layout="pal"))
    assert (report.images, report.regions) == (1, 1)
    (skipped,) = report.skipped
    assert (skipped.row, "6 x 8 pixels where the image has 8 x 6" in skipped.reason) == ("masks/b.png", True)
    (found,) = bench.store.references.regions_of(1)
    assert found.finding.regions[0].coordinates == (0, 48)


def test_an_image_whose_own_name_is_no_text_is_listed(bench, heats):
    image = heats / "images/a.png"
    named = bytes(heats) + b"/images/caf\xe9.png"
    os.rename(bytes(image), named)  # noqa: PTH104
    os.symlink(named, bytes(image))  # noqa: PTH211
    report = import_source(bench, heats)
    assert (report.images, [one.row for one in report.skipped]) == (1, ["record 1 of train.tfrecord"])
    assert "half a character" in report.skipped[0].reason


def test_a_tree_of_which_nothing_can_be_used_says_why(bench, heats):
    for image in (heats / "images").iterdir():
        image.unlink()
    with pytest.raises(ImportFailed, match=r"record 1 of train\.tfrecord: there is no image 'a\.png'"):
        import_source(bench, heats)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"phrase": " "}, "needs a phrase"),
        ({"source": ""}, "needs a source"),
        ({"source": "x" * 201}, "needs a source"),
        ({"values": np.zeros((2, 2), np.float32)}, "uint8"),
        ({"values": np.zeros((2, 2, 3), np.uint8)}, r"\(h, w\)"),
        ({"values": np.zeros((0, 2), np.uint8)}, r"\(h, w\)"),
    ],
)
def test_a_reference_map_that_is_none_is_refused(changed, reason):
    given = {"phrase": "artifact", "values": np.zeros((2, 2), np.uint8), "source": "richhf"} | changed
    with pytest.raises(InvalidValue, match=reason):
        ReferenceMap(**given)
