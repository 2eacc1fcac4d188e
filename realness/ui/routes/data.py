"""The Data screen, for those who lead studies: import with uploads, maps, export, backup, and the files they make."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from realness import exchange, prompts
from realness.domain import Reviewer, Role, check_text
from realness.errors import InvalidValue, NotAllowed, NotFound
from realness.settings import Settings, place
from realness.store.studies import check_name
from realness.ui.routes.needs import Admin, Bench, Lead, Passes, Sends, Who, Works
from realness.ui.schemas import Body, Id
from realness.workbench import backups, exporting, uploads
from realness.workbench.chores import Kind, skipped_table
from realness.workbench.importing import check_layout

router = APIRouter()
_Name = Annotated[str, Field(min_length=1, max_length=200)]
_Split = Annotated[str, Field(max_length=64)]
_Key = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class UploadBody(Body):
    """What will be sent."""

    files: Id
    bytes: Id


class ImportBody(Body):
    """What to import, from where, into which study: an upload, or a path of the machine where the workbench runs."""

    study: _Name
    upload: _Key | None = None
    path: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    split: _Split = ""
    layout: _Name = "auto"
    link: bool = False


class WantedBody(Body):
    """Which reviews or descriptions leave."""

    source: Literal["human", "machine", "both"] = "human"
    study: _Name | None = None
    split: _Split | None = None
    skips: bool = False
    since: date | None = None
    until: date | None = None
    generator: _Name | None = None
    min_reviews: Annotated[int, Field(ge=0, le=10**6)] = 0
    adjudicated: bool = False


class ExportBody(WantedBody):
    """The same, and how they are written."""

    format: _Name
    prompt: _Name = prompts.DEFAULT
    test_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    seed: Annotated[int, Field(ge=0, le=2**53)] = 0


class MapsBody(Body):
    """How many maps to compute at most; all that are missing where nothing is named."""

    limit: Annotated[int, Field(ge=1, le=10**9)] | None = None


class DownloadBody(Body):
    """Which file to have an address of."""

    kind: Literal["export", "backup", "skipped"]
    name: Annotated[str, Field(max_length=200)] = ""


@router.get("/api/data")
def data(bench: Bench, who: Lead, works: Works, sends: Sends) -> dict[str, Any]:
    """What the screen needs to begin with."""
    limits = asdict(sends.limits) | {"piece": uploads.PIECE}
    told = {
        "layouts": ["auto", *exchange.LAYOUTS],
        "formats": _formats(),
        "prompts": sorted(prompts.names(), key=_not_default),
    }
    told |= {"generators": bench.store.exports.generators()}
    told |= {"splits": bench.store.exports.splits(), "studies": [study.name for study in bench.store.studies.all()]}
    told |= {"images": bench.store.images.counts()["images"]}
    told |= {"limits": limits, "manages": who.role is Role.ADMIN, "jobs": works.as_json()}
    return told | {"folder": str(bench.settings.data) if who.role is Role.ADMIN else None}


@router.get("/api/data/jobs")
def jobs(works: Works, _lead: Lead) -> dict[str, Any]:
    """How far everything is."""
    return works.as_json()


@router.delete("/api/data/jobs/{kind}")
def stop_job(works: Works, _lead: Lead, kind: Kind) -> dict[str, Any]:
    """Stop one; what it has kept stays."""
    works.each[kind].cancel()
    return works.as_json()


@router.post("/api/data/uploads", status_code=201)
def begin_upload(sends: Sends, who: Lead, body: UploadBody) -> dict[str, Any]:
    """Begin to send files."""
    return {"upload": sends.open(who.id, body.files, body.bytes)}


@router.put("/api/data/uploads/{key}")
async def add_piece(request: Request, sends: Sends, who: Lead, key: str, name: str, offset: Id) -> dict[str, Any]:
    """A piece of a file, as the body."""
    data = bytearray()
    try:
        async for chunk in request.stream():
            data += chunk
            if len(data) > uploads.PIECE:
                raise InvalidValue(f"a piece has at most {uploads.PIECE >> 20} MiB; send smaller ones")
    except ClientDisconnect as error:
        raise InvalidValue("the connection broke off; send this piece again") from error
    return {"bytes": await run_in_threadpool(sends.add, key, who.id, name, offset, bytes(data))}


@router.delete("/api/data/uploads/{key}")
def drop_upload(sends: Sends, who: Lead, key: str) -> dict[str, Any]:
    """Give an upload up."""
    sends.drop(key, who.id)
    return {}


@router.post("/api/data/import", status_code=202)
def start_import(works: Works, sends: Sends, who: Lead, body: ImportBody) -> dict[str, Any]:
    """Import what was uploaded, or a path."""
    study, layout = check_name(body.study), check_layout(body.layout)
    asked = {"study": study, "split": check_text(body.split, "the split") or None, "layout": layout}
    if (body.upload is None) == (body.path is None):
        raise InvalidValue("choose files to send, or name a path, not both")
    if body.path is not None:
        asked |= {"path": str(_source(who, body.path)), "uploaded": False, "link": body.link}
        return works.start(Kind.IMPORT, asked, study).as_json()
    if body.link:
        raise InvalidValue("what was sent is copied; only files of this machine can be left where they are")
    works.check(Kind.IMPORT)
    upload = sends.take(body.upload or "", who.id)
    asked |= {"path": str(upload.content), "uploaded": True, "link": False}
    try:
        return works.start(Kind.IMPORT, asked, study, lambda: uploads.remove(upload)).as_json()
    except BaseException:
        uploads.remove(upload)
        raise


@router.post("/api/data/maps", status_code=202)
def start_maps(works: Works, _lead: Lead, body: MapsBody) -> dict[str, Any]:
    """Compute the maps that are missing."""
    return works.start(Kind.MAPS, {"limit": body.limit}).as_json()


@router.get("/api/data/export")
def count_export(bench: Bench, _lead: Lead, query: Annotated[WantedBody, Query()]) -> dict[str, Any]:
    """How many reviews and descriptions an export would be made of now."""
    rows, excluded = exporting.export_counts(bench, *exporting.asked(_asked(query)))
    return {"rows": rows, "excluded": excluded}


@router.post("/api/data/export", status_code=202)
def start_export(bench: Bench, works: Works, _lead: Lead, body: ExportBody) -> dict[str, Any]:
    """Make an export."""
    if body.format not in exchange.EXPORTERS:
        raise InvalidValue(f"there is no export format {body.format!r}; there are {', '.join(exchange.EXPORTERS)}")
    asked = _asked(body)
    exporting.check(bench, *exporting.asked(asked))
    return works.start(Kind.EXPORT, asked, body.format).as_json()


@router.get("/api/data/exports")
def exports(bench: Bench, _lead: Lead) -> dict[str, Any]:
    """The exports made so far."""
    return {"exports": [asdict(one) for one in exporting.exports_made(bench)]}


@router.post("/api/data/backup", status_code=202)
def start_backup(works: Works, _lead: Lead) -> dict[str, Any]:
    """Copy the database."""
    return works.start(Kind.BACKUP, {}).as_json()


@router.get("/api/data/backups")
def list_backups(bench: Bench, _lead: Lead) -> dict[str, Any]:
    """The copies there are."""
    return {"backups": [one.as_json() for one in backups.backups(bench.settings)]}


@router.delete("/api/data/backups/{name}")
def delete_backup(bench: Bench, _admin: Admin, name: str) -> dict[str, Any]:
    """Delete a copy."""
    backups.delete_backup(bench.settings, name)
    return list_backups(bench, _admin)


@router.post("/api/data/download")
def download_address(bench: Bench, who: Lead, passes: Passes, body: DownloadBody) -> dict[str, str]:
    """An address from which the browser can save a file, for a minute."""
    path = _file(bench.settings, who, body)
    return {"address": f"/download/{passes.issue(path, who.id)}/{path.name}"}


@router.get("/download/{ticket}/{name}")
def download(who: Who, passes: Passes, ticket: str, name: str) -> FileResponse:
    """A file that was asked for just now."""
    path = passes.path(ticket, who.id)
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return FileResponse(path, filename=path.name, media_type="application/octet-stream", headers=headers)


def _not_default(prompt: str) -> bool:
    return prompt != prompts.DEFAULT


def _formats() -> list[dict[str, Any]]:
    told = ("group", "purpose", "needs_people")
    return [
        {"name": name, **{each: getattr(one, each) for each in told}, "learned": bool(one.uses)}
        for name, one in exchange.EXPORTERS.items()
    ]


def _asked(body: WantedBody) -> dict[str, Any]:
    """As JSON values; an empty choice is none."""
    values = body.model_dump(mode="json")
    return values | {name: values[name] or None for name in ("study", "split", "generator")}


def _source(who: Reviewer, path: str) -> Path:
    if who.role is not Role.ADMIN:  # who names a path reads what the workbench can read
        raise NotAllowed("only those who manage accounts name a path of the workbench's machine; send the files")
    found = place(check_text(path, "the path"))
    if not found.exists():
        raise InvalidValue(f"there is nothing at {found} on the workbench's machine; check the path")
    return found.absolute()


def _file(settings: Settings, who: Reviewer, body: DownloadBody) -> Path:
    if body.kind == "export":
        return exporting.export_file(settings, body.name)
    if body.kind == "skipped":
        path = skipped_table(settings)
        if not path.is_file():
            raise NotFound("there is no list of what was skipped; import again")
        return path
    if who.role is not Role.ADMIN:  # it holds names and the hashes of passwords
        raise NotAllowed("a backup holds the accounts of all; ask those who manage them")
    return backups.backup_named(settings, body.name).path
