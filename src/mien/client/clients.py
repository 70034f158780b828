"""Open the door to a server, in both forms the former SDK had: one that waits and one for asyncio."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Self

from mien.client.batch import BatchClient
from mien.client.exchange import Exchange

DEFAULT_SERVER = "http://127.0.0.1:8004"
TIMEOUT_SECONDS = 60.0


class _ExpressionMeasurement:
    def __init__(self, batch: Any) -> None:
        self.batch = batch


class MienClient:
    """Ask a server: `client.expression_measurement.batch.start_inference_job(...)`. Close it when done; `with` does."""

    def __init__(
        self, *, api_key: str | None = None, base_url: str = DEFAULT_SERVER, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self._exchange = Exchange(base_url, api_key, timeout)
        self.expression_measurement = _ExpressionMeasurement(BatchClient(self._exchange))

    def close(self) -> None:
        """Close all connections."""
        self._exchange.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncBatchClient:
    """Speak the batch API from asyncio: the methods of `BatchClient`, each in a thread, to be awaited."""

    def __init__(self, batch: BatchClient) -> None:
        self._batch = batch

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._batch, name)

        async def in_thread(*arguments: Any, **named: Any) -> Any:
            return await asyncio.to_thread(method, *arguments, **named)

        return in_thread

    async def get_job_artifacts(self, id: str) -> AsyncIterator[bytes]:
        """Yield the zip of a completed job's artifacts in chunks."""
        chunks = self._batch.get_job_artifacts(id)
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
            yield chunk


class AsyncMienClient:
    """Ask a server from asyncio. Close it when done; `async with` does."""

    def __init__(
        self, *, api_key: str | None = None, base_url: str = DEFAULT_SERVER, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self._exchange = Exchange(base_url, api_key, timeout)
        self.expression_measurement = _ExpressionMeasurement(AsyncBatchClient(BatchClient(self._exchange)))

    async def close(self) -> None:
        """Close all connections."""
        await asyncio.to_thread(self._exchange.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
