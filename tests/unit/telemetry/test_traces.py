import sys
import time
from collections.abc import Sequence
from typing import Any

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from mien.domain.errors import InvalidRequest
from mien.server.middleware import TracedRequests
from mien.telemetry.open_telemetry import OpenTelemetry
from mien.telemetry.traces import open_tracing, traced_model
from tests.fakes_web import website

JOB = "3f6c1d0e-7a52-4b7b-9a55-0c1d2e3f4a5b"


@pytest.fixture
def exported() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracing(exported: InMemorySpanExporter) -> OpenTelemetry:
    return OpenTelemetry(SimpleSpanProcessor(exported))


class Counting:
    """A model that counts."""

    name = "counting"

    def __init__(self, runtime: object) -> None:
        self.runtime = runtime

    def predict(self, segments: Sequence[Any], heads: frozenset[str]) -> int:
        return len(segments)


def test_all_tasks_of_a_job_make_up_one_trace_with_its_models_below(
    tracing: OpenTelemetry, exported: InMemorySpanExporter
) -> None:
    model = traced_model(Counting, tracing)("runtime")
    for index in range(2):
        with tracing.span("task", {"mien.source": index}, JOB):
            assert model.predict([1, 2, 3], frozenset()) == 3
    spans = exported.get_finished_spans()
    assert [span.name for span in spans] == ["model counting", "task"] * 2
    assert {f"{span.context.trace_id:032x}" for span in spans if span.context} == {JOB.replace("-", "")}
    assert spans[0].parent is not None and spans[1].context is not None
    assert spans[0].parent.span_id == spans[1].context.span_id
    assert dict(spans[0].attributes or {}) == {"mien.segments": 3}


def test_a_traced_model_is_still_the_model(tracing: OpenTelemetry) -> None:
    traced = traced_model(Counting, tracing)
    assert (traced.name, traced.__name__, issubclass(traced, Counting)) == ("counting", "Counting", True)


def test_what_a_task_raises_is_passed_on_and_its_message_is_not_noted(
    tracing: OpenTelemetry, exported: InMemorySpanExporter
) -> None:
    with pytest.raises(ValueError, match="holiday"), tracing.span("task", {}, JOB):
        raise ValueError("holiday-of-ann.jpg")
    (span,) = exported.get_finished_spans()
    assert "holiday" not in span.to_json()


def test_a_request_is_named_by_its_route_and_without_its_query(
    tracing: OpenTelemetry, exported: InMemorySpanExporter
) -> None:
    async def answer(_: object) -> PlainTextResponse:
        return PlainTextResponse("ok", 201)

    app = TracedRequests(Starlette(routes=[Route("/jobs/{job_id}", answer)]), tracing)
    TestClient(app).get(f"/jobs/{JOB}?apikey=secret")
    (span,) = exported.get_finished_spans()
    assert dict(span.attributes or {})["http.response.status_code"] == 201
    assert "secret" not in span.to_json()


def test_spans_arrive_at_a_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
    with website() as collector:
        collector.serve("/v1/traces", b"", Content_Type="application/x-protobuf")
        tracing = open_tracing(collector.url("/"))
        with tracing.span("task", {"mien.source": 0}, JOB):
            pass
        begun = time.monotonic()
        while not collector.requests and time.monotonic() - begun < 10:
            time.sleep(0.02)
    told = {name.lower(): value for name, value in collector.requests[0].items()}
    assert told["content-type"] == "application/x-protobuf"


def test_without_the_package_the_setting_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "mien.telemetry.open_telemetry", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(InvalidRequest, match=r"mien\[otel\]"):
        open_tracing("http://127.0.0.1:4318")
