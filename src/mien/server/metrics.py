"""Give the figures that Prometheus collects."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from mien import __version__
from mien.server.figures import Figures
from mien.storage.disk_room import DiskRoom
from mien.storage.jobs import QueueFigures, WorkerReport

REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


class Metrics:
    """Count the requests this process answers, and give all figures in Prometheus' text format."""

    def __init__(self) -> None:
        # A second series per figure that says when it began, which nobody asks for.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "mien_http_requests", "Requests answered.", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "mien_http_request_seconds",
            "Seconds until the answer began.",
            ("method", "route"),
            buckets=REQUEST_SECONDS,
            registry=self._registry,
        )

    def watch(self, figures: Figures, room: DiskRoom) -> None:
        """Give the figures of the store and the disks, too; they are read whenever all are asked for."""
        self._registry.register(_Store(figures, room))

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self) -> bytes:
        """Return every figure; blocks on the store."""
        return generate_latest(self._registry)


class _Store(Collector):
    def __init__(self, figures: Figures, room: DiskRoom) -> None:
        self._figures = figures
        self._room = room

    def describe(self) -> list[Metric]:
        """Promise nothing, so that nothing is read at the start."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Read every figure."""
        yield _version()
        yield from _queue(self._figures.queue())
        yield from _workers(self._figures.workers())
        free = GaugeMetricFamily("mien_disk_free_bytes", "Bytes free on the disk of a folder.", labels=("folder",))
        for room in self._room.rooms():
            free.add_metric((room.folder,), room.free_bytes)
        yield free


def _queue(figures: QueueFigures) -> Iterator[Metric]:
    gauges = {
        "mien_jobs_queued": ("Jobs that wait to be started.", figures.queued_jobs),
        "mien_tasks_queued": ("Tasks that wait.", figures.queued_tasks),
        "mien_tasks_running": ("Tasks that run.", figures.running_tasks),
        "mien_oldest_wait_seconds": ("How long the oldest waiting task has waited.", figures.oldest_wait_seconds),
        "mien_deliveries_due": ("Callbacks and mails to be sent.", figures.deliveries_due),
        "mien_deliveries_given_up": ("Callbacks and mails given up.", figures.deliveries_failed),
    }
    for name, (told, value) in gauges.items():
        yield GaugeMetricFamily(name, told, value=value)
    counters = {
        "mien_lease_expiries": ("Leases that ended before their task did.", figures.lease_expiries),
        "mien_task_crashes": ("Tasks that ended the process they ran in.", figures.crashes),
        "mien_quarantines": ("Tasks set aside because they did so again and again.", figures.quarantines),
    }
    for name, (told, value) in counters.items():
        yield CounterMetricFamily(name, told, value=value)
    buckets = [(str(bound), float(count)) for bound, count in sorted(figures.task_seconds.items())]
    total = max((count for _, count in buckets), default=0.0)
    if not buckets or buckets[-1][0] != "inf":
        buckets.append(("inf", total))
    seconds = HistogramMetricFamily("mien_task_seconds", "Seconds that tasks took.")
    seconds.add_metric(
        (), [(bound.replace("inf", "+Inf"), count) for bound, count in buckets], figures.task_seconds_sum
    )
    yield seconds


def _workers(workers: list[WorkerReport]) -> Iterator[Metric]:
    yield GaugeMetricFamily("mien_workers", "Workers seen within the last minute.", value=len(workers))
    memory = GaugeMetricFamily("mien_worker_memory_bytes", "Memory of a worker with its child.", labels=("worker",))
    done = CounterMetricFamily("mien_worker_tasks", "Tasks a worker has done.", labels=("worker", "device"))
    for worker in workers:
        memory.add_metric((worker.name,), worker.memory_bytes)
        done.add_metric((worker.name, worker.device), worker.tasks_done)
    yield from (memory, done)


def _version() -> Metric:
    told = GaugeMetricFamily("mien_info", "The version that runs.", labels=("version",))
    told.add_metric((__version__,), 1)
    return told
