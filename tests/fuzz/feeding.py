"""Feeds broken files to what reads them, in this process, and tells of each: run as a program by the test.

    python feeding.py FOLDER COUNT SEED

A line of JSON at the end of each kind; a line before each input is flushed only as a number in a file, so that whoever
started it knows which one ended or held up the process.
"""

import json
import resource
import signal
import sys
import time
import traceback
from itertools import islice
from pathlib import Path

import seeds
import targets

PATIENCE = 20
"""Seconds for one input."""


def peak() -> int:
    """Most bytes that this process ever had in memory; what `getrusage` tells may be of the one that started it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM"))) * 1024


def late(_number: int, _frame: object) -> None:
    """An input takes too long."""
    raise TimeoutError("it hangs")


def main(folder: Path, count: int, seed: int) -> None:
    """Feed `count` inputs, the same number of each kind."""
    kinds = targets.all_of(folder)
    signal.signal(signal.SIGALRM, late)
    share, more = divmod(count, len(kinds))
    at = (folder / "at").open("wb", buffering=0)
    for place, (kind, (feed, wholes)) in enumerate(kinds.items()):
        told = {"read": 0, "refused": 0, "failed": 0, "slowest": 0.0}
        before = peak()
        for number, data in enumerate(islice(seeds.mutated(wholes, seed), share + (place < more))):
            at.write(f"{kind} {number}\n".encode())
            began = time.monotonic()
            signal.alarm(PATIENCE)
            try:
                told[feed(data)] += 1
            except BaseException:  # noqa: BLE001  whatever it is, it is what is looked for
                told["failed"] += 1
                (folder / f"failed-{kind}-{number}").write_bytes(data)
                traceback.print_exc()
            signal.alarm(0)
            told["slowest"] = max(told["slowest"], round(time.monotonic() - began, 3))
        print(json.dumps({"kind": kind, **told, "grown": peak() - before, "peak": peak()}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
