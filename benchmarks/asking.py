"""Reviewers who speak HTTP over a connection each, as cheaply as Python can: the server is what is timed."""

import asyncio
import json
import random
import re
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

_TOKEN = re.compile(r'realness-token" content="([^"]+)')
_POLYGON = [100, 100, 220, 110, 240, 200, 180, 260, 90, 190]


@dataclass
class Answers:
    """What one reviewer was told.

    Attributes:
        saved: of each review that the server said it has: the submission's id, the image's key, the text.
        took: seconds from submitting to having the next image's data.
        locked: seconds from rating to having what the machine said.
        failed: how many answers were no good ones.
    """

    name: str
    saved: list[tuple[str, str, str]] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    locked: list[float] = field(default_factory=list)
    failed: int = 0


class Line:
    """One connection that is kept, with the cookie and the token of its person."""

    def __init__(self, url: str) -> None:
        self.host, self.port = urlsplit(url).hostname or "", urlsplit(url).port or 80
        self.headers = {"Host": f"{self.host}:{self.port}"}

    async def connect(self) -> None:
        """Open the connection."""
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port)

    async def open(self) -> None:
        """Connect, and read the token from the sign-in page."""
        await self.connect()
        _, page, _ = await self.ask("GET", "/login")
        found = _TOKEN.search(page.decode())
        assert found, "the sign-in page carries no token"
        self.headers["X-Realness-Token"] = found.group(1)

    async def sign_in(self, name: str, password: str) -> None:
        """Begin a session."""
        status, body, cookie = await self.ask("POST", "/api/sign-in", {"name": name, "password": password})
        assert status == 200, body
        self.headers["Cookie"] = cookie.partition(";")[0]

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes, str]:
        """Status, body, and the cookie that was set."""
        data = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers.items())]
        lines += ["Content-Type: application/json", f"Content-Length: {len(data)}", "", ""]
        self.writer.write("\r\n".join(lines).encode() + data)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status = int(head.split(" ", 2)[1])
        told = {name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:])}
        return status, await self.reader.readexactly(int(told.get("content-length", 0))), told.get("set-cookie", "")


async def work(
    url: str, names: list[str], password: str, seconds: float, study: str, think: tuple[float, float] = (0.0, 0.0)
) -> list[Answers]:
    """All of them review at once, each one image after another, for so many seconds.

    Args:
        think: how many seconds a person looks before rating, and again before submitting, at least and at most.
    """
    lines = [Line(url) for _ in names]
    await asyncio.gather(*(_arrive(*one, password) for one in zip(lines, names, strict=True)))
    for line in lines:  # while the last ones signed in, the server may have closed the connections of the first
        line.writer.close()
        await line.connect()
    until = time.perf_counter() + seconds
    return await asyncio.gather(*(_review(*one, study, until, think) for one in zip(lines, names, strict=True)))


async def write(url: str, clients: int, seconds: float) -> list[Answers]:
    """So many clients that only send reviews, to a server that asks nobody who they are."""
    lines = [Line(url) for _ in range(clients)]
    for line in lines:
        await line.connect()
    until = time.perf_counter() + seconds
    return await asyncio.gather(*(_write(line, until) for line in lines))


async def _write(line: Line, until: float) -> Answers:
    told = Answers("")
    while time.perf_counter() < until:
        review = _written(1, "image", {"id": 1, "findings": [{"id": 1, "phrase": "six fingers"}]}, "somebody")
        begun = time.perf_counter()
        status, _, _ = await line.ask("POST", "/api/reviews", review)
        told.took.append(time.perf_counter() - begun)
        told.failed += status != 200
    line.writer.close()
    return told


async def _arrive(line: Line, name: str, password: str) -> None:
    await line.open()
    await line.sign_in(name, password)


async def _review(line: Line, name: str, study: str, until: float, think: tuple[float, float]) -> Answers:
    told, dice = Answers(name), random.Random(name)
    _, body, _ = await line.ask("GET", "/api/start")
    number = next(one["id"] for one in json.loads(body)["studies"] if one["name"] == study)
    _, body, _ = await line.ask("GET", f"/api/next?study={number}")
    item = json.loads(body)["item"]
    while item is not None and time.perf_counter() < until:
        key = item["image"]["key"]
        await asyncio.sleep(dice.uniform(*think))
        begun = time.perf_counter()
        status, body, _ = await line.ask("POST", "/api/lock", {"study": number, "image": key, "rating": 42.0})
        assert status == 200, body
        told.locked.append(time.perf_counter() - begun)
        await asyncio.sleep(dice.uniform(*think))
        review = _written(number, key, json.loads(body)["reveal"]["description"], name)
        begun = time.perf_counter()
        status, body, _ = await line.ask("POST", "/api/reviews", review)
        if status != 200:
            told.failed += 1
            continue
        item = json.loads(body)["next"]["item"]
        told.took.append(time.perf_counter() - begun)
        told.saved.append((review["submission_id"], key, review["explanation"]))
    line.writer.close()
    return told


def _written(study: int, image: str, said: dict[str, Any], name: str) -> dict[str, Any]:
    first = said["findings"][0]
    text = f"{name} of {image}: the hand has six fingers, and the sign behind it cannot be read at all. ".ljust(
        150, "."
    )
    findings = [
        {"state": "kept", "phrase": first["phrase"], "finding_id": first["id"], "regions": []},
        {"state": "added", "phrase": "the spoon", "regions": [{"shape": "polygon", "coordinates": _POLYGON}]},
    ]
    return {
        "submission_id": str(uuid.uuid4()),
        "study": study,
        "image": image,
        "base_revision": 0,
        "description_id": said["id"],
        "judgement": "partly",
        "verdict": "somewhat",
        "explanation": text[:150],
        "findings": findings,
        "active_seconds": 12.5,
    }
