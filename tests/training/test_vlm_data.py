"""What a describer is tuned on is checked whole, before any model is loaded; what does not fit is told of."""

import io
import json

import pytest
from taught import ANSWERS, picture, rows, said, write

from realness.errors import CannotWrite, InvalidValue, UnreadableImage, UnsupportedModel, WeightsNotFound
from realness.training.vlm_config import TuneConfig
from realness.training.vlm_data import METADATA, as_dataset, read
from realness.training.vlm_model import located
from realness.training.vlm_presets import device_of, preset_for
from realness.training.vlm_run import RunFolder
from realness.training.vlm_train import tune


def examples(folder, method="sft", eval_split=None):
    return read(folder, method, eval_split, folder.parent / "unpacked")


def changed(folder, number=0, **values):
    """Change a line of the metadata; None takes a key out."""
    file = folder / "train" / METADATA
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    lines[number] |= values
    lines[number] = {key: value for key, value in lines[number].items() if value is not None}
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def parquet(folder, counts, method="sft"):
    """The parquet form of what `write` writes: a card and a configuration with embedded images for each method."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = []
    for split, (count, seed) in counts.items():
        held = []
        for row, image in rows(method, count, seed):
            data = io.BytesIO()
            image.save(data, "png")
            held.append(row | {"images": [{"bytes": data.getvalue(), "path": "a.png"}]})
        (folder / method).mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(held), folder / method / f"{split}-00000.parquet")
        files.append(f"  - split: {split}\n    path: {method}/{split}-*.parquet\n")
    config = f"- config_name: {method}\n  data_files:\n{''.join(files)}"
    card = folder / "README.md"
    before = card.read_text(encoding="utf-8").removesuffix("---\n") if card.is_file() else "---\nconfigs:\n"
    card.write_text(f"{before}{config}---\n", encoding="utf-8")
    return folder


def test_examples_are_read_with_their_images_as_reviewers_saw_them(tmp_path):
    data = examples(write(tmp_path / "sft", "sft", count=3))
    (first, *_), writers = as_dataset(data.train), data.writers
    assert first["images"][0].mode == "RGB"
    assert first["images"][0].tobytes() == picture("red", 0).tobytes()
    assert first["completion"] == said(ANSWERS["red"])
    assert set(first) == {"images", "prompt", "completion"}
    assert writers == ("openai/gpt-4.1",)


def test_the_parquet_form_holds_the_same_as_the_folder(tmp_path):
    folder = write(tmp_path / "sft", "sft", count=5)
    write(folder, "sft", "test", 2, seed=40)
    files = parquet(tmp_path / "parquet", {"train": (5, 0), "test": (2, 40)})
    parquet(files, {"train": (3, 0)}, "dpo")
    first, second = examples(folder), examples(files)
    assert (len(second.train.rows), second.held_out.name, len(second.held_out.rows)) == (5, "test", 2)
    assert as_dataset(second.train)[4]["images"][0].tobytes() == picture("red", 4).tobytes()
    assert first.digest == second.digest
    assert len(examples(files, "dpo").train.rows) == 3
    with pytest.raises(InvalidValue, match=r"no configuration.*columns images, prompt, completion, label.*sft, dpo"):
        examples(files, "kto")


def test_the_digest_changes_with_a_text_and_with_a_pixel(tmp_path):
    folder = write(tmp_path / "sft", "sft", count=2)
    digests = {examples(folder).digest}
    picture("red", 99).save(folder / "train" / "images" / "0.png")
    digests.add(examples(folder).digest)
    changed(folder, completion=said("No."))
    digests.add(examples(folder).digest)
    assert len(digests) == 3


def test_the_loss_is_measured_on_validation_before_test_and_on_nothing_when_told_so(tmp_path):
    folder = write(tmp_path / "sft", "sft", count=2)
    assert examples(folder).held_out is None
    write(folder, "sft", "test", 2)
    assert examples(folder).held_out.name == "test"
    write(folder, "sft", "validation", 2)
    assert examples(folder).held_out.name == "validation"
    assert examples(folder, eval_split="test").held_out.name == "test"
    assert examples(folder, eval_split="none").held_out is None
    with pytest.raises(InvalidValue, match=r"split 'dev'; there is test, validation\. Or give --eval-split none"):
        examples(folder, eval_split="dev")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [("sft", "dpo"), ("sft", "kto"), ("dpo", "sft"), ("dpo", "kto"), ("kto", "sft"), ("kto", "dpo")],
)
def test_data_for_another_method_is_refused(tmp_path, given, wanted):
    folder = write(tmp_path / "data", given, count=2)
    with pytest.raises(InvalidValue, match=f"train/metadata.jsonl line 1 is data for `tune {given}`.*`tune {wanted}`"):
        examples(folder, wanted)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"completion": None}, "no completion and no preference"),
        ({"completion": "No."}, "completion must be a list"),
        ({"completion": said(" ")}, "completion must be a list"),
        ({"completion": [{"role": "user", "content": "No."}]}, "the last of the assistant"),
        ({"completion": said("Yes. \ud800 is garbled.")}, "half a character"),
        ({"completion": said("Yes. The <image> is garbled.")}, r"completion has <image> in its text.*as \[image\]"),
        ({"completion": said("Yes.<|im_end|> No.")}, r"completion has <\|im_end\|>"),
        ({"prompt": [{"role": "user", "content": "<IMAGE> Is it real?"}]}, "prompt has <IMAGE>"),
        ({"prompt": []}, "prompt must be a list"),
        ({"images_file_names": None}, 'no "images_file_names"'),
        ({"images_file_names": "images/0.png"}, "must be a list of file names"),
        ({"images_file_names": ["images/0.png", "images/1.png"]}, "has 2 images"),
        ({"images_file_names": ["../../images/0.png"]}, "outside of the folder"),
        ({"images_file_names": ["/etc/passwd"]}, "outside of the folder"),
    ],
)
def test_a_line_that_does_not_fit_is_named_with_the_reason(tmp_path, values, message):
    folder = write(tmp_path / "sft", "sft", count=3)
    changed(folder, 1, **values)
    with pytest.raises(InvalidValue, match=rf"line 2.*{message}"):
        examples(folder)


def test_pairs_that_do_not_differ_and_labels_that_are_none_are_refused(tmp_path):
    changed(write(tmp_path / "dpo", "dpo"), rejected=said(ANSWERS["red"]))
    with pytest.raises(InvalidValue, match="line 1: chosen and rejected are the same"):
        examples(tmp_path / "dpo", "dpo")
    changed(write(tmp_path / "kto", "kto"), label="yes")
    with pytest.raises(InvalidValue, match="line 1: label must be true or false"):
        examples(tmp_path / "kto", "kto")


def test_an_image_that_is_missing_or_damaged_is_told_of_before_the_training(tmp_path):
    folder = write(tmp_path / "sft", "sft", count=2)
    image = folder / "train" / "images" / "1.png"
    image.write_bytes(image.read_bytes()[:200])
    with pytest.raises(UnreadableImage, match=r"line 2: the image 1\.png is"):
        examples(folder)
    image.unlink()
    with pytest.raises(UnreadableImage, match=r"line 2: the image 1\.png is not there"):
        examples(folder)


def test_rows_without_an_image_may_stand_beside_others_but_not_alone(tmp_path):
    folder = write(tmp_path / "sft", "sft", count=2)
    changed(folder, 0, images_file_names=[])
    assert [len(row["images"]) for row in examples(folder).train.rows] == [0, 1]
    changed(folder, 1, images_file_names=[])
    with pytest.raises(InvalidValue, match=r"no example of .* has an image"):
        examples(folder)


def test_a_folder_that_is_no_export_is_refused(tmp_path):
    with pytest.raises(InvalidValue, match="is not there; DATA must be an export"):
        examples(tmp_path / "nothing")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InvalidValue, match="is no folder; DATA must be an export"):
        examples(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidValue, match=r"holds no SPLIT/metadata\.jsonl"):
        examples(tmp_path / "empty")
    (tmp_path / "empty" / "train").mkdir()
    (tmp_path / "empty" / "train" / METADATA).touch()
    with pytest.raises(InvalidValue, match=r"no examples to learn from in a split `train`; it holds train \(0\)"):
        examples(tmp_path / "empty")
    (tmp_path / "folder" / "train" / METADATA).mkdir(parents=True)
    with pytest.raises(InvalidValue, match=r"train/metadata\.jsonl cannot be read \(Is a directory\)"):
        examples(tmp_path / "folder")
    write(tmp_path / "only", "sft", "test", 2)
    with pytest.raises(InvalidValue, match=r"it holds test \(2\)"):
        examples(tmp_path / "only")
    (tmp_path / "empty" / "train" / METADATA).write_text("{", encoding="utf-8")
    with pytest.raises(InvalidValue, match="line 1 is no JSON"):
        examples(tmp_path / "empty")


def test_a_model_that_cannot_be_had_names_the_ways_out(tmp_path):
    for model in ("nobody/nothing", str(tmp_path / "nothing"), "./nothing", "\N{SNOWMAN}"):
        with pytest.raises(WeightsNotFound, match="three ways out: a folder with a model"):
            located(model)
    (tmp_path / "model").mkdir()
    with pytest.raises(WeightsNotFound, match=r"has no config\.json"):
        located(str(tmp_path / "model"))
    (tmp_path / "model" / "config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "model" / "pytorch_model.bin").touch()
    with pytest.raises(WeightsNotFound, match="no weights as safetensors"):
        located(str(tmp_path / "model"))


def test_nothing_is_left_of_a_run_that_could_not_begin(tmp_path):
    folder, out = parquet(tmp_path / "data", {"train": (2, 0)}), tmp_path / "runs" / "first"
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    (tmp_path / "model" / "model.safetensors").touch()
    with pytest.raises(UnsupportedModel, match="cannot be loaded as a vision-language model"):
        tune(TuneConfig("sft", str(tmp_path / "model"), steps=1), folder, out)
    assert not out.exists()


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InvalidValue, match="is not empty and no run of `tune`; name another OUT"):
        RunFolder(tmp_path)
    with pytest.raises(CannotWrite, match="is no folder"):
        RunFolder(tmp_path / "notes.txt")


@pytest.mark.parametrize(
    ("device", "parameters", "micro", "checkpointing", "side"),
    [
        ("cpu", 70_000, 8, False, 512),
        ("cpu", 256_000_000, 1, False, 512),
        ("cuda", 256_000_000, 8, True, 1024),
        ("cuda", 2_100_000_000, 4, True, 1024),
        ("cuda", 4_400_000_000, 2, True, 1024),
        ("cuda", 8_000_000_000, 1, True, 1024),
    ],
)
def test_what_passes_the_network_at_a_time_follows_device_and_size(device, parameters, micro, checkpointing, side):
    preset = preset_for(TuneConfig("sft", "m"), device, parameters, bf16=True)
    assert (preset.micro_batch, preset.checkpointing, preset.image_side) == (micro, checkpointing, side)
    assert preset.bf16 == (device == "cuda")


def test_a_batch_is_divided_evenly_and_kto_gets_two_at_a_time():
    assert preset_for(TuneConfig("sft", "m", batch=6), "cuda", 2_000_000_000, True).micro_batch == 3
    assert preset_for(TuneConfig("sft", "m", micro_batch=2), "cpu", 256_000_000, False).micro_batch == 2
    assert preset_for(TuneConfig("dpo", "m"), "cuda", 2_000_000_000, True).micro_batch == 2
    assert preset_for(TuneConfig("kto", "m"), "cpu", 256_000_000, False).micro_batch == 2
    for batch, micro in ((8, 1), (1, None), (7, 2)):
        with pytest.raises(InvalidValue, match="kto"):
            preset_for(TuneConfig("kto", "m", batch=batch, micro_batch=micro), "cpu", 256_000_000, False)


def test_steps_are_counted_by_epochs_unless_they_are_given():
    assert TuneConfig("sft", "m").steps_for(20) == 9
    assert TuneConfig("dpo", "m").steps_for(20) == 3
    assert TuneConfig("sft", "m", epochs=0.5, batch=2).steps_for(20) == 5
    assert TuneConfig("sft", "m", steps=4).steps_for(20) == 4
    with pytest.raises(InvalidValue, match="--steps or --epochs, not both"):
        TuneConfig("sft", "m", steps=4, epochs=1)


def test_a_device_that_is_not_there_is_refused():
    import torch

    assert device_of("cpu") == "cpu"
    with pytest.raises(InvalidValue, match="--device must be auto, cpu, cuda"):
        device_of("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(InvalidValue, match="no CUDA device"):
            device_of("cuda")
