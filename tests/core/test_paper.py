"""The preset `paper`: the published network, its folder, what it refuses, that it scores the same when read again."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from rated_images import write_rated
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import AutoModel, BertConfig, DistilBertConfig

from realness.core import Core
from realness.core.bert import Bert
from realness.core.measures import deviations_of
from realness.core.network import CoreNetwork, ScratchCnn, image_network
from realness.core.paper import write_paper
from realness.core.samples import Rated
from realness.errors import InvalidValue, RealnessError, UnreadableImage, UnsupportedModel

pytestmark = pytest.mark.usefixtures("one_thread")

SIZE = (48, 64)
TINY = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    return write_rated(tmp_path_factory.mktemp("rated"), 20)


@pytest.fixture(scope="module")
def tiny(samples):
    """A tiny BERT with word pieces of its own."""
    begun = Bert.of("scratch", [one.text for one in samples], fresh=True)
    return Bert(BertConfig(vocab_size=len(begun.tokenizer), max_position_embeddings=32, **TINY), begun.tokenizer, None)


def network(bert, seed=0, image="scratch"):
    """With random weights, and a wide spread, so that small differences are seen."""
    torch.manual_seed(seed)
    text = bert.model() if bert is not None else None
    made = CoreNetwork(image_network(image, fresh=True), text, size=SIZE, hidden=8).eval()
    made.mean.fill_(60.0)
    made.spread.fill_(40.0)
    return made


def model(bert, folder, members=1, image="scratch", **facts):
    made = [network(bert, seed, image) for seed in range(members)]
    return write_paper(
        made, bert, folder, {"image": image, "rmse": 5.0, "split": [{"training": []}] * members} | facts, b"PNG"
    )


def test_the_network_is_the_published_one():
    text = nn.Module()
    text.config = SimpleNamespace(hidden_size=768)
    first, _, last = CoreNetwork(image_network("resnet50", fresh=True), text).head
    assert (first.in_features, first.out_features, last.in_features, last.out_features) == (2816, 529, 529, 1)
    assert sum(each.numel() for each in ScratchCnn().parameters()) == pytest.approx(400_000, rel=0.05)


def test_a_model_scores_the_same_after_it_was_read_again(samples, tiny, tmp_path):
    core = model(tiny, tmp_path / "m", members=2)
    again = Core.load(tmp_path / "m")
    assert again.name == core.name
    assert core.name.startswith("paper-")
    assert again.reads_text
    first, skipped = core.predict_all(samples, None)
    second, _ = again.predict_all(samples, None)
    assert skipped == []
    assert second == first
    assert len({one.rating for one in first}) == 20
    for one in first:
        assert 0 <= one.low < one.rating < one.high <= 100


def test_one_image_is_scored_as_among_many_by_file_pixels_or_picture(samples, tiny, tmp_path):
    core = model(tiny, tmp_path / "m")
    among, _ = core.predict_all(samples, None)
    picture = Image.open(samples[3].file)
    for image in (samples[3].file, str(samples[3].file), picture, np.array(picture)):
        # alone it is padded to no other text: that changes nothing
        assert core.predict(image, samples[3].text).rating == pytest.approx(among[3].rating, abs=1e-3)
    assert core.predict(picture, "No.").rating != core.predict(picture, "Yes. A melted, garbled cup.").rating


def test_what_cannot_be_scored_is_told(samples, tiny, tmp_path):
    core, told = model(tiny, tmp_path / "m"), []
    with pytest.raises(InvalidValue, match="reads the description, and there is none"):
        core.predict(samples[0].file, "  ")
    (tmp_path / "no.png").write_bytes(b"no image")
    with pytest.raises(UnreadableImage, match=r"no\.png"):
        core.predict(tmp_path / "no.png", "Yes.")
    with pytest.raises(InvalidValue, match="uint8"):
        core.predict(np.zeros((4, 4, 3)), "Yes.")
    bad, mute = Rated("f" * 64, tmp_path / "no.png", "Yes.", 50), Rated("e" * 64, samples[1].file, "", 50)
    said, skipped = core.predict_all([bad, samples[0], mute], None, lambda *at: told.append(at))
    assert [one is None for one in said] == [True, False, True]
    assert {one.row: one.reason.partition(" ")[0] for one in skipped} == {"f" * 64: "no.png", "e" * 64: "has"}
    assert told == [(3, 3)]


def test_each_half_stands_alone(samples, tiny, tmp_path):
    seen, read = model(None, tmp_path / "i"), model(tiny, tmp_path / "t", image="none")
    assert not (tmp_path / "i" / "text").exists()
    one, other = samples[:2]
    for core in (seen, Core.load(tmp_path / "i")):
        assert not core.reads_text
        assert core.predict(one.file).rating == core.predict(one.file, "Yes.").rating
        assert core.predict(one.file).rating != core.predict(other.file).rating
    for core in (read, Core.load(tmp_path / "t")):
        assert core.predict(one.file, "Yes.").rating == core.predict(other.file, "Yes.").rating
        assert core.predict(one.file, "Yes.").rating != core.predict(one.file, "No.").rating
        unread, skipped = core.predict_all([Rated("f" * 64, tmp_path / "gone.png", "Yes.", 50)], None)
        assert (unread[0].rating, skipped) == (core.predict(one.file, "Yes.").rating, [])


def test_a_model_without_pooler_is_read_by_the_mean_of_its_tokens(tiny):
    small = {"dim": 16, "n_layers": 1, "n_heads": 2, "hidden_dim": 32, "max_position_embeddings": 32}
    bert = Bert(DistilBertConfig(vocab_size=len(tiny.tokenizer), **small), tiny.tokenizer, None)
    made = network(bert, image="none")
    ids, mask = bert.tokens(["No.", "Yes. The cup is melted and garbled."])
    assert mask.sum(dim=1)[0] < mask.sum(dim=1)[1]
    short = made.ratings(None, (ids[:1, : mask[0].sum()], mask[:1, : mask[0].sum()]))
    assert made.ratings(None, (ids, mask))[0] == pytest.approx(short[0], abs=1e-3)


def test_a_local_bert_gives_its_weights_or_its_architecture_alone(tiny, tmp_path):
    tiny.save(tmp_path / "b")
    with pytest.raises(UnsupportedModel, match="can be loaded"):
        Bert.of(str(tmp_path / "b"), [], fresh=False)  # there are no weights yet
    torch.manual_seed(3)
    stored = tiny.model()
    stored.save_pretrained(tmp_path / "b")
    begun = Bert.of(str(tmp_path / "b"), [], fresh=False)
    assert all(torch.equal(a, b) for a, b in zip(begun.model().parameters(), stored.parameters(), strict=True))
    fresh = Bert.of(str(tmp_path / "b"), [], fresh=True).model()
    assert isinstance(fresh, type(AutoModel.from_config(tiny.config)))
    assert not torch.equal(fresh.embeddings.word_embeddings.weight, stored.embeddings.word_embeddings.weight)
    assert begun.tokens(["The cup is melted."])[0].tolist() == tiny.tokens(["The cup is melted."])[0].tolist()


def test_word_pieces_are_learned_the_same_every_time_and_long_texts_are_cut(samples):
    texts = [one.text for one in samples]
    first, second = (Bert.of("scratch", each, fresh=True) for each in (texts, texts[::-1]))
    assert first.tokenizer.get_vocab() == second.tokenizer.get_vocab()
    assert first.tokenizer.tokenize("melted") == ["melted"]
    assert first.tokens(["melted " * 500])[0].shape == (1, 128)


def test_the_uncertainty_is_wider_where_members_disagree():
    assert np.isnan(deviations_of(np.array([[50.0, 60.0]]), 5.0)).all()
    agreed, split = deviations_of(np.array([[50.0, 40.0], [50.0, 60.0]]), 5.0)
    assert agreed == 5.0
    assert split == pytest.approx(np.sqrt(25 + 200))


def test_a_damaged_model_is_refused_in_words(tiny, tmp_path):
    folder = tmp_path / "m"
    model(tiny, folder)
    whole = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    names = {str(path.relative_to(folder)) for path in whole}
    assert {"core.json", "curves.png", "member-0.safetensors", "text/config.json", "text/tokenizer.json"} <= names
    for path, data in whole.items():
        if path.name == "curves.png":
            continue
        for torn in (data[: len(data) // 2], b"", b"\x00" * len(data), None):
            if torn is None:
                path.unlink()
            else:
                path.write_bytes(torn)
            with pytest.raises(RealnessError, match=r"damaged|there is no CORE model"):
                Core.load(folder)
            path.write_bytes(data)
    weights = load_file(folder / "member-0.safetensors")
    save_file(weights | {"head.0.bias": weights["head.0.bias"] + 1}, folder / "member-0.safetensors")
    with pytest.raises(InvalidValue, match="do not belong together"):
        Core.load(folder)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"scale": "z"}, "scores on the scale 'z'"),
        ({"format": 9}, "format 9"),
        ({"preset": "slow"}, "preset 'slow'"),
        ({"members": 0}, "damaged"),
        ({"members": 2}, "damaged"),
        ({"image": "resnet18"}, "damaged"),
        ({"image": "none"}, "damaged"),
        ({"hidden": 9}, "damaged"),
        ({"size": [48]}, "damaged"),
        ({"size": [96, 128]}, "do not belong together"),
        ({"rmse": None}, "damaged"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(tiny, tmp_path, change, told):
    model(tiny, tmp_path / "m")
    card = tmp_path / "m" / "core.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | change))
    with pytest.raises(InvalidValue, match=told):
        Core.load(tmp_path / "m")
