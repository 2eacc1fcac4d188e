"""Studies for those who lead them: making and changing them, gold images, checks."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from realness.domain import MAX_TEXT, Study, StudySettings, Verdict, check_rating
from realness.domain.reviews import MOST_HIDDEN
from realness.errors import InvalidValue
from realness.store import Wanted
from realness.ui import payload
from realness.ui.routes.needs import Bench, Lead
from realness.ui.schemas import Body, Id
from realness.workbench import Workbench
from realness.workbench.studies import change_study, gold_in, image_of, new_study, overview

router = APIRouter()
_MOST_TABLE = 2_000_000
_Name = Annotated[str, Field(max_length=1000)]
_Word = Annotated[str, Field(max_length=MAX_TEXT)]
_Whole = Annotated[int, Field(strict=True)]
_Flag = Annotated[bool, Field(strict=True)]
_Rating = Annotated[float, Field(strict=True)]


class SettingsBody(Body):
    """Settings of a study; what is not named stays, or is as it is without being said. Their ranges are checked where
    the settings are made.
    """

    blind: _Flag = True
    overlap: _Whole = 1
    order: _Name = "imported"
    seed: _Whole = 0
    hidden_repeats: _Whole = 0
    gold_share: _Whole = 0
    target: _Whole | None = None
    choices: _Whole = 1


class ImagesBody(Body):
    """Which images of the database a new study takes: all that are like this."""

    of_study: Id | None = None
    split: _Word | None = None
    generator: _Word | None = None
    verdict: Verdict | None = None
    limit: Annotated[int, Field(strict=True, ge=1, le=10**9)] | None = None

    def wanted(self) -> Wanted:
        """As the store reads it."""
        return Wanted(self.split, self.generator, self.verdict, self.of_study, self.limit)


class StudyBody(Body):
    """A new study; without `images` it has none yet."""

    name: _Name
    settings: SettingsBody = SettingsBody()
    images: ImagesBody | None = None


class StudyChange(SettingsBody):
    """What is to change of a study."""

    closed: _Flag = False


class GoldBody(Body):
    """From which to which rating is right for an image, which is named by its key or its number in the study."""

    image: Annotated[str, Field(max_length=64)]
    low: _Rating
    high: _Rating


class GoldTable(Body):
    """The text of a CSV file with the columns `image`, `low` and `high`."""

    text: Annotated[str, Field(max_length=_MOST_TABLE)]


class ChecksBody(Body):
    """Of each 100 described images, how many show the text of another one."""

    share: _Whole


@router.get("/api/studies")
def studies(bench: Bench, _lead: Lead) -> dict[str, Any]:
    """Every study, newest first, and what the images of a new one can be chosen by."""
    complete = bench.store.studies.complete()
    listed = [_told(study) | {"complete": complete.get(study.id, 0)} for study in bench.store.studies.all()]
    sources = bench.store.studies.sources()
    found = {"images": sources.images, "splits": list(sources.splits.items())}
    found |= {"generators": list(sources.generators.items())}
    return {"studies": listed, "sources": found, "most_hidden": MOST_HIDDEN}


@router.get("/api/studies/images")
def count_images(
    bench: Bench,
    _lead: Lead,
    of_study: Id | None = None,
    split: Annotated[str | None, Query(max_length=MAX_TEXT)] = None,
    generator: Annotated[str | None, Query(max_length=MAX_TEXT)] = None,
    verdict: Verdict | None = None,
    limit: Annotated[int | None, Query(ge=1, le=10**9)] = None,
) -> dict[str, Any]:
    """How many images a new study would take."""
    return {"images": bench.store.studies.count_images(Wanted(split, generator, verdict, of_study, limit))}


@router.post("/api/studies", status_code=201)
def create(bench: Bench, _lead: Lead, body: StudyBody) -> dict[str, Any]:
    """Make a study."""
    settings = StudySettings(**body.settings.model_dump())
    study, _taken = new_study(bench, body.name, settings, body.images.wanted() if body.images else None)
    return _whole(bench, study)


@router.get("/api/studies/{study}")
def one_study(bench: Bench, _lead: Lead, study: Id) -> dict[str, Any]:
    """A study with all that its lead has to know before changing it."""
    return _whole(bench, bench.store.studies.by_id(study))


@router.patch("/api/studies/{study}")
def change(bench: Bench, _lead: Lead, study: Id, body: StudyChange) -> dict[str, Any]:
    """Change some settings, close, or open again."""
    changed = change_study(bench, bench.store.studies.by_id(study), body.model_dump(exclude_unset=True))
    return _whole(bench, changed)


@router.get("/api/studies/{study}/gold")
def gold(bench: Bench, _lead: Lead, study: Id) -> dict[str, Any]:
    """The images whose right rating is known."""
    return {"gold": _gold(bench, bench.store.studies.by_id(study))}


@router.put("/api/studies/{study}/gold")
def set_gold(bench: Bench, _lead: Lead, study: Id, body: GoldBody) -> dict[str, Any]:
    """Say which ratings of an image are right, over what was said before."""
    of = bench.store.studies.by_id(study)
    for field in ("low", "high"):
        try:
            check_rating(getattr(body, field), field)
        except InvalidValue as error:
            raise InvalidValue(str(error), field) from error
    if body.low > body.high:
        raise InvalidValue(f"low must not be above high, got {body.low:g} and {body.high:g}", "low")
    image = image_of(bench, of, body.image)
    bench.store.controls.set_gold(study, {image.facts.sha256: (body.low, body.high)})
    return {"gold": _gold(bench, of)}


@router.delete("/api/studies/{study}/gold/{image}")
def drop_gold(bench: Bench, _lead: Lead, study: Id, image: str) -> dict[str, Any]:
    """Make an image one like all others again; its ratings stay."""
    of = bench.store.studies.by_id(study)
    bench.store.controls.set_gold(study, {image_of(bench, of, image).facts.sha256: None})
    return {"gold": _gold(bench, of)}


@router.post("/api/studies/{study}/gold/table")
def gold_table(bench: Bench, _lead: Lead, study: Id, body: GoldTable) -> dict[str, Any]:
    """Read right ratings from a table: all of its lines or, where one is wrong, none."""
    of = bench.store.studies.by_id(study)
    ratings = gold_in(bench, of, body.text, "the table")
    bench.store.controls.set_gold(study, ratings)
    return {"gold": _gold(bench, of), "lines": len(ratings)}


@router.post("/api/studies/{study}/checks")
def plant_checks(bench: Bench, _lead: Lead, study: Id, body: ChecksBody) -> dict[str, Any]:
    """Show the text of another image with so many of each 100 described images that nobody has rated."""
    of = bench.store.studies.by_id(study)
    bench.store.controls.plant_checks(study, body.share, of.settings.seed)
    return _whole(bench, of)


def _told(study: Study) -> dict[str, Any]:
    settings = vars(study.settings).copy()
    told = {"id": study.id, "name": study.name, "images": study.images, "closed": study.closed}
    return told | {"sample": settings.pop("sample"), "settings": settings}


def _whole(bench: Workbench, study: Study) -> dict[str, Any]:
    found = overview(bench, study)
    told = _told(study) | {"complete": found.complete, "gold": found.gold}
    return told | {"at_work": vars(found.at_work), "checks": vars(found.checks)}


def _gold(bench: Workbench, study: Study) -> list[dict[str, Any]]:
    names = ("number", "low", "high", "rated")
    return [
        {"image": payload.image(one.image), "thumb": f"/files/thumb/{one.image.key}"}
        | {name: getattr(one, name) for name in names}
        for one in bench.store.controls.gold_images(study.id)
    ]
