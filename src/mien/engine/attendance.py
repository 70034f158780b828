"""Let a worker be seen: report every few seconds what it does, and take back what dead ones of this machine held."""

import logging
import os
import socket
from collections.abc import Callable
from threading import Event, Thread

import psutil

from mien.storage.jobs import JobStore, WorkerReport

logger = logging.getLogger(__name__)

REPORT_SECONDS = 3.0


class Attendance:
    """Report in a thread of its own until stopped; `look` says what there is to report."""

    def __init__(self, store: JobStore, look: Callable[[], WorkerReport]) -> None:
        self._store = store
        self._look = look
        self._done = Event()
        self._thread = Thread(target=self._report_on, name="mien-attendance", daemon=True)

    def begin(self) -> None:
        """Report once before anything is claimed, so that others know whose process holds it; then go on."""
        self._report()
        self._thread.start()

    def end(self) -> None:
        """Report no more."""
        self._done.set()
        self._thread.join()

    def _report_on(self) -> None:
        while not self._done.wait(REPORT_SECONDS):
            self._report()

    def _report(self) -> None:
        try:
            self._store.worker_seen(self._look())
        except Exception:
            logger.exception("workers: trouble with the store")


def take_back(store: JobStore) -> list[str]:
    """Let the leases of workers of this machine end whose processes are gone, and return their names.

    Without this their tasks wait until the leases end by themselves.
    """
    here, me = socket.gethostname(), os.getpid()
    # In a container that starts again, this process may have the id of the one that was killed.
    gone = [
        report.name
        for report in store.workers()
        if report.host == here and (report.pid == me or not psutil.pid_exists(report.pid))
    ]
    for name in gone:
        store.abandon(name)
    return gone


def resident_bytes() -> int:
    """Return the memory of this process."""
    return int(psutil.Process().memory_info().rss)
