"""Images to be worked on by many, and the processes of Ray's workers."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
from PIL import Image

from realness.workbench import Workbench
from realness.workbench.importing import ImportOptions, import_source

TEXTS = ("Yes. The cup melts into the hand.", "Somewhat. The sign is garbled, and the hand has six fingers.")


def import_many(bench: Workbench, folder: Path, count: int, size: tuple[int, int] = (90, 70)) -> None:
    """So many different images of `(width, height)` pixels with descriptions, in the study `many`."""
    folder.mkdir()
    rows = ["image,description"]
    for number in range(count):
        pixels = np.random.default_rng(number).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
        rows.append(f'{number}.png,"{TEXTS[number % len(TEXTS)]}"')
    (folder / "table.csv").write_text("\n".join(rows))
    import_source(bench, folder / "table.csv", ImportOptions(study="many"))


def map_rows(database: Path) -> list[tuple[int, str, str]]:
    """The image, path and hash of every map that the database has; none while it is being made."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT image_id, path, sha256 FROM maps").fetchall()
    except sqlite3.OperationalError:
        return []


def workers_of(process: int) -> list[int]:
    """The processes of Ray's actors below a process."""
    return [each for each in below(process) if b"MapWorker" in _told(each, "cmdline")]


def below(process: int) -> list[int]:
    """All processes that a process began, and those that they began."""
    parents: dict[int, list[int]] = {}
    for each in (int(place.name) for place in Path("/proc").iterdir() if place.name.isdigit()):
        if fields := _told(each, "stat").rpartition(b")")[2].split():
            parents.setdefault(int(fields[1]), []).append(each)
    found, coming = [], [process]
    while coming:
        children = parents.get(coming.pop(), [])
        found += children
        coming += children
    return found


def _told(process: int, what: str) -> bytes:
    try:
        return Path(f"/proc/{process}/{what}").read_bytes()
    except OSError:  # it has ended
        return b""
