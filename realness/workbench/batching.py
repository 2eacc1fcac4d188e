"""Asking a describer in batches: submitted by one call, collected by a later one of the same command."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from realness import images
from realness.describe import MOST_BYTES, MOST_REQUESTS, BatchServer, BatchState, ServerDescriber
from realness.domain import Skipped, StoredImage
from realness.errors import NotFound, UnreadableImage
from realness.store import StoredBatch
from realness.workbench.alone import alone
from realness.workbench.bench import Progress, Workbench, silent
from realness.workbench.describing import DescribeOptions, DescribeReport, cost_of, keep, missing, request_of
from realness.workbench.spending import Budget

_AT_ONCE = 64
"""Pictures that are made ready together."""

_Task = tuple[StoredImage, str]


def describe_in_batches(
    bench: Workbench, describer: ServerDescriber, options: DescribeOptions, progress: Progress = silent
) -> DescribeReport:
    """Collect what the batches of this request that were submitted before have come to, then submit a batch of every
    image that has neither a reply nor a place in one that waits.

    It may be stopped at any point: a batch is noted before the server is given it, and carries our token, by which it
    is found there when its name was not noted any more.

    Raises:
        DescriberProblem: the server cannot be reached, refuses the key, or has no Batch API; or another run is at
            work on this database.
    """
    run = _Batches(bench, describer, options)
    study_id = options.study.id if options.study else None
    with alone(bench):
        run.report.before = bench.store.replies.counts(run.request, study_id)
        describer.check()
        for batch in bench.store.batches.live(run.request):
            run.collect(batch)
        run.submit(progress)
    return run.report


class _Batches:
    def __init__(self, bench: Workbench, describer: ServerDescriber, options: DescribeOptions) -> None:
        self.bench, self.describer, self.options = bench, describer, options
        self.server, self.request, self.report = BatchServer(describer), request_of(describer), DescribeReport()
        self.kept_back: set[int] = set()
        """Images of a batch that ended just now: those without a reply are asked about next time."""

    def collect(self, batch: StoredBatch) -> None:
        """Keep what has come of a batch; one that never reached the server is given up."""
        state = self._state(batch)
        self._file(batch.token).unlink(missing_ok=True)
        if state is None:
            self.bench.store.batches.end(batch.id, collected=False)
            return
        if not state.ended:
            self.report.batches.append(state)
            self.report.waiting += len(batch.images)
            return
        self.kept_back.update(batch.images)
        self._keep_results(batch, state)
        self.bench.store.batches.end(batch.id, collected=True)

    def _state(self, batch: StoredBatch) -> BatchState | None:
        remote_id = batch.remote_id
        if remote_id is None:
            remote_id = self.server.named(batch.token)
            if remote_id is None:
                return None
            self.bench.store.batches.submitted(batch.id, remote_id)
        return self.server.state(remote_id)

    def _keep_results(self, batch: StoredBatch, state: BatchState) -> None:
        there = self.bench.store.replies.of_batch(batch.id)  # by a call that was stopped
        open_ = {image.facts.sha256: image for image in self._images(batch) if image.id not in there}
        reasons: dict[str, str] = {}
        for name, said in self.server.results(state):
            if name not in open_:
                continue
            if isinstance(said, str):
                reasons[name] = said
                continue
            image = open_.pop(name)
            reply = self.server.judge(said, (image.facts.width, image.facts.height))
            keep(self.bench, self.describer, image, reply, self.options.price, batch.id)
            self.report.count(self._name(image), reply, cost_of(reply, self.options.price))
        for name, image in open_.items():
            why = f"{self.describer.provider}: {reasons.get(name, state.reason)}"
            self.report.skipped.append(Skipped(self._name(image), f"{why}; it is asked about again next time"))

    def _images(self, batch: StoredBatch) -> Iterator[StoredImage]:
        for identifier in batch.images:
            try:
                yield self.bench.store.images.by_id(identifier)
            except NotFound:  # removed meanwhile
                continue

    def _name(self, image: StoredImage) -> str:
        return self.bench.store.images.name(image.id) or image.facts.sha256

    def submit(self, progress: Progress) -> None:
        """Submit what is missing, in as many batches as it takes."""
        tasks = [one for one in missing(self.bench, self.describer, self.options) if one[0].id not in self.kept_back]
        budget = Budget(self.describer.asked, self.options.price, self.options.max_cost)
        wanted: list[_Task] = []
        for image, name in tasks:
            if not budget.has_room(image, 0):
                break
            budget.count(image, None, None)
            wanted.append((image, name))
        if left := tasks[len(wanted) :]:
            self.report.left, self.report.worst_cost = len(left), budget.worst(left[0][0])
        progress(0, len(wanted))
        lines, done = self._lines(wanted), 0
        first = next(lines, None)
        while first is not None:
            token = secrets.token_hex(16)
            within, first = _write(self._file(token), first, lines)
            done += len(within)
            self._give(token, within)
            progress(done, len(wanted))

    def _give(self, token: str, within: list[int]) -> None:
        asked, file = self.describer.asked, self._file(token)
        told = {"request": self.request, "base_url": self.describer.endpoint.stored, "model": self.describer.name}
        batch_id = self.bench.store.batches.begin(token, **told, prompt_version=asked.prompt.version, images=within)
        remote_id = self.server.submit(file, token)
        self.bench.store.batches.submitted(batch_id, remote_id)
        file.unlink()
        self.report.waiting += len(within)
        self.report.batches.append(BatchState(remote_id, "submitted", 0, len(within), False, (), ""))

    def _file(self, token: str) -> Path:
        return self.bench.settings.data / "batches" / f"{token}.jsonl"

    def _lines(self, tasks: list[_Task]) -> Iterator[tuple[int, bytes]]:
        """Each image's id and its request; those that cannot be read are listed."""
        with ThreadPoolExecutor(self.describer.at_once) as pool:
            coming = iter(tasks)
            while some := list(islice(coming, _AT_ONCE)):
                for (image, name), line in zip(some, pool.map(self._line, some), strict=True):
                    if isinstance(line, Skipped):
                        self.report.skipped.append(Skipped(name, line.reason))
                    else:
                        yield image.id, line

    def _line(self, task: _Task) -> bytes | Skipped:
        image, name = task
        try:
            _, picture = images.read_image(self.bench.checked_file(image))
        except UnreadableImage as error:
            return Skipped(name, str(error))
        return self.server.line(image.facts.sha256, picture)


def _write(
    file: Path, first: tuple[int, bytes], lines: Iterator[tuple[int, bytes]]
) -> tuple[list[int], tuple[int, bytes] | None]:
    """Write requests to a file until it is full. Gives the images' ids, and the request that it had no room for."""
    file.parent.mkdir(parents=True, exist_ok=True)
    within, size, one = [], 0, first
    with file.open("wb") as target:
        while one is not None and len(within) < MOST_REQUESTS and size + len(one[1]) <= MOST_BYTES:
            target.write(one[1])
            within.append(one[0])
            size += len(one[1])
            one = next(lines, None)
    return within, one
