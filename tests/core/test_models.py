"""A trained model: its folder, what it refuses, and that it scores the same after it was read again."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rated_images import write_rated
from safetensors.numpy import load_file, save_file
from scipy.stats import spearmanr
from small_clip import save_small_clip
from transformers import BertConfig, BertForMaskedLM, BertTokenizerFast

from realness.core import Core, checkpoint
from realness.core.encoders import text_encoder
from realness.core.features import FeatureCache
from realness.core.fitting import HEADS, fit
from realness.core.kernels import Encoded
from realness.core.model import Encoders, trained
from realness.core.samples import FEWEST, Rated, check_rated, weights_of
from realness.errors import CannotWrite, InvalidValue, NotFound, UnreadableImage, UnsupportedModel, WeightsNotFound


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    return write_rated(tmp_path_factory.mktemp("rated"), 40)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return FeatureCache(tmp_path_factory.mktemp("features"))


def model(samples, cache, folder, head="gp", **specs):
    encoders = Encoders.of(**specs)
    encoded, used, _ = encoders.encode(samples, cache)
    return checkpoint.write(trained(encoded, [samples[at] for at in used], encoders, head), folder, {"n": len(used)})


@pytest.mark.parametrize("head", HEADS)
def test_a_model_scores_the_same_after_it_was_read_again(samples, cache, tmp_path, head):
    core = model(samples, cache, tmp_path / "m", head)
    again = Core.load(tmp_path / "m")
    assert again.name == core.name
    assert core.name.startswith("fast-")
    unseen = write_rated(tmp_path / "unseen", 30, seed=1)
    first, skipped = core.predict_all(unseen, cache)
    second, _ = again.predict_all(unseen, cache)
    assert skipped == []
    np.testing.assert_allclose([one.rating for one in second], [one.rating for one in first], atol=1e-4)
    assert spearmanr([one.rating for one in first], [one.rating for one in unseen]).statistic > 0.7
    for one in second:
        assert 0 <= one.rating <= 100
        assert one.low < one.rating < one.high
        assert one.low is None or 0 <= one.low <= one.rating <= one.high <= 100


def test_one_image_is_scored_as_among_many_by_file_pixels_or_picture(samples, cache, tmp_path):
    core = model(samples, cache, tmp_path / "m")
    unseen = write_rated(tmp_path / "unseen", 1, seed=1)[0]
    (among,), _ = core.predict_all([unseen], cache)
    picture = Image.open(unseen.file)
    for image in (unseen.file, str(unseen.file), picture, np.array(picture)):
        assert core.predict(image, unseen.text).rating == pytest.approx(among.rating, abs=1e-6)
    worse = core.predict(picture, "Yes. The cup is melted, garbled and distorted.").rating
    assert worse < core.predict(picture, "No. The cup looks natural.").rating - 5


@pytest.mark.parametrize("head", HEADS)
def test_an_image_that_was_learned_from_is_scored_as_if_it_had_been_left_out(tmp_path, head):
    """Where nothing tells the rating, a model that had seen it would say it all the same."""
    rng = np.random.default_rng(0)
    noise = [replace(one, rating=float(rng.uniform(0, 100))) for one in write_rated(tmp_path / "noise", 60)]
    rated, cache = [one.rating for one in noise], FeatureCache(tmp_path / "features")
    model(noise, cache, tmp_path / "m", head)
    core = Core.load(tmp_path / "m")
    said, _ = core.predict_all(noise, cache)
    by_itself = [core.predict(one.file, one.text).rating for one in noise]
    assert spearmanr([one.rating for one in said], rated).statistic < 0.2
    assert spearmanr(by_itself, rated).statistic > spearmanr([one.rating for one in said], rated).statistic + 0.1
    anew = [replace(one, text=f"Somewhat. Another text of {at}.") for at, one in enumerate(noise)]
    said, _ = core.predict_all(anew, cache)
    assert spearmanr([one.rating for one in said], rated).statistic < 0.2
    assert "noise" not in repr(core)
    assert len(repr(core)) < 60


def test_a_sample_left_out_in_closed_form_is_scored_as_by_a_model_without_it():
    rng = np.random.default_rng(1)
    vectors, counts = rng.normal(size=(30, 4)).astype(np.float32), rng.uniform(0.5, 2, 30)
    encoded, ratings = Encoded({"image:stats": vectors}, [""] * 30), rng.uniform(0, 100, 30)
    head = fit(encoded, ratings, counts, ["image:stats"])
    moved = Encoded({"image:stats": vectors[7:8] + 0.3}, [""])
    placed = head.spaces.placed(moved, head.sources)
    rest = np.arange(30) != 7
    inside = {name: each[rest] for name, each in head.placed.items()}
    inner = head.spaces.likeness(inside, inside)["image"] + np.diag(head.chosen.noise / counts[rest])
    seen = head.spaces.likeness(placed, inside)["image"][0]
    expected = head.mean + seen @ np.linalg.solve(inner, ratings[rest] - head.mean)
    variance = 1 + head.chosen.noise - seen @ np.linalg.solve(inner, seen)
    score, deviation = head.predict(moved, np.array([7]))
    assert score[0] == pytest.approx(expected, abs=1e-6)
    assert deviation[0] == pytest.approx(head.spread * np.sqrt(head.scale * variance), rel=1e-6)
    assert abs(head.predict(moved)[0][0] - score[0]) > 1


def test_only_pixels_and_text_count(samples, cache, tmp_path):
    core = model(samples, cache, tmp_path / "m")
    other = tmp_path / "r1.png"
    shutil.copy(samples[0].file, other)
    assert core.predict(other, samples[0].text) == core.predict(samples[0].file, samples[0].text)


def test_what_cannot_be_scored_is_told(samples, cache, tmp_path):
    core = model(samples, cache, tmp_path / "m")
    with pytest.raises(InvalidValue, match="reads the description, and there is none"):
        core.predict(samples[0].file, "  ")
    (tmp_path / "no.png").write_bytes(b"no image")
    with pytest.raises(UnreadableImage, match=r"no\.png"):
        core.predict(tmp_path / "no.png", "Yes.")
    with pytest.raises(InvalidValue, match="uint8"):
        core.predict(np.zeros((4, 4, 3)), "Yes.")
    bad = Rated("f" * 64, tmp_path / "no.png", "Yes.", 50)
    mute = Rated("e" * 64, samples[1].file, "", 50)
    said, skipped = core.predict_all([samples[0], bad, mute], cache)
    assert [one is None for one in said] == [False, True, True]
    assert {one.row: one.reason.partition(" ")[0] for one in skipped} == {"f" * 64: "no.png", "e" * 64: "has"}


def test_a_model_of_images_alone_needs_no_text(samples, cache, tmp_path):
    core = model([Rated(s.sha256, s.file, "", s.rating) for s in samples], cache, tmp_path / "m", text=("none",))
    assert core.predict(samples[0].file).rating == core.predict(samples[0].file, "Yes. All is wrong.").rating
    assert Core.load(tmp_path / "m").encoders.reads_text is False


def test_a_clip_is_an_encoder_of_both_and_a_changed_one_is_refused(samples, cache, tmp_path):
    folder = save_small_clip(tmp_path / "clip")
    spec = f"clip:local-dir:{folder}"
    core = model(samples, cache, tmp_path / "m", image=("stats", spec), text=(spec,))
    again = Core.load(tmp_path / "m")
    one = samples[3]
    assert again.predict(one.file, one.text).rating == pytest.approx(core.predict(one.file, one.text).rating, abs=1e-4)
    shutil.rmtree(folder)
    save_small_clip(folder, seed=1)
    with pytest.raises(UnsupportedModel, match="is another one by now"):
        Core.load(tmp_path / "m")


def test_a_damaged_model_is_refused_in_words(samples, cache, tmp_path):
    model(samples, cache, tmp_path / "m")
    whole = {file.name: file.read_bytes() for file in (tmp_path / "m").iterdir()}
    assert set(whole) == {"core.json", "words.json", "model.safetensors"}

    def refused(name, data):
        (tmp_path / "m" / name).write_bytes(data)
        with pytest.raises(InvalidValue, match="train it again"):
            Core.load(tmp_path / "m")
        (tmp_path / "m" / name).write_bytes(whole[name])

    refused("model.safetensors", whole["model.safetensors"][:-40])
    refused("model.safetensors", b"")
    refused("words.json", b"[]")
    refused("core.json", b"{")
    refused("core.json", b"[]")
    refused("core.json", b"{}")
    card = json.loads(whole["core.json"])
    for change in (
        {"scale": "z-score"},
        {"format": 99},
        {"digest": "0"},
        {"sources": ["image:none"]},
        {"weights": None},
    ):
        refused("core.json", json.dumps(card | change).encode())
    changed = load_file(tmp_path / "m" / "model.safetensors")
    changed["coefficients"] = changed["coefficients"] + 1
    save_file(changed, tmp_path / "x.safetensors")
    refused("model.safetensors", (tmp_path / "x.safetensors").read_bytes())
    (tmp_path / "m" / "model.safetensors").unlink()
    with pytest.raises(InvalidValue, match="damaged"):
        Core.load(tmp_path / "m")
    with pytest.raises(NotFound, match="no CORE model"):
        Core.load(tmp_path / "nothing")


def test_a_model_takes_the_place_of_a_model_and_of_nothing_else(samples, cache, tmp_path):
    first = model(samples, cache, tmp_path / "m")
    second = model(samples[:30], cache, tmp_path / "m")
    assert first.name != second.name
    assert Core.load(tmp_path / "m").name == second.name
    card = (tmp_path / "m" / "core.json").read_text()
    for name, files in (("letters", {"letter.txt": "dear"}), ("both", {"core.json": card, "letter.txt": "dear"})):
        (tmp_path / name).mkdir()
        for file, text in files.items():
            (tmp_path / name / file).write_text(text)
        with pytest.raises(CannotWrite, match="no CORE model"):
            model(samples, cache, tmp_path / name)
        assert {file.name for file in (tmp_path / name).iterdir()} == set(files)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "core.json").write_text('{"mine": 1}')
    with pytest.raises(CannotWrite, match="none of ours"):
        model(samples, cache, tmp_path / "other")
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


def test_models_that_score_otherwise_have_other_names(samples, cache, tmp_path):
    halved = [replace(one, rating=one.rating / 2) for one in samples]
    assert model(halved, cache, tmp_path / "half").name != model(samples, cache, tmp_path / "m").name


def test_descriptions_without_a_word_are_refused_in_words(samples, cache, tmp_path):
    mute = [replace(one, text="!!!") for one in samples]
    with pytest.raises(InvalidValue, match="no words to learn from"):
        model(mute, cache, tmp_path / "m", image=("none",))


def test_a_text_model_that_lacks_weights_gives_no_numbers(tmp_path):
    """With random weights in their place, every load would give other ones."""
    config = BertConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, vocab_size=40)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz"]
    BertTokenizerFast(vocab={word: at for at, word in enumerate(words)}).save_pretrained(tmp_path / "bert")
    BertForMaskedLM(config).save_pretrained(tmp_path / "bert")  # without a pooler, as many are published
    first, second = (text_encoder(str(tmp_path / "bert")) for _ in range(2))
    assert first.identity == second.identity
    np.testing.assert_array_equal(next(first.encode(["a b"])), next(second.encode(["a b"])))
    save_file({"x": np.zeros(1, np.float32)}, tmp_path / "bert" / "model.safetensors", {"format": "pt"})
    with pytest.raises(UnsupportedModel, match="lacks weights"):
        text_encoder(str(tmp_path / "bert"))
    (tmp_path / "bert" / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(UnsupportedModel, match="no text model that can be loaded"):
        text_encoder(str(tmp_path / "bert"))
    with pytest.raises(WeightsNotFound, match="is no local folder"):
        text_encoder("foo bar")


def test_too_little_to_learn_from_is_refused(samples):
    with pytest.raises(InvalidValue, match=f"at least {FEWEST} rated images"):
        check_rated(samples[: FEWEST - 1])
    with pytest.raises(InvalidValue, match="the same rating"):
        check_rated([Rated(s.sha256, s.file, s.text, 50) for s in samples])


def test_votes_count_where_all_are_known(samples):
    voted = [Rated(s.sha256, s.file, s.text, s.rating, votes) for s, votes in zip(samples, (1, 3), strict=False)]
    assert weights_of(voted).tolist() == [0.5, 1.5]
    assert weights_of(samples).tolist() == [1] * 40


def test_unknown_encoders_are_refused():
    with pytest.raises(InvalidValue, match="--image must be stats"):
        Encoders.of(image=("vgg",))
    with pytest.raises(InvalidValue, match="named twice"):
        Encoders.of(image=("stats", "stats"))
    with pytest.raises(InvalidValue, match="needs an image encoder or a text encoder"):
        Encoders.of(image=("none",), text=("none",))


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
def test_the_model_that_was_there_survives_whatever_ends_its_replacement(samples, cache, tmp_path, monkeypatch, stop):
    first = model(samples, cache, tmp_path / "m")
    usual = Path.replace

    def fails(self, target):
        if target == tmp_path / "m":
            raise stop("now")
        return usual(self, target)

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(CannotWrite if stop is OSError else stop):
        model(samples[:30], cache, tmp_path / "m")
    monkeypatch.undo()
    assert Core.load(tmp_path / "m").name == first.name
    assert [path.name for path in tmp_path.iterdir()] == ["m"]
    (tmp_path / "m").rename(tmp_path / ".m.before")  # as a program leaves it that was killed right then
    assert Core.load(tmp_path / "m").name == first.name
    (tmp_path / "m").rename(tmp_path / ".m.before")
    second = model(samples[:30], cache, tmp_path / "m")
    assert Core.load(tmp_path / "m").name == second.name != first.name
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def _changed(tensors, card, name, change):
    if name in tensors:
        tensors[name] = change(tensors[name].copy())
    else:
        card[name] = change(card[name])


@pytest.mark.parametrize(
    ("head", "name", "change"),
    [
        ("gp", "mean", lambda _: float("nan")),
        ("gp", "uncertainty", lambda _: -1.0),
        ("gp", "coefficients", lambda each: each * np.nan),
        ("gp", "coefficients", lambda each: each[:-1]),
        ("gp", "placed/text:tfidf/columns", lambda each: each + 10**6),
        ("gp", "identities", lambda _: {}),
        ("gp", "samples", lambda each: [each[0]] * len(each)),
        ("svr", "apart", lambda each: each * 0),
        ("svr", "apart", lambda each: each + 99),
        ("mlp", "said", lambda each: each[1:]),
        ("mlp", "learned/first", lambda each: each[:, :-1]),
        ("mlp", "learned/second", lambda each: each * np.inf),
        ("mlp", "learned/all/text:tfidf", lambda each: each[:-1]),
    ],
)
def test_a_model_that_cannot_be_is_refused_even_with_a_digest_that_fits(samples, cache, tmp_path, head, name, change):
    model(samples, cache, tmp_path / "m", head)
    card = json.loads((tmp_path / "m" / "core.json").read_text())
    tensors = load_file(tmp_path / "m" / "model.safetensors")
    _changed(tensors, card, name, change)
    save_file({key: np.ascontiguousarray(each) for key, each in tensors.items()}, tmp_path / "m" / "model.safetensors")
    blob, words = (tmp_path / "m" / "model.safetensors").read_bytes(), (tmp_path / "m" / "words.json").read_text()
    card["digest"] = checkpoint._digest(blob, words, card)
    card["name"] = f"fast-{card['digest'][:12]}"
    (tmp_path / "m" / "core.json").write_text(json.dumps(card))
    with pytest.raises(InvalidValue, match=r"is damaged .*; train it again"):
        Core.load(tmp_path / "m")
