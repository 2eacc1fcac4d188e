"""Whether a person says the same as the machine, and what is learned of it."""

import json
from pathlib import Path

import pytest

from realness import prompts
from realness.exchange.examples import Examples, Leaving, Picture, Use
from realness.exchange.rows import COLUMNS, ExportRow

TEXT = "The hand has six fingers, and the sign is garbled."
BOX = {"shape": "box", "coordinates": [8, 6, 32, 24]}
SAID = [
    {"state": None, "phrase": "The hand has six fingers", "kind": "anatomy", "regions": [BOX]},
    {"state": None, "phrase": "the sign is garbled", "kind": "text", "regions": []},
]
ALL = (Use.TEXT, Use.PAIR, Use.LABEL)


def finding(at, state="kept", phrase=None, kind=None, regions=()):
    machine = None if at is None else SAID[at]["phrase"]
    given = {"state": state, "phrase": phrase or machine, "machine_phrase": machine}
    return given | {"kind": kind, "regions": list(regions)}


def learned(found, judgement="accurate", prompt="findings", offered=(), uses=ALL, **given):
    """What is learned of a review, a list for each use, and what is left out."""
    values = dict.fromkeys(COLUMNS) | {
        "image_sha256": "ab" * 32, "width": 64, "height": 48, "role": "reviewer", "kind": "review", "final": True,
        "source": "human", "judgement": judgement, "planted_wrong": False, "machine_verdict": "yes",
        "machine_explanation": TEXT, "verdict": "yes", "explanation": TEXT, "findings": found,
    } | given  # fmt: skip
    excluded: dict[str, int] = {}
    row, image = ExportRow(**values), Picture("ab" * 32, "PNG", Path(__file__))
    made = list(Examples(prompts.load(prompt), uses, excluded, 0.0, 0).of(Leaving(row, image, SAID, offered)))
    return {use: [one for one in made if one.use is use] for use in uses}, excluded


def phrases(text):
    return [one["phrase"] for one in json.loads(text)["findings"]]


KEPT = [finding(0), finding(1)]
BOXED = [finding(0, regions=[{"shape": "box", "coordinates": [0, 0, 9, 9]}]), finding(1, kind="other")]


@pytest.mark.parametrize("found", [KEPT, BOXED, BOXED[::-1], KEPT[:1], []])
def test_a_check_that_was_accepted_teaches_nothing_though_a_box_was_drawn(found):
    made, excluded = learned(found, planted_wrong=True)
    assert made == {use: [] for use in ALL}
    assert excluded == {"wrong on purpose and not corrected": 1}


@pytest.mark.parametrize("found", [KEPT, BOXED, KEPT[:1], []])
def test_a_text_that_was_left_makes_no_pair_and_keeps_its_findings(found):
    made, excluded = learned(found)
    assert (made[Use.PAIR], excluded) == ([], {"unedited": 1})
    assert sorted(phrases(made[Use.TEXT][0].text)) == sorted(one["phrase"] for one in SAID)


def test_a_kept_finding_has_the_machines_kind_and_place_unless_it_was_marked_anew():
    def first(found):
        return json.loads(learned(found)[0][Use.TEXT][0].text)["findings"][0]

    assert first(KEPT) == {"phrase": SAID[0]["phrase"], "kind": "anatomy", "box": [125, 125, 500, 500]}
    assert first(BOXED)["box"] == [0, 0, 141, 188]


@pytest.mark.parametrize(
    "found",
    [
        [finding(0), finding(1, "dropped")],
        [finding(0), finding(1, "reworded", "the sign is mirrored")],
        [*KEPT, finding(None, "added", "The rim is broken")],
    ],
)
def test_a_finding_that_was_dropped_reworded_or_added_is_a_correction(found):
    made, excluded = learned(found, "partly")
    (pair,) = made[Use.PAIR]
    assert phrases(pair.text) == [one["phrase"] for one in found if one["state"] != "dropped"]
    assert phrases(pair.rejected) == [one["phrase"] for one in SAID]
    assert excluded == {}
    assert learned(found, "partly", "raise-td")[1]["unedited"] == 1  # the text itself was left


@pytest.mark.parametrize("found", [[], [finding(0, "dropped"), finding(1, "dropped")]])
@pytest.mark.parametrize("verdict", ["yes", "somewhat"])
def test_a_changed_text_without_findings_is_split_into_them(found, verdict):
    made, _ = learned(found, "wrong", explanation="The rim is broken, and the shadow is missing.", verdict=verdict)
    assert phrases(made[Use.TEXT][0].text) == ["The rim is broken", "the shadow is missing"]
    assert phrases(made[Use.PAIR][0].text) == ["The rim is broken", "the shadow is missing"]


def test_a_changed_verdict_alone_is_a_correction_with_findings():
    assert phrases(learned([], "partly", verdict="somewhat")[0][Use.PAIR][0].text) == [one["phrase"] for one in SAID]
    assert phrases(learned(KEPT, "wrong", verdict="no", explanation="")[0][Use.TEXT][0].text) == []


@pytest.mark.parametrize("judgement", ["partly", "wrong"])
def test_a_text_that_still_claims_what_was_dropped_is_not_learned(judgement):
    made, excluded = learned([finding(0, "dropped"), finding(1, "dropped")], judgement)
    assert made[Use.TEXT] == made[Use.PAIR] == []
    assert [one.label for one in made[Use.LABEL]] == ([False] if judgement == "wrong" else [])
    assert excluded["every finding dropped, but not from the text"] == 2


@pytest.mark.parametrize("prompt", ["findings", "raise-td"])
@pytest.mark.parametrize("found", [KEPT, BOXED])
def test_nothing_is_learned_towards_a_text_that_was_judged_wrong_and_left(prompt, found):
    beside = [{"verdict": "no", "explanation": "", "said": []}]
    made, excluded = learned(found, "wrong", prompt, beside)
    assert made[Use.TEXT] == made[Use.PAIR] == []
    assert [one.label for one in made[Use.LABEL]] == [False]
    assert excluded == {"wrong and not corrected": 2}
    assert len(learned(found, "partly", prompt, beside)[0][Use.PAIR]) == 1
