"""How long the server takes for a page of Browse, its total and its facets, with a score for each of many images.

The database holds an image, a description, an opinion score and a score for each; asked is the route itself. `open` is
a study that is not blind: all scores are shown. `blind` is one of whose images this reviewer has rated a twentieth;
`all` one of which the same person has rated every image, years of work: told, not judged. `first` is the time right
after something was written, when all is counted anew; `again` the time without. Judged is the processor's time, which
other work on the machine does not lengthen; the clock's is told too.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from benchmarks.filling import AT, insert
from realness.domain import StudySettings
from realness.settings import Settings
from realness.store.browse import SORTS
from realness.ui.entrance import Entrance
from realness.ui.routes import router
from realness.workbench import Workbench
from realness.workbench.accounts import Door
from realness.workbench.learning import Learning

Progress = Callable[[int, int | None], None]

IMAGES, IMAGES_QUICK = 100_000, 5_000
TURNS = 5
LIMIT_MS = 200.0
"""Longest that a page may take, in milliseconds."""
PER = 60
SEED = 2509
STUDIES = {"open": 0, "blind": 20, "all": 1}
"""Of how many images each this reviewer has rated one; 0 for none, in a study that is not blind."""
GENERATORS = tuple(f"generator {number}" for number in range(60))
TAGS = ("again", "for the paper", "melted", "unclear")
FILTERS: dict[str, dict[str, str]] = {
    "agreement": {"agreement": "disagrees"},
    "status": {"status": "todo"},
    "verdict": {"verdict": "somewhat"},
    "origin": {"origin": "generated"},
    "split": {"split": "test"},
    "generator": {"generator": GENERATORS[3]},
    "tags": {"tags": TAGS[0]},
    "flags": {"flags": "flagged"},
    "ratings": {"ratings": "open"},
    "notes": {"notes": "noted"},
}


def run(quick: bool = False, progress: Progress | None = None) -> dict[str, Any]:
    """Fill a database and ask for pages.

    Args:
        quick: 5,000 images instead of 100,000.
        progress: told how many pages were asked for, of how many.

    Returns:
        `name`; `results`: by study and by sort or filter `first_ms`, `again_ms` and the same of the processor's time as
        `first_cpu_ms`, `again_cpu_ms`, all medians; `images`; `targets`, each with its slowest; `passed`.
    """
    images = IMAGES_QUICK if quick else IMAGES
    asked = {f"sort {sort}": {"sort": sort} for sort in SORTS} | {f"filter {name}": f for name, f in FILTERS.items()}
    done, results = 0, {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Workbench.open(Settings(f"sqlite:///{folder}/browse.db", Path(folder) / "data"))
        studies = _fill(bench, images)
        app = FastAPI()
        app.state.bench, app.state.learning = bench, Learning(bench.settings)
        app.include_router(router)
        app.add_middleware(Entrance, door=Door(bench))
        with TestClient(app) as client:
            for study, number in studies.items():
                results[study] = {}
                for name, parameters in asked.items():
                    results[study][name] = _timed(bench, client, {"study": number, "per": PER, **parameters})
                    done += 1
                    if progress is not None:
                        progress(done, len(asked) * len(studies))
        bench.close()
    targets = {}
    for study in STUDIES:
        slowest = {kind: max(each[kind] for each in results[study].values()) for kind in ("first_ms", "first_cpu_ms")}
        name = f"{study}: a page of {images} scored images, its total and its facets come within {LIMIT_MS:.0f} ms"
        targets[name] = {**slowest, "met": slowest["first_cpu_ms"] <= LIMIT_MS, "judged": study != "all"}
    _print_table(results)
    passed = all(target["met"] for target in targets.values() if target["judged"])
    return {"name": "browse", "results": {**results, "images": images}, "targets": targets, "passed": passed}


def _timed(bench: Workbench, client: TestClient, parameters: dict[str, Any]) -> dict[str, float]:
    took: dict[str, list[float]] = {name: [] for name in ("first_ms", "again_ms", "first_cpu_ms", "again_cpu_ms")}
    for _ in range(TURNS):
        bench.store.studies.ensure(f"written-{time.monotonic_ns()}", StudySettings())
        for turn in ("first", "again"):
            clock, processor = time.perf_counter(), time.process_time()
            client.get("/api/browse", params=parameters).raise_for_status()
            took[f"{turn}_ms"].append(1000 * (time.perf_counter() - clock))
            took[f"{turn}_cpu_ms"].append(1000 * (time.process_time() - processor))
    return {name: round(statistics.median(each), 1) for name, each in took.items()}


def _fill(bench: Workbench, images: int) -> dict[str, int]:
    """The ids of the studies, which hold all the images."""
    store = bench.store
    who = store.people.local().id
    studies = {name: store.studies.create(name, StudySettings(blind=every > 0)).id for name, every in STUDIES.items()}
    insert(store.database.path, _rows(images, studies, who))
    return studies


def _rows(images: int, studies: dict[str, int], who: int) -> Iterator[tuple[str, str, Iterator[tuple]]]:
    draw, ids = random.Random(SEED), range(1, images + 1)
    text = "Somewhat. The hand has six fingers, the sign is garbled, and the handle melts into the rim of the cup. " * 3
    yield (
        "images",
        "id, key, sha256, width, height, format, bytes, path, split, generator, prompt, is_real",
        (
            (AT, at, f"{at:032x}", f"{at:064x}", 640, 480, "PNG", 1000, f"images/aa/{at}.png",
             draw.choice(("train", "test")), draw.choice(GENERATORS), "a cup on a table", draw.random() < 0.2)
            for at in ids
        ),
    )  # fmt: skip
    for study in studies.values():
        yield "study_images", "study_id, image_id, position", ((AT, study, at, at) for at in ids)
    yield (
        "descriptions",
        "id, image_id, text, text_sha256, verdict, explanation, provider",
        ((AT, at, at, text, f"{at:064x}", draw.choice(("yes", "somewhat", "no")), text, "made") for at in ids),
    )
    for study in studies.values():
        tagged = ((AT, study, at, tag, who) for at in ids for tag in draw.sample(TAGS, max(0, draw.randrange(-7, 3))))
        yield "tags", "study_id, image_id, tag, reviewer_id", tagged
    yield "opinion_scores", "image_id, source, rating", ((AT, at, "made", draw.uniform(0, 100)) for at in ids)
    spans = ((at, draw.uniform(10, 90), draw.uniform(2, 10)) for at in ids)
    yield (
        "predictions",
        "image_id, description_id, model, rating, low, high",
        ((AT, at, at, "fast-000000000000", score, score - half, score + half) for at, score, half in spans),
    )
    for name, every in STUDIES.items():
        rated = ids[::every] if every else ()
        yield (
            "assignments",
            "study_id, image_id, reviewer_id, blind_rating, rated_at",
            ((AT, studies[name], at, who, draw.uniform(0, 100), AT) for at in rated),
        )


def _print_table(results: dict[str, dict[str, dict[str, float]]]) -> None:
    for study, figures in results.items():
        for name, each in figures.items():
            told = ", ".join(f"{kind.removesuffix('_ms')} {value:.0f}" for kind, value in each.items())
            print(f"{study:6s} {name:20s} {told} ms", file=sys.stderr)  # noqa: T201
