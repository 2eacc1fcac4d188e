"""Learning from people: a CLIP finds what was marked better than before, on images it was not shown."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from builders import make_submission
from open_clip.model import CLIP
from PIL import Image
from safetensors.torch import load_file
from small_clip import TEXT, VISION, save_small_clip

from realness import clip as clips
from realness.domain import FindingState, Judgement, Region, RegionShape, ReviewedFinding, ReviewRole, Verdict
from realness.dream.dense import dense_features
from realness.errors import InvalidValue
from realness.planting import held_out_photographs, plant, training_photographs
from realness.training.regions_adapter import trained_weights
from realness.training.regions_config import RegionConfig
from realness.training.regions_data import Phrases, Place, Sample, gather, show
from realness.training.regions_loss import image_loss
from realness.training.regions_measure import localisation
from realness.training.regions_train import CHECKPOINT, LOG, adapt
from realness.workbench.importing import ImportOptions, import_source
from realness.workbench.regions import RegionExample, region_examples, untouched_images
from realness.workbench.reviewing import Desk

WORDS = {"pixelated": "it is made of bricks", "noisy": "it is full of bees"}
"""Words of one's own, of which no CLIP knows that they are said of pixels and of grain."""
MISLEADING = {"pixelated": "the shadow falls the wrong way", "noisy": "the letters are misspelled"}
"""Words that `mini` takes for something else."""
SIDE = 128


class Killed(Exception):
    pass


@pytest.fixture(autouse=True)
def _one_thread():
    """More of them than there are cores to spare make small tensors many times slower."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def planted(folder, count, seed=0, photographs=None, words=WORDS):
    """Crops of photographs with a planted region each, as people would have marked it."""
    folder.mkdir(parents=True)
    rng, pictures, found = np.random.default_rng(seed), list((photographs or training_photographs()).values()), []
    for number in range(count):
        picture, kind = pictures[number % len(pictures)], tuple(words)[number % len(words)]
        y, x = (int(rng.integers(whole - SIDE)) for whole in picture.shape[:2])
        made = plant(picture[y : y + SIDE, x : x + SIDE], kind, rng, strength=1.0)
        Image.fromarray(made.image).save(folder / f"{number}.png")
        found.append(RegionExample(folder / f"{number}.png", words[kind], made.mask))
    return found


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The SPEC of a small CLIP with a ViT."""
    return f"local-dir:{save_small_clip(tmp_path_factory.mktemp('clip') / 'vit')}"


@pytest.fixture(scope="module")
def twelve(tmp_path_factory):
    """Twelve images with a place each."""
    return planted(tmp_path_factory.mktemp("planted") / "images", 12)


def recipe(spec, **given):
    """A short one."""
    return RegionConfig(**{"clip": spec, "steps": 6, "check": 3, "batch": 2, "wrong_phrases": 1} | given)


def loaded(spec):
    return clips.load(spec, precision="fp32", device="cpu")


def features(spec):
    """Dense features of a picture that is always the same."""
    pixels = torch.from_numpy(np.random.default_rng(5).normal(size=(1, 3, 64, 96))).float()
    with torch.no_grad():
        return dense_features(loaded(spec).model.visual, pixels)


def test_what_people_marked_is_found_better_on_images_kept_apart(tmp_path):
    apart = [
        Sample(one.image, (Place.of(one.phrase, one.kind, one.mask),))
        for one in planted(tmp_path / "apart", 16, 50, held_out_photographs(), MISLEADING)
    ]
    before = np.mean(localisation(loaded("mini"), apart))
    config = RegionConfig(method="last", learning_rate=1e-2, steps=40, check=10, batch=6)
    result = adapt(config, planted(tmp_path / "shown", 24, words=MISLEADING), tmp_path / "out")
    after = np.mean(localisation(loaded(f"local-dir:{tmp_path / 'out'}"), apart))
    assert after > before + 0.12
    assert result["after"]["auroc"] > result["before"]["auroc"]
    assert (result["images"], result["after"]["n"]) == (24, 5)
    low, high = result["after"]["ci"]
    assert low <= result["after"]["auroc"] <= high


@pytest.mark.parametrize("method", ["lora", "last"])
@pytest.mark.parametrize("tower", ["vit", "resnet"])
def test_the_folder_holds_what_was_learned_and_the_text_tower_as_it_was(tmp_path, twelve, tower, method):
    spec = f"local-dir:{save_small_clip(tmp_path / 'clip', tower, seed=3)}"
    out, seen = tmp_path / "out", []

    def watch(done, total):
        seen.append((done, total))

    result = adapt(recipe(spec, method=method, learning_rate=0.05), twelve, out, watch)
    assert seen == [(step, 6) for step in range(1, 7)]
    first, written = (load_file(folder / "open_clip_model.safetensors") for folder in (tmp_path / "clip", out))
    changed = {name for name in first if not torch.equal(first[name], written[name])}
    names = trained_weights(loaded(spec).model.visual, 1 if method == "last" else 4, method == "lora")
    assert changed <= {f"visual.{name}" for name in names}
    state = torch.load(out / CHECKPOINT, weights_only=True)
    assert (state["state"]["step"], result["steps"]) == (6, 6)
    if result["best_step"] == 0:
        assert not changed
        assert torch.equal(features(spec), features(f"local-dir:{out}"))
    else:
        assert changed


def test_merged_weights_give_the_features_of_the_change_beside_them(tmp_path, small, twelve):
    from realness.dream.dense_map import tuning_of
    from realness.training.regions_adapter import Adapter
    from realness.training.regions_export import export

    clip = loaded(small)
    untouched = features(small)
    adapter = Adapter(clip.model.visual, recipe(small), tuning_of(clip))
    with torch.no_grad():
        for up in adapter.up:
            up.normal_(std=0.1)
    pixels = torch.from_numpy(np.random.default_rng(5).normal(size=(1, 3, 64, 96))).float()
    (beside,) = adapter([pixels])
    adapter.write()
    export(clip, 10.0, -1.0, tmp_path)
    assert torch.allclose(features(f"local-dir:{tmp_path}")[0], beside, atol=1e-3)
    assert not torch.allclose(beside, untouched[0], atol=0.02)
    dense = json.loads((tmp_path / "realness.json").read_text())["dense"]
    assert (dense["temperature"], dense["bias"]) == (10, -1)
    texts = ["the rim is broken", "nothing looks wrong"]
    assert torch.equal(loaded(small).encode_text(texts), loaded(f"local-dir:{tmp_path}").encode_text(texts))


def test_weights_that_were_trained_with_quick_gelu_are_written_as_such(small, monkeypatch):
    from realness.training import regions_export

    monkeypatch.setattr(regions_export.open_clip, "get_model_config", lambda _name: {"embed_dim": 32})
    plain = loaded(small)
    quick = replace(plain, model=CLIP(32, VISION["vit"], TEXT, quick_gelu=True), folder=None, spec="ViT-B-32:openai")
    quick.model.visual.preprocess_cfg = plain.model.visual.preprocess_cfg
    assert regions_export._config(quick)["model_cfg"] == {"embed_dim": 32, "quick_gelu": True}
    assert "quick_gelu" not in regions_export._config(replace(plain, folder=None, spec="ViT-B-32:x"))["model_cfg"]


def test_a_killed_adaptation_goes_on_to_the_same_weights(tmp_path, small, twelve):
    def kill(done, _total):
        if done == 5:
            raise Killed

    config = recipe(small)
    whole = adapt(config, twelve, tmp_path / "whole")
    with pytest.raises(Killed):
        adapt(config, twelve, tmp_path / "killed", kill)
    assert torch.load(tmp_path / "killed" / CHECKPOINT, weights_only=True)["state"]["step"] == 3
    assert adapt(config, twelve, tmp_path / "killed") == whole
    one, two = (torch.load(tmp_path / name / CHECKPOINT, weights_only=True)["adapter"] for name in ("whole", "killed"))
    assert all(torch.equal(value, two[name]) for name, value in one.items())
    steps = [json.loads(line)["step"] for line in (tmp_path / "killed" / LOG).read_text().splitlines()]
    assert steps == [3, 6]


def test_a_folder_of_another_recipe_other_examples_or_another_clip_is_refused(tmp_path, small, twelve):
    config = recipe(small, steps=1)
    adapt(config, twelve, tmp_path / "out")
    with pytest.raises(InvalidValue, match="another rank and seed"):
        adapt(replace(config, seed=1, rank=2), twelve, tmp_path / "out")
    with pytest.raises(InvalidValue, match="another data"):
        adapt(config, twelve[:11], tmp_path / "out")
    with pytest.raises(InvalidValue, match="would be overwritten"):
        adapt(config, twelve, save_small_clip(tmp_path / "mine"))


def test_too_few_images_are_refused_however_many_regions_they_have(tmp_path, small, twelve):
    many = [RegionExample(one.image, f"{one.phrase} {number}", one.mask) for one in twelve[:9] for number in range(3)]
    with pytest.raises(InvalidValue, match="at least 10 images with marked places, and there are 9"):
        adapt(recipe(small), many, tmp_path / "out")
    whole = [RegionExample(one.image, one.phrase, np.ones_like(one.mask)) for one in twelve]
    with pytest.raises(InvalidValue, match="there are 0"):
        adapt(recipe(small), whole, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_clip_without_dense_features_is_refused(tmp_path, twelve):
    with pytest.raises(InvalidValue, match="gives no dense features"):
        adapt(recipe(f"local-dir:{save_small_clip(tmp_path / 'timm', 'timm')}"), twelve, tmp_path / "out")


def test_no_image_is_on_both_sides_of_the_split_and_places_of_one_phrase_become_one(tmp_path, twelve):
    halves = [RegionExample(one.image, one.phrase, one.mask & half) for one in twelve for half in _halves()]
    regions, again = gather(halves), gather(reversed(halves))
    apart = {sample.image for sample in regions.validation}
    assert len(apart) == 4
    assert not apart & {sample.image for sample in regions.training}
    assert len(regions.training) + len(apart) == regions.places == 12
    assert (again.digest, [one.image for one in again.validation]) == (
        regions.digest,
        [one.image for one in regions.validation],
    )
    masks = {one.image: one.mask for one in twelve}
    assert all(np.array_equal(sample.places[0].mask(), masks[sample.image]) for sample in regions.training)


def _halves():
    left = np.zeros((SIDE, SIDE), dtype=bool)
    left[:, : SIDE // 2] = True
    return left, ~left


def test_an_image_is_never_asked_about_the_kind_it_shows_as_if_it_did_not(twelve):
    kinds = {text: kind for kind, text in WORDS.items()}
    samples = [Sample(one.image, (Place.of(one.phrase, kinds[one.phrase], one.mask),)) for one in twelve]
    again = Sample(twelve[0].image, (Place.of("all of it is bricks", "pixelated", twelve[0].mask),))
    phrases = Phrases([*samples, again])
    rng = np.random.default_rng(0)
    assert [phrases.texts[number] for number in phrases.wrong(again, 5, rng)] == ["it is full of bees"]
    shown = show(samples[1], phrases, 5, rng)
    assert shown.masks.shape == (1, *shown.pixels.shape[:2])
    assert shown.masks.any()


def test_the_loss_asks_for_the_right_phrase_at_the_right_place():
    cover = torch.zeros(1, 3, 4)
    cover[0, 1, 1:3] = 1
    good = torch.cat([cover * 8 - 4, torch.full((1, 3, 4), -4.0)])
    other_phrase, other_place = good.clone(), good.clone()
    other_phrase[1] = other_phrase[0]
    other_place[0] = other_place[0].roll(2, dims=1)
    best = image_loss(good, cover)
    assert best < 0.1
    assert image_loss(other_phrase, cover) > best + 0.5
    assert image_loss(other_place, cover) > best + 0.5
    clean = image_loss(good[1:], cover[:0])
    assert clean < image_loss(good[:1], cover[:0])


@pytest.fixture
def reviewed(bench, tmp_path):
    """Four images of 70 x 90: one marked in two places, one without marks, one found flawless, one not reviewed."""
    (tmp_path / "set").mkdir()
    for number in range(4):
        pixels = np.random.default_rng(number).integers(0, 256, (70, 90, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"set/{number}.png")
    import_source(bench, tmp_path / "set", ImportOptions(study="pilot"))
    study = bench.store.studies.named("pilot")
    box = Region(RegionShape.BOX, (10, 20, 30, 40))
    corner = Region(RegionShape.POLYGON, (0, 0, 8, 0, 8, 6, 0, 6))
    found = ReviewedFinding(FindingState.ADDED, "the rim melts", kind="smeared", regions=(box, corner))
    told = [(found,), (ReviewedFinding(FindingState.ADDED, "it is odd"),), ()]
    images = [_review(bench, study, findings=findings) for findings in told]
    return study, images


def _review(bench, study, image=None, base=0, **given):
    """One image, reviewed as the app does it: rated, revealed, submitted."""
    desk = Desk(bench, study, bench.store.people.local())
    if image is None:
        image = desk.next().item.image
        desk.lock(image, 40.0)
    verdict = Verdict.YES if given.get("findings") else Verdict.NO
    values = {"judgement": Judgement.WRONG, "verdict": verdict, "base_revision": base} | given
    desk.submit(make_submission(study, image, **values), image)
    return image


def test_marked_findings_of_current_reviews_become_examples(bench, reviewed):
    study, (marked, _, flawless) = reviewed
    left_out = {}
    (example,) = region_examples(bench, "pilot", left_out)
    assert (example.image, example.phrase, example.kind) == (bench.image_file(marked), "the rim melts", "smeared")
    assert example.mask.shape == (70, 90)
    assert example.mask.sum() == 20 * 20 + 8 * 6
    assert example.mask[20:40, 10:30].all()
    assert left_out == {"no place marked": 1}
    assert list(untouched_images(bench, "pilot")) == [bench.image_file(flawless)]
    _review(bench, study, marked, base=1)
    assert list(region_examples(bench)) == []
    assert len(list(untouched_images(bench))) == 2


def test_an_adjudication_takes_the_place_of_the_reviews_it_decides(bench, reviewed):
    study, (marked, _, _) = reviewed
    place = Region(RegionShape.BOX, (0, 0, 5, 5))
    final = ReviewedFinding(FindingState.ADDED, "the rim is blurred", regions=(place,))
    decided = make_submission(
        study, marked, findings=(final,), role=ReviewRole.ADJUDICATOR, verdict=Verdict.YES, sources=(), reason="Clearer"
    )
    bench.store.adjudications.submit(bench.store.people.local().id, decided, None)
    (example,) = region_examples(bench)
    assert (example.phrase, example.mask.sum()) == ("the rim is blurred", 25)


def test_an_image_whose_file_is_gone_is_counted_and_left_out(bench, reviewed):
    _, (marked, _, _) = reviewed
    bench.image_file(marked).unlink()
    left_out = {}
    assert list(region_examples(bench, excluded=left_out)) == []
    assert left_out == {"image missing or changed": 1, "no place marked": 1}
