"""A server that answers as OpenAI's does, and that can be told to answer in every way that goes wrong.

It looks at the picture that it is given: an image of one grey (`grey(number)`) is the image of that number.
"""

import base64
import io
import json
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from PIL import Image

STEP = 5
FINDINGS = {"verdict": "yes", "findings": [{"phrase": "six fingers", "kind": "hands", "box": [0, 0, 500, 1000]}]}
USAGE = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}


def grey(number: int, folder: Path) -> Path:
    """The image of a number, from 0 to 50."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{number:02}.png"
    Image.new("RGB", (64, 48), (number * STEP,) * 3).save(path)
    return path


def good(number: int, schema: bool) -> str:
    """What the server says of the image of a number."""
    explanation = f"The hand of person {number} has six fingers"
    return json.dumps({**FINDINGS, "explanation": explanation}) if schema else f"Yes. {explanation}."


class ChatServer:
    """The server and what it was asked.

    Attributes:
        plan: by image number, what it does at each request about it in turn; afterwards it answers well.
        refuses: parameters that it answers 400 to.
        says: by image number, the `text` or the `usage` of its replies, in place of its own.
        seen: by image number, what it did at each request.
        bodies: of all requests, without the pictures.
        key: that it wants; None for any.
    """

    def __init__(self) -> None:
        self.plan: dict[int, list[str]] = {}
        self.refuses: set[str] = set()
        self.says: dict[int, dict] = {}
        self.seen: dict[int, list[str]] = defaultdict(list)
        self.bodies: list[dict] = []
        self.headers: list[dict] = []
        self.key: str | None = None
        self.delay = 0.0
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict] = {}
        self.lock = threading.Lock()
        self.url = ""

    def done(self) -> int:
        """How many requests about images it has seen."""
        return sum(map(len, self.seen.values()))


@contextmanager
def serving(server: ChatServer | None = None):
    """The server, listening on a free port until the end."""
    server = server or ChatServer()

    class Handler(_Handler):
        chat = server

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    listening.handle_error = lambda *_: None  # who asked has gone: killed, or tired of waiting
    server.url = f"http://127.0.0.1:{listening.server_address[1]}/v1"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()


class _Handler(BaseHTTPRequestHandler):
    chat: ChatServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if self.chat.key and self.headers["Authorization"] != f"Bearer {self.chat.key}":
            return self.error(401, f"Incorrect API key provided: {self.headers['Authorization']}")
        if self.path in ("/v1/files", "/v1/batches"):
            return self.file(data) if self.path == "/v1/files" else self.batch(json.loads(data))
        if self.path != "/v1/chat/completions":
            return self.error(404, "no such route")
        body = json.loads(data)
        number = number_of(body)
        with self.chat.lock:
            self.chat.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.chat.bodies.append({name: value for name, value in body.items() if name != "messages"})
            if named := self.chat.refuses & set(body):
                return self.error(400, f"Unsupported parameter: {min(named)!r} is not supported", param=min(named))
            plan = self.chat.plan.get(number, [])
            what = plan.pop(0) if plan else "good"
            self.chat.seen[number].append(what)
        time.sleep(self.chat.delay)
        return self.answer(what, number, body)

    def do_GET(self) -> None:
        path, _, _ = self.path.removeprefix("/v1/").partition("?")
        kind, *rest = path.split("/")
        if kind == "batches" and not rest:
            held = list(self.chat.batches.values())[::-1]
            return self.send(200, json.dumps({"object": "list", "data": held, "has_more": False}).encode())
        if kind == "batches" and rest[0] in self.chat.batches:
            return self.send(200, json.dumps(self.chat.batches[rest[0]]).encode())
        if kind == "files" and rest[1:] == ["content"]:
            return self.send(200, self.chat.files[rest[0]], kind="application/octet-stream")
        return self.error(404, "no such thing")

    def file(self, data: bytes) -> None:
        """What is uploaded, out of its form."""
        mark = data[: data.index(b"\r\n")]
        part = next(one for one in data.split(mark) if b"filename=" in one)
        name = f"file-{len(self.chat.files)}"
        self.chat.files[name] = part.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n")
        self.send(200, json.dumps({"id": name, "object": "file", "purpose": "batch", "status": "processed"}).encode())

    def batch(self, asked: dict) -> None:
        name = f"batch_{len(self.chat.batches)}"
        total = len(self.chat.files[asked["input_file_id"]].splitlines())
        counts = {"total": total, "completed": 0, "failed": 0}
        made = {"id": name, "object": "batch", "status": "in_progress", "created_at": 0, "request_counts": counts}
        self.chat.batches[name] = made | asked
        self.send(200, json.dumps(self.chat.batches[name]).encode())

    def answer(self, what: str, number: int, body: dict) -> None:
        told = self.chat.says.get(number, {})
        said = told.get("text", good(number, "response_format" in body))
        if what in ("401", "402"):
            return self.error(int(what), "you may not")
        if what in ("429", "500", "503"):
            return self.error(int(what), "busy", {"Retry-After": "0.05"})
        if what == "hang":
            time.sleep(2)
            return self.error(500, "too late")
        if what == "half body":
            return self.send(200, json.dumps(completion(said))[:60].encode())
        if what == "empty body":
            return self.send(200, b"")
        if what == "cut connection":
            self.close_connection = True
            return self.connection.close()
        if what == "404":
            return self.error(404, f"The model {body['model']!r} does not exist", code="model_not_found")
        if what == "filtered":
            return self.error(400, "The prompt was filtered", code="content_filter")
        content, refusal, finish = {
            "half JSON": (said[: len(said) // 2] if said.startswith("{") else "{", None, "stop"),
            "empty": ("", None, "stop"),
            "no choice": ("", None, "none"),
            "refusal": (None, "I cannot help with that.", "stop"),
            "text refusal": ("I'm sorry, but I can't assist with that.", None, "stop"),
            "prose": ("The picture shows a cup on a table.", None, "stop"),
            "wrong JSON": ('{"verdict": "maybe", "explanation": 3}', None, "stop"),
            "cut off": (said[:20] if said.startswith("{") else "", None, "length"),
            "fenced": (f"Here you are:\n```json\n{good(number, True)}\n```", None, "stop"),
            "echo": (said.replace("six fingers", self.headers["Authorization"]), None, "stop"),
        }.get(what, (said, None, "stop"))
        sent = completion(content, refusal, finish) | {"usage": told.get("usage", USAGE)}
        self.send(200, json.dumps(sent).encode())

    def error(self, status: int, message: str, headers=None, param=None, code=None) -> None:
        told = {"message": message, "type": "error", "param": param, "code": code}
        self.send(status, json.dumps({"error": told}).encode(), headers)

    def send(self, status: int, data: bytes, headers=None, kind: str = "application/json") -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def finish_batch(server: ChatServer, name: str, status: str = "completed") -> None:
    """Answer the requests of a batch: as planned for their images, the last of them first."""
    batch, output, errors = server.batches[name], [], []
    for line in reversed(server.files[batch["input_file_id"]].splitlines()):
        request = json.loads(line)
        number = number_of(request["body"])
        what = server.plan[number].pop(0) if server.plan.get(number) else "good"
        server.seen[number].append(what)
        result = {"id": f"r{number}", "custom_id": request["custom_id"], "response": None, "error": None}
        if what == "expired":
            errors.append(result | {"error": {"code": "batch_expired", "message": "This request expired."}})
        elif what == "400":
            body = {"error": {"message": "Invalid image.", "code": "invalid_image"}}
            errors.append(result | {"response": {"status_code": 400, "body": body}})
        elif what != "missing":
            said = {"empty": "", "prose": "A cup."}.get(what, good(number, "response_format" in request["body"]))
            output.append(result | {"response": {"status_code": 200, "body": completion(said)}})
    for kind, lines in (("output_file_id", output), ("error_file_id", errors)):
        if lines:
            server.files[f"{kind}-{name}"] = "\n".join(map(json.dumps, lines)).encode() + b"\n"
            batch[kind] = f"{kind}-{name}"
    batch["status"] = status


def completion(content, refusal=None, finish="stop") -> dict:
    """A chat completion."""
    said = {"role": "assistant", "content": content, "refusal": refusal}
    choices = [] if finish == "none" else [{"index": 0, "finish_reason": finish, "message": said}]
    return {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": choices, "usage": USAGE}


def number_of(body: dict) -> int:
    """The number of the image that a request asks about."""
    parts = next(one for one in body["messages"] if one["role"] == "user")["content"]
    url = next(part for part in parts if part["type"] == "image_url")["image_url"]["url"]
    head, data = url.split(",", 1)
    assert head == "data:image/jpeg;base64"
    picture = Image.open(io.BytesIO(base64.b64decode(data)))
    return round(picture.getpixel((picture.width // 2, picture.height // 2))[0] / STEP)
