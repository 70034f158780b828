"""Decide how many workers a queue deserves."""

from dataclasses import dataclass
from typing import Final

from mien.engine.supervisor import GRACE_SECONDS

LEAVE_SECONDS: Final = GRACE_SECONDS + 5.0


@dataclass(frozen=True)
class PoolPlan:
    """Say how many workers a cluster may run, and what each takes of a machine.

    `cpus` and `gpus` count processors and accelerators, or fractions of one. Some leave when fewer have been enough for
    `linger_seconds`.
    """

    least: int = 1
    most: int = 4
    cpus: float = 1.0
    gpus: float = 0.0
    linger_seconds: float = 60.0


class Sizing:
    """Follow the depth of a queue: up at once, down only after a while of less work."""

    def __init__(self, plan: PoolPlan) -> None:
        self._plan = plan
        self._enough_since: float | None = None
        self._needed_since = 0

    def wanted(self, tasks: int, present: int, now_seconds: float) -> int:
        """Return how many workers there should be when so many tasks wait or run and so many workers are present."""
        needed = max(self._plan.least, min(tasks, self._plan.most))
        if needed >= present:
            self._enough_since = None
            return needed
        if self._enough_since is None:
            self._enough_since = now_seconds
            self._needed_since = needed
        self._needed_since = max(self._needed_since, needed)
        if now_seconds - self._enough_since < self._plan.linger_seconds:
            return present
        self._enough_since = None
        return self._needed_since
