"""Give what a job measured as files of tables, made of its stored results when they are asked for."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from mien.domain.errors import InvalidRequest, LibraryMissing
from mien.server.auth import Doorkeeper
from mien.server.openapi import TABLE_PARAMETERS
from mien.server.parts import ServerParts, TableMaking
from mien.server.routes_results import CHUNK_BYTES, completed

AT_A_TIME = 2
"""Tables that are made at once: each takes a whole processor for as long as it lasts."""

PREFIX = "tables-"
DAY_SECONDS = 24 * 3600.0


class TableRoutes:
    """Answer the route that gives tables."""

    def __init__(self, parts: ServerParts, doorkeeper: Doorkeeper) -> None:
        self._parts = parts
        self._doorkeeper = doorkeeper
        self._turns: CapacityLimiter | None = None

    def router(self) -> APIRouter:
        """Return the route."""
        router = APIRouter(tags=["extensions"])
        router.add_api_route(
            "/v0/mien/jobs/{job_id}/tables", self.tables, methods=["GET"], response_class=StreamingResponse,
            openapi_extra=TABLE_PARAMETERS,
        )  # fmt: skip
        return router

    async def tables(self, request: Request, job_id: str) -> StreamingResponse:
        """Give a zip with a Parquet file per model over all files of a completed job, a row per prediction."""
        owner = await self._doorkeeper.owner_of(request)
        wanted = request.query_params.get("format", "parquet")
        if wanted != "parquet":
            raise InvalidRequest(f"format: must be parquet, got {wanted!r}")
        elements = await to_thread.run_sync(self._elements, job_id, owner)
        if self._parts.tables is None:
            raise LibraryMissing("this server makes no tables")
        self._turns = self._turns or CapacityLimiter(AT_A_TIME)
        made = await to_thread.run_sync(_zipped, self._parts.tables, elements, limiter=self._turns)
        headers = {"Content-Disposition": 'attachment; filename="tables.zip"'}
        return StreamingResponse(_read(made), media_type="application/zip", headers=headers)

    def _elements(self, job_id: str, owner: str) -> list[Callable[[], BinaryIO]]:
        _, outcomes = completed(self._parts.jobs, job_id, owner)
        blobs = self._parts.blobs
        keys = [f"{outcome.results}/predictions.json" for outcome in outcomes if outcome.results]
        return [partial(blobs.read, key) for key in keys if blobs.exists(key)]


def _zipped(making: TableMaking, elements: list[Callable[[], BinaryIO]]) -> BinaryIO:
    """Return an open file without a name: it is gone with whoever reads it, also when the process is killed."""
    making.scratch.mkdir(parents=True, exist_ok=True)
    _sweep(making.scratch)
    made = tempfile.TemporaryFile(dir=making.scratch)  # noqa: SIM115 - it lives as long as the answer
    try:
        made_in = tempfile.TemporaryDirectory(prefix=PREFIX, dir=making.scratch)
        with made_in as folder, ZipFile(made, "w", ZIP_STORED) as archive:
            for path in making.write_parquet(elements, Path(folder)):
                archive.write(path, path.name)
        made.seek(0)
    except BaseException:
        made.close()
        raise
    return made


def _sweep(scratch: Path) -> None:
    """Remove what a killed server left; nothing takes a day to make."""
    for folder in scratch.glob(f"{PREFIX}*"):
        if folder.stat().st_mtime < time.time() - DAY_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _read(made: BinaryIO) -> Iterator[bytes]:
    with made:
        while chunk := made.read(CHUNK_BYTES):
            yield chunk
