"""Read the bodies of requests as they arrive, in both forms a job can be started with."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from anyio import CancelScope, move_on_after, to_thread
from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect

from mien.domain.errors import BodyTooLarge, InvalidRequest
from mien.server.multipart import Form
from mien.server.parts import MEGABYTE, Limits
from mien.storage.blobs import BlobStore
from mien.storage.disk_room import DiskRoom

_TOKENS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{\]},]', re.DOTALL)
"""A whole string, which must be passed over in one step, or a sign that opens, closes or separates."""

SPOOL_BYTES = 256 * 1024
ROOM_CHECK_BYTES = 64 * MEGABYTE
"""How much of a form may be written before the disk is looked at again: its length may not have been announced."""

DRAIN_SECONDS = 60.0


def is_form(request: Request) -> bool:
    """Say whether the body is a multipart form."""
    return request.headers.get("content-type", "").strip().lower().startswith("multipart/form-data")


async def read_json(request: Request, most_bytes: int) -> bytes:
    """Return a whole JSON body. Raises BodyTooLarge."""
    _check_announced(request, most_bytes)
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > most_bytes:
            raise _too_large(most_bytes)
        pieces.append(piece)
    return b"".join(pieces)


@asynccontextmanager
async def read_form(
    request: Request, blobs: BlobStore, folder: str, limits: Limits, room: DiskRoom
) -> AsyncIterator[Form]:
    """Open a whole form, its files under `folder` in the blob store; they are forgotten if the block fails."""
    _check_announced(request, limits.body_bytes)
    form = Form(_boundary(request), blobs, folder, limits)
    try:
        await _spool(request, form, limits, room)
        yield form
    except BaseException as error:
        # A request cancelled after the form was whole may have become a job; its uploads must stay.
        if isinstance(error, Exception) or not form.complete:
            with CancelScope(shield=True):
                await to_thread.run_sync(form.discard)
        raise


async def _spool(request: Request, form: Form, limits: Limits, room: DiskRoom) -> None:
    waiting: list[bytes] = []
    size = total = unchecked = 0
    async for piece in request.stream():
        waiting.append(piece)
        size += len(piece)
        total += len(piece)
        if total > limits.body_bytes:
            raise _too_large(limits.body_bytes)
        if size >= SPOOL_BYTES:
            await to_thread.run_sync(form.feed, b"".join(waiting))
            unchecked += size
            waiting, size = [], 0
        if unchecked >= ROOM_CHECK_BYTES:
            room.check()
            unchecked = 0
    await to_thread.run_sync(form.feed, b"".join(waiting))
    form.finish()


def _boundary(request: Request) -> bytes:
    boundary = parse_options_header(request.headers["content-type"])[1].get(b"boundary")
    if not boundary:
        raise InvalidRequest("Content-Type: multipart/form-data needs a boundary")
    return boundary


def decode(body: bytes, limits: Limits) -> Any:
    """Return what a JSON text says; an empty one says nothing (None). Raises InvalidRequest with the place."""
    text = body.removeprefix(b"\xef\xbb\xbf")
    if not text.strip():
        return None
    _check_shape(text, limits)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"request: is not valid JSON: {error}") from None


def _check_shape(text: bytes, limits: Limits) -> None:
    """Raise InvalidRequest when a JSON text is nested too deeply or holds too many values; strings are skipped."""
    depth = values = 0
    for token in _TOKENS.finditer(text):
        sign = text[token.start()]
        if sign in b"[{":
            depth += 1
            if depth > limits.json_depth:
                raise InvalidRequest(f"request: is nested more than {limits.json_depth} deep at byte {token.start()}")
        elif sign in b"]}":
            depth -= 1
        values += sign in b"[{,"
        if values > limits.json_values:
            raise InvalidRequest(f"request: holds more than {limits.json_values} values, at byte {token.start()}")


async def drain(request: Request, limits: Limits) -> None:
    """Read what is left of a refused body, within limits: many clients read the answer only after they have written."""
    if request.headers.get("expect", "").lower() == "100-continue":
        return
    left = limits.drain_bytes
    with move_on_after(DRAIN_SECONDS):
        try:
            async for piece in request.stream():
                left -= len(piece)
                if left < 0:
                    return
        except (ClientDisconnect, RuntimeError):
            return


def announced_bytes(request: Request) -> int:
    """Return how long the body is said to be, 0 when nothing is said."""
    announced = request.headers.get("content-length", "")
    return int(announced) if announced.isascii() and announced.isdecimal() else 0


def _check_announced(request: Request, limit: int) -> None:
    if announced_bytes(request) > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> BodyTooLarge:
    shown = f"{limit // MEGABYTE} MB" if limit >= MEGABYTE else f"{limit // 1024} KB"
    return BodyTooLarge(f"request: the body is over the limit of {shown}")
