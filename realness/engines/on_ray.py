"""The work in other processes, on this machine or on many, by Ray Data: a pool of actors, one model a worker."""

import pickle
import time
import warnings
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

from realness.engines.cluster import connected, loaded
from realness.engines.pool import Unready, Worker
from realness.engines.work import Done, Engine, Job, R, T
from realness.errors import EngineProblem, InvalidValue

RETRIES = 3
"""Times that items are handed out again after the worker that had them died."""
MOST_PARTS = 10_000
"""Parts that all items are handed out in, at most: each costs this process some milliseconds."""
PARTS_EACH = 8
"""For every worker, at least, where there are items enough: so that none waits for long for the last one."""
SHARE = 0.5
"""Of its cores a worker asks Ray for so much: where actors hold all cores of a machine, Ray's own tasks find none, and
nothing moves.
"""


@dataclass(frozen=True)
class Ray(Engine):
    """Workers by Ray Data. A Ray that this process is connected to already is used, and left running.

    Attributes:
        address: of a cluster (`HOST:PORT`, or `auto` on one of its machines); None starts one on this machine, for this
            run alone.
        workers: how many; None for one a GPU, or without any one a core, or a machine where the work fills all cores.
        data: see `Engine`.
    """

    address: str | None = None
    workers: int | None = None
    data: str | None = None
    apart = True

    def __post_init__(self) -> None:
        if self.address and "://" in self.address:
            raise InvalidValue(
                f"--ray-address must be HOST:PORT or auto, got {self.address}; begin the run on one of the cluster's "
                "machines"
            )

    def results(self, job: Job[T, R], items: Sequence[T]) -> Generator[Done[R]]:
        """See `Engine`; as they are done. A worker that dies costs no item: what it had is done again."""
        loaded(self.address)
        if not items:
            return
        seen: set[int] = set()
        with connected(self.address), closing(_rows(job, items, _pool(self.workers, job, len(items)))) as rows:
            for row in rows:
                begun = time.perf_counter() - row["seconds"]
                if row["at"] not in seen:  # what a worker handed over before it died may come again
                    seen.add(row["at"])
                    yield Done(row["at"], partial(_unpickled, row["result"]), begun)
        if len(seen) < len(items):
            raise EngineProblem(
                f"{len(items) - len(seen)} of {len(items)} did not come back; run the same command again"
            )


@dataclass(frozen=True)
class _Pool:
    """So many workers, each with so many cores to compute on, asking Ray for so many CPUs and GPUs."""

    workers: int
    cores: int
    cpus: float
    gpus: float


def _pool(workers: int | None, job: Job[Any, Any], items: int) -> _Pool:
    import ray  # noqa: PLC0415  a second to import, for many machines only

    there, machines = ray.cluster_resources(), sum(bool(node["Alive"]) for node in ray.nodes())
    cores, gpus = int(there.get("CPU", 1)), int(there.get("GPU", 0))
    wanted = workers or gpus or (machines if job.whole else cores)
    count = max(1, min(wanted, items))
    each = max(1, cores // max(count, machines))
    return _Pool(count, each, SHARE * min(each, cores / count), min(1.0, gpus / count))


def _rows(job: Job[T, R], items: Sequence[T], pool: _Pool) -> Generator[dict[str, Any]]:
    """What `Worker` gives for each item, a part at a time as workers hand them back."""
    import ray.data  # noqa: PLC0415
    from ray.exceptions import RayError  # noqa: PLC0415
    from ray.util.annotations import RayDeprecationWarning  # noqa: PLC0415

    given = [{"at": at, "item": pickle.dumps(item)} for at, item in enumerate(items)]
    together = max(1, min(job.together, len(items) // (PARTS_EACH * pool.workers)))
    parts = min(-(-len(items) // together), MOST_PARTS)
    with warnings.catch_warnings():
        # There is no other way to say how often yet; this one goes in 2.64.
        warnings.filterwarnings("ignore", "`ray_remote_args` is deprecated", RayDeprecationWarning)
        done = ray.data.from_items(given, override_num_blocks=parts).map_batches(
            Worker,
            fn_constructor_args=(pickle.dumps(job.elsewhere), pool.cores),
            batch_size=None,
            batch_format="numpy",
            compute=ray.data.ActorPoolStrategy(size=pool.workers),
            num_cpus=pool.cpus,
            num_gpus=pool.gpus or None,
            max_task_retries=RETRIES,
        )
    try:
        yield from done.iter_rows()
    except RayError as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise EngineProblem(
            f"the workers stopped ({reason}); what came before is kept, and the same command goes on from there"
        ) from error


def _unpickled(pickled: bytes) -> Any:
    result, error = pickle.loads(pickled)
    if isinstance(error, Unready):
        raise error.args[0]
    if error is not None:
        raise error
    return result
