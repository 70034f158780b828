"""Turn every error into the JSON clients read: an object with `message` and `code`."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from mien.domain.errors import (
    BodyTooLarge,
    DiskFull,
    IdempotencyConflict,
    InvalidKey,
    InvalidRequest,
    JobFailed,
    JobNotFinished,
    JobNotFound,
    KeyInUse,
    LibraryMissing,
    MienError,
    MissingKey,
    NotAllowed,
    NotFound,
    QueueFull,
    QuotaSpent,
)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
RETRY_AFTER_SECONDS = {429: 5, 507: 60}

_STATUS: Mapping[type[MienError], tuple[int, str]] = {
    InvalidRequest: (400, "invalid_request"),
    JobNotFinished: (400, "job_in_progress"),
    JobFailed: (400, "job_failed"),
    MissingKey: (401, "missing_key"),
    InvalidKey: (401, "invalid_key"),
    JobNotFound: (404, "not_found"),
    NotFound: (404, "not_found"),
    IdempotencyConflict: (409, "idempotency_conflict"),
    KeyInUse: (409, "key_in_use"),
    BodyTooLarge: (413, "body_too_large"),
    NotAllowed: (403, "not_allowed"),
    QueueFull: (429, "queue_full"),
    QuotaSpent: (429, "quota_spent"),
    LibraryMissing: (501, "library_missing"),
    DiskFull: (507, "disk_full"),
}

# What the oldest clients look for when a key is refused.
_FAULTS: Mapping[type[MienError], Mapping[str, Any]] = {
    InvalidKey: {"faultstring": "Invalid ApiKey", "detail": {"errorcode": "oauth.v2.InvalidApiKey"}},
    MissingKey: {
        "faultstring": "Failed to resolve API Key variable request.header.X-Hume-Api-Key",
        "detail": {"errorcode": "steps.oauth.v2.FailedToResolveAPIKey"},
    },
}


def json_response(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON."""
    return Response(orjson.dumps(content), status, headers, "application/json")


def install(app: FastAPI) -> None:
    """Make an app answer every error in our shape."""
    app.add_exception_handler(MienError, _ours)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _internal)


async def _ours(request: Request, error: Exception) -> Response:
    if not isinstance(error, MienError) or type(error) not in _STATUS:
        # Not for clients to know: the outermost layer answers 500 and the server logs the trace.
        raise error
    status, code = _STATUS[type(error)]
    content: dict[str, Any] = {"message": error.message, "code": code}
    if type(error) in _FAULTS:
        content["fault"] = _FAULTS[type(error)]
    return json_response(content, status, _headers(status))


def _headers(status: int) -> dict[str, str]:
    if status == 401:
        return {"WWW-Authenticate": "Bearer"}
    return {"Retry-After": str(RETRY_AFTER_SECONDS[status])} if status in RETRY_AFTER_SECONDS else {}


async def _framework(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    messages = {404: f"there is nothing at {request.url.path}", 405: f"{request.method} is not allowed here"}
    codes = {404: "not_found", 405: "method_not_allowed"}
    message = messages.get(error.status_code, str(error.detail))
    content = {"message": message, "code": codes.get(error.status_code, "http_error")}
    headers = {"Allow": ", ".join(_allowed(request))} if error.status_code == 405 else error.headers
    return json_response(content, error.status_code, headers)


def _allowed(request: Request) -> list[str]:
    """Return the methods that one or other of the routes of this path takes; the framework names those of the first."""
    scopes = {method: {**request.scope, "method": method} for method in METHODS}
    routes = request.app.routes
    return [name for name, scope in scopes.items() if any(route.matches(scope)[0] is Match.FULL for route in routes)]


async def _validation(request: Request, error: Exception) -> Response:
    return json_response({"message": str(error), "code": "invalid_request"}, 400)


async def _gone(request: Request, error: Exception) -> Response:
    return json_response({"message": "the client closed the connection", "code": "client_closed"}, 400)


async def _internal(request: Request, error: Exception) -> Response:
    return internal_error()


def internal_error() -> Response:
    """Answer what nobody expected; the log says more."""
    return json_response({"message": "internal error", "code": "internal"}, 500)
