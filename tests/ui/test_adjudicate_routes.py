"""Adjudicating over HTTP: for leads alone, and nothing that the browser sends is believed."""

import itertools
import json

import pytest
from builders import make_study, make_submission
from disputed import ANSWERS, dispute, revise
from panel import reviewer
from test_accounts import WORDS, browser

from realness.domain import ReviewKind, ReviewRole, Role
from realness.store import ExportFilter
from realness.ui.server import build_app
from realness.workbench.accounts import add_account
from realness.workbench.exporting import make_export

_numbers = itertools.count(1)
ROLES = {"ada": Role.ADMIN, "lea": Role.LEAD, "lou": Role.LEAD}
ROLES |= dict.fromkeys(("ana", "ben", "cid"), Role.REVIEWER)
OUTSIDE = {"shape": "box", "coordinates": [0, 0, 9999, 9]}


@pytest.fixture
def people(bench):
    return {name: add_account(bench, name, role, WORDS).reviewer for name, role in ROLES.items()}


@pytest.fixture
def three(people):
    return [people[name] for name in ("ana", "ben", "cid")]


@pytest.fixture
def study(store):
    return make_study(store, images=3, overlap=3)


@pytest.fixture
def image(store, study, people):
    return store.assignments.ahead(study, people["lea"].id, None, 3)[0]


@pytest.fixture
def reviews(store, study, image, three):
    return dispute(store, study, image, three)


@pytest.fixture
def lea(bench, reviews):
    return browser(build_app(bench), "lea")


def body(study, image, sources=(), **given):
    values = {"submission_id": f"adjudication-{next(_numbers):04}", "study": study.id, "image": image.key, "base": None}
    values |= {"reason": "Most precise", "verdict": "yes", "explanation": "Decided.", "sources": list(sources)}
    return values | given


def decide(client, *args, **given):
    return client.post("/api/adjudications", json=body(*args, **given))


def listed(client, study, which="todo"):
    return client.get("/api/adjudicate", params={"study": study.id, "which": which}).json()


def case(client, study, image):
    return client.get("/api/adjudicate/image", params={"study": study.id, "image": image.key})


@pytest.mark.parametrize("path", ["/api/adjudicate?study=1", "/api/adjudicate/image?study=1&image=a"])
def test_a_reviewer_reads_nothing_of_it(bench, study, reviews, path):
    answer = browser(build_app(bench), "ana").get(path)
    assert (answer.status_code, answer.json()["kind"]) == (403, "not_allowed")


def test_a_reviewer_cannot_adjudicate(bench, store, study, image, reviews):
    answer = decide(browser(build_app(bench), "ana"), study, image)
    assert (answer.status_code, answer.json()["kind"]) == (403, "not_allowed")
    assert len(store.adjudications.revisions(study.id, image.id, ReviewRole.ADJUDICATOR)) == 0


def test_the_images_that_people_differ_on_most_come_first(store, lea, study, image, three):
    second, third = (store.images.by_id(image.id + at) for at in (1, 2))
    dispute(store, study, third, three[:2], [ANSWERS[0]] * 2)
    dispute(store, study, second, three[:1])
    found = listed(lea, study)
    assert [one["key"] for one in found["images"]] == [image.key, third.key]  # one review alone is nothing to decide
    assert found["counts"] == {"todo": 2, "flagged": 0, "done": 0, "all": 2}
    first = found["images"][0]
    assert (first["low"], first["high"], first["verdicts"], first["judgements"], first["reviews"]) == (20, 85, 3, 3, 3)


def test_an_image_that_somebody_flagged_is_listed_whatever_else_was_said(store, lea, study, image, three):
    flagged = store.images.by_id(image.id + 1)
    store.assignments.open(study, flagged.key, three[0].id)
    store.reviews.submit(three[0].id, make_submission(study, flagged, kind=ReviewKind.FLAG, reason="Private"))
    found = listed(lea, study, "flagged")
    assert [(one["key"], one["reviews"], one["flags"]) for one in found["images"]] == [(flagged.key, 0, 1)]
    assert case(lea, study, flagged).json()["reviews"][0]["reason"] == "Private"


def test_a_note_to_the_lead_is_listed_whatever_else_was_said(store, lea, study, image, three):
    noted = store.images.by_id(image.id + 1)
    store.assignments.open(study, noted.key, three[0].id)
    store.assignments.lock(study.id, noted.id, three[0].id, 50.0)
    store.reviews.submit(three[0].id, make_submission(study, noted, note="Is this the same picture as the first?"))
    found = listed(lea, study)
    assert [(one["key"], one["reviews"], one["notes"]) for one in found["images"]][-1] == (noted.key, 1, 1)
    assert case(lea, study, noted).json()["reviews"][0]["note"].startswith("Is this")


def test_an_image_comes_with_every_review_and_its_older_revisions(store, lea, study, image, reviews, three):
    revise(store, study, image, three[1], reviews[1], "On second thoughts.")
    told = case(lea, study, image).json()
    assert [one["reviewer"] for one in told["reviews"]] == [one.pseudonym for one in three]
    assert [one["rating"] for one in told["reviews"]] == [20, 85, 55]
    second = told["reviews"][1]
    assert (second["explanation"], second["history"][0]["explanation"]) == (
        "On second thoughts.", "Nothing looks unreal here.",
    )  # fmt: skip
    assert '"ana"' not in json.dumps(told)  # pseudonyms, never names
    assert told["reveal"]["description"]["findings"]
    assert told["adjudications"] == []


def test_a_decision_says_who_why_and_from_what_and_takes_the_image_off_the_list(store, lea, study, image, reviews):
    first = reviews[0]
    findings = case(lea, study, image).json()["reviews"][0]["findings"]
    said = first.submission.description_id
    answer = decide(lea, study, image, [first.id], findings=findings, description_id=said, rating=33.0)
    assert answer.status_code == 200, answer.text
    (told,) = case(lea, study, image).json()["adjudications"]
    assert (told["reason"], told["own"], told["rating"], told["revision"]) == ("Most precise", True, 33, 1)
    assert told["sources"] == [{"reviewer": "reviewer-4", "revision": 1}]
    assert told["findings"] == findings
    assert listed(lea, study)["images"] == []
    assert listed(lea, study, "done")["counts"] == {"todo": 0, "flagged": 0, "done": 1, "all": 1}


def test_the_same_decision_again_is_one_and_its_id_serves_nothing_else(lea, study, image, reviews):
    sent = body(study, image, [reviews[0].id])
    one, two = (lea.post("/api/adjudications", json=sent).json() for _ in range(2))
    assert one == two
    for change in ({"explanation": "Another."}, {"sources": []}, {"rating": 12.0}):
        assert lea.post("/api/adjudications", json=sent | change).status_code == 422
    assert len(case(lea, study, image).json()["adjudications"]) == 1


def test_a_reviewers_submission_id_cannot_be_taken(lea, study, image, reviews):
    taken = reviews[0].submission.submission_id
    assert decide(lea, study, image, submission_id=taken).status_code == 422


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"reason": ""}, 422),
        ({"reason": "   "}, 422),
        ({"verdict": None, "explanation": " "}, 422),
        ({"role": "reviewer"}, 422),
        ({"kind": "skip"}, 422),
        ({"reviewer": 4}, 422),
        ({"reviewer_id": 4}, 422),
        ({"rating": 101}, 422),
        ({"rating": "40"}, 422),
        ({"sources": [10**6]}, 422),
        ({"sources": None}, 422),
        ({"image": "nowhere"}, 404),
        ({"study": 10**6}, 404),
        ({"findings": [{"state": "kept", "phrase": "x", "finding_id": 10**6}]}, 422),
        ({"findings": [{"state": "added", "phrase": "x", "regions": [OUTSIDE]}]}, 422),
        ({"description_id": 10**6}, 422),
        ({"map_id": 10**6}, 422),
    ],
)  # fmt: skip
def test_a_tampered_body_is_refused_and_nothing_is_kept(store, lea, study, image, change, status):
    answer = lea.post("/api/adjudications", json=body(study, image) | change)
    assert answer.status_code == status, answer.text
    assert store.adjudications.revisions(study.id, image.id, ReviewRole.ADJUDICATOR) == []


def test_a_source_is_a_review_of_this_image_in_this_study(store, lea, study, image, reviews, three):
    other = store.images.by_id(image.id + 1)
    (of_other,) = dispute(store, study, other, three[:1])
    elsewhere = make_study(store, images=1, name="elsewhere")
    with store.database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO study_images (created_at, study_id, image_id, position) VALUES ('2026-01-01', ?, ?, 9)",
            (elsewhere.id, image.id),
        )
    (of_study,) = dispute(store, elsewhere, image, three[:1])
    mine = decide(lea, study, image, [reviews[0].id]).json()["id"]
    for source in (of_other.id, of_study.id, mine):
        answer = decide(lea, study, image, [source], base=mine)
        assert answer.status_code == 422, source
    assert decide(lea, study, image, [reviews[0].id] * 2, base=mine).status_code == 422


def test_an_image_of_another_study_cannot_be_decided(store, lea, study, image):
    elsewhere = make_study(store, images=1, name="elsewhere")
    assert decide(lea, elsewhere, image).status_code == 422
    assert case(lea, elsewhere, image).status_code == 404


def test_who_was_overtaken_is_told_and_the_other_answer_stays(bench, store, lea, study, image, reviews):
    lou = browser(build_app(bench), "lou")
    first = decide(lea, study, image, [reviews[0].id], explanation="Lea's.").json()["id"]
    late = decide(lou, study, image, [reviews[1].id], explanation="Lou's.")
    assert (late.status_code, late.json()["kind"]) == (409, "conflict")
    assert late.json()["case"]["adjudications"][0]["explanation"] == "Lea's."
    second = decide(lou, study, image, [reviews[1].id], explanation="Lou's.", base=first)
    assert second.json()["revision"] == 1  # Lou's first
    decide(lea, study, image, [], explanation="Lea's again.", base=second.json()["id"])
    told = case(lou, study, image).json()["adjudications"]
    assert [(one["explanation"], one["own"]) for one in told] == [
        ("Lea's again.", False), ("Lou's.", True), ("Lea's.", False),
    ]  # fmt: skip


def test_a_source_that_was_revised_meanwhile_is_a_conflict(store, lea, study, image, reviews, three):
    newer = revise(store, study, image, three[0], reviews[0], "Changed my mind.")
    late = decide(lea, study, image, [reviews[0].id])
    assert (late.status_code, late.json()["case"]["reviews"][0]["id"]) == (409, newer.id)
    assert decide(lea, study, image, [newer.id]).status_code == 200


def test_a_review_after_the_decision_is_told_of(store, lea, study, image, reviews, three):
    decide(lea, study, image, [reviews[0].id])
    assert not listed(lea, study, "done")["images"][0]["changed"]
    revise(store, study, image, three[0], reviews[0], "Changed my mind.")
    assert listed(lea, study, "done")["images"][0]["changed"]


def test_a_decision_is_no_rating_and_moves_no_one_on(store, lea, study, image, reviews, three, people):
    lead = people["lea"]
    store.assignments.open(study, image.key, lead.id)
    store.reviews.save_draft(lead.id, study.id, image.id, 0, {"text": "mine"})
    queue = "SELECT * FROM queues"
    remaining = "SELECT remaining FROM study_images ORDER BY id"
    with store.database.read() as connection:
        before = [connection.exec_driver_sql(query).all() for query in (queue, remaining)]
    votes, states = store.panel.votes(study.id), store.panel.states(study.id)
    ratings, rated = store.browse.ratings(study.id, [image.id]), store.predictions.opinions(study.id)
    assert decide(lea, study, image, [reviews[0].id], rating=99.0).status_code == 200
    with store.database.read() as connection:
        assert [connection.exec_driver_sql(query).all() for query in (queue, remaining)] == before
    assert (store.panel.votes(study.id), store.panel.states(study.id)) == (votes, states)
    assert store.browse.ratings(study.id, [image.id]) == ratings == {image.id: [20, 85, 55]}
    assert store.predictions.opinions(study.id) == rated
    assert store.studies.progress(study.id, lead.id).done == 0
    assert store.reviews.draft(study.id, image.id, lead.id).body == {"text": "mine"}
    assert lea.get("/api/insights/people", params={"study": study.id}).status_code == 200


def test_the_newest_decision_stands_for_the_image_in_exports(bench, lea, study, image, reviews, tmp_path):
    lou = browser(build_app(bench), "lou")
    first = decide(lea, study, image, [reviews[0].id]).json()["id"]
    decide(lou, study, image, [reviews[2].id, reviews[0].id], base=first, reason="Broken", explanation="The last word.")
    make_export(bench, "jsonl", tmp_path / "out.jsonl", ExportFilter())
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(row["role"], row["final"]) for row in rows] == [("reviewer", False)] * 3 + [
        ("adjudicator", False), ("adjudicator", True),
    ]  # fmt: skip
    last = rows[-1]
    assert (last["reason"], last["explanation"], last["reviewer"]) == ("Broken", "The last word.", "reviewer-3")
    assert last["sources"] == [{"reviewer": "reviewer-4", "revision": 1}, {"reviewer": "reviewer-6", "revision": 1}]
    (marked,) = bench.store.regions.answered("pilot", [image.id])
    assert marked.findings == ()


def test_who_works_alone_sees_no_others_before_the_own_review_is_in(bench, store):
    study = make_study(store, images=1, overlap=3)
    me = store.people.local()
    image = store.assignments.ahead(study, me.id, None, 1)[0]
    dispute(store, study, image, [reviewer(store, "x"), reviewer(store, "y")])
    client = browser(build_app(bench))
    assert listed(client, study)["images"] == []
    assert (case(client, study, image).status_code, decide(client, study, image).status_code) == (403, 403)
    dispute(store, study, image, [me])
    assert [one["key"] for one in listed(client, study)["images"]] == [image.key]
    assert len(case(client, study, image).json()["reviews"]) == 3
