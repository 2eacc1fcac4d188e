import json
import shutil

import open_clip
import pytest
import torch

from realness.training.clip_config import TrainConfig
from realness.training.tokens import Words, common_words, vocabulary_size, write_tokenizer

MERGES, CONTEXT = 2000, 24


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("tokens")
    assert write_tokenizer(path, MERGES, CONTEXT) == vocabulary_size(MERGES)
    return path


def test_any_text_encodes_and_comes_back(folder):
    words = Words(folder, 200)
    for text in ("the hand looks distorted", "naïve 漢字 🙂", "5 fingers!", "tab\tand\nline", ""):
        ids = words([text])[0]
        back = words._tokenizer.decode(ids.tolist(), skip_special_tokens=True)
        assert back.split() == "".join(f" {c} " if not c.isalpha() else c for c in text).split()


def test_the_end_token_is_the_last_id_and_ends_every_text_even_a_cut_one(folder):
    ids = Words(folder, CONTEXT)(["the", "long " * 100, ""])
    end = vocabulary_size(MERGES) - 1
    assert ids.shape == (3, CONTEXT)
    assert ids.max() == end
    assert ids.argmax(dim=1).tolist() == [2, CONTEXT - 1, 1]


def test_case_and_spaces_say_nothing(folder):
    ids = Words(folder, CONTEXT)(["The  Hand looks odd", "the hand looks odd "])
    assert torch.equal(ids[0], ids[1])


def test_open_clip_finds_the_same_tokenizer_in_a_folder_that_was_moved(folder, tmp_path):
    moved = tmp_path / "somewhere else"
    shutil.copytree(folder, moved)
    settings = TrainConfig(merges=MERGES, context=CONTEXT).model()
    (moved / "open_clip_config.json").write_text(json.dumps({"model_cfg": settings}))
    tokenizer = open_clip.get_tokenizer(f"local-dir:{moved}")
    texts = ["the light does not match", "a word too rare: xylophagous " * 9]
    assert torch.equal(tokenizer(texts), Words(folder, CONTEXT)(texts))


def test_common_words_are_one_token_each(folder):
    words = common_words(MERGES)
    assert len(words) > 500
    ids = Words(folder, CONTEXT)(words[:200])
    assert (ids.argmax(dim=1) == 2).all()
