"""Gather what operators watch: the queue, the workers, the disks, the networks."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mien import __version__
from mien.runtime.weights import WeightsState, WeightsStatus
from mien.server.parts import ServerParts
from mien.storage.jobs import QueueFigures, WorkerReport

SEEN_SECONDS = 60.0
WEIGHTS_SECONDS = 600.0


class Figures:
    """Gather what operators watch; every method blocks on the store. Networks are read anew every ten minutes."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts
        self._weights: Sequence[WeightsStatus] = ()
        self._weights_until = 0.0

    def queue(self) -> QueueFigures:
        """Return what is to be watched of the queue."""
        return self._parts.jobs.figures()

    def workers(self) -> list[WorkerReport]:
        """Return the workers seen within the last minute."""
        earliest = self._parts.clock() - SEEN_SECONDS * 1000
        return [worker for worker in self._parts.jobs.workers() if worker.seen_ms >= earliest]

    def weights(self) -> Sequence[WeightsStatus]:
        """Return what is known of the networks."""
        if time.monotonic() >= self._weights_until:
            self._weights = self._parts.inside.weights()
            self._weights_until = time.monotonic() + WEIGHTS_SECONDS
        return self._weights

    def health(self) -> dict[str, Any]:
        """Say whether the server can do its work; names no machine, no folder and no file.

        `status` is `ok`; `degraded` when jobs are taken and nobody works on them or networks are missing; `failing`
        when none can be taken, for the store does not answer or the disk is full.
        """
        disk = {room.folder: asdict(room) for room in self._parts.inside.room.rooms()}
        absent = [status.manifest.weights for status in self.weights() if status.state is not WeightsState.PRESENT]
        began = time.monotonic()
        try:
            queue, workers = self.queue(), self.workers()
        except Exception as error:
            store = {"reachable": False, "error": type(error).__name__}
            return {"status": "failing", "version": __version__, "store": store, "disk": disk}
        full = not all(room["enough"] for room in disk.values())
        degraded = not workers or bool(absent)
        return {
            "status": "failing" if full else "degraded" if degraded else "ok",
            "version": __version__,
            "store": {"reachable": True, "milliseconds": round((time.monotonic() - began) * 1000, 1)},
            "workers": len(workers),
            "devices": sorted({worker.device for worker in workers}),
            "queue": {"jobs": queue.queued_jobs, "tasks": queue.queued_tasks, "running": queue.running_tasks},
            "disk": disk,
            "weights_missing": absent,
        }

    def system(self) -> dict[str, Any]:
        """Return what an operator wants to see on one page; what a worker measures is not among it."""
        now_ms = self._parts.clock()
        return {
            "health": self.health(),
            "workers": [_worker(worker, now_ms) for worker in self._parts.jobs.workers()],
            "queue": _queue(self.queue()),
            "weights": [_network(status) for status in self.weights()],
            "models": sorted(self._parts.models),
        }


def _worker(worker: WorkerReport, now_ms: int) -> dict[str, Any]:
    shown = asdict(worker)
    shown["busy"] = shown.pop("current") is not None
    shown["seen_seconds_ago"] = round(max(0, now_ms - shown.pop("seen_ms")) / 1000, 1)
    return shown


def _queue(figures: QueueFigures) -> dict[str, Any]:
    shown = asdict(figures)
    shown.pop("task_seconds")
    return shown


def _network(status: WeightsStatus) -> dict[str, Any]:
    manifest = status.manifest
    return {
        "name": manifest.weights,
        "version": manifest.version,
        "licence": manifest.licence,
        "origin": manifest.origin,
        "bytes": manifest.bytes,
        "state": status.state.value,
    }
