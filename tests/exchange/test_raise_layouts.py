"""The layouts of RAISE and RAISE-TD."""

import pytest
import trees

from realness import exchange
from realness.domain import OpinionScore
from realness.errors import ImportFailed
from realness.exchange.from_raise import is_real, rating_of


def test_a_raise_td_tree_gives_texts_as_they_stand_and_joined_scores(tmp_path):
    records, skipped = trees.taken(trees.raise_td(tmp_path))
    assert skipped == []
    assert [record.name for record in records] == [f"datasets/train/images/{name}" for name in trees.NAMES]
    assert tuple(record.description for record in records) == trees.TEXTS
    assert [record.scores for record in records] == [
        (OpinionScore("raise", rating, z),) for rating, z in zip(trees.RATINGS, trees.Z_SCORES, strict=True)
    ]
    assert [record.is_real for record in records] == [False, False, True]
    assert {(r.provider, r.model, r.split, r.verdict) for r in records} == {("raise-td", "gpt-4.1", "train", None)}
    assert all(record.path.is_file() for record in records)


@pytest.mark.parametrize("below", ["", "datasets", "datasets/train", "datasets/train/image_descriptions.csv"])
def test_the_root_its_datasets_folder_and_one_split_give_the_same_records(tmp_path, below):
    trees.raise_td(tmp_path)
    assert exchange.detect_layout(tmp_path / below) == "raise-td"
    assert list(exchange.read(tmp_path / below)) == list(exchange.read(tmp_path))


def test_ratings_are_joined_from_a_raise_tree_in_the_same_place_too(tmp_path):
    trees.raise_mos(trees.raise_td(tmp_path, ratings=False))
    records, skipped = trees.taken(tmp_path)
    assert skipped == []
    assert [record.scores[0].rating for record in records] == list(trees.RATINGS)


def test_without_ratings_they_follow_from_the_z_scores_and_only_on_the_scale(tmp_path):
    trees.raise_td(tmp_path, ratings=False)
    records, _ = trees.taken(tmp_path)
    assert [record.scores[0].rating for record in records] == pytest.approx(trees.RATINGS, abs=1e-6)
    assert [record.scores[0].z_score for record in records] == list(trees.Z_SCORES)
    assert rating_of(-3.7) is None
    assert rating_of(2.1) is None


def test_both_splits_come_train_first_and_one_can_be_asked_for(tmp_path):
    trees.raise_td(trees.raise_td(tmp_path), split="test")
    assert [record.split for record in trees.taken(tmp_path)[0]] == ["train"] * 3 + ["test"] * 3
    assert [record.split for record in trees.taken(tmp_path, split="test")[0]] == ["test"] * 3
    with pytest.raises(ImportFailed, match="no split 'dev' here; it has train, test"):
        exchange.read(tmp_path, split="dev")


def test_every_kind_of_bad_row_is_listed_with_its_line_and_the_rest_goes_in(tmp_path):
    trees.raise_td(tmp_path, ratings=False)
    folder = tmp_path / "datasets" / "train"
    trees.picture(folder / "images" / "f3.png")
    trees.picture(tmp_path.parent / "outside.png")
    (folder / "images" / "link.png").symlink_to("/etc/hostname")
    rows = [
        ("f9.png,0.1,No image.", "no file 'f9.png'"),
        (b"f3.png,0.1,Caf\xe9.", "UTF-8"),
        ("f3.png,0.1,Yes, unquoted.", "4 fields where the header has 3"),
        ("f3.png,0.1", "2 fields"),
        ("f3.png,nan,Yes.", "MOS must be a finite number"),
        ("f3.png,high,Yes.", "MOS must be a finite number, got 'high'"),
        ("../../../../outside.png,0.1,Yes.", "leaves the folder"),
        ("/etc/hostname,0.1,Yes.", "absolute path"),
        ("C:\\a.png,0.1,Yes.", "absolute path"),
        ("link.png,0.1,Yes.", "leaves the folder"),
        ("https://example.org/a.png,0.1,Yes.", "is an address"),
        (",0.1,Yes.", "names no image"),
        (b"f3.png,0.1,N\0L", "NUL"),
        (f"f3.png,0.1,{'long ' * 5000}", "25000 characters; at most 20000"),
        (f"f3.png,0.1,{'x' * 200_000}", "more than 131,072 characters"),
        (f"f3.png,0.1,{'x' * 2_000_000}", "longer than 1,048,576 bytes"),
        ('f3.png,0.1,"Yes. Never closed', "never closed"),
        ("images,0.1,Yes.", "no file 'images'"),
    ]
    trees.table(
        folder / "image_descriptions.csv",
        "filename,MOS,description",
        "f1.png,0.5,Fine.",
        *(row for row, _ in rows),
        'f2.png,0.5,"Fine, too."',
        "f2.png,0.5,Again.",
        "r1.png,,",
    )
    records, skipped = trees.taken(tmp_path)
    assert [record.name[-6:] for record in records] == ["f1.png", "f2.png", "r1.png"]
    assert [record.description for record in records] == ["Fine.", "Fine, too.", None]
    assert records[2].scores == ()
    for line, (item, (_, reason)) in enumerate(zip(skipped, rows, strict=False), start=3):
        assert item.row == f"line {line} of train/image_descriptions.csv"
        assert reason in item.reason
    assert len(skipped) == len(rows) + 1
    assert "line 21 of train/image_descriptions.csv again" in skipped[-1].reason


def test_bad_ratings_are_listed_and_the_image_keeps_its_z_score(tmp_path):
    trees.raise_td(tmp_path)
    trees.table(
        tmp_path / "ratings" / "train.csv",
        "filename,MOS_Rating,MOS_ZScore",
        "f1.png,120.5,0.1",
        "f2.png,NaN,0.1",
        "r1.png,55,",
        "r1.png,56,0.2",
    )
    records, skipped = trees.taken(tmp_path)
    assert [item.row for item in skipped] == [f"line {line} of ratings/train.csv" for line in (2, 3, 5)]
    assert [part in item.reason for part, item in zip(("120.5", "'NaN'", "again"), skipped, strict=True)] == [True] * 3
    assert [record.scores[0].z_score for record in records] == list(trees.Z_SCORES)
    assert records[2].scores[0].rating == 55


def test_a_wrong_column_is_listed_and_the_rest_goes_in(tmp_path):
    trees.raise_td(tmp_path)
    table = tmp_path / "datasets" / "train" / "image_descriptions.csv"
    table.write_bytes(table.read_bytes().replace(b"filename,MOS,description", b"filename,score,Description"))
    records, skipped = trees.taken(tmp_path)
    assert [item.row for item in skipped] == ["line 1 of train/image_descriptions.csv"]
    assert "'score' is unknown" in skipped[0].reason
    assert "known are filename, mos, description" in skipped[0].reason
    assert tuple(record.description for record in records) == trees.TEXTS


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"file,MOS,description\nf1.png,0.1,Yes.\n", "no column 'filename'"),
        ("filename,MOS,description\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_a_table_without_its_header_gives_one_reason_and_no_record(tmp_path, content, reason):
    trees.raise_td(tmp_path, ratings=False)
    (tmp_path / "datasets" / "train" / "image_descriptions.csv").write_bytes(content)
    records, skipped = trees.taken(tmp_path)
    assert records == []
    assert reason in skipped[-1].reason


@pytest.mark.parametrize("below", ["", "dataset"])
def test_a_raise_tree_gives_scores_without_descriptions(tmp_path, below):
    trees.raise_mos(trees.raise_mos(tmp_path), split="test")
    assert exchange.detect_layout(tmp_path / below) == "raise"
    records, skipped = trees.taken(tmp_path / below)
    assert skipped == []
    assert [record.split for record in records] == ["train"] * 3 + ["test"] * 3
    assert [record.scores[0].rating for record in records] == list(trees.RATINGS) * 2
    assert {record.description for record in records} == {None}
    assert [record.is_real for record in records[:3]] == [False, False, True]


def test_bad_rows_of_a_raise_tree_are_listed(tmp_path):
    trees.raise_mos(tmp_path)
    trees.table(
        tmp_path / "dataset" / "ratings" / "train.csv",
        "filename,MOS_Rating,MOS_ZScore",
        "f1.png,50,0",
        "f1.png,50,0",
        "f2.png,,",
        "f3.png,50,0",
        "r1.png,-1,0",
    )
    records, skipped = trees.taken(tmp_path)
    assert len(records) == 1
    reasons = ("again", "neither MOS_Rating nor MOS_ZScore", "no file", "from 0 to 100")
    assert all(part in item.reason for part, item in zip(reasons, skipped, strict=True))


@pytest.mark.parametrize(
    ("tree", "table", "label"),
    [
        (trees.raise_td, "datasets/train/image_descriptions.csv", "train/image_descriptions.csv"),
        (trees.raise_td, "ratings/train.csv", "ratings/train.csv"),
        (trees.raise_mos, "dataset/ratings/train.csv", "ratings/train.csv"),
        (trees.raise_mos, "dataset/ratings", "ratings/train.csv"),
    ],
)
def test_a_table_is_not_read_through_a_link_that_leaves_the_tree(tmp_path, tree, table, label):
    place = tree(tmp_path / "tree") / table
    place.rename(tmp_path / "outside")
    place.symlink_to(tmp_path / "outside")
    if joined := table == "ratings/train.csv":
        trees.table(tmp_path / "outside", "filename,MOS_Rating,MOS_ZScore", *(f"{name},1,1" for name in trees.NAMES))
    records, skipped = trees.taken(tmp_path / "tree")
    assert [record.scores[0].z_score for record in records] == list(trees.Z_SCORES if joined else ())
    assert 1 not in [record.scores[0].rating for record in records]
    told = [(item.row, "leaves the folder of the data set" in item.reason) for item in skipped]
    assert told == [(label, True)]


def test_a_table_is_read_through_a_link_that_stays_in_the_tree(tmp_path):
    table = trees.raise_mos(tmp_path) / "dataset/ratings/train.csv"
    table.rename(tmp_path / "real.csv")
    table.symlink_to(tmp_path / "real.csv")
    assert len(trees.taken(tmp_path)[0]) == 3


def test_other_names_than_raises_say_nothing_about_being_real():
    assert [is_real(name) for name in ("r12.png", "F3.PNG", "rose.png", "face1.png")] == [True, False, None, None]


@pytest.mark.parametrize("layout", ["raise-td", "raise"])
def test_a_folder_of_another_layout_is_refused_at_once(tmp_path, layout):
    with pytest.raises(ImportFailed, match="it needs dataset"):
        exchange.read(tmp_path, layout)
