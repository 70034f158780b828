"""Run tasks in a child process that may crash, hang or swell without harm, and keep one warm."""

import logging
import time
from dataclasses import dataclass, field

from mien.domain.cancellation import Cancellation
from mien.domain.errors import MienError
from mien.domain.job import Outcome, Progress, Split, Task
from mien.sandbox.limits import Retirement, TaskLimits, Watch, media_seconds
from mien.sandbox.messages import Ended, Failed, Length, Measuring, RunTask, StopTask, Taken
from mien.sandbox.process_tree import kill_strays
from mien.sandbox.warm_child import ChildCommand, ChildGone, WarmChild

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.05
WATCH_SECONDS = 0.2
START_SECONDS = 300.0
STOP_SECONDS = 0.6
REST_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0


class TaskCrashed(MienError):
    """The process the task ran in was stopped."""

    def __init__(self, reason: str, suspect: int | None) -> None:
        super().__init__(reason)
        self.suspect = suspect


class KilledFromOutside(TaskCrashed):
    """The process the task ran in was killed by somebody else: no fault of the task."""


class TaskFailed(MienError):
    """The task ended with an exception that is nobody's error."""


@dataclass(frozen=True)
class SandboxRules:
    """Hold what a task may use, when a child is replaced, and how long one may take to stop before it is killed."""

    limits: TaskLimits = field(default_factory=TaskLimits)
    retirement: Retirement = field(default_factory=Retirement)
    stop_seconds: float = STOP_SECONDS


class Sandbox:
    """Own one warm child and run tasks in it, one at a time; a second is warmed when the first is to be replaced.

    All methods are called from one thread, which outlives the children; properties and figures may be read from others.
    `failed_starts` counts the children in a row that ended before they were ready.
    """

    def __init__(self, command: ChildCommand, rules: SandboxRules) -> None:
        self._command = command
        self._rules = rules
        self._current: WarmChild | None = None
        self._next: WarmChild | None = None
        self._begin_after = 0.0
        self._pause = 0.0
        self._rested = time.monotonic()
        self._progress: Progress | None = None
        self.memory_bytes = 0
        self.replaced = 0
        self.failed_starts = 0

    @property
    def progress(self) -> Progress | None:
        """Return how far the task is that runs."""
        return self._progress

    @property
    def process_id(self) -> int | None:
        """Return the id of the child in which tasks run now."""
        child = self._current
        return child.process_id if child is not None else None

    def is_ready(self, timeout_seconds: float = 0.0) -> bool:
        """Look after the children and say whether a task can begin at once, having waited a little for that."""
        self._tend()
        child = self._current
        if child is None:
            time.sleep(min(timeout_seconds, max(0.0, self._begin_after - time.monotonic())))
            return False
        if not child.is_ready:
            self._listen_to(child, timeout_seconds)
        return child.is_ready and not child.has_ended

    def run(self, task: Task, cancellation: Cancellation) -> Outcome | Split:
        """Run a task in the child. Raises TaskCrashed, TaskFailed, or the reason when asked to stop."""
        while True:
            child = self._ready_child(cancellation)
            run = _Run(child, task, self._rules)
            try:
                return self._followed(run, cancellation)
            except TaskCrashed:
                # A child that died while it was idle is no task's fault.
                if run.taken:
                    raise
            finally:
                self._progress = None
                child.tasks_done += 1
                if run.broken:
                    self._drop(child)

    def close(self) -> None:
        """End all children."""
        for child in (self._current, self._next):
            if child is not None:
                child.kill()
        self._current = self._next = None
        kill_strays(())

    def _ready_child(self, cancellation: Cancellation) -> WarmChild:
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready(LOOK_SECONDS) or self._current is None:
            cancellation.check()
            if time.monotonic() > deadline:
                raise TaskFailed("no process for the task became ready in time")
        return self._current

    def _followed(self, run: "_Run", cancellation: Cancellation) -> Outcome | Split:
        run.begin()
        while True:
            try:
                cancellation.check()
            except MienError as reason:
                ended = run.stop()
                if ended is None:
                    raise reason
                return ended
            ended = run.look(LOOK_SECONDS)
            self._progress = run.progress
            if ended is not None:
                return ended

    def _tend(self) -> None:
        """Start, replace and bury children; never waits."""
        current, coming = self._current, self._next
        if current is not None and current.has_ended:
            logger.warning("the process that runs tasks has ended while idle and is replaced")
            self._drop(current)
        if coming is not None and self._comes_in(coming):
            return
        if self._current is None and self._next is not None:
            self._current, self._next = self._next, None
        if self._current is None and time.monotonic() >= self._begin_after:
            self._current = self._started()
        if self._current is not None and self._next is None and self._is_worn(self._current):
            self._next = self._started()

    def _comes_in(self, coming: WarmChild) -> bool:
        """Let the child that was warmed take the place of the present one if it is ready."""
        self._listen_to(coming, 0.0)
        if self._next is None or not coming.is_ready:
            return False
        leaving, self._current, self._next = self._current, coming, None
        if leaving is not None:
            leaving.kill()
        kill_strays((coming.process_id,))
        self.replaced += 1
        return True

    def _is_worn(self, child: WarmChild) -> bool:
        if child.tasks_done >= self._rules.retirement.tasks:
            return True
        if not child.is_ready or time.monotonic() - self._rested < REST_SECONDS:
            return False
        self._rested = time.monotonic()
        self.memory_bytes = child.tree.usage().memory_bytes
        return child.tasks_done > 0 and self.memory_bytes > self._rules.retirement.memory_bytes

    def _listen_to(self, child: WarmChild, timeout_seconds: float) -> None:
        """Hear whether a child has become ready; one that ended before that is dropped."""
        try:
            child.hear(timeout_seconds)
        except (ChildGone, ValueError) as gone:
            logger.error("a process for tasks could not be started: %s", gone)
            self.failed_starts += 1
            self._pause = min(max(0.5, 2 * self._pause), LONGEST_PAUSE_SECONDS)
            self._begin_after = time.monotonic() + self._pause
            self._drop(child)
            return
        if child.is_ready:
            self._pause, self.failed_starts = 0.0, 0

    def _started(self) -> WarmChild:
        return WarmChild(self._command)

    def _drop(self, child: WarmChild) -> None:
        child.kill()
        self._current = None if self._current is child else self._current
        self._next = None if self._next is child else self._next
        kill_strays([kept.process_id for kept in (self._current, self._next) if kept is not None])


class _Run:
    """Follow one task in one child from its begin to its end.

    `taken` says that the child has begun it, `broken` that the child cannot be used again.
    """

    def __init__(self, child: WarmChild, task: Task, rules: SandboxRules) -> None:
        self.broken = False
        self.taken = False
        self.progress: Progress | None = None
        self._child = child
        self._task = task
        self._rules = rules
        self._suspect: int | None = None
        self._watch = Watch(rules.limits, child.tree, media_seconds(task))
        self._watched = time.monotonic()

    def begin(self) -> None:
        """Hand the task over. Raises TaskCrashed."""
        try:
            self._child.ask(RunTask(self._task))
        except ChildGone as gone:
            raise self._ended_by(gone) from gone

    def look(self, timeout_seconds: float) -> Outcome | Split | None:
        """Wait a little, and return what became of the task if it has ended. Raises TaskCrashed or TaskFailed."""
        ended = self._next_message(timeout_seconds)
        if time.monotonic() - self._watched > WATCH_SECONDS and ended is None:
            self._watched = time.monotonic()
            breach = self._watch.breach()
            if breach is not None:
                raise self._crashed(breach)
        if ended is not None and ended.result is None:
            raise self._crashed("it stopped without being asked")
        return ended.result if ended is not None else None

    def stop(self) -> Outcome | Split | None:
        """Ask the task to stop, by force if it does not; return its result if it had ended by then."""
        deadline = time.monotonic() + self._rules.stop_seconds
        try:
            self._child.ask(StopTask(self._task.job_id, self._task.index))
            while (left := deadline - time.monotonic()) > 0:
                ended = self._next_message(min(left, LOOK_SECONDS))
                if ended is not None:
                    # Something it started may still work for the task that is no more.
                    self.broken = self._child.tree.busy_descendants()
                    return ended.result
        except (ChildGone, TaskCrashed, TaskFailed) as error:
            logger.info("job %s, source %d: while it was stopped: %s", self._task.job_id, self._task.index, error)
        self.broken = True
        return None

    def _next_message(self, timeout_seconds: float) -> Ended | None:
        try:
            said = self._child.hear(timeout_seconds)
        except ChildGone as gone:
            raise self._ended_by(gone) from gone
        except ValueError as nonsense:
            raise self._crashed(str(nonsense)) from nonsense
        self.taken = self.taken or isinstance(said, Taken)
        if isinstance(said, Failed):
            raise TaskFailed(f"the task ended with an internal error: {said.error}")
        if isinstance(said, Measuring):
            if said.number != self._suspect:
                self._watch.next_file()
            self._suspect, self.progress = said.number, said.progress
        if isinstance(said, Length):
            self._watch.media_seconds = max(said.media_seconds, media_seconds(self._task))
        if not isinstance(said, Ended):
            return None
        if isinstance(said.result, Outcome) and self._task.job_id not in said.result.results.split("/"):
            raise self._crashed("it named results that are not its own")
        return said

    def _ended_by(self, gone: ChildGone) -> TaskCrashed:
        self.broken = True
        kind = KilledFromOutside if gone.from_outside else TaskCrashed
        return kind(str(gone), self._suspect)

    def _crashed(self, reason: str) -> TaskCrashed:
        self.broken = True
        return TaskCrashed(reason, self._suspect)
