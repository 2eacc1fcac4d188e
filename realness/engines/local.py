"""The work in this process, in one thread or in several."""

import time
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from realness.engines.work import Done, Engine, Job, R, T

AHEAD = 2
"""Items that are begun or wait to be fetched, besides the one that each thread works on."""


class Local(Engine):
    """Several threads begin items before they are asked for; one does not."""

    apart = False

    def results(self, job: Job[T, R], items: Sequence[T]) -> Generator[Done[R]]:
        """See `Engine`; in order."""
        begun, threads = time.perf_counter(), min(job.at_once, len(items))
        if threads <= 1:
            yield from (Done(at, partial(job.here, item), begun) for at, item in enumerate(items))
            return
        waiting: deque[tuple[int, int, Future[R]]] = deque()

        def first() -> Done[R]:
            at, _, future = waiting.popleft()
            return Done(at, future.result, begun)

        with ThreadPoolExecutor(threads) as pool:
            try:
                for at, item in enumerate(items):
                    size = job.size(item)
                    while waiting and (
                        len(waiting) >= threads + AHEAD or size + sum(each for _, each, _ in waiting) > job.most
                    ):
                        yield first()
                    waiting.append((at, size, pool.submit(job.here, item)))
                while waiting:
                    yield first()
            finally:
                for _, _, each in waiting:
                    each.cancel()
