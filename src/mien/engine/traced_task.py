"""Put a span around each task."""

from mien.domain.cancellation import Cancellation
from mien.domain.job import Outcome, Split, Task
from mien.sandbox.child import Report, RunInChild
from mien.telemetry.traces import Tracing


def traced_tasks(run: RunInChild, tracing: Tracing) -> RunInChild:
    """Return what runs a task within a span; all tasks of a job belong to one trace."""

    def traced(task: Task, cancellation: Cancellation, report: Report) -> Outcome | Split:
        about = {"mien.source": task.index, "mien.attempt": task.attempt}
        if task.piece is not None:
            about["mien.piece"] = task.piece.number
        with tracing.span("join" if task.joined is not None else "task", about, task.job_id):
            return run(task, cancellation, report)

    return traced
