"""Domain objects as the JSON that the screens read."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from realness.domain import (
    FindingState,
    Lock,
    Region,
    StoredDescription,
    StoredImage,
    StoredMap,
    StoredReview,
    StudyProgress,
)
from realness.opinion import mean_opinion
from realness.store import Answered, Disputed, Disputes, Revision
from realness.workbench.adjudicating import PAGE, Case
from realness.workbench.choices import Text, finding_names, map_name
from realness.workbench.comparing import Compared
from realness.workbench.insights import FEWEST_RATED, Insights
from realness.workbench.learning import Learned
from realness.workbench.reviewing import Desk, Item, Reveal

Json = dict[str, Any]


def study(desk: Desk, progress: StudyProgress | None = None) -> Json:
    """A study with this reviewer's progress."""
    progress = progress or desk.progress()
    last = progress.last_saved_at
    return {
        "id": desk.study.id,
        "name": desk.study.name,
        "blind": desk.study.settings.blind,
        "sample": desk.study.settings.sample,
        "closed": desk.study.closed,
        "images": progress.images,
        "done": progress.done,
        "skipped": progress.skipped,
        "active_seconds": progress.active_seconds,
        "last_saved_at": last.isoformat() if last else None,
    }


def image(stored: StoredImage) -> Json:
    """An image by its opaque key: no file name, no prompt, no metadata."""
    facts = stored.facts
    return {"key": stored.key, "width": facts.width, "height": facts.height, "url": f"/files/image/{stored.key}"}


def coming(desk: Desk, stored: StoredImage) -> Json:
    """An image that comes next, with the layers of its map where they may be seen already: it is all loaded ahead."""
    shown = desk.map_ahead(stored)
    return image(stored) | {"layers": [layer["url"] for layer in _map(desk, shown)["layers"]] if shown else []}


def item(desk: Desk, shown: Item | None) -> Json | None:
    """One image under review."""
    if shown is None:
        return None
    draft = shown.draft
    return {
        "image": image(shown.image),
        "base_revision": shown.base_revision,
        "blind": shown.blind,
        "locked": lock(shown.lock) if shown.lock else None,
        "draft": draft
        and {"body": draft.body, "base_revision": draft.base_revision, "saved_at": draft.saved_at.isoformat()},
        "review": review(shown.review, shown.reveal.texts if shown.reveal else ()) if shown.review else None,
        "reveal": reveal(desk, shown.image, shown.reveal) if shown.reveal else None,
    }


def lock(locked: Lock) -> Json:
    """A locked rating."""
    return {"rating": locked.rating, "at": locked.at.isoformat()}


def reveal(desk: Desk, image: StoredImage, shown: Reveal) -> Json:
    """What a machine said; of several descriptions all in the order shown, and which one was chosen before."""
    if shown.texts:
        chosen = (text.name for text in shown.texts if text.description == shown.description)
        return {"texts": [_text(desk, image, text) for text in shown.texts], "chosen": next(chosen, None)}
    return {
        "description": _description(shown.description) if shown.description else None,
        "map": _map(desk, shown.map) if shown.map else None,
    }


def _description(stored: StoredDescription) -> Json:
    """A description without who wrote it: that would tell a check from an image's own text."""
    said = stored.description
    return {
        "id": stored.id,
        "text": said.text,
        "verdict": said.verdict,
        "explanation": said.explanation,
        "findings": [
            {
                "id": finding_id,
                "phrase": finding.phrase,
                "kind": finding.kind,
                "start": finding.start,
                "regions": [_region(region) for region in finding.regions],
            }
            for finding_id, finding in zip(stored.finding_ids, said.findings, strict=True)
        ],
    }


def _text(desk: Desk, image: StoredImage, text: Text) -> Json:
    """One of several descriptions: names that tell nothing in place of ids."""
    said: Json = _description(text.description) | {"id": text.name}
    for finding, name in zip(said["findings"], text.finding_names, strict=True):
        finding["id"] = name
    if text.map is None:
        return {"description": said, "map": None}
    name = map_name(text.map)
    place = f"/files/text-map/{desk.study.id}/{image.key}/{name}"
    shown: Json = _map(desk, text.map) | {"id": name}
    shown["layers"] = [layer | {"url": f"{place}/{layer['index']}"} for layer in shown["layers"]]
    return {"description": said, "map": shown}


def compared(desk: Desk, shown: Compared) -> Json:
    """An image for Compare: its maps, what they are of and what people marked, as far as this reviewer may see it."""
    return {
        "image": image(shown.image),
        "number": shown.place.number,
        "before": shown.place.before,
        "after": shown.place.after,
        "hidden": shown.hidden,
        "choosing": shown.choosing,
        "maps": [_map(desk, one.map) | {"text": one.text, "current": one.current} for one in shown.maps],
        "description": _description(shown.description) if shown.description else None,
        "people": _people(shown.people) if shown.people is not None else None,
    }


def _people(answers: Sequence[Answered]) -> Json:
    kept = [one for answer in answers for one in answer.findings if one.state is not FindingState.DROPPED]
    marks = [{"phrase": one.phrase, "regions": [_region(place) for place in one.regions]} for one in kept]
    return {"reviews": len(answers), "marks": [mark for mark in marks if mark["regions"]]}


def _map(desk: Desk, stored: StoredMap) -> Json:
    phrases = [None, *stored.phrases]
    layers = [{"index": i, "phrase": p, "url": _layer_url(desk, stored.id, i)} for i, p in enumerate(phrases)]
    return {"id": stored.id, "method": stored.method, "clip": stored.clip, "layers": layers}


def _layer_url(desk: Desk, map_id: int, layer: int) -> str:
    return f"/files/map/{desk.study.id}/{map_id}/{layer}"


def review(stored: StoredReview, texts: Sequence[Text] = ()) -> Json:
    """A review as the form it came from; of a choice among `texts` with the names of findings in place of ids."""
    given, named = stored.submission, finding_names(texts)
    names = ("kind", "rating", "judgement", "verdict", "explanation", "second_rating", "reason", "note")
    findings = [
        {
            "state": finding.state,
            "phrase": finding.phrase,
            "finding_id": named.get(finding.finding_id) if named and finding.finding_id else finding.finding_id,
            "kind": finding.kind,
            "regions": [_region(region) for region in finding.regions],
        }
        for finding in given.findings
    ]
    saved = {"findings": findings, "revision": stored.revision, "saved_at": stored.created_at.isoformat()}
    return {name: getattr(given, name) for name in names} | saved


def _region(region: Region) -> Json:
    return {"shape": region.shape, "coordinates": list(region.coordinates)}


def disputes(found: Disputes) -> Json:
    """Images to be adjudicated, and how many there are of each kind."""
    return {"images": [_disputed(one) for one in found.images], "counts": found.counts, "page": PAGE}


def _disputed(one: Disputed) -> Json:
    names = ("number", "reviews", "low", "high", "verdicts", "judgements", "flags", "notes", "adjudicated", "changed")
    return {"key": one.image.key, "thumb": f"/files/thumb/{one.image.key}"} | {
        name: getattr(one, name) for name in names
    }


def case(desk: Desk, shown: Case) -> Json:
    """An image with all that people answered, by pseudonym."""
    given = {one.review.id: one for each in shown.answers for one in each}
    said = shown.reveal.description
    return {
        "image": image(shown.image),
        "number": shown.number,
        "reveal": reveal(desk, shown.image, shown.reveal),
        "gold": {"low": shown.gold[0], "high": shown.gold[1]} if shown.gold else None,
        "check": bool(said and said.description.planted_wrong),
        "texts": {str(one): said.description.explanation for one, said in shown.texts.items()},
        "reviews": [_answer(each) for each in shown.answers],
        "adjudications": [_adjudication(desk, one, given) for one in shown.adjudications],
    }


def _answer(revisions: Sequence[Revision]) -> Json:
    """One person's answer as it is now, with those before it."""
    told = [_revision(one) for one in revisions]
    return told[0] | {"reviewer": revisions[0].reviewer, "history": told[1:]}


def _revision(one: Revision) -> Json:
    given = one.review.submission
    more = {"id": one.review.id, "description_id": given.description_id, "active_seconds": given.active_seconds}
    return review(one.review) | more


def _adjudication(desk: Desk, one: Revision, given: Mapping[int, Revision]) -> Json:
    sources = [given[each] for each in one.review.submission.sources or () if each in given]
    told = [{"reviewer": each.reviewer, "revision": each.review.revision} for each in sources]
    return _revision(one) | {"by": one.reviewer, "own": one.review.reviewer_id == desk.reviewer.id, "sources": told}


def card(desk: Desk, row: Mapping[str, Any], ratings: Sequence[float]) -> Json:
    """One image of Browse; a hidden one shows nothing but itself."""
    card = {name: row[name] for name in ("key", "width", "height", "status", "hidden", "rating", "verdict")}
    card |= {"number": row["position"] + 1, "tags": row["tags"], "flagged": row["flags"] is not None}
    card |= {"thumb": f"/files/thumb/{row['key']}", "hidden": bool(row["hidden"]), "score": row["score"]}
    # The score's interval, and whether the opinion lies in it, are told where they are known.
    card["interval"] = [row["low"], row["high"]] if row["low"] is not None and row["high"] is not None else None
    card["agreement"] = row["agreement"]
    # The page adds the name of the colour map.
    card["mapped"] = f"/files/mapped/{desk.study.id}/{row['map_id']}" if row["map_id"] else None
    source = row["opinion_source"]
    card["opinion"] = {"rating": row["opinion"], "source": source} if row["opinion"] is not None else None
    card["mos"] = _mos(ratings) if ratings and not row["hidden"] else None
    return card


def _mos(ratings: Sequence[float]) -> Json:
    found = mean_opinion(ratings)
    few = found.low is None
    return {
        "mean": found.mean,
        "n": found.n,
        "low": found.low,
        "high": found.high,
        "votes": list(ratings) if few else None,
    }


def insights(found: Insights, learning: Learned) -> Json:
    """CORE against people: what is drawn, the figures under it, and how far learning is."""
    return {
        "model": found.model,
        "scored": found.scored,
        "rated": found.rated,
        "fewest": FEWEST_RATED,
        "of": found.of,
        "points": [asdict(one) for one in found.pairs],
        "figures": found.figures.as_json() if found.figures else None,
        "unseen": found.unseen,
        "learning": learning.as_json(),
    }
