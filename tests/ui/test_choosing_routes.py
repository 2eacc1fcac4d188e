"""Tags, assignments and saved views as a browser, or somebody who pretends to be one, meets them."""

import pytest
from builders import make_description, make_image, make_submission
from test_accounts import WORDS, browser

from realness.domain import ReviewKind, Role, StudySettings
from realness.ui.server import build_app
from realness.workbench import choosing
from realness.workbench.accounts import add_account, change_account


@pytest.fixture
def people(bench):
    roles = {"ada": Role.ADMIN, "lea": Role.LEAD, "ana": Role.REVIEWER, "ben": Role.REVIEWER}
    return {name: add_account(bench, name, role, WORDS).reviewer for name, role in roles.items()}


@pytest.fixture
def study(bench):
    """A blind study of six images, by two generators and none."""
    made = bench.store.studies.create("pilot", StudySettings(overlap=2))
    by = ["sdxl", "sdxl", "flux", "flux", "flux", None]
    bench.store.images.add(made.id, [make_image(description=make_description(), generator=one) for one in by])
    return bench.store.studies.named("pilot")


@pytest.fixture
def lea(bench, people):
    return browser(build_app(bench), "lea")


@pytest.fixture
def ana(bench, people):
    return browser(build_app(bench), "ana")


def listed(client, study, **asked):
    answer = client.get("/api/browse", params={"study": study.id, **asked})
    assert answer.status_code == 200, answer.text
    return answer.json()


def counts(client, study, facet, **asked):
    return {one["value"]: one["count"] for one in listed(client, study, **asked)["facets"][facet]}


def keys(client, study, **asked):
    return [card["key"] for card in listed(client, study, **asked)["items"]]


def post(client, path, study, status=200, **body):
    answer = client.post(f"/api/{path}", json={"study": study.id, **body})
    assert answer.status_code == status, answer.text
    return answer.json()


def rate(bench, study, who, key, kind=None):
    image = bench.store.images.by_key(key)
    bench.store.assignments.open(study, key, who.id)
    bench.store.assignments.lock(study.id, image.id, who.id, 50)
    if kind:
        bench.store.reviews.submit(who.id, make_submission(study, image, kind=kind, reason="odd"))


def test_a_lead_filters_by_generator_and_no_reviewer_ever_hears_of_one(bench, lea, ana, people, study):
    assert counts(lea, study, "generator") == {"sdxl": 2, "flux": 3}
    assert len(keys(lea, study, generator="flux")) == 3
    for key in keys(ana, study):
        rate(bench, study, people["ana"], key, ReviewKind.REVIEW)  # all is revealed: but what made an image
    seen = ana.get("/api/browse", params={"study": study.id})
    assert seen.json()["facets"]["verdict"] != []
    assert seen.json()["facets"]["generator"] == []
    assert not any(name in seen.text for name in ("sdxl", "flux"))
    asked = ana.get("/api/browse", params={"study": study.id, "generator": "flux"})
    assert (asked.status_code, asked.json()["kind"]) == (403, "not_allowed")
    assert "flux" not in asked.text


def test_pages_by_place_hold_every_image_once_and_nothing_more_than_pages_by_number(ana, study):
    whole, found, after = listed(ana, study)["items"], [], -1
    while after is not None:
        page = listed(ana, study, per=4, after=after)
        found, after = found + page["items"], page["after"]
        assert set(page) == {"items", "after"}
    assert found == whole
    assert len(found) == 6
    for wrong in ({"sort": "rating_low"}, {"generator": "flux"}):
        assert ana.get("/api/browse", params={"study": study.id, "after": -1, **wrong}).status_code in (403, 422)
    assert ana.get("/api/browse", params={"study": study.id, "after": 2**63}).status_code == 422


def test_who_works_alone_is_told_of_a_generator_once_the_image_is_rated(bench, study):
    alone = browser(build_app(bench))
    assert counts(alone, study, "generator") == {}
    assert keys(alone, study, generator="sdxl") == []
    rate(bench, study, bench.store.people.local(), keys(alone, study)[0])
    assert counts(alone, study, "generator") == {"sdxl": 1}


def test_a_lead_filters_by_whether_all_ratings_are_in_and_a_reviewer_cannot(bench, lea, ana, people, study):
    first, second = keys(lea, study)[:2]
    for who, key in (("ana", first), ("ben", first), ("ana", second)):
        rate(bench, study, people[who], key, ReviewKind.REVIEW)
    assert counts(lea, study, "ratings") == {"complete": 1, "open": 5}
    assert keys(lea, study, ratings="complete") == [first]
    assert second in keys(lea, study, ratings="open")
    assert counts(ana, study, "ratings") == {}
    assert ana.get("/api/browse", params={"study": study.id, "ratings": "open"}).status_code == 403


def test_a_lead_finds_images_with_a_note_until_it_is_taken_back_and_a_reviewer_cannot(bench, lea, ana, people, study):
    first, second = keys(lea, study)[:2]
    for key, note in ((first, "Is this one twice?"), (second, "")):
        image = bench.store.images.by_key(key)
        bench.store.assignments.open(study, key, people["ana"].id)
        bench.store.assignments.lock(study.id, image.id, people["ana"].id, 50)
        bench.store.reviews.submit(people["ana"].id, make_submission(study, image, note=note))
    assert (counts(lea, study, "notes"), keys(lea, study, notes="noted")) == ({"noted": 1}, [first])
    assert counts(ana, study, "notes") == {}
    assert ana.get("/api/browse", params={"study": study.id, "notes": "noted"}).status_code == 403
    again = make_submission(study, bench.store.images.by_key(first), base_revision=1)
    bench.store.reviews.submit(people["ana"].id, again)
    assert (counts(lea, study, "notes"), keys(lea, study, notes="noted")) == ({}, [])


def test_a_card_has_the_images_number_in_the_study_whatever_the_sort(bench, lea, people, study):
    rate(bench, study, people["lea"], keys(lea, study)[3], ReviewKind.REVIEW)
    assert [card["number"] for card in listed(lea, study, sort="newest")["items"]] == [4, 1, 2, 3, 5, 6]


def test_a_lead_sees_everybodys_flags_and_a_reviewer_their_own(bench, lea, ana, people, study):
    first, second, third = keys(lea, study)[:3]
    rate(bench, study, people["ana"], first, ReviewKind.FLAG)
    rate(bench, study, people["ben"], second, ReviewKind.FLAG)
    assert [counts(one, study, "flags") for one in (lea, ana)] == [{"flagged": 2}, {"flagged": 1}]
    assert [keys(one, study, flags="flagged") for one in (lea, ana)] == [[first, second], [first]]
    assert [card["flagged"] for card in listed(ana, study)["items"][:3]] == [True, False, False]
    image = bench.store.images.by_key(second)
    later = make_submission(study, image, base_revision=1)  # the flag is taken back by a review
    bench.store.reviews.submit(people["ben"].id, later)
    assert keys(lea, study, flags="flagged") == [first]
    assert third not in keys(lea, study, flags="flagged")


def test_a_lead_puts_tags_on_and_takes_them_off(lea, study):
    first, second, third = keys(lea, study)[:3]
    told = post(lea, "tags", study, images=[first, second], add=["  melted  cup ", "again"])
    assert told == {"images": 2, "next": None, "added": 4, "removed": 0}
    assert post(lea, "tags", study, images=[second, third], add=["again"])["added"] == 1
    assert counts(lea, study, "tags") == {"again": 3, "melted cup": 2}
    assert keys(lea, study, tags="melted cup") == [first, second]
    assert [card["tags"] for card in listed(lea, study)["items"][:3]] == [
        ["again", "melted cup"], ["again", "melted cup"], ["again"],
    ]  # fmt: skip
    assert post(lea, "tags", study, images=[first, third], remove=["again"])["removed"] == 2
    assert keys(lea, study, tags=["again", "melted cup"]) == [first, second]
    assert lea.get("/api/tags", params={"study": study.id}).json()["tags"] == [
        {"tag": "again", "images": 1}, {"tag": "melted cup", "images": 2},
    ]  # fmt: skip


def test_a_reviewer_sees_a_tag_once_the_own_rating_is_locked(bench, lea, ana, people, study):
    first, second = keys(lea, study)[:2]
    post(lea, "tags", study, images=[first, second], add=["melted"])
    hidden = ana.get("/api/browse", params={"study": study.id})
    assert "melted" not in hidden.text
    assert keys(ana, study, tags="melted") == []
    rate(bench, study, people["ana"], first)
    assert counts(ana, study, "tags") == {"melted": 1}
    assert keys(ana, study, tags="melted") == [first]
    assert [card["tags"] for card in listed(ana, study)["items"][:2]] == [["melted"], []]


def test_tags_of_one_study_are_not_those_of_another(bench, lea, study):
    other = bench.store.studies.create("other", StudySettings(blind=False))
    bench.store.images.add(other.id, [make_image()])
    post(lea, "tags", study, images=keys(lea, study)[:1], add=["melted"])
    assert counts(lea, other, "tags") == {}
    post(lea, "tags", study, images=keys(lea, other), add=["melted"], status=404)


def test_all_images_that_match_are_changed_in_steps(lea, study, monkeypatch):
    monkeypatch.setattr(choosing, "STEP", 2)
    post(lea, "tags", study, images=keys(lea, study)[1:], add=["old"])
    done, after = [], -1
    while after is not None:  # the listing is worked through though each step takes images out of it
        told = post(lea, "tags", study, listing="tags=old&sort=mos_low", after=after, add=["new"], remove=["old"])
        done.append(told["images"])
        after = told["next"]
    assert done == [2, 2, 1]
    assert counts(lea, study, "tags") == {"new": 5}


def test_images_are_given_to_a_person_who_gets_them_first(bench, lea, ana, people, study):
    *_, fifth, last = keys(lea, study)
    rate(bench, study, people["ana"], keys(lea, study)[0], ReviewKind.REVIEW)
    held = lea.get("/api/assignments", params={"study": study.id}).json()["people"]
    assert [(one["name"], one["open"]) for one in held] == [("ada", 0), ("ana", 0), ("ben", 0), ("lea", 0)]
    body = {"images": [keys(lea, study)[0], fifth, last], "reviewer": people["ana"].id}
    assert post(lea, "assignments", study, **body) == {"images": 3, "next": None, "given": 2, "held": 0, "done": 1}
    assert post(lea, "assignments", study, **body)["held"] == 2
    assert ana.get("/api/next", params={"study": study.id}).json()["item"]["image"]["key"] == fifth
    held = lea.get("/api/assignments", params={"study": study.id}).json()["people"]
    assert [one["open"] for one in held if one["name"] == "ana"] == [2]


def test_what_was_not_begun_is_taken_back(bench, lea, ana, people, study):
    given = keys(lea, study)[:4]
    body = {"images": given, "reviewer": people["ana"].id}
    post(lea, "assignments", study, **body)
    on_screen = ana.get("/api/next", params={"study": study.id}).json()["item"]["image"]["key"]
    rate(bench, study, people["ana"], given[1])
    assert on_screen == given[0]
    assert post(lea, "assignments/take-back", study, **body) == {"images": 4, "next": None, "taken": 2, "begun": 2}
    held = lea.get("/api/assignments", params={"study": study.id}).json()["people"]
    assert [one["open"] for one in held if one["name"] == "ana"] == [2]


def test_all_images_that_match_are_given_and_taken_back(lea, people, study):
    body = {"listing": "generator=flux", "reviewer": people["ben"].id}
    assert post(lea, "assignments", study, **body)["given"] == 3
    assert post(lea, "assignments/take-back", study, **body)["taken"] == 3


def test_nothing_is_given_to_nobody_to_who_was_disabled_or_of_a_closed_study(bench, lea, people, study):
    bench.store.people.change(people["ben"].id, disabled_at=bench.store.people.all()[0].created_at)
    for nobody in (people["ben"].id, 999):
        post(lea, "assignments", study, listing="", reviewer=nobody, status=404)
    bench.store.studies.close(study.id)
    post(lea, "assignments", study, listing="", reviewer=people["ana"].id, status=422)


@pytest.mark.parametrize("path", ["tags", "assignments", "assignments/take-back"])
def test_many_images_are_changed_by_leads_alone(ana, people, study, path):
    body = {"listing": "", "reviewer": people["ana"].id} if "assign" in path else {"listing": "", "add": ["mine"]}
    answer = ana.post(f"/api/{path}", json={"study": study.id, **body})
    assert (answer.status_code, answer.json()["kind"]) == (403, "not_allowed")
    if path != "assignments/take-back":
        assert ana.get(f"/api/{path}", params={"study": study.id}).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"add": ["a"]},
        {"images": [], "listing": "", "add": ["a"]},
        {"listing": ""},
        {"listing": "", "add": [" "]},
        {"listing": "", "add": ["a" * 65]},
        {"listing": "", "add": ["a\nb\x00"]},
        {"listing": "", "add": ["a"], "remove": ["a"]},
        {"listing": "", "add": ["a"] * 21},
        {"listing": "", "add": ["a"], "after": -2},
        {"listing": "sort=nonsense", "add": ["a"]},
        {"listing": "&".join(f"tags=t{at}" for at in range(101)), "add": ["a"]},
        {"listing": "tags=%ff", "add": ["a"]},
        {"images": ["../a"], "add": ["a"]},
        {"images": ["a"] * 2001, "add": ["a"]},
        {"listing": "", "add": ["a"], "by": 1},
    ],
)
def test_a_malformed_change_of_tags_is_refused_and_changes_nothing(lea, study, body):
    post(lea, "tags", study, status=422, **body)
    assert counts(lea, study, "tags") == {}


def views(client, study):
    told = client.get("/api/views", params={"study": study.id}).json()["views"]
    return [(one["name"], one["query"], one["shared"], one["mine"]) for one in told]


def test_views_are_a_persons_own_unless_a_lead_shares_them(lea, ana, study):
    post(ana, "views", study, name=" Odd ones ", query="status=todo&page=3&q=six+fingers&sort=newest", status=201)
    shared = post(lea, "views", study, name="flagged", query="flags=flagged", shared=True, status=201)
    post(lea, "views", study, name="mine", query="", status=201)
    assert views(ana, study) == [
        ("flagged", "flags=flagged", True, False),
        ("Odd ones", "status=todo&q=six+fingers&sort=newest", False, True),
    ]
    assert [name for name, *_ in views(lea, study)] == ["flagged", "mine"]
    assert ana.patch(f"/api/views/{shared['id']}", json={"name": "x"}).status_code == 404
    assert ana.delete(f"/api/views/{shared['id']}").status_code == 404
    post(ana, "views", study, name="for all", query="", shared=True, status=403)


@pytest.mark.parametrize("query", ["generator=flux", "ratings=open", "notes=noted"])
def test_a_shared_view_by_what_leads_are_told_is_for_leads(lea, ana, study, query):
    post(lea, "views", study, name="by flux", query=query, shared=True, status=201)
    assert views(ana, study) == []
    assert "flux" not in ana.get("/api/views", params={"study": study.id}).text


def test_a_view_is_renamed_changed_and_deleted_by_its_owner(lea, ana, study):
    view = post(lea, "views", study, name="one", query="", status=201)
    post(lea, "views", study, name="one", query="", status=422)
    post(lea, "views", study, name="two", query="", status=201)
    address = f"/api/views/{view['id']}"
    assert lea.patch(address, json={"name": "two"}).status_code == 422
    assert lea.patch(address, json={"name": "", "query": "x"}).status_code == 422
    changed = lea.patch(address, json={"name": "three", "query": "tags=a", "shared": True}).json()
    assert (changed["name"], changed["query"], changed["shared"]) == ("three", "tags=a", True)
    assert lea.patch(address, json={}).json() == changed
    assert lea.delete(address).status_code == 200
    assert [name for name, *_ in views(lea, study)] == ["two"]


def test_who_leads_no_more_changes_no_shared_view_but_may_share_it_no_longer(bench, lea, people, study):
    shared = post(lea, "views", study, name="flagged", query="flags=flagged", shared=True, status=201)
    change_account(bench, bench.store.people.by_id(people["lea"].id), role=Role.REVIEWER)
    address = f"/api/views/{shared['id']}"
    for change in ({"query": "tags=a"}, {"name": "other"}):
        assert lea.patch(address, json=change).status_code == 403
    assert views(lea, study) == [("flagged", "flags=flagged", True, True)]
    assert lea.patch(address, json={"query": "tags=a", "shared": False}).status_code == 200
    assert lea.patch(address, json={"name": "mine"}).json()["name"] == "mine"


@pytest.mark.parametrize(
    "body",
    [{"name": ""}, {"name": "x" * 101}, {"name": "a\nb"}, {"name": "a", "query": "sort=x"}, {"name": "a", "x": 1}],
)
def test_a_malformed_view_is_refused(ana, study, body):
    post(ana, "views", study, status=422, **{"query": ""} | body)
    assert views(ana, study) == []


def test_a_view_of_a_study_that_is_not_there_is_not_found(ana, study):
    assert ana.get("/api/views", params={"study": 99}).status_code == 404
    assert ana.post("/api/views", json={"study": 99, "name": "a", "query": ""}).status_code == 404
