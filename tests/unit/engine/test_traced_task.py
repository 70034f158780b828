from dataclasses import replace

from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from mien.domain.cancellation import Cancellation
from mien.domain.job import Outcome, Piece
from mien.engine.traced_task import traced_tasks
from mien.telemetry.open_telemetry import OpenTelemetry
from tests.fakes_engine import a_task


def test_each_task_is_a_span_of_its_jobs_trace() -> None:
    exported = InMemorySpanExporter()
    run = traced_tasks(lambda *_: Outcome("results"), OpenTelemetry(SimpleSpanProcessor(exported)))
    task = a_task()
    for one in (task, replace(task, piece=Piece(3)), replace(task, joined=())):
        assert run(one, Cancellation(), lambda *_: None) == Outcome("results")
    spans = exported.get_finished_spans()
    assert [span.name for span in spans] == ["task", "task", "join"]
    assert {f"{span.context.trace_id:032x}" for span in spans if span.context} == {task.job_id.replace("-", "")}
    assert dict(spans[1].attributes or {})["mien.piece"] == 3
