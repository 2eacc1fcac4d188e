"""The layout of RichHF-18K, and the TFRecord files below it."""

from contextlib import suppress

import numpy as np
import pytest
import trees
from hypothesis import given, settings
from hypothesis import strategies as st
from records import example, heat, masked, png, record, richhf, write

from realness import exchange
from realness.domain import OpinionScore
from realness.errors import ImportFailed, InvalidValue
from realness.exchange.tfrecords import features, masked_crc, records

GOOD = record(example(richhf("b.png")))


@pytest.fixture
def root(tmp_path):
    """A folder with the images that the records of these tests name."""
    for seed, name in enumerate(("a.png", "b.png")):
        trees.picture(tmp_path / "set/images" / name, seed)
    trees.picture(tmp_path / "outside.png", 9)
    return tmp_path / "set"


def test_the_checksum_is_the_published_one():
    """RFC 3720, B.4: 32 bytes of zeros, of ones, and 0 to 31."""
    for data, crc in ((bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43), (bytes(range(32)), 0x46DD794E)):
        assert masked_crc(data) == (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
        assert masked_crc(data).to_bytes(4, "little") == masked(data)


@pytest.mark.parametrize("packed", [True, False])
def test_an_example_gives_maps_scores_split_and_no_description(root, packed):
    file = write(root / "train.tfrecord", record(example(richhf("b.png"))), record(example(richhf(), packed)))
    assert exchange.detect_layout(root) == exchange.detect_layout(file) == "richhf"
    (_, found), skipped = trees.taken(root)
    assert skipped == []
    assert [(one.phrase, one.source) for one in found.reference_maps] == [
        ("artifact", "richhf"),
        ("misalignment", "richhf"),
    ]
    for seed, one in enumerate(found.reference_maps, 1):
        assert one.values.dtype == np.uint8
        assert np.array_equal(one.values, heat(seed))
    assert found.scores == (OpinionScore("richhf overall", 62.5), OpinionScore("richhf artifact", 50.0))
    assert (found.row, found.name, found.split) == ("record 2 of train.tfrecord", "images/a.png", "train")
    assert (found.description, found.is_real, found.regions) == (None, False, ())
    assert [one.name for one in trees.taken(file)[0]] == ["images/b.png", "images/a.png"]


def test_splits_come_in_order_and_one_can_be_asked_for(root):
    for split, name in (("test", "a.png"), ("dev", "b.png")):
        write(root / f"{split}.tfrecord", record(example(richhf(name))))
    assert [found.split for found in trees.taken(root)[0]] == ["dev", "test"]
    assert [found.split for found in trees.taken(root, split="test")[0]] == ["test"]
    with pytest.raises(ImportFailed, match="no split 'train' here; it has dev, test"):
        exchange.read(root, split="train")


def test_images_are_found_by_their_name_in_the_folders_that_it_names_or_in_none(root):
    trees.picture(root / "images/deep/er/c.png", 3)
    trees.picture(root / "images/train/d.png", 4)
    names = ("deep/er/c.png", "pickapic/v1/a.png", "d.png", "train/b.png")
    write(root / "train.tfrecord", *(record(example(richhf(name))) for name in names))
    records, skipped = trees.taken(root)
    assert skipped == []
    assert [found.name for found in records] == [
        "images/deep/er/c.png", "images/a.png", "images/train/d.png", "images/b.png",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("filename", "reason"),
    [
        ("none.png", "add it from Pick-a-Pic"),
        ("../../outside.png", "leaves the folder"),
        ("/etc/hostname", "absolute path"),
        ("", "names no image"),
        (b"\xff.png", "not UTF-8"),
        (0.5, "must be one value of bytes"),
        (None, "no 'filename'"),
        ("b.png", "names the image of record 1"),
    ],
)
def test_an_example_without_its_image_is_listed_and_the_next_one_goes_in(root, filename, reason):
    write(root / "train.tfrecord", GOOD, record(example(richhf(filename))), record(example(richhf())))
    found, (skipped,) = trees.taken(root)
    assert [one.path.name for one in found] == ["b.png", "a.png"]
    assert skipped.row == "record 2 of train.tfrecord"
    assert reason in skipped.reason


@pytest.mark.parametrize(
    ("changed", "place", "reason"),
    [
        ({"artifact_map": b"no image"}, "artifact_map", "not an image"),
        ({"artifact_map": png(heat())[:90]}, "artifact_map", "cut short"),
        ({"artifact_map": 0.5}, "artifact_map", "one value of bytes"),
        ({"misalignment_map": png(np.zeros((4, 4), np.uint16))}, "misalignment_map", "8-bit grey"),
        ({"overall_score": float("nan")}, "overall_score", "finite number"),
        ({"overall_score": 1.5}, "overall_score", "from 0 to 1"),
        ({"artifact_score": -0.25}, "artifact_score", "from 0 to 1"),
        ({"artifact_score": [0.5, 0.5]}, "artifact_score", "one number, got 2"),
        ({"artifact_score": b"0.5"}, "artifact_score", "one number"),
    ],
)
def test_a_bad_map_or_score_costs_itself_alone(root, changed, place, reason):
    write(root / "train.tfrecord", record(example(richhf(**changed))))
    (found,), (skipped,) = trees.taken(root)
    assert len(found.reference_maps) + len(found.scores) == 3
    assert skipped.row == f"record 1 of train.tfrecord, {place}"
    assert reason in skipped.reason


def test_a_map_that_is_empty_is_kept_and_one_that_is_missing_is_not(root):
    changed = {"artifact_map": png(np.zeros((4, 6), np.uint8)), "misalignment_map": None, "overall_score": None}
    write(root / "train.tfrecord", record(example(richhf(**changed))))
    (found,), skipped = trees.taken(root)
    (only,) = found.reference_maps
    assert (only.phrase, only.values.shape, only.values.any(), skipped) == ("artifact", (4, 6), False, [])
    assert [score.source for score in found.scores] == ["richhf artifact"]


def test_a_wrong_checksum_costs_its_own_record(root):
    bad = bytearray(record(example(richhf())))
    bad[40] ^= 1
    write(root / "train.tfrecord", bytes(bad), GOOD)
    (found,), (skipped,) = trees.taken(root)
    assert found.path.name == "b.png"
    assert skipped.row == "record 1 of train.tfrecord"
    assert "checksum does not match" in skipped.reason


@pytest.mark.parametrize("left", [1, 11, 12, 100, len(GOOD) - 1])
def test_a_record_that_is_cut_short_is_listed_after_the_whole_ones(root, left):
    write(root / "train.tfrecord", record(example(richhf())), GOOD[:left])
    (found,), (skipped,) = trees.taken(root)
    assert found.path.name == "a.png"
    assert (skipped.row, "cut short" in skipped.reason) == ("record 2 of train.tfrecord", True)


def test_after_a_wrong_length_nothing_more_is_read(root):
    bad = bytearray(record(example(richhf())))
    bad[0] ^= 1
    huge = (1 << 60).to_bytes(8, "little")
    for data in (bytes(bad), huge + masked(huge)):
        write(root / "train.tfrecord", data, GOOD)
        found, (skipped,) = trees.taken(root)
        assert (found, "damaged length" in skipped.reason) == ([], True)


def test_another_message_a_pointer_and_a_file_behind_a_link_are_listed(root, tmp_path):
    file = write(root / "train.tfrecord", record(b"\x0a\x05abc"), record(b"\x08\x01"), record(b""))
    found, skipped = trees.taken(root)
    assert found == []
    assert ["no tf.train.Example" in item.reason for item in skipped] == [True, True, False]
    assert "no 'filename'" in skipped[2].reason
    file.write_text("version https://git-lfs.github.com/spec/v1\n")
    assert "git lfs pull" in trees.taken(root)[1][0].reason
    file.unlink()
    file.symlink_to(write(tmp_path / "outside.tfrecord", GOOD))
    assert "link that leaves" in trees.taken(root)[1][0].reason


def test_without_a_folder_of_images_it_says_where_they_belong(tmp_path):
    write(tmp_path / "train.tfrecord", GOOD)
    with pytest.raises(ImportFailed, match="Pick-a-Pic v1 into"):
        exchange.read(tmp_path)


@given(data=st.binary(max_size=200))
@settings(deadline=None)
def test_no_bytes_make_the_readers_fail(tmp_path_factory, data):
    with suppress(InvalidValue):
        assert isinstance(features(data), dict)
    file = write(tmp_path_factory.getbasetemp() / "any.tfrecord", data)
    assert len(list(records(file, file.name))) <= 1 + len(data) // 16
