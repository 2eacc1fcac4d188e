"""Import, export and backup over HTTP: who may, within which limits, and what is left behind."""

import csv
import hashlib
import io
import json
import re
import sqlite3
import time
import warnings
import zipfile

import anyio
import pytest
from builders import make_study, make_submission
from fastapi.testclient import TestClient
from PIL import Image
from reviewed import described
from test_accounts import WORDS, browser

from realness.domain import Role
from realness.errors import ImportFailed
from realness.store import ExportFilter
from realness.ui.server import build_app
from realness.workbench import chores
from realness.workbench.accounts import add_account
from realness.workbench.exporting import make_export
from realness.workbench.unpacking import source_in
from realness.workbench.uploads import Limits, Uploads

PNG = "image/png"


def png(number):
    """The bytes of a picture that no other number has."""
    data = io.BytesIO()
    Image.new("RGB", (40, 30), (number, 80, 120)).save(data, "PNG")
    return data.getvalue()


@pytest.fixture
def app(bench):
    made = build_app(bench)
    yield made
    made.state.chores.stop()


@pytest.fixture
def client(app):
    """The one local person, who leads and manages."""
    return browser(app)


@pytest.fixture
def people(bench):
    """An admin, a lead and a reviewer."""
    roles = {"ada": Role.ADMIN, "lea": Role.LEAD, "ana": Role.REVIEWER}
    return {name: add_account(bench, name, role, WORDS).reviewer for name, role in roles.items()}


def ended(client, kind, seconds=120):
    until = time.monotonic() + seconds
    while (told := client.get("/api/data/jobs").json()[kind])["state"] == "running":
        assert time.monotonic() < until, told
        time.sleep(0.05)
    return told


def begin(client, files):
    asked = {"files": len(files), "bytes": sum(map(len, files.values()))}
    answer = client.post("/api/data/uploads", json=asked)
    assert answer.status_code == 201, answer.text
    return answer.json()["upload"]


def put(client, key, name, data, offset=0):
    return client.put(f"/api/data/uploads/{key}", params={"name": name, "offset": offset}, content=data)


def sent(client, files):
    key = begin(client, files)
    for name, data in files.items():
        assert put(client, key, name, data).status_code == 200
    return key


def imported(client, files, study="sent", **more):
    answer = client.post("/api/data/import", json={"study": study, "upload": sent(client, files), **more})
    assert answer.status_code == 202, answer.text
    return ended(client, "import")


def staged(bench):
    root = bench.settings.data / "uploads"
    return [path for path in root.rglob("*") if path.is_file()] if root.exists() else []


EVERY = [
    ("GET", "/api/data"),
    ("GET", "/api/data/jobs"),
    ("DELETE", "/api/data/jobs/import"),
    ("POST", "/api/data/uploads", {"files": 1, "bytes": 1}),
    ("PUT", "/api/data/uploads/0?name=a&offset=0"),
    ("DELETE", "/api/data/uploads/0"),
    ("POST", "/api/data/import", {"study": "a", "path": "/etc"}),
    ("POST", "/api/data/maps", {}),
    ("GET", "/api/data/export"),
    ("POST", "/api/data/export", {"format": "csv"}),
    ("GET", "/api/data/exports"),
    ("POST", "/api/data/backup"),
    ("GET", "/api/data/backups"),
    ("DELETE", "/api/data/backups/realness-20260101-000000.db"),
    ("POST", "/api/data/download", {"kind": "skipped"}),
]


@pytest.mark.parametrize("asked", EVERY, ids=lambda asked: " ".join(asked[:2]))
def test_nothing_of_it_is_for_reviewers(bench, app, people, asked):
    answer = browser(app, "ana").request(asked[0], asked[1], json=asked[2] if len(asked) > 2 else None)
    assert (answer.status_code, answer.json()["kind"]) == (403, "not_allowed")
    assert not (bench.settings.data / "uploads").exists()
    assert {chore.told.state for chore in app.state.chores.each.values()} == {"idle"}


def test_a_lead_sends_files_but_names_no_path_of_the_machine_and_takes_no_backup_away(app, people, tmp_path):
    lea = browser(app, "lea")
    assert (lea.get("/api/data").json()["manages"], lea.get("/api/data").json()["folder"]) == (False, None)
    refused = lea.post("/api/data/import", json={"study": "a", "path": str(tmp_path)})
    assert (refused.status_code, refused.json()["kind"]) == (403, "not_allowed")
    assert lea.post("/api/data/backup").status_code == 202
    (made,) = [ended(lea, "backup")["result"]]
    asked = {"kind": "backup", "name": made["name"]}
    assert lea.post("/api/data/download", json=asked).status_code == 403
    assert lea.delete(f"/api/data/backups/{made['name']}").status_code == 403
    assert browser(app, "ada").post("/api/data/download", json=asked).status_code == 200
    assert imported(lea, {"a.png": png(1)})["state"] == "done"


def test_a_file_may_be_named_as_macos_names_screenshots(client):
    told = imported(client, {"Screenshot 2026-11-26 at 3.00.00\u202fPM.png": png(1)})
    assert (told["state"], told["result"]["images"]) == ("done", 1)


def test_files_are_imported_and_what_was_wrong_with_them_is_listed(bench, client):
    table = "image,description,rating\na.png,Somewhat. The rim melts.,40\nb.png,,\nnone.png,,\n"
    files = {"set/t.csv": table.encode(), "set/a.png": png(1), "set/b.png": b"\x89PNG broken"}
    told = imported(client, files)
    assert (told["state"], told["about"]) == ("done", "sent")
    result = told["result"]
    assert (result["images"], result["new"], result["descriptions"], result["scores"]) == (1, 1, 1, 1)
    assert result["skipped"] == len(result["reasons"]) == 2
    address = client.post("/api/data/download", json={"kind": "skipped"}).json()["address"]
    rows = list(csv.reader(io.StringIO(client.get(address).text)))
    assert rows[0] == ["record", "reason"]
    assert rows[1:] == result["reasons"]
    assert staged(bench) == []
    again = imported(client, {"set/t.csv": table.encode(), "set/a.png": png(1)})
    assert (again["result"]["new"], again["result"]["duplicates"]) == (0, 1)
    begun = client.get("/api/data").json()
    assert (begun["studies"], begun["images"]) == (["sent"], begun["jobs"]["import"]["result"]["images"])


def test_the_state_is_the_same_for_a_page_that_was_loaded_again(app, client):
    told = imported(client, {"a.png": png(1)})
    assert browser(app).get("/api/data").json()["jobs"]["import"] == told


def test_a_zip_is_unpacked_and_imported(bench, client):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        packed.writestr("set/a.png", png(1))
        packed.writestr("set/deep/b.png", png(2))
        packed.writestr("__MACOSX/._a.png", b"what a system leaves")
    told = imported(client, {"set.zip": data.getvalue()})
    assert (told["state"], told["result"]["images"], told["result"]["skipped"]) == ("done", 2, 0)
    assert staged(bench) == []


def test_a_zip_that_leads_out_is_refused_and_nothing_is_written(bench, client):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        packed.writestr("a.png", png(1))
        packed.writestr("../../../out.png", png(2))
    told = imported(client, {"set.zip": data.getvalue()})
    assert told["state"] == "failed"
    assert "out.png" in told["error"]
    assert list(bench.settings.data.rglob("*.png")) == []
    assert bench.store.studies.all() == []


def packed(names, method=zipfile.ZIP_STORED):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive, warnings.catch_warnings(action="ignore"):
        for name in names:
            archive.writestr(name, b"" if name.endswith("/") else b"some bytes")
    return data.getvalue()


@pytest.mark.parametrize(
    ("archive", "said"),
    [
        (packed([]), "set.zip holds no files"),
        (packed(["empty/", "empty/too/"]), "set.zip holds no files"),
        (packed(["a.png", "a.png"]), "'a.png' is in it twice"),
        (packed(["a", "a/b.png"]), "'a/b.png' is in it twice, or a file and a folder"),
        (packed(["a.png"]).replace(b"some", b"sume", 1), "set.zip is damaged: Bad CRC-32 for file 'a.png'"),
    ],
    ids=["empty", "folders", "twice", "both", "damaged"],
)
def test_a_zip_that_cannot_be_used_says_why(bench, tmp_path, archive, said):
    (tmp_path / "upload").mkdir()
    (tmp_path / "upload" / "set.zip").write_bytes(archive)
    with pytest.raises(ImportFailed, match=re.escape(said)) as refused:
        source_in(tmp_path / "upload")
    assert "password" not in str(refused.value)


def test_what_holds_no_image_is_told_without_the_places_of_the_server(bench, client):
    told = imported(client, {"a.txt": b"text"})
    assert (told["state"], told["result"]) == ("failed", None)
    assert str(bench.settings.data) not in told["error"]
    assert staged(bench) == []


NAMES = ["../a.png", "/a.png", "a/../../b.png", "a//b.png", "..", ".", "", "a\\b.png", "a\0.png", "a\n.png", "a" * 300]
NAMES += ["/".join("a" * 30), "a/./b", " /b", "\u202egnp.a"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_leads_out_or_cannot_be_kept_is_refused(bench, client, name):
    key = begin(client, {"a.png": b"12"})
    answer = put(client, key, name, b"12")
    assert (answer.status_code, answer.json()["kind"]) == (422, "invalid")
    assert staged(bench) == []
    assert not (bench.settings.data / "uploads" / "a.png").exists()


def test_an_upload_keeps_to_what_was_announced_and_to_the_limits(bench, app, client):
    app.state.uploads = Uploads(bench.settings, Limits(bytes=100, files=2))
    for files, size in ((3, 10), (1, 101), (0, 0)):
        assert client.post("/api/data/uploads", json={"files": files, "bytes": size}).status_code == 422
    key = begin(client, {"a": b"1" * 60, "b": b"2" * 40})
    assert put(client, key, "a", b"1" * 60).json() == {"bytes": 60}
    assert put(client, key, "b", b"2" * 41).status_code == 422
    assert put(client, key, "b", b"2" * 10).status_code == 200
    assert put(client, key, "c", b"").status_code == 422
    early = client.post("/api/data/import", json={"study": "a", "upload": key})
    assert (early.status_code, early.json()["kind"]) == (409, "conflict")
    assert client.delete(f"/api/data/uploads/{key}").status_code == 200
    assert staged(bench) == []
    assert put(client, key, "b", b"2").status_code == 404


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b", "a"), ("a", "a/b/c")])
def test_a_name_of_a_file_and_a_folder_is_refused(client, names):
    key = begin(client, dict.fromkeys(names, b"1"))
    answers = [put(client, key, name, b"1") for name in names]
    assert [answer.status_code for answer in answers] == [200, 422]
    assert "rename" in answers[1].json()["error"]


def test_a_connection_that_breaks_off_in_a_piece_is_no_fault_of_the_server(app, client):
    key = begin(client, {"a": b"12"})
    headers = [(name.lower().encode(), value.encode()) for name, value in client.headers.items()]
    scope = {"type": "http", "http_version": "1.1", "method": "PUT", "path": f"/api/data/uploads/{key}"}
    scope |= {"query_string": b"name=a&offset=0", "headers": [*headers, (b"host", b"127.0.0.1:7860")]}
    events = [{"type": "http.request", "body": b"1", "more_body": True}, {"type": "http.disconnect"}]
    sent = []

    async def receive():
        return events.pop(0) if len(events) > 1 else events[0]

    async def send(message):
        sent.append(message)

    anyio.run(app, scope, receive, send)
    assert sent[0]["status"] == 422
    assert put(client, key, "a", b"12").json() == {"bytes": 2}


def test_a_piece_larger_than_allowed_is_refused(client):
    key = begin(client, {"a": b"1" * (9 << 20)})
    assert put(client, key, "a", b"1" * ((8 << 20) + 1)).status_code == 422
    assert put(client, key, "a", b"1" * (8 << 20)).status_code == 200
    assert put(client, key, "a", b"1" * (1 << 20), offset=8 << 20).json() == {"bytes": 9 << 20}


def test_a_piece_that_comes_twice_is_kept_once_and_one_that_is_early_is_refused(bench, client):
    key = begin(client, {"a": b"12345"})
    assert put(client, key, "a", b"123").json() == {"bytes": 3}
    assert put(client, key, "a", b"123").json() == {"bytes": 3}
    assert put(client, key, "a", b"5", offset=4).status_code == 409
    assert put(client, key, "a", b"45", offset=3).json() == {"bytes": 5}
    (file,) = staged(bench)
    assert file.read_bytes() == b"12345"


def test_nobody_adds_to_the_upload_of_another_person(app, people):
    lea, ada = browser(app, "lea"), browser(app, "ada")
    key = begin(lea, {"a": b"1"})
    assert put(ada, key, "a", b"1").status_code == 404
    assert ada.delete(f"/api/data/uploads/{key}").status_code == 404
    assert put(lea, key, "a", b"1").status_code == 200
    assert ada.post("/api/data/import", json={"study": "a", "upload": key}).status_code == 404


def test_a_server_that_starts_takes_away_what_an_earlier_one_left(bench, app, client):
    put(client, begin(client, {"a": b"12"}), "a", b"1")
    assert len(staged(bench)) == 1
    with TestClient(build_app(bench), base_url="http://127.0.0.1:7860"):
        assert staged(bench) == []


BAD = [
    {},
    {"study": "a"},
    {"study": "", "path": "/tmp"},
    {"study": "a" * 201, "path": "/tmp"},
    {"study": "a", "path": "/tmp", "upload": "0" * 32},
    {"study": "a", "path": "/there/is/nothing"},
    {"study": "a", "path": "a\0b"},
    {"study": "a", "path": "/tmp", "layout": "none"},
    {"study": "a", "upload": "../../x"},
    {"study": "a", "upload": "0" * 32, "link": True},
    {"study": "a", "path": "/tmp", "more": 1},
]


@pytest.mark.parametrize("body", BAD)
def test_an_import_that_makes_no_sense_is_refused_in_words(app, client, body):
    answer = client.post("/api/data/import", json=body)
    assert answer.status_code == 422
    assert len(answer.json()["error"]) > 10
    assert app.state.chores.each["import"].told.state == "idle"


def test_an_import_of_a_path_is_followed_and_can_leave_the_files_where_they_are(bench, client, tmp_path):
    folder = tmp_path / "pics"
    folder.mkdir()
    for at in range(3):
        (folder / f"{at}.png").write_bytes(png(at))
    body = {"study": "here", "path": str(folder), "split": "test", "link": True}
    assert client.post("/api/data/import", json=body).status_code == 202
    told = ended(client, "import")
    assert (told["state"], told["result"]["images"]) == ("done", 3)
    assert not (bench.settings.data / "images").exists()
    assert client.get("/api/data").json()["splits"] == ["test"]


def test_an_import_can_be_stopped_and_what_it_kept_stays(bench, client, tmp_path, monkeypatch):
    monkeypatch.setattr(chores, "_MODULE", ("-c", SLOW))
    body = {"study": "slow", "upload": sent(client, {"a.png": png(1)})}
    assert client.post("/api/data/import", json=body).json()["state"] == "running"
    second = client.post("/api/data/import", json={"study": "b", "path": str(tmp_path)})
    assert (second.status_code, second.json()["kind"]) == (409, "conflict")
    assert client.post("/api/data/maps", json={}).status_code == 409
    while client.get("/api/data/jobs").json()["import"]["done"] is None:
        time.sleep(0.02)
    assert len(staged(bench)) == 1
    told = client.delete("/api/data/jobs/import").json()["import"]
    assert (told["state"], told["done"], told["total"], told["about"]) == ("stopped", 3, 9, "slow")
    assert staged(bench) == []
    assert client.get("/api/data/jobs").json()["import"] == told
    monkeypatch.undo()
    assert imported(client, {"a.png": png(1)})["state"] == "done"  # and may be tried again


SLOW = """
import json, time
print(json.dumps({"state": "running", "step": "importing", "done": 3, "total": 9}), flush=True)
time.sleep(60)
"""


def test_an_import_that_dies_is_told_of_and_leaves_nothing_of_what_was_sent(bench, client, monkeypatch):
    monkeypatch.setattr(chores, "_MODULE", ("-c", "import os; os.kill(os.getpid(), 9)"))
    told = imported(client, {"a.png": png(1)})
    assert (told["state"], "Try again" in told["error"]) == ("failed", True)
    assert staged(bench) == []


def answered(bench, study, count):
    me = bench.store.people.local()
    for at in range(count):
        image = bench.store.assignments.next_image(study, me.id)
        bench.store.assignments.lock(study.id, image.id, me.id, 20.0 + at)
        bench.store.reviews.submit(me.id, make_submission(study, image, submission_id=f"{study.name}-submission-{at}"))


def test_what_would_leave_is_told_and_what_leaves_is_what_the_command_writes(bench, client, tmp_path):
    study = make_study(bench.store)
    answered(bench, study, 2)
    told = client.get("/api/data/export", params={"study": study.name}).json()
    assert told == {"rows": 2, "excluded": {}}
    assert client.get("/api/data/export", params={"split": "none"}).json() == {
        "rows": 0,
        "excluded": {"other split": 2},
    }
    assert client.post("/api/data/export", json={"format": "jsonl", "study": study.name}).status_code == 202
    result = ended(client, "export")["result"]
    make_export(bench, "jsonl", tmp_path / "by-hand.jsonl", ExportFilter(study.name))
    address = client.post("/api/data/download", json={"kind": "export", "name": result["file"]}).json()["address"]
    got = client.get(address)
    assert got.content == (tmp_path / "by-hand.jsonl").read_bytes()
    assert got.headers["content-disposition"].startswith("attachment")
    assert hashlib.sha256(got.content).hexdigest() == result["sha256"]
    assert "local" not in {json.loads(line)["reviewer"] for line in got.text.splitlines()}
    name = f"{result['file']}.manifest.json"
    address = client.post("/api/data/download", json={"kind": "export", "name": name}).json()["address"]
    manifest = client.get(address).json()
    assert (manifest["rows"], manifest["sha256"], manifest["filters"]["study"]) == (2, result["sha256"], study.name)
    by_hand, made = client.get("/api/data/exports").json()["exports"]
    assert {made["file"], by_hand["file"]} == {result["file"], None}
    (bench.settings.data / "exports" / result["file"]).unlink()
    assert {one["file"] for one in client.get("/api/data/exports").json()["exports"]} == {None}


def test_a_folder_is_saved_as_one_zip_with_its_manifest(bench, client, tmp_path):
    described(bench, tmp_path / "in", count=3)
    asked = {"format": "sft", "source": "machine", "test_share": 1, "generator": "gpt-4.1", "since": "2020-01-01"}
    told = client.get("/api/data/export", params={name: asked[name] for name in ("source", "generator", "since")})
    assert told.json() == {"rows": 3, "excluded": {}}
    assert client.post("/api/data/export", json=asked).status_code == 202
    result = ended(client, "export")["result"]
    assert result["file"].endswith(".sft.zip")
    address = client.post("/api/data/download", json={"kind": "export", "name": result["file"]}).json()["address"]
    got = client.get(address).content
    assert hashlib.sha256(got).hexdigest() == result["sha256"]
    with zipfile.ZipFile(io.BytesIO(got)) as held:
        assert held.testzip() is None
        rows = held.read("test/metadata.jsonl").decode().splitlines()
        assert json.loads(held.read("manifest.json"))["filters"]["test_share"] == 1
        assert all(f"test/{name}" in held.namelist() for row in rows for name in json.loads(row)["images_file_names"])
    assert len(rows) == result["rows"] == 3
    (made,) = client.get("/api/data/exports").json()["exports"]
    assert (made["file"], made["filters"]["generator"]) == (result["file"], "gpt-4.1")


@pytest.mark.parametrize(
    "name", ["../a.db", "a.db", "", "..", "x/../../a.db", ".manifest.json", "realness-20260101-000000.db"]
)
@pytest.mark.parametrize("kind", ["export", "backup"])
def test_no_other_file_can_be_had(client, kind, name):
    assert client.post("/api/data/download", json={"kind": kind, "name": name}).status_code == 404


def test_an_address_is_for_one_person_and_runs_out(app, people, monkeypatch):
    ada = browser(app, "ada")
    ada.post("/api/data/backup")
    name = ended(ada, "backup")["result"]["name"]
    address = ada.post("/api/data/download", json={"kind": "backup", "name": name}).json()["address"]
    assert browser(app, "lea").get(address).status_code == 404
    assert browser(app).get(address).status_code == 303
    assert ada.get(address).content.startswith(b"SQLite format 3")
    monkeypatch.setattr("realness.ui.tickets.time.monotonic", lambda: 10**9)
    assert ada.get(address).status_code == 404


@pytest.mark.parametrize(
    "body",
    [{"format": "xml"}, {}]
    + [{"format": "csv"} | wrong for wrong in ({"split": "a" * 65}, {"x": 1}, {"source": "nobody"}, {"since": "soon"})]
    + [{"format": "sft"} | wrong for wrong in ({"test_share": 1.5}, {"min_reviews": -1}, {"seed": "x"})]
    + [{"format": "csv", "since": "2026-02-01", "until": "2026-01-01"}],
)
def test_an_export_that_makes_no_sense_is_refused(app, client, body):
    assert client.post("/api/data/export", json=body).status_code == 422
    assert client.post("/api/data/export", json={"format": "csv", "study": "none"}).status_code == 404
    assert client.get("/api/data/export", params={"until": "9999-12-31"}).status_code == 422
    assert app.state.chores.each["export"].told.state == "idle"


def test_a_backup_is_made_listed_saved_and_deleted(bench, client, tmp_path):
    answered(bench, make_study(bench.store), 2)
    assert client.post("/api/data/backup").status_code == 202
    result = ended(client, "backup")["result"]
    (listed,) = client.get("/api/data/backups").json()["backups"]
    assert listed == result
    assert (listed["ok"], listed["problems"]) == (True, [])
    address = client.post("/api/data/download", json={"kind": "backup", "name": listed["name"]}).json()["address"]
    (tmp_path / "b.db").write_bytes(client.get(address).content)
    assert hashlib.sha256((tmp_path / "b.db").read_bytes()).hexdigest() == listed["sha256"]
    with sqlite3.connect(tmp_path / "b.db") as copy:
        assert copy.execute("SELECT count(*) FROM reviews").fetchone() == (2,)
    assert client.delete("/api/data/backups/..%2Fa.db").status_code == 404
    assert client.delete(f"/api/data/backups/{listed['name']}").json() == {"backups": []}
    assert list((bench.settings.data / "backups").iterdir()) == []
