"""Where workers find images: a folder, or a bucket of a real server that speaks S3 or GCS as far as reading goes."""

import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import fsspec
import pytest
from many import import_many

from realness.engines import LOCAL, Ray
from realness.errors import EngineProblem, InvalidValue, UnreadableImage
from realness.workbench.worker_places import Place

NOTHING = b"<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>0</KeyCount></ListBucketResult>"
GCS = "/storage/v1/b/data/o"


class Bucket(SimpleHTTPRequestHandler):
    """The bucket `data`: objects by HEAD, and GET of the bytes that are asked for; of GCS also what is told of them."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        file = self.file()
        if file.is_file():
            self.answer(200, b"", length=file.stat().st_size)
        else:
            self.answer(404, b"")

    def do_GET(self):
        parts, file = urlsplit(self.path), self.file()
        if "list-type=2" in parts.query:
            self.answer(200, NOTHING)
        elif parts.path == GCS:
            self.answer(200, b"{}")
        elif not file.is_file():
            self.answer(404, b"{}")
        elif parts.path.startswith(GCS):
            told = {"name": unquote(parts.path.removeprefix(f"{GCS}/")), "size": file.stat().st_size, "bucket": "data"}
            told["mediaLink"] = f"http://{self.headers['Host']}/download{parts.path}?alt=media"
            self.answer(200, json.dumps(told).encode())
        elif (asked := self.headers.get("Range")) is not None:
            first, last = asked.removeprefix("bytes=").split("-")
            data = file.read_bytes()
            part = data[int(first) : int(last) + 1]
            self.answer(206, part, span=f"bytes {first}-{int(first) + len(part) - 1}/{len(data)}")
        else:
            self.answer(200, file.read_bytes())

    def file(self):
        path = unquote(urlsplit(self.path).path).removeprefix("/download").removeprefix(GCS).removeprefix("/data")
        return Path(self.directory, "data", path.lstrip("/"))

    def answer(self, status, body, length=None, span=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("Content-Type", "application/json")
        self.send_header("Last-Modified", self.date_time_string(0))
        if span is not None:
            self.send_header("Content-Range", span)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(params=["s3", "gs"])
def bucket(request, tmp_path, monkeypatch):
    """The URL of the data folder in a bucket."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Bucket, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings(monkeypatch, server.server_address[1])
    yield f"{request.param}://data"
    server.shutdown()
    server.server_close()
    thread.join()


def settings(monkeypatch, port):
    """What the environment says of buckets. What fsspec keeps was made from another one."""
    known = {"AWS_ACCESS_KEY_ID": "a-key", "AWS_SECRET_ACCESS_KEY": "a-secret", "AWS_EC2_METADATA_DISABLED": "true"}
    places = {name: f"http://127.0.0.1:{port}" for name in ("AWS_ENDPOINT_URL", "STORAGE_EMULATOR_HOST")}
    for name, value in (known | places | {"AWS_MAX_ATTEMPTS": "1"}).items():
        monkeypatch.setenv(name, value)
    for protocol in ("s3", "gs"):
        fsspec.get_filesystem_class(protocol).clear_instance_cache()


@pytest.fixture
def image(bench, tmp_path):
    import_many(bench, tmp_path / "images", 1)
    return bench.store.images.by_id(1)


def test_an_image_of_a_bucket_is_read_with_the_same_bytes_and_its_copy_goes(bench, image, bucket):
    with Place.of(bench, Ray(data=bucket)).file(image) as copy:
        assert copy.read_bytes() == bench.image_file(image).read_bytes()
        assert copy != bench.image_file(image)
    assert not copy.exists()


def test_what_is_not_in_the_bucket_or_is_another_image_there_is_told(bench, image, bucket):
    place, file = Place.of(bench, Ray(data=bucket)), bench.image_file(image)
    data = file.read_bytes()
    for other in (data + b"more", data[:-1], b""):
        file.write_bytes(other)
        with pytest.raises(UnreadableImage, match="was changed since it was imported"), place.file(image):
            pass
    file.unlink()
    with pytest.raises(UnreadableImage, match="not where --ray-data says"), place.file(image):
        pass


def test_a_bucket_that_cannot_be_reached_ends_the_run_and_its_key_is_not_told(bench, image, monkeypatch):
    settings(monkeypatch, 9)
    with (
        pytest.raises(EngineProblem, match="cannot read what --ray-data names") as told,
        Place("s3://data").file(image),
    ):
        pass
    assert "a-secret" not in str(told.value)


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("nope://data", "name a folder, s3://"),
        ("http://127.0.0.1:9/a-secret", "name a folder, s3://"),
        ("reference://", "name a folder, s3://"),
        ("://data", "name a folder, s3://"),
        ("s3://a-key%3Aa-secret%40data", "by its environment"),
        ("gs://data/images#a-secret", "by its environment"),
        ("s3://a-key:a-secret@data", "by its environment"),
        ("s3://data?secret=a-secret", "by its environment"),
    ],
)
def test_a_url_of_an_unknown_kind_or_with_a_key_in_it_is_refused(bench, place, why):
    with pytest.raises(InvalidValue, match=why) as told:
        Place.of(bench, Ray(data=place))
    assert "a-secret" not in str(told.value)


def test_a_folder_that_a_machine_does_not_see_ends_the_run(bench, image, tmp_path):
    with pytest.raises(EngineProblem, match="sees no folder"), Place(str(tmp_path / "elsewhere")).file(image):
        pass
    with Place.of(bench, LOCAL).file(image) as file:
        assert file.samefile(bench.image_file(image))
