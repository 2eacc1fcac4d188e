"""The layouts whose regions are in JSON: LOKI, SynthScars and HADM."""

import json

import pytest
import trees

from realness import exchange
from realness.domain import Finding, Region, RegionShape
from realness.errors import ImportFailed
from realness.exchange.from_hadm import TAGS

NAN = float("nan")


def box(*corners):
    return Region(RegionShape.BOX, corners)


def written(path, value, encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding=encoding)
    return path


def loki(root, *items, encoding="utf-16"):
    """LOKI's tree with two images."""
    for seed, name in enumerate(("a.png", "b.png")):
        trees.picture(root / "media_data/image" / name, seed)
    return written(root / "data_json/image/open_ended_vqa.json", list(items), encoding)


def question(name="a.png", regional=(), overall=()):
    problems = {"regional": [{"region": where, "desc": desc} for where, desc in regional]}
    problems["global"] = [{"desc": desc} for desc in overall]
    return {"image_path": f"media_data/image/{name}", "problems": problems, "id": 1, "question": "?", "metric": "open"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "utf-8-sig"])
def test_loki_gives_sentences_findings_and_boxes_whatever_the_encoding(tmp_path, encoding):
    regional = [([2.5, 1, 3, 4.25], "The hand\nhas six fingers"), ([0, 0, 1, 1], "A foot is missing.")]
    file = loki(tmp_path, question(regional=regional, overall=["It looks plastic!"]), encoding=encoding)
    assert exchange.detect_layout(tmp_path) == exchange.detect_layout(file) == "loki"
    (record,), skipped = trees.taken(tmp_path)
    assert skipped == []
    text = "The hand has six fingers. A foot is missing. It looks plastic!"
    assert (record.name, record.description, record.provider) == ("media_data/image/a.png", text, "loki")
    assert (record.verdict, record.is_real, record.split) == (None, False, None)
    phrases = ("The hand has six fingers", "A foot is missing", "It looks plastic")
    assert record.findings == tuple(Finding(phrase, start=text.index(phrase)) for phrase in phrases)
    assert record.regions == (
        Finding(phrases[0], regions=(box(2.5, 1.0, 5.5, 5.25),)),
        Finding(phrases[1], regions=(box(0.0, 0.0, 1.0, 1.0),)),
    )
    assert trees.taken(file) == ([record], [])


def test_two_boxes_of_the_same_words_are_one_finding_that_is_said_once(tmp_path):
    loki(tmp_path, question(regional=[([0, 0, 2, 2], "A blob."), ([4, 4, 1, 1], "A blob")]))
    (record,), _ = trees.taken(tmp_path)
    assert record.description == "A blob."
    assert record.regions == (Finding("A blob", regions=(box(0.0, 0.0, 2.0, 2.0), box(4.0, 4.0, 5.0, 5.0))),)


def test_places_of_findings_are_counted_from_after_a_verdict(tmp_path):
    loki(tmp_path, question(overall=["No!", "The sky is striped"]))
    (record,), _ = trees.taken(tmp_path)
    assert record.description == "No! The sky is striped."
    assert record.findings[-1] == Finding("The sky is striped", start=0)


def test_a_box_that_starts_before_the_image_starts_with_it(tmp_path):
    loki(tmp_path, question(regional=[([-3.5, -2, 5, 6], "A blob")]))
    (record,), skipped = trees.taken(tmp_path)
    assert (record.regions[0].regions, skipped) == ((box(0.0, 0.0, 1.5, 4.0),), [])


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ([1, 1, 0, 5], "without area"),
        ([-9, 0, 5, 5], "left of the image"),
        ([1, 1, -2, 5], "negative size"),
        ([1, 1, NAN, 5], "finite numbers"),
        ([1, 1, 1e999, 5], "finite numbers"),
        ([1, 1, True, 5], "finite numbers"),
        ([1, 1, "2", 5], "finite numbers"),
        ([1, 1, 5], "must be a box"),
        ({"x": 1}, "must be a list"),
        (None, "no 'region'"),
    ],
)
def test_a_bad_box_costs_itself_and_what_was_said_stays(tmp_path, where, reason):
    loki(tmp_path, question(regional=[(where, "A blob"), ([0, 0, 1, 1], "A hole")]))
    (record,), (skipped,) = trees.taken(tmp_path)
    assert record.description == "A blob. A hole."
    assert [finding.phrase for finding in record.regions] == ["A hole"]
    assert skipped.row == "item 1 of open_ended_vqa.json, regional 1"
    assert reason in skipped.reason


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (question("c.png"), "no file"),
        ({"image_path": "../secret.png"}, "leaves the folder"),
        ({"image_path": "/etc/hostname"}, "absolute path"),
        ({"image_path": 5}, "must be a text"),
        ({}, "no 'image_path'"),
        (["a.png"], "no JSON object"),
        (question("b.png"), "names the image of item 1"),
        ({"image_path": "media_data/image/a.png", "problems": []}, "must be an object"),
        (question("a.png", overall=["x" * 15_000, "y" * 15_000]), "at most 20000"),
    ],
)
def test_a_bad_question_costs_itself_alone(tmp_path, item, reason):
    trees.picture(tmp_path / "secret.png", 9)
    loki(tmp_path / "set", question("b.png"), item, question("a.png", overall=["Fine."]))
    records, skipped = trees.taken(tmp_path / "set")
    assert [record.path.name for record in records] == ["b.png", "a.png"]
    assert skipped[0].row.startswith("item 2 of open_ended_vqa.json")
    assert reason in skipped[0].reason
    assert len(skipped) == 1


@pytest.mark.parametrize(
    ("text", "kept", "row", "reason"),
    [
        ('[{"image_path": "media_data/image/a.png"}, {"image_path": ', 1, "item 2 of", "no JSON"),
        ('[{"image_path": "media_data/image/a.png"}', 1, "open_ended", "breaks off after item 1"),
        ('[{"image_path": "media_data/image/a.png"}] x', 1, "open_ended", "after its list"),
        ('{"image_path": "media_data/image/a.png"}', 0, "open_ended", "no JSON list"),
        ("[" * 100_000, 0, "item 1 of", "nested too deeply"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:1", 0, "open_ended", "git lfs pull"),
        ("", 0, "open_ended", "no JSON list"),
    ],
)
def test_a_broken_file_gives_what_stands_before_the_break(tmp_path, text, kept, row, reason):
    file = loki(tmp_path)
    written(file, text)
    records, (skipped,) = trees.taken(tmp_path)
    assert len(records) == kept
    assert skipped.row.startswith(row)
    assert reason in skipped.reason


def test_text_of_no_encoding_is_listed_and_an_empty_list_is_empty(tmp_path):
    file = loki(tmp_path)
    assert trees.taken(tmp_path) == ([], [])
    for data in (b'["caf\xe9"]', b"\xff\xfe[\x00]"):
        file.write_bytes(data)
        records, (skipped,) = trees.taken(tmp_path)
        assert (records, "UTF-16 with a mark" in skipped.reason) == ([], True)


def test_a_label_file_behind_a_link_out_of_the_tree_is_not_read(tmp_path):
    file = loki(tmp_path / "set", question())
    file.rename(tmp_path / "outside.json")
    file.symlink_to(tmp_path / "outside.json")
    records, (skipped,) = trees.taken(tmp_path / "set", layout="loki")
    assert (records, "link that leaves" in skipped.reason) == ([], True)


@pytest.mark.parametrize("folder", ["annoations", "annotations"])
def test_a_split_behind_a_link_out_of_the_tree_is_not_read(tmp_path, folder):
    file = synthscars(tmp_path / "set", "train", scar(), folder=folder)
    file.rename(tmp_path / "outside.json")
    file.symlink_to(tmp_path / "outside.json")
    assert exchange.detect_layout(tmp_path / "set") == ("synthscars" if folder == "annoations" else "folder")
    records, (skipped,) = trees.taken(tmp_path / "set", layout="synthscars")
    assert (records, "link that leaves" in skipped.reason) == ([], True)


def synthscars(root, split, *items, folder="annoations"):
    """One split of SynthScars with two images."""
    for seed, name in enumerate(("a.jpg", "b.jpg")):
        trees.picture(root / split / "images" / name, seed + 10 * (split == "test"))
    return written(root / split / folder / f"{split}.json", list(items))


def scar(name="a.jpg", caption='"The arm bends twice. A leg is missing."', refs=()):
    found = [{"sentence": sentence, "segmentation": outlines} for sentence, outlines in refs]
    return {name: {"img_file_name": name, "caption": caption, "refs": found}}


@pytest.mark.parametrize("folder", ["annoations", "annotations"])
def test_synthscars_gives_captions_with_sentences_and_their_polygons(tmp_path, folder):
    outlines = [[0, 0, 4, 0, 4, 4.5], [1, 1, 2, 1, 2, 2, 1, 2]]
    refs = [("The arm bends twice.", outlines), ("a leg was lost", [[5, 5, 6, 5, 6, 6]])]
    synthscars(tmp_path, "test", scar("b.jpg"), folder=folder)
    synthscars(tmp_path, "train", scar(refs=refs), folder=folder)
    assert exchange.detect_layout(tmp_path) == "synthscars"
    (record, other), skipped = trees.taken(tmp_path)
    assert skipped == []
    assert (record.split, record.name, other.split) == ("train", "train/images/a.jpg", "test")
    assert (record.description, record.provider) == ("The arm bends twice. A leg is missing.", "synthscars")
    assert record.findings == (Finding("The arm bends twice", start=0), Finding("a leg was lost"))
    polygons = tuple(Region(RegionShape.POLYGON, tuple(map(float, outline))) for outline in outlines)
    assert record.regions[0] == Finding("The arm bends twice", regions=polygons)
    assert [finding.phrase for finding in record.regions] == ["The arm bends twice", "a leg was lost"]
    for part in ("train", f"train/{folder}/train.json"):
        assert exchange.detect_layout(tmp_path / part) == "synthscars"
        assert [one.regions for one in trees.taken(tmp_path / part)[0]] == [record.regions]


def test_synthscars_one_split_can_be_asked_for(tmp_path):
    synthscars(tmp_path, "test", scar())
    synthscars(tmp_path, "train", scar())
    assert [record.split for record in trees.taken(tmp_path, split="test")[0]] == ["test"]
    with pytest.raises(ImportFailed, match="no split 'dev' here; it has train, test"):
        exchange.read(tmp_path, split="dev")


@pytest.mark.parametrize(
    ("outline", "reason"),
    [
        ([0, 0, 4, 4], "three points or more"),
        ([0, 0, 4, 4, 5], "three points or more"),
        ([0, 0, 4, NAN, 5, 5], "finite numbers"),
        ([-9, 0, -1, 0, -5, 5], "left of the image"),
        ("square", "must be a polygon"),
    ],
)
def test_a_bad_polygon_costs_itself_alone(tmp_path, outline, reason):
    synthscars(tmp_path, "train", scar(refs=[("The arm bends twice.", [outline, [0, 0, 4, 0, 4, 4]])]))
    (record,), (skipped,) = trees.taken(tmp_path)
    assert len(record.regions[0].regions) == 1
    assert skipped.row == "item 1 of train/annoations/train.json, ref 1, polygon 1"
    assert reason in skipped.reason


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (scar("c.jpg"), "no file"),
        (scar("../../../out.jpg"), "leaves the folder"),
        (scar("b.jpg"), "names the image of item 1"),
        ({}, "one key"),
        ({"a": {}, "b": {}}, "one key"),
        ({"a": 5}, "no JSON object"),
        (scar(caption=7), "'caption' must be a text"),
        (scar(refs=[("", [])]) | {}, "empty 'sentence'"),
    ],
)
def test_a_bad_scar_is_listed_with_its_place(tmp_path, item, reason):
    trees.picture(tmp_path / "out.jpg")
    synthscars(tmp_path / "set", "train", scar("b.jpg"), item)
    _, (skipped,) = trees.taken(tmp_path / "set")
    assert skipped.row.startswith("item 2 of train/annoations/train.json")
    assert reason in skipped.reason


def hadm(root, name="a", split="val_ALL", **told):
    """One image of HADM with its annotation."""
    trees.picture(root / "images" / split / f"{name}.jpg", len(name))
    return written(root / "annotations" / split / f"{name}.json", {"image": {"height": 6, "width": 8}} | told)


def local(bbox=(5, 4, 1, 2), part="hand", level="severe"):
    return {"body_parts": part, "level": level, "bbox": list(bbox)}


def test_hadm_gives_phrases_that_say_what_is_wrong_with_which_part_or_whole_person(tmp_path):
    tags = ["human missing arm", "human with extra hand"]
    hadm(
        tmp_path,
        annotation=[local(), local((-2, 0, 3, 3), "feet", "mild")],
        human=[{"tag": tags, "bbox": [0, 0, 8, 6]}],
    )
    hadm(tmp_path, "clean", "train_ALL", annotation=[], human=[])
    assert exchange.detect_layout(tmp_path) == "hadm"
    (clean, record), skipped = trees.taken(tmp_path)
    assert skipped == []
    assert record.regions == (
        Finding("severe artifact of the hand", regions=(box(1.0, 2.0, 5.0, 4.0),)),
        Finding("mild artifact of the feet", regions=(box(0.0, 0.0, 3.0, 3.0),)),
        Finding("human missing arm", regions=(box(0.0, 0.0, 8.0, 6.0),)),
        Finding("human with extra hand", regions=(box(0.0, 0.0, 8.0, 6.0),)),
    )
    assert (record.split, record.name, record.description) == ("val_ALL", "images/val_ALL/a.jpg", None)
    assert (clean.split, clean.regions, clean.is_real) == ("train_ALL", (), False)
    assert [one.name for one in trees.taken(tmp_path, split="train_ALL")[0]] == ["images/train_ALL/clean.jpg"]
    assert len(TAGS) == 12


def test_hadm_words_that_its_lists_do_not_have_are_listed_once_and_stay_out(tmp_path):
    for name in "ab":
        hadm(
            tmp_path,
            name,
            annotation=[local(part="tail"), local()],
            human=[{"tag": ["human on fire"], "bbox": [0, 0, 1, 1]}],
        )
    records, skipped = trees.taken(tmp_path)
    assert [len(record.regions) for record in records] == [1, 1]
    assert [item.row for item in skipped] == [
        "annotations/val_ALL/a.json, annotation 1", "annotations/val_ALL/a.json, human 1",
    ]  # fmt: skip
    assert ["'tail'" in skipped[0].reason, "'human on fire'" in skipped[1].reason] == [True, True]


@pytest.mark.parametrize(
    ("told", "kept", "reason"),
    [
        ({"annotation": [local((1, 1, 1, 5))]}, 1, "without area"),
        ({"annotation": [local((1, 1, NAN, 5))]}, 1, "finite numbers"),
        ({"annotation": [{"level": "mild", "bbox": [0, 0, 1, 1]}]}, 1, "no 'body_parts'"),
        ({"human": [{"tag": "human missing arm", "bbox": [0, 0, 1, 1]}]}, 1, "must be a list"),
        ({}, 0, "neither 'annotation' nor 'human'"),
        ({"annotation": {}}, 0, "must be a list"),
    ],
)
def test_a_bad_hadm_entry_is_listed_with_its_place(tmp_path, told, kept, reason):
    hadm(tmp_path, **told)
    records, (skipped,) = trees.taken(tmp_path, layout="hadm")
    assert len(records) == kept
    assert skipped.row.startswith("annotations/val_ALL/a.json")
    assert reason in skipped.reason


def test_hadm_files_without_a_counterpart_or_with_two_are_listed(tmp_path):
    hadm(tmp_path, "fine", annotation=[local()])
    trees.picture(tmp_path / "images/val_ALL/alone.jpg")
    written(tmp_path / "annotations/val_ALL/lonely.json", {})
    hadm(tmp_path, "twice", annotation=[])
    trees.picture(tmp_path / "images/val_ALL/twice.png")
    written(hadm(tmp_path, "torn"), '{"annotation": [')
    trees.picture(tmp_path / "outside.jpg")
    written(tmp_path / "annotations/val_ALL/out.json", {"annotation": []})
    (tmp_path / "images/val_ALL/out.jpg").symlink_to("/etc/hostname")
    (tmp_path / "images/val_ALL/deep").mkdir()
    records, skipped = trees.taken(tmp_path)
    assert [record.name for record in records] == ["images/val_ALL/fine.jpg"]
    reasons = {item.row: item.reason for item in skipped}
    for row, reason in {
        "images/val_ALL/alone.jpg": "no file of the same name in annotations/val_ALL",
        "annotations/val_ALL/lonely.json": "no image of the same name in images/val_ALL",
        "annotations/val_ALL/twice.json": "more than one file",
        "annotations/val_ALL/torn.json": "no JSON",
        "annotations/val_ALL/out.json": "leaves the folder",
        "images/val_ALL/deep": "too deep",
    }.items():
        assert reason in reasons.pop(row)
    assert reasons == {}


@pytest.mark.parametrize("layout", ["loki", "synthscars", "hadm", "richhf", "pal", "agiqa"])
def test_a_folder_without_the_layout_is_refused_and_said_what_it_needs(tmp_path, layout):
    trees.picture(tmp_path / "a.png")
    assert exchange.detect_layout(tmp_path) == "folder"
    with pytest.raises(ImportFailed, match=r"needs|give the folder|name the one"):
        exchange.read(tmp_path, layout)


def test_folders_of_another_kind_are_not_taken_for_one_of_these(tmp_path):
    """COCO's names are SynthScars' and HADM's, images and masks may be of anything."""
    coco = {"images": [], "annotations": [], "categories": [{"name": "human"}]}
    trees.picture(tmp_path / "coco/train/images/a.jpg")
    written(tmp_path / "coco/train/annotations/train.json", coco)
    trees.picture(tmp_path / "organs/images/a.png")
    trees.picture(tmp_path / "organs/masks/a.png")
    assert [exchange.detect_layout(tmp_path / name) for name in ("coco", "coco/train", "organs")] == ["folder"] * 3
