"""Where workers find images: a folder, or a bucket of a real server that speaks S3 as far as reading goes."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from many import import_many

from realness.engines import LOCAL, Ray
from realness.errors import EngineProblem, InvalidValue, UnreadableImage
from realness.workbench.worker_places import Place


class Bucket(SimpleHTTPRequestHandler):
    """Objects by path: HEAD, and GET of the bytes that are asked for."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        file, asked = Path(self.translate_path(self.path)), self.headers.get("Range")
        if asked is None or not file.is_file():
            super().do_GET()
            return
        first, last = asked.removeprefix("bytes=").split("-")
        data = file.read_bytes()
        part = data[int(first) : int(last) + 1]
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{int(first) + len(part) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)

    def log_message(self, *_):
        pass


@pytest.fixture
def bucket(tmp_path):
    """The URL of the data folder in a bucket."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Bucket, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    host, port = server.server_address[:2]
    yield f"s3://a-key:a-secret@data?endpoint_override={host}:{port}&scheme=http&region=none"
    server.shutdown()
    server.server_close()
    thread.join()


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


def test_a_bucket_that_cannot_be_reached_ends_the_run_and_its_key_is_not_told(bench, image):
    url = "s3://a-key:a-secret@data?endpoint_override=127.0.0.1:9&scheme=http&region=none&tls_verify_certificates=false"
    with pytest.raises(EngineProblem, match="cannot read what --ray-data names") as told, Place(url).file(image):
        pass
    assert "a-secret" not in str(told.value)
    with pytest.raises(InvalidValue, match="name a folder, s3://") as told:
        Place.of(bench, Ray(data="nope://a-key:a-secret@data"))


def test_a_folder_that_a_machine_does_not_see_ends_the_run(bench, image, tmp_path):
    with pytest.raises(EngineProblem, match="sees no folder"), Place(str(tmp_path / "elsewhere")).file(image):
        pass
    with Place.of(bench, LOCAL).file(image) as file:
        assert file.samefile(bench.image_file(image))
