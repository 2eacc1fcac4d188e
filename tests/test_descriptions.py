"""Reading a description: its verdict and its findings."""

import csv

import pytest
from builders import shared_folder
from hypothesis import example, given
from hypothesis import strategies as st

from realness.descriptions import is_reassurance, parse_verdict, split_findings
from realness.domain import Verdict
from realness.planting import every_phrase


@pytest.mark.parametrize(
    ("text", "verdict", "explanation"),
    [
        ("Yes. The arm is bent.", Verdict.YES, "The arm is bent."),
        ("Yes, the roots look artificial.", Verdict.YES, "the roots look artificial."),
        ("somewhat — the hat is large", Verdict.SOMEWHAT, "the hat is large"),
        ('"No", there is nothing.', Verdict.NO, "there is nothing."),
        ("Yes - the arm is bent.", Verdict.YES, "the arm is bent."),
        ("Yes\nThe arm is bent.", Verdict.YES, "The arm is bent."),
        ("No shadow falls under the cup.", None, "No shadow falls under the cup."),
        ("No-one has eyes.", None, "No-one has eyes."),
        ("Somewhat blurry edges.", None, "Somewhat blurry edges."),
        ("No", Verdict.NO, ""),
        ("Nothing looks wrong.", None, "Nothing looks wrong."),
        ("Yesterday's light is odd.", None, "Yesterday's light is odd."),
        ("", None, ""),
    ],
)
def test_the_verdict_is_parsed_off(text, verdict, explanation):
    assert parse_verdict(text) == (verdict, explanation)


def test_no_planted_phrase_is_taken_for_a_verdict():
    assert [phrase for phrase in every_phrase() if parse_verdict(phrase)[0] is not None] == []


def test_an_explanation_is_split_into_claims_about_different_things():
    text = "The spoon's handle melts into the cup's rim, the cup's handle is a closed loop, "
    text += "and the spoon reflects a window."
    assert [finding.phrase for finding in split_findings(text)] == [
        "The spoon's handle melts into the cup's rim",
        "the cup's handle is a closed loop",
        "the spoon reflects a window",
    ]


def test_an_enumeration_inside_one_claim_stays_together():
    text = "The hands, feet, and face are distorted. Shadows fall in two directions."
    assert [f.phrase for f in split_findings(text)] == [
        "The hands, feet, and face are distorted",
        "Shadows fall in two directions",
    ]


def test_what_follows_from_a_claim_stays_with_it():
    text = "The skin is overly smooth, lacking natural pores, and the hand has six fingers, making it look odd."
    assert [f.phrase for f in split_findings(text)] == [
        "The skin is overly smooth, lacking natural pores",
        "the hand has six fingers, making it look odd",
    ]


def test_no_claims_nothing():
    assert split_findings("there is nothing unrealistic in this image.", Verdict.NO) == ()


@example("\x85.")
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200))
def test_every_phrase_stands_where_it_says_and_none_overlap(text):
    findings = split_findings(text)
    ends = [0]
    for finding in findings:
        assert text[finding.start : finding.start + len(finding.phrase)] == finding.phrase
        assert finding.start >= ends[-1]
        ends.append(finding.start + len(finding.phrase))


def test_every_real_description_has_a_verdict_and_the_unreal_ones_have_findings():
    path = shared_folder("raise_td") / "datasets/train/image_descriptions.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row["description"] for row in csv.DictReader(file)]
    parsed = [parse_verdict(text) for text in rows]
    assert all(verdict is not None for verdict, _ in parsed)
    counts = [len(split_findings(explanation, verdict)) for verdict, explanation in parsed if verdict is not Verdict.NO]
    assert all(1 <= count <= 8 for count in counts)
    assert sum(count > 1 for count in counts) > len(counts) / 2


@pytest.mark.parametrize(
    "phrase",
    [
        "the rest of the image appears realistic",
        "Everything else looks realistic.",
        "The overall bridge and city look realistic",
        "the structure and lighting are mostly natural and consistent",
        "no visible distortion",
        "there are no obvious artifacts in the sky",
        "nothing else looks unusual",
        "the hands do not look distorted",
        "the face seems natural in proportion",
    ],
)
def test_what_is_said_to_be_right_is_no_claim(phrase):
    assert is_reassurance(phrase)


@pytest.mark.parametrize(
    "phrase",
    [
        "the face does not look natural",
        "no visible object casts the shadow",
        "the skin lacks natural texture",
        "the scene looks less realistic than typical human vision",
        "the transition is not smooth or realistic",
        "the water looks too perfect to be real",
        "the arm is unnaturally long",
        "the hat isn't realistic",
        "the shadow is inconsistent with natural light",
        "the fish is less integrated with the realistic background coral reef",
        "The hand is not only distorted",
        "the face is not just unnatural and melts",
        "The face does not match the strange body",
        "the fence does not follow the distorted perspective",
        "There are no pupils in the artificial eyes",
        "No fingers are visible on the distorted hand",
        "there is no natural transition between the oddly smooth skin and the hair",
        "no shadow under the cup is an error",
        "only the left eye looks natural",
        "",
    ],
)
def test_what_is_said_to_be_wrong_or_missing_stays_a_claim(phrase):
    assert not is_reassurance(phrase)


def test_a_word_that_leads_over_is_part_of_no_finding():
    text = "The biker appears too high above the ramp. Otherwise, the rest looks realistic. However, the wheel is bent."
    found = [one.phrase for one in split_findings(text, Verdict.SOMEWHAT)]
    assert found == ["The biker appears too high above the ramp", "the rest looks realistic", "the wheel is bent"]
