"""What describers are asked, and what their replies say."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realness.domain import Finding, Region, RegionShape, Verdict
from realness.errors import NotFound
from realness.prompts import Unusable, load, names, read, write

SIZE = 640, 480
PLAIN, FINDINGS = load("raise-td"), load("findings")


def reply(**held):
    return json.dumps({"verdict": "yes", "explanation": "The hand has six fingers.", "findings": []} | held)


def test_prompts_are_named_and_numbered():
    assert names() == ["findings", "raise-td"]
    assert load("findings-1") is load("findings")
    assert PLAIN.version == "raise-td-1"
    assert PLAIN.schema is None
    assert FINDINGS.schema["required"] == ["verdict", "explanation", "findings"]


@pytest.mark.parametrize("name", ["findings-9", "none", "../prompts/findings-1", "", "findings-1.toml"])
def test_an_unknown_prompt_is_refused_with_the_names_of_those_there_are(name):
    with pytest.raises(NotFound, match="there are findings, raise-td"):
        load(name)


def test_a_plain_reply_is_a_verdict_and_an_explanation_in_findings():
    answer = read(PLAIN, "Somewhat. The hand has six fingers, and the sign is garbled.", SIZE)
    assert (answer.verdict, answer.explanation) == (
        Verdict.SOMEWHAT,
        "The hand has six fingers, and the sign is garbled.",
    )
    assert [one.phrase for one in answer.findings] == ["The hand has six fingers", "the sign is garbled"]
    assert read(PLAIN, "No", SIZE).findings == ()


@pytest.mark.parametrize(
    ("prompt", "text", "kind"),
    [
        (PLAIN, None, "empty"),
        (PLAIN, " \n", "empty"),
        (FINDINGS, "", "empty"),
        (PLAIN, "I'm sorry, but I can't help with that.", "refused"),
        (FINDINGS, "I cannot assist with this image.", "refused"),
        (PLAIN, "The image shows a dog.", "invalid"),
        (PLAIN, "Yes.", "invalid"),
        (PLAIN, "Yes. " + "a" * 20_000, "invalid"),
        (PLAIN, "Yes. half \ud800", "invalid"),
        (FINDINGS, '{"verdict": "yes", "explan', "invalid"),
        (FINDINGS, "Yes. The hand has six fingers.", "invalid"),
        (FINDINGS, reply(verdict="maybe"), "invalid"),
        (FINDINGS, reply(explanation=None), "invalid"),
        (FINDINGS, reply(findings={}), "invalid"),
        (FINDINGS, reply(findings=[{}]), "invalid"),
        (FINDINGS, reply(findings=[{"phrase": "a", "kind": 3}]), "invalid"),
        (FINDINGS, reply(findings=[{"phrase": "a", "box": [0, 0, 2000, 10]}]), "invalid"),
        (FINDINGS, reply(findings=[{"phrase": "a", "box": [0, 0, True, 10]}]), "invalid"),
        (FINDINGS, reply(findings=[{"phrase": "a\0"}]), "invalid"),
        (FINDINGS, "[" * 100_000, "invalid"),
        (FINDINGS, '{"a":' * 100_000, "invalid"),
    ],
)
def test_what_is_no_answer_is_told_apart_by_what_is_wrong_with_it(prompt, text, kind):
    with pytest.raises(Unusable) as caught:
        read(prompt, text, SIZE)
    assert caught.value.kind == kind
    assert str(caught.value)


@pytest.mark.parametrize(
    "around", ["{}", "Here it is:\n```json\n{}\n```\nAnything else?", "```\n{}\n```", "Sure! {} Bye."]
)
def test_json_is_found_where_a_server_ignores_the_schema(around):
    answer = read(FINDINGS, around.replace("{}", reply()), SIZE)
    assert answer.text == "Yes. The hand has six fingers."


def test_a_rough_place_becomes_a_region_in_the_images_own_pixels():
    parts = [{"phrase": "six fingers", "kind": "Hands", "box": [250, 500, 500, 1000]}, {"phrase": "odd", "box": None}]
    first, second = read(FINDINGS, reply(findings=parts), SIZE).findings
    assert first == Finding("six fingers", "hands", 13, (Region(RegionShape.BOX, (160.0, 240.0, 320.0, 480.0)),))
    assert second == Finding("odd", None, None)
    (flat,) = read(FINDINGS, reply(findings=[{"phrase": "flat", "box": [5, 5, 5, 9]}]), SIZE).findings
    assert flat.regions == ()


boxes = st.tuples(st.integers(0, 999), st.integers(0, 999)).flatmap(
    lambda at: st.tuples(*(st.just(v) for v in at), *(st.integers(v + 1, 1000) for v in at))
)
phrases = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip)


@given(
    verdict=st.sampled_from([Verdict.YES, Verdict.SOMEWHAT]),
    explanation=phrases.map(str.strip),
    said=st.lists(st.tuples(phrases.map(str.strip), st.none() | boxes), max_size=4),
)
def test_what_is_written_is_read_again(verdict, explanation, said):
    findings = [
        Finding(phrase, "face", None, (Region(RegionShape.BOX, tuple(map(float, box))),) if box else ())
        for phrase, box in said
    ]
    size = 1000, 1000
    answer = read(FINDINGS, write(FINDINGS, verdict, explanation, findings, size), size)
    assert (answer.verdict, answer.explanation) == (verdict, explanation)
    assert [(one.phrase, one.kind, one.regions) for one in answer.findings] == [
        (one.phrase, one.kind, one.regions) for one in findings
    ]
    plain = read(PLAIN, write(PLAIN, verdict, explanation), size)
    assert (plain.verdict, plain.explanation) == (verdict, explanation)
