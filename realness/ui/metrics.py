"""Figures of the running app, as Prometheus reads them."""

import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from realness.errors import DatabaseProblem
from realness.store import copying
from realness.workbench import Workbench

AT_WORK = 300.0
"""Seconds after their last request for which a person counts as being at work."""
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0)
_SAVES = {
    ("POST", "/api/reviews"): "review",
    ("POST", "/api/lock"): "rating",
    ("PUT", "/api/draft"): "draft",
    ("POST", "/api/adjudications"): "adjudication",
}


class Metrics:
    """Counts requests by route, never by address, and reads the rest when it is asked.

    Attributes:
        running: requests that are being answered now.
    """

    def __init__(self, bench: Workbench) -> None:
        self.running = 0
        self.seen: dict[int, float] = {}
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "realness_requests", "Answered requests.", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "realness_request_seconds", "Time to the end of the answer.", ("route",), buckets=_SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self._saves = Counter("realness_saves", "What was acknowledged as saved.", ("kind",), registry=self.registry)
        for kind in _SAVES.values():
            self._saves.labels(kind)
        self.registry.register(_State(bench, self))
        ProcessCollector(registry=self.registry)

    def answered(self, method: str, route: str, status: int, seconds: float, person: int | None) -> None:
        """One more request was answered."""
        key = (method, route, status)
        found = self._children.get(key)
        if found is None:  # looking a child up by its labels takes as long as all the rest
            found = self._children[key] = self._requests.labels(method, route, status), self._seconds.labels(route)
        found[0].inc()
        found[1].observe(seconds)
        if status == 200 and (method, route) in _SAVES:
            self._saves.labels(_SAVES[method, route]).inc()
        if person is not None:
            self.seen[person] = time.monotonic()

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)


class _State(Collector):
    """What is read at the time of asking."""

    def __init__(self, bench: Workbench, metrics: Metrics) -> None:
        self.bench, self.metrics = bench, metrics

    def collect(self) -> Iterable[Metric]:
        """Now."""
        database, since = self.bench.store.database, time.monotonic() - AT_WORK
        people = sum(at > since for at in self.metrics.seen.copy().values())
        yield _gauge("running_requests", "Requests that are being answered.", self.metrics.running)
        yield _gauge("people_at_work", f"People who asked for something within {AT_WORK:.0f} seconds.", people)
        path = database.backend.address.path
        if path is not None:
            yield _gauge("database_bytes", "Size of the database's file.", _size(path))
            log = path.with_name(f"{path.name}-wal")
            yield _gauge("database_log_bytes", "Size of the log beside the database.", _size(log))
        else:
            with suppress(DatabaseProblem):  # what else there is to tell is told when the server is away, too
                yield _gauge("database_bytes", "Size of the database.", copying.size(database))
        free = shutil.disk_usage(self.bench.settings.data).free
        yield _gauge("data_free_bytes", "Free bytes of the disk that holds the data folder.", free)
        slow = database.slow
        told = f"Statements that took {slow.ms:g} ms or more."
        yield CounterMetricFamily("realness_slow_statements", told, value=slow.count)


def _gauge(name: str, told: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"realness_{name}", told, value=value)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
