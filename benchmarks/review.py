"""How long a reviewer waits from submitting a review to having the next image's data, and whether anything is lost.

The server is the app as it is started by hand, in a process of its own. The reviewers are another process, which signs
each of them in, locks a rating, and submits a review with a text of 150 characters, two findings and a polygon, over
and over without a pause. The database is then held against what the server had said.

`alone` is one reviewer. `million_ratio` compares 20 reviewers among a million images with as many among ten thousand,
in turns.
"""

import asyncio
import multiprocessing
import random
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from benchmarks.asking import Answers, work, write
from benchmarks.filling import AT, insert
from benchmarks.timing import judged
from realness.domain import Role, StudySettings
from realness.errors import InvalidValue
from realness.settings import Settings
from realness.workbench import Workbench
from realness.workbench.accounts import add_account

Progress = Callable[[int, int | None], None]

IMAGES, SECONDS, ALONE_SECONDS = 100_000, 60.0, 15.0
FEW, MANY, TURN_SECONDS, TURNS = 10_000, 1_000_000, 8.0, 2
QUICK = {"images": 2_000, "seconds": 3.0, "alone": 2.0, "few": 500, "many": 5_000, "turn": 1.5, "turns": 1}
FULL = {"images": IMAGES, "seconds": SECONDS, "alone": ALONE_SECONDS, "few": FEW, "many": MANY, "turn": TURN_SECONDS}
FULL |= {"turns": TURNS}
REVIEWERS = 20
PASSWORD = "a password of the benchmark"
TEXT = "Somewhat. The hand has six fingers, and the sign is garbled."
LIMITS = {
    "p50_ms": ("at_most", 50.0, True),
    "p95_ms": ("at_most", 150.0, True),
    "alone_p50_ms": ("at_most", 15.0, True),
    "lost": ("at_most", 0, True),
    "duplicated": ("at_most", 0, True),
    "misassigned": ("at_most", 0, True),
    "million_ratio": ("at_most", 1.3, True),
}


def run(quick: bool = False, progress: Progress | None = None) -> dict[str, Any]:
    """Fill databases, serve them and review.

    Args:
        quick: a few thousand images and a few seconds.
        progress: told how many steps are done, of how many.

    Returns:
        `name`; `results`: `p50_ms`, `p95_ms`, `alone_p50_ms` of 100,000 images, `reviews`, `failed`, `lost`,
        `duplicated`, `misassigned`, `random_p50_ms` (the same in a random order), `bare_p50_ms` (as many clients of a
        route that only writes a row: what the disk and the framework take on this machine now), `million_p50_ms`,
        `ten_thousand_p50_ms`, `million_ratio`; `targets`; `passed`.
    """
    size = QUICK if quick else FULL
    told = progress or (lambda _done, _total: None)
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        with Served(Path(folder) / "main", int(size["images"])) as (url, database):
            told(1, 6)
            alone = reviewed(url, [0], size["alone"], "pilot")
            together = reviewed(url, range(REVIEWERS), size["seconds"], "pilot")
            told(2, 6)
            mixed = reviewed(url, range(REVIEWERS), size["turn"], "shuffled")
            results |= figures(together) | {"alone_p50_ms": figures(alone)["p50_ms"]}
            results["random_p50_ms"] = figures(mixed)["p50_ms"]
            results["bare_p50_ms"] = _bare(Path(folder), size["turn"])
            results |= held_against(database, [*alone, *together, *mixed])
        told(3, 6)
        results |= _ratio(Path(folder), size, told)
    targets = judged(LIMITS, results)
    for name, value in results.items():
        print(f"{name:20s} {value}", file=sys.stderr)  # noqa: T201
    passed = all(target["met"] for target in targets.values() if target["judged"])
    return {"name": "review", "results": results, "targets": targets, "passed": passed}


def _bare(folder: Path, seconds: float) -> float:
    """The median wait of as many clients for a route that only writes a row, in milliseconds."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "benchmarks.bare", str(folder / "bare.db"), str(port)])
    try:
        _wait_for(port)
        return figures(_elsewhere(_write_elsewhere, f"http://127.0.0.1:{port}", REVIEWERS, seconds))["p50_ms"]
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int) -> None:
    for _ in range(600):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise InvalidValue("the bare server did not start")


def _ratio(folder: Path, size: dict[str, Any], told: Progress) -> dict[str, Any]:
    with Served(folder / "few", size["few"]) as (few, _), Served(folder / "many", size["many"]) as (many, _):
        told(5, 6)
        took: dict[str, list[float]] = {"few": [], "many": []}
        for _ in range(size["turns"]):
            for name, url in (("few", few), ("many", many)):
                took[name] += [
                    one for each in reviewed(url, range(REVIEWERS), size["turn"], "pilot") for one in each.took
                ]
        told(6, 6)
    p50 = {name: 1000 * statistics.median(each) for name, each in took.items()}
    ratio = round(p50["many"] / p50["few"], 3)
    return {
        "ten_thousand_p50_ms": round(p50["few"], 1),
        "million_p50_ms": round(p50["many"], 1),
        "million_ratio": ratio,
    }


class Served:
    """The app over a database that is filled anew."""

    def __init__(self, folder: Path, images: int, more: Callable[[Workbench], None] | None = None) -> None:
        self.folder, self.images, self.more = folder, images, more

    def __enter__(self) -> tuple[str, Path]:
        """Fill and start; gives the address and the database's file."""
        url = f"sqlite:///{self.folder}/review.db"
        bench = Workbench.open(Settings(url, self.folder / "data"))
        for number in range(REVIEWERS):
            add_account(bench, f"reviewer {number}", Role.REVIEWER if number else Role.ADMIN, PASSWORD)
        fill(bench, self.images)
        if self.more is not None:
            self.more(bench)
        bench.close()
        line = [
            sys.executable,
            "-m",
            "realness",
            "serve",
            "--db",
            url,
            "--data",
            str(self.folder / "data"),
            "--port",
            "0",
        ]
        self.process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        address = self.process.stdout.readline().strip().rpartition(" ")[2]
        return address, self.folder / "review.db"

    def __exit__(self, *_error: object) -> None:
        """Stop."""
        self.process.terminate()
        self.process.wait()


def reviewed(url: str, reviewers: Any, seconds: float, study: str) -> list[Answers]:
    """What each reviewer of a process of their own was told, working for so many seconds."""
    names = [f"reviewer {number}" for number in reviewers]
    return _elsewhere(_work_elsewhere, url, names, seconds, study)


def _elsewhere(doing: Callable[..., list[Answers]], *given: Any) -> list[Answers]:
    with multiprocessing.get_context("spawn").Pool(1) as other:
        return other.apply(doing, given)


def _work_elsewhere(url: str, names: list[str], seconds: float, study: str) -> list[Answers]:
    return asyncio.run(work(url, names, PASSWORD, seconds, study))


def _write_elsewhere(url: str, clients: int, seconds: float) -> list[Answers]:
    return asyncio.run(write(url, clients, seconds))


def figures(answers: list[Answers]) -> dict[str, Any]:
    """Percentiles of the waits, in milliseconds, and how many reviews there were."""
    took = sorted(1000 * one for each in answers for one in each.took)
    at = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}
    found: dict[str, Any] = {name: round(took[int(part * (len(took) - 1))], 1) for name, part in at.items()}
    return found | {"reviews": len(took), "failed": sum(each.failed for each in answers)}


KEPT = (
    "SELECT r.submission_id, v.name, i.key, r.explanation, "
    "(SELECT count(*) FROM review_findings f WHERE f.review_id = r.id), (SELECT count(*) FROM review_regions g "
    "JOIN review_findings f ON f.id = g.review_finding_id WHERE f.review_id = r.id), r.study_id, r.image_id "
    "FROM reviews r JOIN reviewers v ON v.id = r.reviewer_id JOIN images i ON i.id = r.image_id"
)
"""The reviews that a database has, as `held` takes them."""


def held_against(database: Path, answers: list[Answers]) -> dict[str, int]:
    """The reviews that the server said it had, held against the database: a SQLite file."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return held(connection.execute(KEPT).fetchall(), answers)


def held(rows: Sequence[Sequence[Any]], answers: list[Answers]) -> dict[str, int]:
    """The reviews that the server said it had, held against those there are.

    Returns:
        `lost`: not there, or not whole; `duplicated`: there twice; `misassigned`: another person's or another image's,
        or an image that two people reviewed though one was asked for.
    """
    kept: dict[str, list[Sequence[Any]]] = {}
    for row in rows:
        kept.setdefault(row[0], []).append(row)
    lost = misassigned = 0
    for each in answers:
        for submission, image, text in each.saved:
            found = kept.get(submission, [])
            lost += not found or tuple(found[0][3:6]) != (text, 2, 1)
            misassigned += bool(found) and tuple(found[0][1:3]) != (each.name, image)
    places = [(row[6], row[7]) for row in rows]
    return {
        "lost": lost,
        "duplicated": sum(len(found) - 1 for found in kept.values()),
        "misassigned": misassigned + len(places) - len(set(places)),
    }


def fill(bench: Workbench, images: int) -> None:
    """A study in the order of import and one in a random order, both of all images, each with a described image."""
    studies = [bench.store.studies.create("pilot", StudySettings()).id]
    studies.append(bench.store.studies.create("shuffled", StudySettings(order="random")).id)
    insert(bench.store.database.path, _rows(images, studies), last=("ANALYZE",))


def _rows(images: int, studies: list[int]) -> Iterator[tuple[str, str, Iterator[tuple]]]:
    draw, ids = random.Random(0), range(1, images + 1)
    yield (
        "images",
        "id, key, sha256, width, height, format, bytes, path",
        (
            (AT, at, f"{draw.getrandbits(128):032x}", f"{at:064x}", 640, 480, "PNG", 1000, f"images/{at}.png")
            for at in ids
        ),
    )
    for study in studies:
        yield "study_images", "study_id, image_id, position", ((AT, study, at, at - 1) for at in ids)
    yield (
        "descriptions",
        "id, image_id, text, text_sha256, verdict, explanation, provider",
        ((AT, at, at, TEXT, f"{at:064x}", "somewhat", TEXT, "made") for at in ids),
    )
    yield (
        "findings",
        "description_id, position, phrase",
        ((AT, at, place, phrase) for at in ids for place, phrase in enumerate(("six fingers", "the sign is garbled"))),
    )
