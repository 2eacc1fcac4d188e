"""The layouts of PAL4VST's masks and of AGIQA-3K's table."""

import numpy as np
import pytest
import trees
from builders import shared_folder
from PIL import Image

from realness import exchange
from realness.domain import OpinionScore, RegionShape
from realness.errors import ImportFailed
from realness.images import rasterise

MARKS = np.zeros((6, 8), np.uint8)
MARKS[2:4, 3:7] = 1
MARKS[5, 7] = 255


def mask(path, values=MARKS, mode=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(values)
    if mode == "P":
        image.putpalette([0] * 768)  # every index looks black; it is the index that counts
    (image.convert(mode) if mode not in (None, "P") else image).save(path, "PNG")
    return path


def pal(root, images="images", masks="masks", split=""):
    """Two images with their masks, the second one's empty."""
    for seed, (name, values) in enumerate((("a", MARKS), ("b", MARKS * 0))):
        trees.picture(root / images / split / f"{name}.jpg", seed)
        mask(root / masks / split / f"{name}.png", values)
    return root


@pytest.mark.parametrize("names", [("images", "masks"), ("img_dir", "ann_dir")])
@pytest.mark.parametrize("split", ["", "train"])
def test_a_mask_becomes_one_region_and_an_empty_one_none(tmp_path, names, split):
    records, skipped = trees.taken(pal(tmp_path, *names, split), layout="pal")
    assert skipped == []
    (finding,), empty = records[0].regions, records[1].regions
    (region,) = finding.regions
    assert (finding.phrase, region.shape, region.size, empty) == ("artifact", RegionShape.MASK, (8, 6), ())
    assert np.array_equal(rasterise(region, (8, 6)), MARKS > 0)
    assert (records[0].split, records[0].is_real) == (split or None, False)
    assert records[0].name == "/".join(filter(None, (names[0], split, "a.jpg")))


def test_splits_may_hold_images_and_masks_and_one_can_be_asked_for(tmp_path):
    pal(tmp_path / "val")
    pal(tmp_path / "train")
    assert [found.split for found in trees.taken(tmp_path, layout="pal")[0]] == ["train"] * 2 + ["val"] * 2
    assert [found.split for found in trees.taken(tmp_path, layout="pal", split="val")[0]] == ["val"] * 2
    with pytest.raises(ImportFailed, match="no split 'dev'"):
        exchange.read(tmp_path, "pal", split="dev")
    assert {found.split for found in trees.taken(tmp_path / "val", layout="pal", split="dev")[0]} == {"dev"}


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
@pytest.mark.parametrize("first", [False, True])
def test_whatever_is_not_zero_is_marked_in_every_kind_of_png(tmp_path, mode, first):
    values = MARKS.copy()
    values[0, 0] = 255 * first
    values = values if mode == "P" else (values > 0).astype(np.uint8) * 255
    pal(tmp_path)
    mask(tmp_path / "masks/a.png", values, mode)
    record = trees.taken(tmp_path, layout="pal")[0][0]
    assert np.array_equal(rasterise(record.regions[0].regions[0], (8, 6)), values > 0)


def test_what_has_no_counterpart_or_cannot_be_read_is_listed(tmp_path):
    root = pal(tmp_path / "set", split="train")
    trees.picture(root / "images/train/c.jpg")
    mask(root / "masks/train/d.png")
    trees.picture(root / "images/train/e.jpg")
    (root / "masks/train/e.png").write_bytes(mask(tmp_path / "whole.png").read_bytes()[:-20])
    trees.picture(root / "images/train/f.jpg")
    (root / "masks/train/f.png").symlink_to(tmp_path / "whole.png")
    trees.picture(root / "images/train/g.jpg")
    mask(root / "masks/train/g.png", np.tile(np.eye(2, dtype=np.uint8), (600, 600)))
    (root / "masks/train/notes.txt").write_text("no mask")
    (root / "masks/dev").symlink_to(pal(tmp_path / "other") / "masks")
    records, skipped = trees.taken(root, layout="pal")
    assert [record.path.name for record in records] == ["a.jpg", "b.jpg"]
    reasons = {item.row: item.reason for item in skipped}
    for row, reason in {
        "images/train/c.jpg": "no file of the same name in masks/train",
        "masks/train/d.png": "no image of the same name in images/train",
        "masks/train/e.png": "cut short",
        "masks/train/f.png": "leaves the folder",
        "masks/dev": "link that leaves the folder",
        "masks/train/g.png": "no mask that was drawn",
    }.items():
        assert reason in reasons.pop(row)
    assert reasons == {}


HEADER = "name,prompt,adj1,adj2,style,mos_quality,std_quality,mos_align,std_align"
ROWS = (
    "AttnGAN_normal_000.jpg,statue of a man,,,,0.965602553,0.223270101,0.40889324,0.615607722",
    'sd1.5_lowcorr_118.jpg,"a cat, anime style",,,anime style,5,0.1,1,0.1',
)


def agiqa(root, *rows, images="images"):
    for seed, row in enumerate(ROWS):
        trees.picture(root / images / row.split(",")[0], seed)
    return trees.table(root / "data.csv", HEADER, *(rows or ROWS))


@pytest.mark.parametrize("images", ["", "images"])
def test_agiqa_gives_ratings_prompts_and_generators(tmp_path, images):
    file = agiqa(tmp_path, images=images)
    assert exchange.detect_layout(tmp_path) == exchange.detect_layout(file) == "agiqa"
    records, skipped = trees.taken(tmp_path, split="all")
    assert skipped == []
    assert trees.taken(file, split="all") == (records, [])
    assert [record.generator for record in records] == ["AttnGAN", "sd1.5"]
    assert [record.prompt for record in records] == ["statue of a man", "a cat, anime style"]
    assert records[0].scores[0].rating == pytest.approx(19.31205106)
    assert records[1].scores == (OpinionScore("agiqa-3k", 100.0),)
    assert {(record.split, record.is_real, record.description) for record in records} == {("all", False, None)}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("none_a.jpg,x,,,,1,1,1,1", "no file"),
        ("../secret.jpg,x,,,,1,1,1,1", "leaves the folder"),
        ("/etc/hostname,x,,,,1,1,1,1", "absolute path"),
        ("sd1.5_lowcorr_118.jpg,x,,,,5.01,1,1,1", "from 0 to 5"),
        ("sd1.5_lowcorr_118.jpg,x,,,,-0.1,1,1,1", "from 0 to 5"),
        ("sd1.5_lowcorr_118.jpg,x,,,,nan,1,1,1", "finite number"),
        ("AttnGAN_normal_000.jpg,x,,,,1,1,1,1", "names the image of line 2"),
        ("sd1.5_lowcorr_118.jpg,x,1", "has 3 fields"),
        (",x,,,,1,1,1,1", "names no image"),
    ],
)
def test_a_bad_row_of_agiqa_is_listed_with_its_line(tmp_path, row, reason):
    trees.picture(tmp_path / "secret.jpg", 8)
    agiqa(tmp_path / "set", ROWS[0], row)
    (record,), (skipped,) = trees.taken(tmp_path / "set")
    assert record.prompt == "statue of a man"
    assert (skipped.row, reason in skipped.reason) == ("line 3 of data.csv", True)


def test_of_two_tables_one_has_to_be_named_and_another_table_stays_csv(tmp_path):
    agiqa(tmp_path)
    trees.table(tmp_path / "other.csv", "image", "images/sd1.5_lowcorr_118.jpg")
    assert exchange.detect_layout(tmp_path) == "agiqa"
    assert exchange.detect_layout(tmp_path / "other.csv") == "csv"
    trees.table(tmp_path / "more.csv", HEADER)
    assert exchange.detect_layout(tmp_path) == "folder"
    with pytest.raises(ImportFailed, match="2 tables"):
        exchange.read(tmp_path, "agiqa")


def test_a_table_behind_a_link_that_leaves_the_folder_is_read_only_when_it_is_named(tmp_path):
    table = agiqa(tmp_path / "set")
    table.rename(tmp_path / "data.csv")
    table.symlink_to(tmp_path / "data.csv")
    assert exchange.detect_layout(tmp_path / "set") == "folder"
    with pytest.raises(ImportFailed, match="no table of its own"):
        exchange.read(tmp_path / "set", "agiqa")
    assert len(trees.taken(table)[0]) == 2


def test_a_score_that_is_missing_leaves_the_image_without_one(tmp_path):
    agiqa(tmp_path, "AttnGAN_normal_000.jpg,x,,,,,,,")
    (record,), skipped = trees.taken(tmp_path)
    assert (record.scores, skipped) == ((), [])


def test_every_row_of_the_published_table_has_a_rating_and_a_known_generator(tmp_path):
    published = shared_folder("formats") / "agiqa3k_data.csv"
    (tmp_path / "images").mkdir()
    (tmp_path / "data.csv").symlink_to(published)  # read where it is, never copied
    for line in published.read_text(encoding="utf-8").splitlines()[1:]:
        (tmp_path / "images" / line.split(",")[0]).touch()
    records, skipped = trees.taken(tmp_path / "data.csv")
    assert (len(records), skipped) == (2982, [])
    assert {record.generator for record in records} == {"AttnGAN", "DALLE2", "glide", "midjourney", "sd1.5", "xl2.2"}
    ratings = [record.scores[0].rating for record in records]
    assert (min(ratings), max(ratings)) == (0.0, pytest.approx(89.77481568))
    assert all(record.prompt for record in records)
