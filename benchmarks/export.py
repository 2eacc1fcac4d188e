"""How fast reviews leave, and how much memory that takes.

The database holds reviews with an image, a description, findings and marks, as people make them. `export jsonl` is
timed, in a process of its own so that its memory is its own; beside it a bare loop over SQLite's own cursor that reads
and writes just the columns of the `reviews` table: a measure of the machine.
"""

import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.filling import AT, insert
from benchmarks.timing import judged
from realness.domain import Role, StudySettings
from realness.settings import Settings
from realness.workbench import Workbench

Progress = Callable[[int, int | None], None]

REVIEWS, REVIEWS_QUICK = 1_000_000, 20_000
LIMITS = {"rows_per_second": ("at_least", 20_000.0, True), "memory_mb": ("at_most", 200.0, True)}
PEOPLE, PER_IMAGE = 20, 5
"""Reviewers, and how many of them reviewed each image."""
_TEXT = "The hand has six fingers, the sign is garbled, and the handle melts into the rim of the cup."
_ALONE = """
import json, sys, time
from pathlib import Path
from realness.settings import Settings
from realness.workbench import Workbench
from realness.store import ExportFilter
from realness.workbench.exporting import make_export

def most():
    told = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in told if line.startswith("VmHWM")) / 1024

url, data, out = sys.argv[1:]
bench = Workbench.open(Settings(url, Path(data)))
make_export(bench, "csv", Path(out) / "warm.csv", ExportFilter(study="none"))
before, start, used = most(), time.perf_counter(), time.process_time()
made = make_export(bench, "jsonl", Path(out) / "all.jsonl")
told = {"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - used, "memory_mb": most() - before}
print(json.dumps({"rows": made["rows"], "bytes": made["bytes"], **told}))
bench.close()
"""


def run(quick: bool = False, progress: Progress | None = None) -> dict[str, Any]:
    """Fill a database and export it.

    Args:
        quick: 20,000 reviews instead of 1,000,000.
        progress: told of steps: filled, read plainly, exported.

    Returns:
        `name`; `results`: `rows`, `bytes`, `seconds`, `cpu_seconds`, `rows_per_second` by the clock, `memory_mb` (by
        how much the most memory that the process held grew), `plain_rows_per_second` of the bare loop, and
        `of_plain`, the ratio of the two; `targets`, `passed`.
    """
    told = progress or (lambda _done, _total: None)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        url = f"sqlite:///{root}/export.db"
        _fill(url, root, REVIEWS_QUICK if quick else REVIEWS)
        told(1, 3)
        plain = _plain(root / "export.db", root / "plain.jsonl")
        told(2, 3)
        command = [sys.executable, "-c", _ALONE, url, str(root / "data"), str(root)]
        made = subprocess.run(command, check=True, capture_output=True, text=True)
        results = json.loads(made.stdout.splitlines()[-1])
        told(3, 3)
    results["rows_per_second"] = results["rows"] / results["seconds"]
    results |= {"plain_rows_per_second": plain, "of_plain": results["rows_per_second"] / plain}
    results = {name: round(value, 3) for name, value in results.items()}
    targets = judged(LIMITS, results)
    return {
        "name": "export",
        "results": results,
        "targets": targets,
        "passed": all(one["met"] for one in targets.values()),
    }


def _plain(database: Path, target: Path) -> float:
    """Rows a second of a loop that does nothing but read `reviews` and dump it."""
    connection = sqlite3.connect(database)
    start, read = time.perf_counter(), 0
    with target.open("w", encoding="utf-8") as file:
        for read, row in enumerate(connection.execute("SELECT * FROM reviews ORDER BY id"), 1):  # noqa: B007  counts
            file.write(json.dumps(row) + "\n")
    connection.close()
    return read / (time.perf_counter() - start)


def _fill(url: str, root: Path, number: int) -> None:
    bench = Workbench.open(Settings(url, root / "data"))
    bench.store.studies.create("none", StudySettings())
    study = bench.store.studies.create("all", StudySettings()).id
    named = (f"person {at}" for at in range(1, PEOPLE))
    people = [
        bench.store.people.local().id,
        *(bench.store.people.add(name, Role.REVIEWER, "").reviewer.id for name in named),
    ]
    path = bench.store.database.path
    bench.close()
    with closing(sqlite3.connect(path)) as connection:
        triggers = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
    dropped = [f"DROP TRIGGER {name}" for name in triggers]  # they keep what screens are made of; nothing of it leaves
    insert(path, _rows(number, study, people), first=dropped)


def _rows(number: int, study: int, people: list[int]) -> Iterator[tuple[str, str, Iterator[tuple]]]:
    images = range(1, -(-number // PER_IMAGE) + 1)
    ids = range(1, number + 1)
    yield (
        "images",
        "id, key, sha256, width, height, format, bytes, path, split, generator, prompt, is_real",
        (
            (AT, at, f"{at:032x}", f"{at:064x}", 640, 480, "PNG", 1000, f"images/aa/{at}.png", "train", "made", "a", 0)
            for at in images
        ),
    )
    yield "image_sources", "image_id, source, name", ((AT, at, "made", f"{at}.png") for at in images)
    yield "opinion_scores", "image_id, source, rating", ((AT, at, "made", at % 100) for at in images)
    yield (
        "descriptions",
        "id, image_id, text, text_sha256, verdict, explanation, provider, model",
        ((AT, at, at, f"Yes. {_TEXT}", f"{at:064x}", "yes", _TEXT, "made", "one") for at in images),
    )
    phrases = ("The hand has six fingers", "the sign is garbled")
    yield (
        "findings",
        "id, description_id, position, phrase",
        ((AT, 2 * at - 1 + n, at, n, phrase) for at in images for n, phrase in enumerate(phrases)),
    )
    yield (
        "reviews",
        "id, submission_id, study_id, image_id, reviewer_id, role, revision, kind, rating, description_id, judgement, "
        "verdict, explanation, active_seconds, reason, note, app_version",
        (
            (AT, at, f"submission-{at}", study, _image(at), people[at % PEOPLE], "reviewer", 1, "review", at % 101,
             _image(at), "partly", "somewhat", f"{_TEXT} {at}", 12.5, "", "", "0.1.0")
            for at in ids
        ),
    )  # fmt: skip
    states = ("kept", "dropped")
    yield (
        "review_findings",
        "id, review_id, position, state, phrase, finding_id",
        (
            (AT, 2 * at - 1 + n, at, n, states[n], phrase, 2 * _image(at) - 1 + n)
            for at in ids
            for n, phrase in enumerate(phrases)
        ),
    )
    yield (
        "review_regions",
        "review_finding_id, position, shape, coordinates",
        ((AT, 2 * at - 1, 0, "box", "[10.5, 20, 100, 200.25]") for at in ids),
    )


def _image(review: int) -> int:
    return (review - 1) // PER_IMAGE + 1
