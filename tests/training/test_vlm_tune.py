"""A describer is tuned: it looks at the image, learns the answer alone, goes on where it was stopped."""

import csv
import json
import math
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file
from small_vlm import build
from taught import ANSWERS, ASK, COLOURS, CORPUS, picture, write

from realness.errors import InvalidValue
from realness.training import vlm_presets
from realness.training.vlm_config import TuneConfig
from realness.training.vlm_model import load, quiet
from realness.training.vlm_presets import Preset
from realness.training.vlm_train import tune

STEPS = 40


class Killed(Exception):
    pass


@pytest.fixture(autouse=True)
def _single(one_thread):
    pass


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("describer")
    build(folder / "base", CORPUS)
    write(folder / "sft", "sft")
    write(folder / "sft", "sft", "test", 4, seed=100)
    write(folder / "dpo", "dpo")
    write(folder / "kto", "kto")
    return folder


@pytest.fixture(scope="module")
def recipe(place):
    return TuneConfig(
        "sft",
        str(place / "base"),
        steps=STEPS,
        learning_rate=1e-2,
        schedule="constant",
        train_projector=True,
        train_head=True,
    )


@pytest.fixture(scope="module")
def tuned(place, recipe):
    told = []
    torch.set_num_threads(1)
    result = tune(recipe, place / "sft", place / "run", tell=told.append)
    return place / "run", result, "\n".join(told)


def answers(folder, images):
    """What a model says of each image, special tokens included."""
    model, processor = load(str(folder), torch.float32)
    found = []
    for image in images:
        parts = [{"type": "image", "image": image}, {"type": "text", "text": ASK}]
        asked = processor.apply_chat_template(
            [{"role": "user", "content": parts}],
            tokenize=True,
            add_generation_prompt=True,
            return_dict=True,
            return_tensors="pt",
        )
        with torch.inference_mode():
            out = model.generate(**asked, max_new_tokens=40, do_sample=False)
        found.append(processor.tokenizer.decode(out[0, asked["input_ids"].shape[1] :]))
    return found


def course(run):
    with (run / "losses.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_images_that_were_not_learned_from_get_the_answer_of_their_colour(place, tuned):
    images = [picture(colour, 500 + number) for number in range(2) for colour in COLOURS]
    wanted = [f"{ANSWERS[colour]}<|im_end|>" for _ in range(2) for colour in COLOURS]
    assert answers(tuned[0] / "merged", images) == wanted
    assert not set(answers(place / "base", images)) & set(wanted)


def test_the_answer_alone_is_taught_and_it_is_told_once(tuned):
    run, _, told = tuned
    taught = f"--- learned\n{ANSWERS['red']}<|im_end|>\n"
    assert (run / "supervised.txt").read_text(encoding="utf-8").strip() == taught.strip()
    assert told.count(ANSWERS["red"]) == 1
    assert ASK not in told
    assert "preset cpu, tiny" in told


def test_the_loss_is_measured_on_the_split_that_is_kept_apart(tuned):
    result = tuned[1]
    assert result["eval_split"] == "test"
    assert result["eval_loss"] < 0.2 < 4 < result["eval_loss_first"]
    assert (result["steps"], result["examples"]) == (STEPS, 8)
    lines = course(tuned[0])
    assert [int(line["step"]) for line in lines] == list(range(STEPS + 1))
    assert sum(bool(line["eval_loss"]) for line in lines) == 5
    assert (tuned[0] / "loss.png").read_bytes().startswith(b"\x89PNG")


def test_the_merged_model_says_what_the_model_with_its_adapter_says(place, tuned):
    from peft import PeftModel

    run = tuned[0]
    base, processor = load(str(place / "base"), torch.float32)
    with quiet():
        adapted = PeftModel.from_pretrained(base, str(run / "adapter")).eval()
    merged, _ = load(str(run / "merged"), torch.float32)
    text = processor.apply_chat_template([{"role": "user", "content": "<image>" + ASK}], add_generation_prompt=True)
    asked = processor(images=[picture("red", 7)], text=[text], return_tensors="pt")
    with torch.inference_mode():
        first, second = adapted(**asked).logits, merged.eval()(**asked).logits
    assert torch.allclose(first, second, atol=1e-4)
    assert first.std() > 0.1


def test_the_vision_tower_stays_as_it_was(place, tuned):
    before, after = (load_file(folder / "model.safetensors") for folder in (place / "base", tuned[0] / "merged"))
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert not [name for name in changed if "vision_tower" in name]
    assert [name for name in changed if "multi_modal_projector" in name]


def test_the_folder_tells_what_the_run_was_made_from(tuned, recipe):
    run, result, _ = tuned
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert record["recipe"]["seed"] == 0
    assert record["recipe"]["learning_rate"] == recipe.learning_rate
    assert len(record["made_from"]["data"]) == 64
    assert record["versions"]["trl"].startswith("1.")
    assert record["examples"] == {"train": 8, "test": 4}
    assert record["result"]["loss"] == result["loss"]
    card = (run / "merged" / "README.md").read_text(encoding="utf-8")
    assert "openai/gpt-4.1" in card
    assert record["made_from"]["data"] in card
    assert str(run.parent) not in card
    assert {each.name for each in run.iterdir()} == {
        *("run.json", "losses.csv", "loss.png", "supervised.txt", "adapter", "merged")
    }


def test_a_run_that_is_stopped_goes_on_to_the_same_end(place, recipe, tmp_path):
    short, run = replace(recipe, steps=8, eval_split="none"), tmp_path / "run"
    whole = tune(short, place / "sft", tmp_path / "whole", merging=False)

    def stop(done, _total):
        if done == 5:
            raise Killed

    with pytest.raises(Killed):
        tune(short, place / "sft", run, progress=stop, save_seconds=0)
    (newest,) = (run / "checkpoints").glob("checkpoint-*")
    assert newest.name == "checkpoint-4"
    # A process that is killed while it writes one leaves this.
    (run / "checkpoints" / "checkpoint-5").mkdir()
    (run / "checkpoints" / "checkpoint-5" / "trainer_state.json").write_text('{"global', encoding="utf-8")
    steps = []
    result = tune(short, place / "sft", run, progress=lambda done, _: steps.append(done), merging=False)
    assert steps == [5, 6, 7, 8]
    assert result["steps"] == whole["steps"] == 8
    assert result["loss"] == pytest.approx(whole["loss"], rel=1e-4)
    assert [line["step"] for line in course(run)] == [str(step) for step in range(1, 9)]


def test_a_finished_run_is_not_made_again_and_can_be_merged_later(place, recipe, tmp_path):
    short, steps = replace(recipe, steps=2, eval_split="none"), []
    first = tune(short, place / "sft", tmp_path / "run", merging=False, progress=lambda done, _: steps.append(done))
    assert first["merged"] is None
    again = tune(short, place / "sft", tmp_path / "run", progress=lambda done, _: steps.append(done))
    assert steps == [1, 2]
    assert again["loss"] == first["loss"]
    assert (tmp_path / "run" / "merged" / "model.safetensors").is_file()


@pytest.mark.parametrize(
    ("change", "others"),
    [
        ({"seed": 1}, "another seed"),
        ({"rank": 4, "steps": 3}, "another steps and rank"),
    ],
)
def test_a_run_with_another_recipe_is_refused(tuned, place, recipe, change, others):
    before = (tuned[0] / "run.json").read_bytes()
    with pytest.raises(InvalidValue, match=f"{others}; name another OUT"):
        tune(replace(recipe, **change), place / "sft", tuned[0])
    assert (tuned[0] / "run.json").read_bytes() == before


def test_a_run_with_other_data_is_refused(tuned, place, recipe, tmp_path):
    write(tmp_path / "sft", "sft", seed=9)
    with pytest.raises(InvalidValue, match="another data; name another OUT"):
        tune(recipe, tmp_path / "sft", tuned[0])


def test_dpo_begins_at_ln_2_and_widens_the_margin(place, tuned, tmp_path):
    config = TuneConfig("dpo", str(tuned[0] / "merged"), steps=10, learning_rate=1e-3, schedule="constant")
    told = []
    result = tune(config, place / "dpo", tmp_path / "run", tell=told.append)
    first = course(tmp_path / "run")[0]
    assert float(first["loss"]) == pytest.approx(math.log(2), abs=1e-4)
    assert result["margin_first"] == pytest.approx(0, abs=1e-4)
    assert result["margin_last"] > 0.1
    assert result["accuracy"] == 1.0
    assert f"--- preferred\n{ANSWERS['red']}" in told[-1]
    assert f"--- not preferred\n{ANSWERS['blue']}" in told[-1]
    assert answers(tmp_path / "run" / "merged", [picture("blue", 77)]) == [f"{ANSWERS['blue']}<|im_end|>"]


def test_kto_learns_from_answers_that_were_accepted_or_not(place, tuned, tmp_path):
    config = TuneConfig("kto", str(tuned[0] / "merged"), steps=6, learning_rate=1e-3, schedule="constant")
    result = tune(config, place / "kto", tmp_path / "run", merging=False)
    assert result["margin_last"] > result["margin_first"]
    assert "accuracy" not in result
    assert "--- good" in (tmp_path / "run" / "supervised.txt").read_text(encoding="utf-8")


def test_how_many_pass_at_a_time_and_what_is_kept_of_them_changes_nothing(place, recipe, tmp_path, monkeypatch):
    short = replace(recipe, steps=3, eval_split="none")
    whole = tune(short, place / "sft", tmp_path / "whole", merging=False)
    monkeypatch.setattr(vlm_presets, "_CPU", ((None, Preset("other", 2, 512, checkpointing=True)),))
    parts = tune(short, place / "sft", tmp_path / "parts", merging=False)
    assert parts["loss"] == pytest.approx(whole["loss"], rel=1e-3)
    preset = json.loads((tmp_path / "parts" / "run.json").read_text(encoding="utf-8"))["preset"]
    assert (preset["micro_batch"], preset["checkpointing"]) == (2, True)


def test_kto_tells_a_margin_where_no_micro_batch_holds_both_kinds(place, tuned, tmp_path):
    config = TuneConfig("kto", str(tuned[0] / "merged"), steps=2, micro_batch=2, learning_rate=1e-3)
    result = tune(config, place / "kto", tmp_path / "run", merging=False)
    assert result["margin_last"] > result["margin_first"]


def test_a_loss_that_is_no_number_stops_the_run_and_says_so(place, recipe, tmp_path):
    with pytest.raises(InvalidValue, match="no number; begin anew with a lower --learning-rate"):
        tune(replace(recipe, learning_rate=1e30, eval_split="none"), place / "sft", tmp_path / "run")
