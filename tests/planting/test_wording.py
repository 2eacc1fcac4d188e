"""The phrases: enough, natural, and none of the held-out ones seen in training."""

import re

import numpy as np
import pytest

from realness.errors import InvalidValue
from realness.planting import KINDS, every_phrase, neutral_phrases, phrases, place_of, word
from realness.planting.lexicon import FORMS, HOW, LEXICON


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_phrasings_for_training_and_others_held_out(kind):
    train, held_out = phrases(kind, "train"), phrases(kind, "held_out")
    assert len(set(train)) >= 8
    assert len(set(held_out)) >= 4
    assert not set(train) & set(held_out)


def test_no_phrasing_serves_two_kinds():
    first = {}
    for kind in KINDS:
        for phrasing in ("train", "held_out"):
            for template in phrases(kind, phrasing):
                assert first.setdefault(template, kind) == kind


def test_every_phrase_is_a_plain_clause():
    every = list(every_phrase())
    assert len(every) > 2000
    for phrase in every:
        assert re.fullmatch(r"[a-z][a-z ,-]+", phrase), phrase
        assert len(phrase.split()) <= 25


def test_verbs_agree_with_their_nouns():
    wrong = re.compile(r"(the|some) (edges|shapes|colors|shadows|details|surfaces|objects) (is|has|looks|does|lacks)\b")
    assert [phrase for phrase in every_phrase() if wrong.match(phrase)] == []


def test_words_vary_and_follow_the_seed():
    said = {word("smeared", np.random.default_rng(seed)) for seed in range(60)}
    assert len(said) > 30
    assert word("smeared", np.random.default_rng(4)) == word("smeared", np.random.default_rng(4))


def test_the_place_named_is_where_the_mask_is():
    mask = np.zeros((90, 120), bool)
    mask[5:20, 100:115] = True
    assert {"right"} <= set(place_of(mask, np.random.default_rng(0)).split())
    said = [word("warped", np.random.default_rng(seed), place="in the moonlight") for seed in range(40)]
    assert 5 < sum("in the moonlight" in phrase for phrase in said) < 35


def test_neutral_phrases_claim_nothing_unreal():
    assert "the surface looks natural" in neutral_phrases()


def test_an_unknown_kind_has_no_phrases():
    with pytest.raises(InvalidValue, match="haunted"):
        phrases("haunted", "train")


def test_no_phrase_that_training_puts_together_is_a_held_out_one():
    assert set(LEXICON) == set(KINDS)
    for kind, said in LEXICON.items():
        made = {
            form.format(noun="{noun}", looks="{looks}", bare="{noun}", how=how, one=one, two=two)
            for form in FORMS
            for how in HOW
            for one in said
            for two in said
        }
        kept = {phrase.replace("{is}", "is").replace("{has}", "has") for phrase in phrases(kind, "held_out")}
        assert not made & kept
