"""Asking a describer for the descriptions that are missing."""

from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial

from realness.describe import BatchState, Describer, Price, Reply, Unanswered, request_digest
from realness.domain import Description, Skipped, StoredImage, Study
from realness.engines import LOCAL, Engine, Job
from realness.errors import DescriberProblem, InvalidValue, UnreadableImage
from realness.store import NewReply
from realness.workbench.alone import alone
from realness.workbench.bench import Progress, Workbench, silent
from realness.workbench.spending import Budget, Estimate, estimate
from realness.workbench.worker_places import Place
from realness.workbench.workers import Asker

AGAIN = ("refused", "empty", "invalid")
"""Replies without a description, which may be asked for again."""
MOST_IN_A_ROW = 10
"""So many images without a reply, one after another, and the run ends: it would only trouble the server."""

_Task = tuple[StoredImage, str]


@dataclass(frozen=True)
class DescribeOptions:
    """Which images are asked about, and how much that may cost.

    Attributes:
        study: its images alone; None for all.
        limit: at most so many images.
        again: images whose newest reply to the same request is one of these are asked about again.
        price: None where it is not known.
        max_cost: in US dollars, of this run; None for no limit.
    """

    study: Study | None = None
    limit: int | None = None
    again: Collection[str] = ()
    price: Price | None = None
    max_cost: float | None = None

    def __post_init__(self) -> None:
        if self.max_cost is not None and self.price is None:
            raise InvalidValue(
                "--max-cost needs the model's price, which is not known; give it: --price IN OUT, in US dollars for a "
                "million tokens"
            )


@dataclass
class DescribeReport:
    """What a run did.

    Attributes:
        descriptions: that are kept now.
        skipped: images without one, by name, and why.
        input_tokens, output_tokens: of this run's replies, as far as the server tells.
        cost: of them in US dollars; None where it is not known.
        left: images that were not asked about, since it might have cost more than it may.
        worst_cost: of one of those, in US dollars.
        overcounted: the server counted more tokens than were asked for, so the run stopped.
        before: replies to the same request that were there already, by status.
        waiting: images whose batch is not answered yet.
        batches: that the server is at work on, as it told just now.
    """

    descriptions: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = 0.0
    left: int = 0
    worst_cost: float | None = None
    overcounted: bool = False
    before: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    batches: list[BatchState] = field(default_factory=list)

    def count(self, name: str, reply: Reply, cost: float | None) -> None:
        """Count a reply that is kept."""
        self.input_tokens += reply.usage.input_tokens or 0
        self.output_tokens += reply.usage.output_tokens or 0
        self.cost = None if cost is None or self.cost is None else self.cost + cost
        if reply.status == "described":
            self.descriptions += 1
        else:
            self.skipped.append(Skipped(name, reply.reason))


def request_of(describer: Describer) -> str:
    """What the replies of this describer to this prompt are known by; see `request_digest`."""
    asked = describer.asked
    return request_digest(describer.provider, describer.identity, asked.prompt, asked.parameters)


def missing(bench: Workbench, describer: Describer, options: DescribeOptions) -> list[_Task]:
    """The images that are to be asked about, with their names."""
    study_id = options.study.id if options.study else None
    return bench.store.replies.missing(
        request_of(describer), study_id=study_id, again=options.again, limit=options.limit
    )


def expected(bench: Workbench, describer: Describer, options: DescribeOptions) -> Estimate:
    """What `describe_images` would take. Nothing is asked."""
    tasks = missing(bench, describer, options)
    return estimate(describer.asked, [image for image, _ in tasks], options.price)


def describe_images(
    bench: Workbench,
    describer: Describer,
    options: DescribeOptions | None = None,
    progress: Progress = silent,
    engine: Engine = LOCAL,
) -> DescribeReport:
    """Ask about every image that has no reply to this request yet. Each reply is kept as it comes, so a run that was
    stopped goes on from there, and no reply is paid for twice.

    Args:
        engine: another than `LOCAL` has a local describer in each of its workers.

    Raises:
        InvalidValue: the engine goes with local describers alone, and knows no `max_cost`.
        EngineProblem: see `Engine`; what came before is kept.
        DescriberProblem: the describer cannot be reached, or refuses the key or the model; what came before is kept;
            or another run is at work on this database.
    """
    options = options or DescribeOptions()
    if engine.apart and (describer.provider != "local" or options.max_cost is not None):
        raise InvalidValue(
            "--engine ray goes with a local describer and without --max-cost; a server is asked from here, about more "
            "images at once with --concurrency"
        )
    run = _Run(bench, describer, options)
    study_id = options.study.id if options.study else None
    with alone(bench):
        run.report.before = bench.store.replies.counts(run.request, study_id)
        run.report.waiting = bench.store.replies.waiting(run.request, study_id)
        tasks = missing(bench, describer, options)
        if engine.apart:
            run.apart(tasks, progress, engine)
        else:
            run.all(tasks, progress)
    return run.report


class _Run:
    """One run: asks in threads; counts, and decides on the next one, in the thread that began it."""

    def __init__(self, bench: Workbench, describer: Describer, options: DescribeOptions) -> None:
        self.bench, self.describer, self.price = bench, describer, options.price
        self.request, self.report = request_of(describer), DescribeReport()
        self.budget = Budget(describer.asked, options.price, options.max_cost)
        self.finished = self.in_a_row = 0
        self.waiting: dict[Future[Reply], _Task] = {}
        self.ask = Asker(describer, Place.of(bench, LOCAL))

    def all(self, tasks: list[_Task], progress: Progress) -> None:
        progress(0, len(tasks))
        if tasks:
            self.describer.check()
        coming = deque(tasks)
        with ThreadPoolExecutor(self.describer.at_once) as pool:
            try:
                self._begin(pool, coming)
                while self.waiting:
                    for done in wait(self.waiting, return_when=FIRST_COMPLETED).done:
                        self._count(done.result, *self.waiting.pop(done))
                    progress(self.finished, len(tasks))
                    self._begin(pool, coming)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)  # those in flight are paid for, so they are waited for
        if coming:
            self.report.left, self.report.worst_cost = len(coming), self.budget.worst(coming[0][0])
            self.report.overcounted = self.budget.overcounted

    def apart(self, tasks: list[_Task], progress: Progress, engine: Engine) -> None:
        """As `all`, by workers that know neither what this costs nor where it is kept."""
        progress(0, len(tasks))
        load = partial(Asker.load, self.describer.asked, self.describer.identity, Place.of(self.bench, engine))
        job = Job(here=self.ask, elsewhere=load, whole=True)
        with closing(engine.results(job, [image for image, _ in tasks])) as results:
            for done in results:
                image, name = tasks[done.at]
                self._count(partial(self._kept, image, done.result), image, name)
                progress(self.finished, len(tasks))

    def _begin(self, pool: ThreadPoolExecutor, coming: deque[_Task]) -> None:
        """Ask about as many more as may be asked at once; the very first alone, which may show that none can be, or
        how the server counts.
        """
        most = self.describer.at_once if self.finished and self.budget.learned else 1
        while coming and len(self.waiting) < most and self.budget.has_room(coming[0][0], len(self.waiting)):
            image, name = coming.popleft()
            self.waiting[pool.submit(self._ask, image)] = (image, name)

    def _ask(self, image: StoredImage) -> Reply:
        """Ask about one image and keep the reply, in a thread of its own: an answer that came is not lost with us."""
        return self._kept(image, partial(self.ask, image))

    def _kept(self, image: StoredImage, asked: Callable[[], Reply]) -> Reply:
        reply = asked()
        keep(self.bench, self.describer, image, reply, self.price)
        if reply.ends is not None:
            raise reply.ends
        return reply

    def _count(self, result: Callable[[], Reply], image: StoredImage, name: str) -> None:
        self.finished += 1
        try:
            reply = result()
        except UnreadableImage as error:
            self.report.skipped.append(Skipped(name, str(error)))
        except Unanswered as error:
            self.budget.count(image, None, None)
            self.report.skipped.append(Skipped(name, str(error)))
            self.in_a_row += 1
            if self.in_a_row >= MOST_IN_A_ROW:
                raise DescriberProblem(
                    f"the last {MOST_IN_A_ROW} images had no reply ({error}); what came before is kept"
                ) from None
        else:
            self.in_a_row = 0
            cost = cost_of(reply, self.price)
            self.budget.count(image, cost, reply.usage, reply.attempts)
            self.report.count(name, reply, cost)


def keep(
    bench: Workbench,
    describer: Describer,
    image: StoredImage,
    reply: Reply,
    price: Price | None,
    batch_id: int | None = None,
) -> None:
    """Keep a reply, and the description that it is."""
    version, answer = describer.asked.prompt.version, reply.answer
    said = None
    if answer is not None:
        said = Description(
            text=answer.text,
            verdict=answer.verdict,
            explanation=answer.explanation,
            provider=describer.provider,
            model=describer.name,
            prompt_version=version,
            findings=answer.findings,
        )
    kept = NewReply(
        image_id=image.id,
        request=request_of(describer),
        provider=describer.provider,
        model=describer.name,
        prompt_version=version,
        parameters=reply.parameters,
        status=reply.status,
        raw=reply.raw,
        reason=reply.reason,
        input_tokens=reply.usage.input_tokens,
        output_tokens=reply.usage.output_tokens,
        cost=cost_of(reply, price),
        seconds=reply.seconds,
        attempts=reply.attempts,
        description=said,
        batch_id=batch_id,
    )
    bench.store.replies.add(kept)


def cost_of(reply: Reply, price: Price | None) -> float | None:
    """What a reply cost in US dollars; None where that is not known."""
    return price.of(reply.usage) if price else None
