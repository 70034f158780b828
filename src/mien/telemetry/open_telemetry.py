"""Send traces by OpenTelemetry; the only user of its packages, which come with the extra `otel`."""

from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from mien import __version__
from mien.telemetry.traces import Attributes

LOWER_HALF = (1 << 64) - 1


class OpenTelemetry:
    """Hand spans to a processor. The trace of a job has the job's id, so that every process finds it without asking."""

    def __init__(self, processor: SpanProcessor) -> None:
        provider = TracerProvider(resource=Resource({SERVICE_NAME: "mien", SERVICE_VERSION: __version__}))
        provider.add_span_processor(processor)
        self._tracer = provider.get_tracer("mien", __version__)

    def span(self, name: str, attributes: Attributes, job_id: str | None = None) -> AbstractContextManager[Any]:
        """Note what the block does; what it raises is not noted, for messages may name files."""
        context = _of_job(job_id) if job_id else None
        return self._tracer.start_as_current_span(
            name, context, attributes=dict(attributes), record_exception=False, set_status_on_exception=False
        )


def collected_at(endpoint: str) -> OpenTelemetry:
    """Return what sends spans in batches to a collector that speaks OTLP over HTTP."""
    return OpenTelemetry(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")))


def _of_job(job_id: str) -> Context:
    number = UUID(job_id).int
    parent = SpanContext(number, number & LOWER_HALF or 1, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    return set_span_in_context(NonRecordingSpan(parent))
