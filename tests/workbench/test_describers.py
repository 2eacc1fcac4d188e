"""Describers measured by what people made of their texts."""

import json

import pytest
from builders import given_image, make_description, make_image, make_submission

from realness.cli import main
from realness.domain import Finding, FindingState, Judgement, ReviewedFinding, StudySettings, Verdict
from realness.errors import InvalidValue, NotFound
from realness.store import NewReply
from realness.workbench.describers import evaluate_descriptions

RIGHT = make_description(
    "Somewhat. The hand has six fingers, and the sign is garbled.", provider="local", model="tuned"
)
WRONG = make_description(
    "Yes. The sky is green.",
    provider="local",
    model="plain",
    verdict=Verdict.YES,
    findings=(Finding("The sky is green", start=0),),
)
PLANTED = make_description("Yes. The dog is blue.", provider="planted", planted_wrong=True, findings=())


def described(bench, texts, images=4):
    """A study whose images have these texts, the last one being the newest."""
    study = bench.store.studies.create("pilot", StudySettings())
    added = [make_image(description=texts[0]) for _ in range(images)]
    for text in texts:
        bench.store.images.add(
            study.id, [make_image(int(one.facts.sha256, 16), description=text, path=one.path) for one in added]
        )
    return bench.store.studies.named("pilot")


def reviewed(bench, study, answers):
    """One review after the other, by the local person."""
    me = bench.store.people.local()
    for answer in answers:
        image = given_image(bench.store, study, me)
        said = bench.store.descriptions.shown(study.id, image.id)
        bench.store.reviews.submit(me.id, make_submission(study, image, description_id=said.id, **answer(said)))


def corrected(said):
    """The newest text is called wrong: one finding dropped, two others added."""
    (only,) = said.finding_ids
    added = (
        ReviewedFinding(FindingState.ADDED, "The hand shows six fingers", kind="hands"),
        ReviewedFinding(FindingState.ADDED, "the sign is garbled"),
    )
    dropped = ReviewedFinding(FindingState.DROPPED, "The sky is green", only)
    return {
        "judgement": Judgement.WRONG,
        "verdict": Verdict.SOMEWHAT,
        "explanation": "The hand shows six fingers, and the sign is garbled.",
        "findings": (dropped, *added),
    }


def test_each_describer_is_held_against_the_corrections_also_the_one_nobody_was_shown(bench):
    study = described(bench, [RIGHT, WRONG])
    reviewed(bench, study, [corrected] * 3)
    found = evaluate_descriptions(bench)
    assert set(found.by_generator) == {"local/tuned", "local/plain"}
    tuned, plain = (found.by_generator[f"local/{name}"].as_json() for name in ("tuned", "plain"))
    assert (tuned["images"], tuned["n"]) == (3, 3)
    assert (tuned["verdict_accuracy"], plain["verdict_accuracy"]) == (1, 0)
    assert (tuned["f1"], plain["f1"]) == (1, 0)
    assert tuned["hter"] < 0.2 < plain["hter"]
    assert tuned["chrf"] > 80 > plain["chrf"]
    assert tuned["confusion"]["somewhat"]["somewhat"] == plain["confusion"]["somewhat"]["yes"] == 3
    assert plain["judgements"] == {"accurate": 0, "partly": 0, "wrong": 3, "misses": 0}
    assert tuned["judgements"]["wrong"] == 0
    assert tuned["by_kind"]["hands"]["recall"] == 1
    assert plain["by_kind"]["hands"] == {"n": 3, "recall": 0, "recall_ci": [0, 0]}


def test_two_describers_are_compared_on_the_images_that_both_describe(bench):
    study = described(bench, [RIGHT, WRONG], images=8)
    reviewed(bench, study, [corrected] * 8)
    found = evaluate_descriptions(bench).compare("tuned", "local/plain")
    assert (found["ours"], found["theirs"], found["images"]) == ("local/tuned", "local/plain", 8)
    assert found["figures"]["hter"]["difference"] < 0
    told = found["figures"]["f1"]
    assert told.pop("p") == pytest.approx(2 / 2**8, abs=0.004)  # both ways round of all swaps
    assert told == {"ours": 1.0, "theirs": 0.0, "difference": 1.0, "ci": [1.0, 1.0]}


def test_a_text_that_was_made_wrong_on_purpose_is_no_describers(bench):
    study = described(bench, [RIGHT, PLANTED])
    reviewed(bench, study, [lambda said: {"judgement": Judgement.WRONG, "verdict": Verdict.NO, "explanation": ""}])
    assert set(evaluate_descriptions(bench).by_generator) == {"local/tuned"}


def test_who_calls_a_text_wrong_and_changes_nothing_does_not_say_what_is_right(bench):
    study = described(bench, [RIGHT, WRONG])
    reviewed(bench, study, [corrected, called_wrong])
    found = evaluate_descriptions(bench)
    assert found.unsaid == 1
    assert {name: one.as_json()["images"] for name, one in found.by_generator.items()} == {
        "local/tuned": 1,
        "local/plain": 1,
    }


def called_wrong(said):
    return corrected_nothing(said) | {"judgement": Judgement.WRONG}


def failed(bench, status):
    """The describer `shy` gives no description of the first image."""
    image = bench.store.images.by_id(1)
    known = {"provider": "local", "model": "shy", "prompt_version": "raise-td-1", "parameters": {}, "raw": ""}
    bench.store.replies.add(NewReply(image_id=image.id, request="a" * 64, status=status, **known))


def test_what_a_describer_refused_is_counted_beside_the_others_figures(bench):
    study = described(bench, [RIGHT])
    reviewed(bench, study, [corrected_nothing] * 2)
    failed(bench, "refused")
    failed(bench, "empty")  # asked again: the newest reply counts
    found = evaluate_descriptions(bench)
    shy = found.by_generator["local/shy raise-td-1"].as_json()
    assert (shy["images"], shy["refusals"]) == (0, {"empty": 1})
    assert found.overall.as_json()["refusals"] == {"empty": 1}
    assert found.by_generator["local/tuned"].as_json()["refusals"] == {}
    with pytest.raises(InvalidValue, match="of both"):
        found.compare("shy", "tuned")


def test_skips_and_unreviewed_images_measure_nothing(bench):
    study = described(bench, [RIGHT])
    with pytest.raises(InvalidValue, match="review some in the app"):
        evaluate_descriptions(bench)
    reviewed(bench, study, [corrected_nothing])
    assert evaluate_descriptions(bench, study="pilot").overall.as_json()["hter"] == 0
    with pytest.raises(InvalidValue, match="no reviewed image"):
        evaluate_descriptions(bench, split="test")
    with pytest.raises(NotFound):
        evaluate_descriptions(bench, study="none")


def corrected_nothing(said):
    """Accepted as it is."""
    text = said.description
    kept = zip(text.findings, said.finding_ids, strict=True)
    return {
        "judgement": Judgement.ACCURATE,
        "verdict": text.verdict,
        "explanation": text.explanation,
        "findings": tuple(ReviewedFinding(FindingState.KEPT, one.phrase, key) for one, key in kept),
    }


def test_describers_that_are_not_there_or_are_one_are_told(bench):
    study = described(bench, [RIGHT, WRONG])
    reviewed(bench, study, [corrected])
    found = evaluate_descriptions(bench)
    with pytest.raises(NotFound, match="local/tuned"):
        found.compare("tuned", "gpt")
    with pytest.raises(InvalidValue, match="itself"):
        found.compare("tuned", "local/tuned")


def test_the_command_prints_the_figures_by_name(bench, capsys):
    study = described(bench, [RIGHT, WRONG])
    reviewed(bench, study, [corrected] * 2)
    places = ["--db", bench.settings.database, "--data", str(bench.settings.data), "--json"]
    assert main(["evaluate", "descriptions", "--compare", "tuned", "plain", *places]) == 0
    told = capsys.readouterr()
    result = json.loads(told.out.splitlines()[-1])
    assert set(result["by_generator"]) == {"local/tuned", "local/plain"}
    assert result["verdict_accuracy"] == 0.5
    assert result["comparison"]["images"] == 2
    assert "local/tuned" in told.err
    assert main(["evaluate", "descriptions", "--study", "none", *places]) == 1
