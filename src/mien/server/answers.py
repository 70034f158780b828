"""Describe every answer of every route for the OpenAPI page: status, headers and shape."""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

MIEN_JOB = "/v0/mien/jobs/{job_id}"
BATCH_JOB = "/v0/batch/jobs/{job_id}"
TAGS = f"{MIEN_JOB}/tags"
START = ("post", "/v0/batch/jobs")
KEYS = "/v0/mien/keys"
WITHOUT_KEY = frozenset({"/healthz", "/health", "/metrics"})

_ID: Schema = {"type": "string", "format": "uuid"}
_TIME: Schema = {"type": "integer", "format": "int64"}
_STATUSES = ["QUEUED", "IN_PROGRESS", "COMPLETED", "FAILED"]
_PERCENT: Schema = {"type": "number", "minimum": 0, "maximum": 100}
_SECONDS: Schema = {"type": ["number", "null"], "minimum": 0}
_TAGS: Schema = {"type": "array", "items": {"type": "string", "maxLength": 64}, "maxItems": 20}


def _object(required: Mapping[str, Schema], **optional: Schema) -> Schema:
    return {"type": "object", "properties": {**required, **optional}, "required": list(required)}


def _array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


_STATE = _object(
    {"status": {"enum": _STATUSES}, "created_timestamp_ms": _TIME},
    started_timestamp_ms=_TIME,
    ended_timestamp_ms=_TIME,
    num_predictions={"type": "integer"},
    num_errors={"type": "integer"},
    message={"type": "string"},
)
_ECHO = _object(
    {
        "files": _array({"type": "object"}),
        "models": {"type": "object"},
        "urls": _array({"type": "string"}),
        "text": _array({"type": "string"}),
        "callback_url": {"type": ["string", "null"]},
        "notify": {"type": "boolean"},
    }
)
_JOB = {"type": {"const": "INFERENCE"}, "job_id": _ID, "user_id": _ID, "request": _ECHO, "state": _STATE}
_TAGGED = _JOB | {"tags": _TAGS}
_FAR = {"percent": _PERCENT, "seconds_left": _SECONDS}
_PART = _object({"index": {"type": "integer"}, "type": {"enum": ["url", "file", "text"]}, **_FAR})
_ATTEMPT = _object(
    {"timestamp_ms": _TIME, "milliseconds": {"type": "integer"}, "outcome": {"type": ["string", "null"]}}
)
_MESSAGE: Mapping[str, Schema] = {
    "kind": {"enum": ["callback", "mail"]},
    "address": {"type": "string"},
    "state": {"enum": ["due", "sent", "given up"]},
    "due_timestamp_ms": {"type": ["integer", "null"]},
    "attempts": _array(_ATTEMPT),
}
_MAYBE: Schema = {"type": ["string", "null"]}
_WHEN: Schema = {"type": ["integer", "null"]}
_OWNED: Mapping[str, Schema] = {
    "id": {"type": "string"},
    "owner": {"type": "string"},
    "email": _MAYBE,
    "scopes": _array({"enum": ["admin", "read", "write"]}),
    "quota": _WHEN,
    "expires_timestamp_ms": _WHEN,
}
_KEY = {**_OWNED, "weight": {"type": "number"}, "created_timestamp_ms": _TIME, "revoked_timestamp_ms": _WHEN}
_SAMPLE: Mapping[str, Schema] = {
    "name": {"type": "string"},
    "content_type": {"type": "string"},
    "bytes": {"type": "integer"},
    "licence": _MAYBE,
}
_ERROR = _object({"message": {"type": "string"}, "code": {"type": "string"}}, fault={"type": "object"})
_HEALTH = _object({"status": {"enum": ["ok", "degraded", "failing"]}, "version": {"type": "string"}})

GOOD: Mapping[tuple[str, str], Schema] = {
    START: _object({"job_id": _ID}),
    ("get", "/v0/batch/jobs"): _array(_object(_JOB)),
    ("get", BATCH_JOB): _object(_JOB),
    ("get", f"{BATCH_JOB}/predictions"): _array(_object({"source": {"type": "object"}})),
    ("get", "/v0/mien/jobs"): _array(_object(_TAGGED)),
    ("get", MIEN_JOB): _object(_TAGGED | _FAR),
    ("delete", MIEN_JOB): _object({"job_id": {"type": "string"}, "deleted": {"const": True}}),
    ("get", f"{MIEN_JOB}/progress"): _object(
        {"job_id": _ID, "status": {"enum": _STATUSES}, **_FAR, "sources": _array(_PART)}
    ),
    ("post", f"{MIEN_JOB}/cancel"): _object(_TAGGED),
    ("put", f"{MIEN_JOB}/tags"): _object({"job_id": {"type": "string"}, "tags": _TAGS}),
    ("get", f"{MIEN_JOB}/deliveries"): _array(_object(_MESSAGE)),
    ("get", "/v0/mien/deliveries"): _array(_object({"job_id": _ID, **_MESSAGE})),
    ("get", "/v0/mien/me"): _object({**_OWNED, "open": {"type": "boolean"}}),
    ("get", KEYS): _array(_object(_KEY)),
    ("post", KEYS): _object({**_KEY, "key": {"type": "string"}}),
    ("delete", f"{KEYS}/{{key_id}}"): _object(_KEY),
    ("get", "/v0/mien/samples"): _array(_object(_SAMPLE)),
    ("post", f"{MIEN_JOB}/deliveries"): _object({"job_id": {"type": "string"}, "due": {"type": "integer"}}),
    ("get", "/v0/mien/system"): _object({"health": _HEALTH, "workers": _array({"type": "object"})}),
    ("get", "/health"): _HEALTH,
    ("get", "/healthz"): _object({"status": {"const": "ok"}}),
}
"""What each route answers with 200 as JSON."""

OTHER_TYPES: Mapping[str, str] = {
    f"{BATCH_JOB}/artifacts": "application/zip",
    f"{MIEN_JOB}/events": "text/event-stream",
    "/v0/mien/events": "text/event-stream",
    "/v0/mien/samples/{name}": "*/*",
    "/v0/mien/weights/{name}/card": "text/markdown",
    f"{MIEN_JOB}/tables": "application/zip",
    "/metrics": "text/plain",
}

TOLD: Mapping[int, str] = {
    400: "Something in the request is wrong; the message says where and what.",
    401: "No key, or one that opens nothing.",
    403: "The key may not do this; without keys: the request is not of this machine.",
    404: "No such job of this key, or nothing of this name.",
    408: "The request came too slowly.",
    409: "This Idempotency-Key was sent before with another request; or the key to be revoked is the one that asks.",
    413: "The body is over its limit.",
    429: "Too many jobs wait, or the key has started as many as it may.",
    500: "The fault is the server's.",
    501: "A library is missing on the server.",
    503: "Too many connections are open.",
    507: "Too little disk space is free.",
}
_EVERYWHERE = frozenset({400, 403, 408, 500, 503})
_STARTING = frozenset({409, 413, 429, 507})
RETRY = frozenset({429, 503, 507})

_LINKED = {
    "show": "get_batch_job", "predictions": "get_predictions", "artifacts": "get_artifacts", "watch": "get_mien_job",
    "progress": "get_progress", "cancel": "cancel_job", "delete": "delete_job", "tag": "put_tags",
    "deliveries": "get_deliveries",
}  # fmt: skip

_NAMES: Mapping[tuple[str, str], str] = {
    ("get", BATCH_JOB): "get_batch_job",
    ("get", f"{BATCH_JOB}/predictions"): "get_predictions",
    ("get", f"{BATCH_JOB}/artifacts"): "get_artifacts",
    ("get", MIEN_JOB): "get_mien_job",
    ("get", f"{MIEN_JOB}/progress"): "get_progress",
    ("post", f"{MIEN_JOB}/cancel"): "cancel_job",
    ("delete", MIEN_JOB): "delete_job",
    ("put", f"{MIEN_JOB}/tags"): "put_tags",
    ("get", f"{MIEN_JOB}/deliveries"): "get_deliveries",
}


def name_of(method: str, path: str) -> str | None:
    """Return what an operation is called where others lead to it."""
    return _NAMES.get((method, path))


def answers(method: str, path: str) -> Schema:
    """Return every answer of an operation, by status."""
    found = {str(status): _bad(status) for status in sorted(_statuses(method, path))}
    if path == "/health":
        found["503"] = _answer("No job can be taken, or too many connections are open.", {"application/json": {}})
    return {"200": _good(method, path), **found}


def _statuses(method: str, path: str) -> set[int]:
    statuses = set(_EVERYWHERE)
    if path not in WITHOUT_KEY or path == "/metrics":
        statuses.add(401)
    if "{" in path:
        statuses.add(404)
    if method == "delete" and path.startswith(KEYS):
        statuses.add(409)
    if path.endswith("/tables"):
        statuses.add(501)
    if method in ("put", "post") and path in (TAGS, KEYS):
        statuses.add(413)
    if (method, path) == START:
        statuses |= _STARTING
    return statuses


def _good(method: str, path: str) -> Schema:
    kind = OTHER_TYPES.get(path, "application/json")
    shape = {"schema": GOOD.get((method, path), {})} if kind == "application/json" else {}
    good = _answer("It is done.", {kind: shape})
    if (method, path) == START:
        good["links"] = {
            link: {"operationId": operation, "parameters": {"job_id": "$response.body#/job_id"}}
            for link, operation in _LINKED.items()
        }
    return good


def _bad(status: int) -> Schema:
    answer = _answer(TOLD[status], {"application/json": {"schema": _ERROR}})
    if status in RETRY:
        answer["headers"]["Retry-After"] = {"schema": {"type": "integer"}, "description": "Seconds to wait."}
    if status == 401:
        answer["headers"]["WWW-Authenticate"] = {"schema": {"type": "string"}}
    return answer


def _answer(told: str, content: Schema) -> Schema:
    name = {"schema": {"type": "string"}, "description": "Names the request in the server's log."}
    return {"description": told, "headers": {"X-Request-Id": name}, "content": content}
