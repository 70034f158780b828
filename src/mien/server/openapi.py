"""Describe for the OpenAPI page what the routes read by themselves."""

from typing import Any

from mien.wire.jobs import JOB_TYPES, MAX_LIMIT

_REQUEST: dict[str, Any] = {
    "type": "object",
    "properties": {
        "models": {"type": "object", "nullable": True},
        "transcription": {"type": "object", "nullable": True},
        "urls": {"type": "array", "items": {"type": "string", "format": "uri"}, "maxItems": 100},
        "text": {"type": "array", "items": {"type": "string"}, "maxItems": 100},
        "callback_url": {"type": "string", "format": "uri", "nullable": True},
        "notify": {"type": "boolean", "default": False},
    },
}

_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "json": _REQUEST,
        "file": {"type": "array", "items": {"type": "string", "format": "binary"}, "maxItems": 100},
    },
}


def _header(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": description}


START_BODY: dict[str, Any] = {
    "requestBody": {
        "content": {"application/json": {"schema": _REQUEST}, "multipart/form-data": {"schema": _FORM}},
    },
    "parameters": [
        _header("Idempotency-Key", "What the client calls this submission: sent twice, it starts one job."),
        _header("Mien-Tags", "Tags of the job, separated by commas."),
    ],
}

TAGS_BODY: dict[str, Any] = {
    "requestBody": {
        "content": {"application/json": {"schema": {"type": "array", "items": {"type": "string"}, "maxItems": 20}}}
    }
}


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _choice(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values), "default": values[0]}


LIST_PARAMETERS: dict[str, Any] = {
    "parameters": [
        _parameter("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 50}),
        _parameter(
            "status",
            {"type": "array", "items": {"type": "string", "enum": ["QUEUED", "IN_PROGRESS", "COMPLETED", "FAILED"]}},
        ),
        _parameter("when", _choice("created_before", "created_after")),
        _parameter("timestamp_ms", {"type": "integer", "format": "int64"}),
        _parameter("sort_by", _choice("created", "started", "ended")),
        _parameter("direction", _choice("desc", "asc")),
        _parameter("type", {"type": "array", "items": {"type": "string", "enum": list(JOB_TYPES)}}),
    ]
}

MIEN_LIST_PARAMETERS: dict[str, Any] = {
    "parameters": [*LIST_PARAMETERS["parameters"], _parameter("tag", {"type": "array", "items": {"type": "string"}})]
}

SECURITY: dict[str, Any] = {
    "header": {"type": "apiKey", "in": "header", "name": "X-Hume-Api-Key"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "query": {"type": "apiKey", "in": "query", "name": "apikey"},
}
