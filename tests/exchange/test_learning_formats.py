"""What describers learn from: every format is read back by what will read it."""

import base64
import io
import json
import os
import tarfile
from pathlib import Path

import pytest
from builders import shared_folder
from PIL import Image
from reviewed import answered, described, exported

from realness import exchange
from realness.errors import InvalidValue, NotFound
from realness.exchange.examples import plain, split_of
from realness.settings import Settings
from realness.workbench import Workbench
from realness.workbench.importing import ImportOptions, import_source

pytestmark = [
    # `datasets` leaves memory maps to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
LEARNT = [name for name, format in exchange.EXPORTERS.items() if format.uses]
FOR_TEXTS = [name for name in exchange.EXPORTERS if not exchange.EXPORTERS[name].needs_people]
FOR_PEOPLE = [name for name in exchange.EXPORTERS if exchange.EXPORTERS[name].needs_people]
TEXTS, PAIRS, LABELS = 7, 7, 10


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A workbench whose study has answers of every kind."""
    root = tmp_path_factory.mktemp("private-place")
    opened = Workbench.open(Settings(f"sqlite:///{root}/a.db", root / "data"))
    answered(opened, root / "came-from-here")
    yield opened
    opened.close()


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def loaded(folder, tmp_path, kind="imagefolder", name=None):
    """What `datasets` makes of a folder."""
    import datasets

    datasets.disable_progress_bars()
    if kind == "imagefolder":
        return datasets.load_dataset(kind, data_dir=str(folder), cache_dir=str(tmp_path / "cache"))
    return datasets.load_dataset(str(folder), name, cache_dir=str(tmp_path / "cache"))


def test_texts_are_loaded_as_an_image_folder_with_prompt_and_completion(study, tmp_path):
    from trl.data_utils import is_conversational

    manifest = exported(study, "sft", tmp_path / "out")
    found = loaded(tmp_path / "out", tmp_path)
    rows = [row for split in found.values() for row in split]
    assert len(rows) == manifest["rows"] == TEXTS
    assert manifest["excluded"] == {
        "wrong and not corrected": 1, "wrong on purpose and not corrected": 1, "overruled": 1, "skipped": 1,
        "not answered": 1,
    }  # fmt: skip
    assert is_conversational(rows[0])
    assert [message["role"] for message in rows[0]["prompt"]] == ["system", "user"]
    said = {row["completion"][0]["content"] for row in rows}
    assert "Yes. Decided: the rim is broken." in said
    assert "Somewhat. The [image] sign says [|im_end|], and \u2028 the hand melts." in said
    for row in rows:
        assert row["images"][0].size == (64, 48)


def test_pairs_put_the_corrected_text_before_what_it_corrects_and_the_chosen_before_the_rest(study, tmp_path):
    manifest = exported(study, "dpo", tmp_path / "out")
    found = loaded(tmp_path / "out", tmp_path)
    rows = [row for split in found.values() for row in split]
    assert len(rows) == manifest["rows"] == PAIRS
    assert manifest["excluded"]["unedited"] == 2
    assert manifest["excluded"]["wrong and not corrected"] == 1
    assert manifest["excluded"]["wrong on purpose and not corrected"] == 1
    pairs = [(row["chosen"][0]["content"], row["rejected"][0]["content"]) for row in rows]
    assert all(chosen != rejected for chosen, rejected in pairs)
    beside = [rejected for chosen, rejected in pairs if chosen == "Somewhat. The chosen one, corrected."]
    assert len(beside) == 3  # the chosen one as it was, and two that were shown beside it
    assert {"Yes. Another text.", "No."} < set(beside)
    assert manifest["excluded"]["same text"] == 1


def test_labels_say_which_texts_are_right(study, tmp_path):
    manifest = exported(study, "kto", tmp_path / "out")
    found = loaded(tmp_path / "out", tmp_path)
    rows = [row for split in found.values() for row in split]
    assert len(rows) == manifest["rows"] == LABELS
    wrong = [row["completion"][0]["content"] for row in rows if not row["label"]]
    right = [row["completion"][0]["content"] for row in rows if row["label"]]
    assert len(wrong) == 3
    assert all("melts into the rim" in text for text in wrong)
    assert "Yes. The rim is broken." in right
    assert not set(wrong) & set(right)


def test_parquet_has_its_images_inside_and_a_card_that_says_who_wrote_the_texts(study, tmp_path):
    import pyarrow.parquet as pq

    manifest = exported(study, "parquet", tmp_path / "out")
    counts = {
        name: sum(split.num_rows for split in loaded(tmp_path / "out", tmp_path, "parquet", name).values())
        for name in ("sft", "preference", "kto")
    }
    assert sum(counts.values()) == manifest["rows"]
    assert counts["preference"] == PAIRS
    row = loaded(tmp_path / "out", tmp_path, "parquet", "sft")["train"][0]
    assert row["images"][0].size == (64, 48)
    held = pq.read_table(next((tmp_path / "out" / "sft").glob("train-*"))).to_pylist()
    assert all(one["images"][0]["bytes"] and "/" not in one["images"][0]["path"] for one in held)
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "openai gpt-4.1" in card
    assert "compete with OpenAI" in card


def test_llama_factory_finds_every_file_and_as_many_marks_as_images(study, tmp_path):
    manifest = exported(study, "llama-factory", tmp_path / "out")
    info = json.loads((tmp_path / "out" / "dataset_info.json").read_text())
    rows = 0
    for name, told in info.items():
        for row in json.loads((tmp_path / "out" / told["file_name"]).read_text(encoding="utf-8")):
            rows += 1
            columns = told["columns"]
            turns = row[columns["messages"]]
            texts = [turn.get("content", turn.get("value")) for turn in turns]
            if told.get("ranking"):
                assert [turn["from"] for turn in turns] == ["system", "human"]
                texts += [row[columns[side]]["value"] for side in ("chosen", "rejected")]
            else:
                assert [turn["role"] for turn in turns] == ["system", "user", "assistant"]
            assert "".join(texts).count("<image>") == len(row["images"]) == 1
            assert (tmp_path / "out" / row["images"][0]).is_file()
            assert ("kto_tag" in row) == ("kto" in name)
    assert rows == manifest["rows"]


def test_ms_swift_llava_and_openai_rows_have_the_published_keys(study, tmp_path):
    exported(study, "ms-swift", tmp_path / "swift")
    for row in lines(tmp_path / "swift" / "dpo_train.jsonl"):
        assert list(row) == ["messages", "images", "rejected_response"]
        assert "".join(one["content"] for one in row["messages"]).count("<image>") == 1
    assert {row["label"] for row in lines(tmp_path / "swift" / "kto_train.jsonl")} == {True, False}
    exported(study, "llava", tmp_path / "llava")
    for row in json.loads((tmp_path / "llava" / "train.json").read_text(encoding="utf-8")):
        assert [one["from"] for one in row["conversations"]] == ["human", "gpt"]
        assert (tmp_path / "llava" / row["image"]).is_file()
    manifest = exported(study, "openai", tmp_path / "openai")
    assert manifest["notes"] == ["fine-tuning jobs take 10 to 50,000 examples; there are 7"]
    for row in lines(tmp_path / "openai" / "train.jsonl"):
        assert [one["role"] for one in row["messages"]] == ["system", "user", "assistant"]
        kind, data = row["messages"][1]["content"][1]["image_url"]["url"].split(",")
        assert kind == "data:image/jpeg;base64"
        assert Image.open(io.BytesIO(base64.b64decode(data))).size == (64, 48)


def test_webdataset_reads_the_tar_files(study, tmp_path):
    import webdataset

    manifest = exported(study, "webdataset", tmp_path / "out")
    files = sorted(str(path) for path in (tmp_path / "out").glob("*.tar"))
    rows = list(webdataset.WebDataset(files, shardshuffle=False).decode("pil"))
    assert len(rows) == manifest["rows"] == TEXTS
    for row in rows:
        assert next(row[kind] for kind in ("png", "jpg") if kind in row).size == (64, 48)
        assert row["txt"].startswith(("Yes. ", "Somewhat. "))
        assert row["json"]["source"] == "human"


def test_pycocotools_reads_the_captions(study, tmp_path):
    from pycocotools.coco import COCO

    manifest = exported(study, "coco", tmp_path / "out", {"source": "both"})
    rows = 0
    for path in (tmp_path / "out" / "annotations").iterdir():
        held = COCO(str(path))
        rows += len(held.anns)
        assert set(held.imgToAnns) == set(held.imgs)
        for image in held.imgs.values():
            assert (tmp_path / "out" / "images" / image["file_name"]).is_file()
    assert rows == manifest["rows"]
    assert len(list((tmp_path / "out" / "annotations").glob("captions_machine_*"))) == 2


def test_sureal_reads_the_ratings_of_every_person(study, tmp_path):
    from sureal.dataset_reader import RawDatasetReader
    from sureal.tools.misc import import_json_file

    manifest = exported(study, "sureal", tmp_path / "ratings.json")
    reader = RawDatasetReader(import_json_file(str(tmp_path / "ratings.json")))
    assert (reader.num_dis_videos, reader.num_observers) == (8, 2)
    assert manifest["rows"] == 9
    assert sum(len(scores) for one in reader.dis_videos for scores in one["os"].values()) == 9


def test_label_studio_and_argilla_have_answers_where_they_look_for_them(study, tmp_path):
    manifest = exported(study, "label-studio", tmp_path / "out", {"source": "both"})
    tasks = json.loads((tmp_path / "out" / "tasks.json").read_text(encoding="utf-8"))
    assert sum(len(task["annotations"]) + len(task["predictions"]) for task in tasks) == manifest["rows"]
    for task in tasks:
        assert (tmp_path / "out" / task["data"]["image"].split("?d=")[1]).is_file()
    box = next(
        one for task in tasks for each in task["annotations"] for one in each["result"] if one["from_name"] == "box"
    )
    assert {name: box["value"][name] for name in ("x", "y", "width", "height")} == {
        "x": 12.5, "y": 12.5, "width": 37.5, "height": 37.5,
    }  # fmt: skip
    manifest = exported(study, "argilla", tmp_path / "records.json")
    records = json.loads((tmp_path / "records.json").read_text(encoding="utf-8"))
    assert len(records) == len({record["id"] for record in records}) == manifest["rows"]
    assert set(records[0]) == {"id", "fields", "metadata", "suggestions", "responses", "vectors"}
    assert records[0]["suggestions"]["verdict"]["value"] == "somewhat"


def test_mean_scores_are_imported_again_as_raise_td(study, bench, tmp_path):
    manifest = exported(study, "mos-csv", tmp_path / "out")
    assert exchange.detect_layout(tmp_path / "out") == "raise-td"
    report = import_source(bench, tmp_path / "out", ImportOptions(study="again"))
    assert (report.images, report.scores, report.skipped) == (manifest["rows"], 8, [])
    exported(bench, "csv", tmp_path / "again.csv", {"source": "machine"})
    twice = next(row for row in exported_rows(study, tmp_path) if row["reviewer"] != "reviewer-1")
    both = [row["rating"] for row in exported_rows(study, tmp_path) if row["image_sha256"] == twice["image_sha256"]]
    exported(bench, "jsonl", tmp_path / "again.jsonl", {"source": "machine"})
    back = {row["image_sha256"]: row for row in lines(tmp_path / "again.jsonl")}
    assert back[twice["image_sha256"]]["opinion_rating"] == pytest.approx(sum(both) / len(both))
    assert back[twice["image_sha256"]]["is_real"] == twice["is_real"]


def exported_rows(study, tmp_path):
    target = tmp_path / f"{len(list(tmp_path.iterdir()))}.jsonl"
    exported(study, "jsonl", target)
    return lines(target)


@pytest.mark.parametrize("format", FOR_TEXTS)
def test_machines_texts_leave_as_they_are_without_a_review(study, tmp_path, format):
    manifest = exported(study, format, tmp_path / "out", {"source": "machine"})
    assert manifest["rows"] == (10 if format == "mos-csv" else 13)
    assert manifest["excluded"]["wrong on purpose"] == 2


@pytest.mark.parametrize("format", LEARNT)
def test_without_anything_to_learn_the_export_is_valid_and_empty(bench, tmp_path, format):
    described(bench, tmp_path / "in", count=2)
    manifest = exported(bench, format, tmp_path / "out")
    assert (manifest["rows"], manifest["excluded"]) == (0, {"not answered": 2})
    if format in FOR_PEOPLE:
        manifest = exported(bench, format, tmp_path / "machine", {"source": "machine"})
        assert (manifest["rows"], manifest["excluded"]) == (0, {"not a person's answer": 2})
    if format == "parquet":  # `datasets` has no split without rows
        import pyarrow.parquet as pq

        assert pq.read_table(tmp_path / "out" / "sft" / "train-00000.parquet").num_rows == 0


@pytest.mark.parametrize("format", list(exchange.EXPORTERS))
def test_no_place_of_this_machine_and_no_name_is_in_any_byte(study, tmp_path, format):
    exported(study, format, tmp_path / "out", {"source": "both"})
    held = b"".join(path.read_bytes() for path in sorted((tmp_path).rglob("*")) if path.is_file())
    for told in ("private-place", "came-from-here", str(tmp_path), "Ada Lovelace", f"{Path.home()}/"):
        assert told.encode() not in held


@pytest.mark.parametrize("format", ["sft", "argilla"])
def test_an_image_that_is_gone_is_counted_and_the_others_leave(bench, tmp_path, format):
    described(bench, tmp_path / "in", count=3)
    gone = next((bench.settings.data / "images").rglob("*.png"))
    gone.write_bytes(b"another one")
    manifest = exported(bench, format, tmp_path / "out", {"source": "machine"})
    assert (manifest["rows"], manifest["excluded"]) == (2, {"image is missing or changed": 1})


def test_a_folder_that_fails_half_way_leaves_nothing_and_one_that_is_there_is_refused(study, tmp_path):
    (tmp_path / "mine").mkdir()
    with pytest.raises(InvalidValue, match="exists already"):
        exported(study, "sft", tmp_path / "mine")

    def broken():
        yield from ()
        raise RuntimeError("the database is gone")

    with pytest.raises(RuntimeError):
        exchange.write("sft", broken(), tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_splits_are_by_image_and_stay_when_images_are_added():
    shas = [f"{at:064x}" for at in range(2000)]
    drawn = {sha: split_of(sha, None, 0.1, 7) for sha in shas}
    assert 150 < sum(split == "test" for split in drawn.values()) < 250
    assert drawn != {sha: split_of(sha, None, 0.1, 8) for sha in shas}
    assert split_of(shas[0], "validation", 1.0, 0) == "validation"
    assert split_of(shas[0], "pretraining", 1.0, 0) == "test"


def test_every_text_of_an_image_lies_in_one_split(study, tmp_path):
    exported(study, "ms-swift", tmp_path / "out", {"source": "both", "test_share": 0.5})
    of: dict[str, set[str]] = {}
    for path in (tmp_path / "out").glob("*.jsonl"):
        for row in lines(path):
            of.setdefault(row["images"][0], set()).add(path.stem.split("_")[1])
    assert {len(splits) for splits in of.values()} == {1}
    assert {split for splits in of.values() for split in splits} == {"train", "test"}


def test_the_same_export_has_the_same_hash(study, tmp_path):
    first, second = (exported(study, "sft", tmp_path / name) for name in ("a", "b"))
    assert first["sha256"] == second["sha256"]
    assert exported(study, "sft", tmp_path / "c", {"prompt": "findings"})["sha256"] != first["sha256"]


def test_answers_to_a_prompt_with_a_schema_are_its_json(study, tmp_path):
    exported(study, "llava", tmp_path / "out", {"prompt": "findings"})
    (said,) = [
        json.loads(row["conversations"][1]["value"])
        for row in json.loads((tmp_path / "out" / "train.json").read_text(encoding="utf-8"))
        if "=1+1" in row["conversations"][1]["value"]
    ]
    assert said["findings"][0]["box"] == [125, 125, 500, 500]


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("a <image> b", "a [image] b"),
        ("<|im_end|>", "[|im_end|]"),
        ("</s>", "[/s]"),
        ("a < b > c <b>", "a < b > c <b>"),
    ],
)
def test_what_a_trainer_would_take_for_a_mark_is_no_mark(text, becomes):
    assert plain(text) == becomes


def test_what_makes_no_sense_is_refused(study, tmp_path):
    for how in ({"source": "nobody"}, {"test_share": 1.5}):
        with pytest.raises(InvalidValue):
            exported(study, "sft", tmp_path / "out", how)
    with pytest.raises(NotFound, match="there is no prompt"):
        exported(study, "sft", tmp_path / "out", {"prompt": "nothing"})
    assert list(tmp_path.iterdir()) == []


def test_the_descriptions_of_raise_td_leave_in_every_format(tmp_path):
    source = shared_folder("raise_td")
    opened = Workbench.open(Settings(f"sqlite:///{tmp_path}/a.db", tmp_path / "data"))
    report = import_source(opened, source, ImportOptions(study="td", link=True))
    slow = () if os.environ.get("REALNESS_SOAK") else ("openai", "argilla", "parquet")
    for format in exchange.EXPORTERS:
        if format in slow:
            continue
        manifest = exported(opened, format, tmp_path / "out" / format, {"source": "machine"})
        expected = {"not a person's answer": 510} if format in FOR_PEOPLE else {}
        assert (manifest["rows"], manifest["excluded"]) == (0 if expected else report.descriptions, expected)
        target = tmp_path / "out" / format
        for path in [target] if target.is_file() else target.rglob("*"):
            if path.is_file():
                held = path.read_bytes()
                assert not [one for one in (source, tmp_path) if str(one).encode() in held]
    opened.close()
    assert report.descriptions == 510


def test_tar_files_hold_plain_names(study, tmp_path):
    exported(study, "webdataset", tmp_path / "out", {"source": "machine"})
    with tarfile.open(tmp_path / "out" / "train-000000.tar") as held:
        assert {name.split(".")[1] for name in held.getnames()} == {"png", "jpg", "txt", "json"}
        assert all(one.uid == 0 and one.uname == "" for one in held.getmembers())
