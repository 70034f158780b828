"""Place workers on a Ray cluster; importing this module needs Ray, which keeps nothing that we could lose."""

import logging
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any, Final

import ray
from ray.exceptions import ActorUnavailableError, RayError

from mien.engine.pool_size import LEAVE_SECONDS, PoolPlan, Sizing
from mien.engine.supervisor import READY_SECONDS, Supervisor, WorkerFailed
from mien.storage.jobs import QueueFigures

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
AFTER_TROUBLE_SECONDS: Final = 5.0
START_ATTEMPTS: Final = 3
OBJECT_BYTES: Final = 80 * 1024**2
"""The least that Ray takes for objects; workers share none."""

STARTING: Final = "starting"
READY: Final = "ready"


@dataclass(frozen=True)
class WorkerOrder:
    """Say how a worker is started where it is placed: what that machine's Python is to run, and its settings."""

    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


class Seat:
    """Keep one worker running as a child of the process that Ray placed here; both end together."""

    def __init__(self, order: WorkerOrder) -> None:
        os.environ.update(order.environment)
        self._command = [sys.executable, *order.arguments]
        self._state = STARTING
        self._leaving = Event()
        self._supervisor = Supervisor(self._command, 1)
        Thread(target=self._keep_trying, name="mien-seat", daemon=True).start()

    def state(self) -> str:
        """Return `starting`, `ready`, or why the worker could not start so far."""
        return self._state

    def leave(self) -> None:
        """Let the worker put back what it has begun, and end it."""
        self._leaving.set()
        self._supervisor.stop()

    def _keep_trying(self) -> None:
        while not self._leaving.is_set():
            try:
                self._supervisor.start(READY_SECONDS)
            except WorkerFailed as failed:
                self._state = failed.message
                self._leaving.wait(AFTER_TROUBLE_SECONDS)
                self._supervisor = Supervisor(self._command, 1)
                continue
            self._state = READY
            return


@dataclass
class _Placed:
    """Hold the handle of a seat and the question that it has not yet answered."""

    seat: Any
    asked: Any
    state: str = STARTING
    leaves_until: float | None = None


class RayPool:
    """Keep as many workers on a cluster as the queue deserves.

    Ray places each where its share is free and places it anew when its process or machine dies. The workers hold leases
    as any other, so that whatever dies with Ray is claimed again.
    """

    def __init__(self, order: WorkerOrder, plan: PoolPlan, look: Callable[[], QueueFigures]) -> None:
        self._order = order
        self._least = plan.least
        self._sizing = Sizing(plan)
        self._look = look
        self._placed: list[_Placed] = []
        self._leaving: list[_Placed] = []
        seats: Any = ray.remote(Seat)
        self._actor = seats.options(num_cpus=plan.cpus, num_gpus=plan.gpus, max_restarts=-1, max_concurrency=2)

    def run_until(self, stop: Event, ready: Callable[[], None] = lambda: None) -> None:
        """Keep the pool sized until the event is set, then let all workers leave; `ready` is called once.

        It is called when the least number of workers can take tasks. The cluster must have been joined.
        """
        told = False
        while not stop.is_set():
            self._resize()
            self._ask()
            if not told and sum(each.state == READY for each in self._placed) >= self._least:
                ready()
                told = True
            stop.wait(LOOK_SECONDS)
        self._dismiss(len(self._placed))
        while self._leaving:
            self._see_off()
            time.sleep(0.1)

    def states(self) -> list[str]:
        """Return what is known of each worker."""
        return [each.state for each in self._placed]

    def _resize(self) -> None:
        try:
            figures = self._look()
        except Exception:
            logger.exception("pool: trouble with the store; its size stays")
            return
        present = len(self._placed)
        wanted = self._sizing.wanted(figures.queued_tasks + figures.running_tasks, present, time.monotonic())
        if wanted != present:
            logger.info("pool: %d tasks wait, %d run; %d workers become %d", *_counts(figures), present, wanted)
        for _ in range(wanted - present):
            seat = self._actor.remote(self._order)
            self._placed.append(_Placed(seat, seat.state.remote()))
        self._dismiss(present - wanted)
        self._see_off()

    def _ask(self) -> None:
        for each in list(self._placed):
            answered, _ = ray.wait([each.asked], timeout=0)
            if not answered:
                continue
            try:
                self._note(each, ray.get(each.asked))
            except ActorUnavailableError:
                self._note(each, STARTING)
            except RayError:  # it cannot come back: another takes its place
                logger.exception("pool: a worker is gone")
                self._placed.remove(each)
                continue
            each.asked = each.seat.state.remote()

    def _note(self, each: _Placed, state: str) -> None:
        if state not in (each.state, STARTING, READY):
            logger.warning("pool: a worker does not start: %s", state)
        each.state = state

    def _dismiss(self, number: int) -> None:
        for _ in range(number):
            each = self._placed.pop()
            each.asked = each.seat.leave.remote()
            each.leaves_until = time.monotonic() + LEAVE_SECONDS
            self._leaving.append(each)

    def _see_off(self) -> None:
        for each in list(self._leaving):
            answered, _ = ray.wait([each.asked], timeout=0)
            if answered or time.monotonic() > (each.leaves_until or 0.0):
                ray.kill(each.seat, no_restart=True)
                self._leaving.remove(each)


def join(address: str | None, processors: int) -> None:
    """Join the cluster at this address; without one, start a cluster of this machine alone with so many processors."""
    if address is not None:
        ray.init(address, log_to_driver=False, logging_level=logging.WARNING)
        return
    for attempt in range(1, START_ATTEMPTS + 1):
        try:
            ray.init(
                num_cpus=processors,
                include_dashboard=False,
                object_store_memory=OBJECT_BYTES,
                log_to_driver=False,
                logging_level=logging.WARNING,
            )
            return
        except Exception:  # a busy machine may not start all of its processes within Ray's half minute
            ray.shutdown()
            if attempt == START_ATTEMPTS:
                raise
            logger.warning("Ray did not start; attempt %d of %d follows", attempt + 1, START_ATTEMPTS)


def leave() -> None:
    """Leave the cluster; one that was started by `join` ends."""
    ray.shutdown()


def _counts(figures: QueueFigures) -> tuple[int, int]:
    return figures.queued_tasks, figures.running_tasks
