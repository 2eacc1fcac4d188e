"""What somebody who means harm gives to import, and what leaves in exports."""

import http.server
import io
import json
import threading
import zipfile
from contextlib import closing

import numpy as np
import pytest
from builders import make_submission
from PIL import Image

from realness.domain import Role
from realness.settings import Settings
from realness.store import ExportFilter
from realness.workbench import Workbench, files
from realness.workbench.accounts import Door, add_account
from realness.workbench.exporting import make_export
from realness.workbench.importing import ImportOptions, import_source

SCRIPT = b"<script>alert(document.domain)</script>"


def picture(seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def encoded(kind, seed=0, **how):
    file = io.BytesIO()
    picture(seed).save(file, kind, **how)
    return file.getvalue()


@pytest.fixture
def listener():
    """A server of this machine that counts who asks it for something."""
    asked = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(encoded("PNG"))

        do_HEAD = do_GET

        def log_message(self, *_told):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_an_address_or_a_path_that_leads_out_is_never_followed(bench, tmp_path, listener, kind):
    url, asked = listener
    (tmp_path / "outside.png").write_bytes(encoded("PNG", 7))
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "good.png").write_bytes(encoded("PNG"))
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    (folder / "up").symlink_to(tmp_path)
    names = [f"{url}/x.png", "file:///etc/passwd", "//127.0.0.1/x.png", "ftp://127.0.0.1/x", f"  {url}/y.png"]
    names += ["/etc/passwd", "../outside.png", "..\\outside.png", "a/../../outside.png", "link.png", "up/outside.png"]
    names += ["C:\\x.png", str(tmp_path / "outside.png"), "good.png"]
    lines = ["image", *names] if kind == "csv" else [json.dumps({"image": name}) for name in names]
    table = folder / f"t.{kind}"
    table.write_text("\n".join(lines), encoding="utf-8")
    report = import_source(bench, table, ImportOptions(study="s"))
    assert (report.images, len(report.skipped)) == (1, len(names) - 1)
    assert asked == []


def test_a_folder_gives_no_image_behind_a_link_that_leaves_it(bench, tmp_path):
    (tmp_path / "outside.png").write_bytes(encoded("PNG", 7))
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "good.png").write_bytes(encoded("PNG"))
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    report = import_source(bench, folder, ImportOptions(study="s"))
    assert (report.images, [one.row for one in report.skipped]) == (1, ["link.png"])


def polyglots():
    """Files that are an image and something else."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("index.html", SCRIPT)
    yield "zip.png", encoded("PNG") + archive.getvalue()
    yield "html.gif", encoded("GIF") + SCRIPT
    yield "comment.gif", encoded("GIF", comment=b"*/=1;" + SCRIPT)
    yield "html.jpg", encoded("JPEG", comment=SCRIPT) + SCRIPT
    yield "pdf.png", encoded("PNG") + b"%PDF-1.4\n" + SCRIPT
    exif = Image.Exif()
    exif[0x010E] = SCRIPT.decode()
    yield "exif.webp", encoded("WEBP", exif=exif)
    yield "named.html", encoded("PNG")


def test_of_a_file_that_is_two_kinds_at_once_browsers_get_pixels_alone(bench, tmp_path):
    for seed, (name, data) in enumerate(polyglots()):
        folder = tmp_path / str(seed)
        folder.mkdir()
        (folder / name.replace(".html", ".html.png")).write_bytes(data)
        import_source(bench, folder, ImportOptions(study=name))
        study = bench.store.studies.named(name)
        image = bench.store.assignments.next_image(study, bench.store.people.local().id)
        for path in (files.display_file(bench, image), files.thumbnail_file(bench, image)):
            assert not any(word in path.read_bytes() for word in (b"<script", b"%PDF", b"PK\x03\x04", b"alert"))
            assert files.media_type(path).startswith("image/")
            with Image.open(path) as shown:
                assert shown.size == (32, 24)


@pytest.mark.parametrize(
    "data", [b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"<!doctype html>" + SCRIPT]
)
def test_markup_that_is_called_an_image_is_skipped_with_the_reason(bench, tmp_path, data):
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "a.png").write_bytes(data)
    (folder / "b.png").write_bytes(encoded("PNG"))
    report = import_source(bench, folder, ImportOptions(study="s"))
    assert (report.images, len(report.skipped)) == (1, 1)


@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_an_export_holds_no_name_password_session_or_place(tmp_path, format):
    settings = Settings(f"sqlite:///{tmp_path}/secret-place/a.db", tmp_path / "secret-place" / "data")
    with closing(Workbench.open(settings)) as bench:
        add_account(bench, "Ada Lovelace", Role.ADMIN, "correct horse battery")
        folder = tmp_path / "set"
        folder.mkdir()
        (folder / "a.png").write_bytes(encoded("PNG"))
        import_source(bench, folder, ImportOptions(study="s"))
        person, token = Door(bench).sign_in("Ada Lovelace", "correct horse battery", "127.0.0.1")
        _, kept = bench.store.people.password_hash("Ada Lovelace")
        study = bench.store.studies.named("s")
        image = bench.store.assignments.next_image(study, person.id)
        bench.store.assignments.lock(study.id, image.id, person.id, 40.0)
        bench.store.reviews.submit(person.id, make_submission(study, image, explanation="x"))
        make_export(bench, format, tmp_path / "out" / f"a.{format}", ExportFilter())
    told = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())
    secrets = ("Lovelace", "battery", token, kept, "argon2", "secret-place")
    assert [one for one in secrets if one.encode() in told] == []
    assert person.pseudonym.encode() in told
