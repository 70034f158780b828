"""Trace requests, tasks and models, if a collector is set; without one nothing of this is loaded."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, Protocol, TypeVar, cast

from mien.domain.errors import InvalidRequest

Attributes = Mapping[str, str | int | float]
Kind = TypeVar("Kind", bound=type[Any])


class Tracing(Protocol):
    """Note when something begins and ends, and what it was; never content, names of files or keys."""

    def span(self, name: str, attributes: Attributes, job_id: str | None = None) -> AbstractContextManager[Any]:
        """Note what the block does; spans within it are its children, and all of one job make up one trace."""


def open_tracing(endpoint: str) -> Tracing:
    """Return what sends traces to a collector. Raises InvalidRequest when the package for it is not installed."""
    try:
        return cast(Tracing, import_module("mien.telemetry.open_telemetry").collected_at(endpoint))
    except ModuleNotFoundError as error:
        raise InvalidRequest("MIEN_OTEL_ENDPOINT: traces need another package: pip install 'mien[otel]'") from error


def traced_model(kind: Kind, tracing: Tracing) -> Kind:
    """Return the model with a span around each batch it scores."""

    def predict(self: Any, segments: Any, heads: Any) -> Any:
        with tracing.span(f"model {kind.name}", {"mien.segments": len(segments)}):
            return kind.predict(self, segments, heads)

    return cast(Kind, type(kind.__name__, (kind,), {"predict": predict, "__doc__": kind.__doc__}))
