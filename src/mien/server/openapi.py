"""Describe for the OpenAPI page what the routes read by themselves."""

from collections.abc import Mapping
from typing import Any

from mien.domain.labels import LANGUAGES
from mien.domain.request import Options, Part, Transcription
from mien.server.answers import WITHOUT_KEY, answers, name_of
from mien.wire.jobs import JOB_TYPES, MAX_LIMIT
from mien.wire.progress import MAX_TAG_CHARACTERS, MAX_TAGS
from mien.wire.requests import CONTRACT_MODELS, MAX_SOURCES

ADDRESS: dict[str, Any] = {"type": "string", "pattern": "^https?://[A-Za-z0-9][A-Za-z0-9.-]*(/[!-~]*)?$"}


_LIMITS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}


def request_schema(models: Mapping[str, type[Options]]) -> dict[str, Any]:
    """Return what a JSON body may hold, on a server with these models."""
    # Of the models of the contract, those that are not installed must not be named.
    options = {name: {"type": "null"} for name in CONTRACT_MODELS if name not in models}
    options |= {name: _or_null(_shape(kind)) for name, kind in models.items()}
    some = [{"required": [name], "properties": {name: {"type": "object"}}} for name in models]
    chosen = {"type": "object", "properties": options, "anyOf": [{"maxProperties": 0}, *some]}
    transcription = _shape(Transcription)
    transcription["properties"]["language"] = {"enum": [*LANGUAGES, None]}
    lists = {"urls": _sources(ADDRESS), "text": _sources({"type": "string"})}
    return {
        "type": "object",
        "properties": {
            "models": _or_null(chosen),
            "transcription": _or_null(transcription),
            **{name: _or_null(shape) for name, shape in lists.items()},
            "callback_url": _or_null(ADDRESS),
            "notify": {"type": ["boolean", "null"]},
        },
        "anyOf": [{"required": [name], "properties": {name: shape | {"minItems": 1}}} for name, shape in lists.items()],
    }


def _form_schema(request: dict[str, Any]) -> dict[str, Any]:
    # In a form the uploads are sources, too.
    fields = {name: value for name, value in request.items() if name != "anyOf"}
    files = {"type": "array", "items": {"type": "string", "format": "binary"}, "maxItems": MAX_SOURCES}
    return {"type": "object", "properties": {"json": fields, "file": files}}


def _sources(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "maxItems": MAX_SOURCES}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _shape(kind: type[Part]) -> dict[str, Any]:
    """Return a part of a request as OpenAPI describes it: null means the default, and references are written out."""
    whole = kind.model_json_schema()
    return _written_out(whole, whole.get("$defs", {}))


def _written_out(schema: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return _written_out(known[schema["$ref"].rpartition("/")[2]], known)
    kept = {name: value for name, value in schema.items() if name not in ("$defs", "title", "properties", "anyOf")}
    # What a validator of ours stands before keeps pydantic's names for its limits.
    out = {_LIMITS.get(name, name): value for name, value in kept.items()}
    if "properties" in schema:
        out["properties"] = {name: _or_null(_written_out(value, known)) for name, value in schema["properties"].items()}
    if "anyOf" in schema:
        out["anyOf"] = [_written_out(value, known) for value in schema["anyOf"]]
    return out


def _header(name: str, pattern: str, description: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "header", "required": False, "schema": schema, "description": description}


def start_body(models: Mapping[str, type[Options]]) -> dict[str, Any]:
    """Return the body and the headers that start a job, on a server with these models."""
    request = request_schema(models)
    forms = {"application/json": {"schema": request}, "multipart/form-data": {"schema": _form_schema(request)}}
    return {
        "requestBody": {"required": True, "content": forms},
        "parameters": [
            _header(
                "Idempotency-Key",
                "^[!-~]{1,255}$",
                "What the client calls this submission: sent twice, it starts one job.",
            ),
            _header("Mien-Tags", "^[0-9A-Za-z]{0,64}(,[0-9A-Za-z]{0,64}){0,19}$", "Tags of the job."),
        ],
    }


_TAG: dict[str, Any] = {"type": "string", "pattern": f"^[^,]{{0,{MAX_TAG_CHARACTERS}}}$"}

TAGS_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "array", "items": _TAG, "maxItems": MAX_TAGS}}},
    }
}


_OR_NULL = {"type": "null"}
_SCOPES: dict[str, Any] = {"type": "array", "items": {"enum": ["admin", "read", "write"]}, "minItems": 1}
_KEY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "owner": {"type": "string", "minLength": 1, "maxLength": 200},
        "email": {"anyOf": [{"type": "string", "format": "email"}, _OR_NULL]},
        "scopes": {"anyOf": [_SCOPES, _OR_NULL]},
        "weight": {"type": ["number", "null"], "exclusiveMinimum": 0},
        "expires_days": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 36_500},
        "quota": {"type": ["integer", "null"], "minimum": 1, "maximum": 2**31 - 1},
    },
    "required": ["owner"],
}
KEY_BODY: dict[str, Any] = {"requestBody": {"required": True, "content": {"application/json": {"schema": _KEY}}}}


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
        _parameter("timestamp_ms", {"type": "integer", "minimum": -(10**18) + 1, "maximum": 10**18 - 1}),
        _parameter("sort_by", _choice("created", "started", "ended")),
        _parameter("direction", _choice("desc", "asc")),
        _parameter("type", {"type": "array", "items": {"type": "string", "enum": list(JOB_TYPES)}}),
    ]
}

MIEN_LIST_PARAMETERS: dict[str, Any] = {
    "parameters": [*LIST_PARAMETERS["parameters"], _parameter("tag", {"type": "array", "items": {"type": "string"}})]
}

TABLE_PARAMETERS: dict[str, Any] = {"parameters": [_parameter("format", _choice("parquet"))]}
MESH_PARAMETERS: dict[str, Any] = {
    "parameters": [
        _parameter("source", {"type": "integer", "minimum": 0, "maximum": 9999, "default": 0}),
        _parameter("file", {"type": "string"}),
    ]
}
DELIVERIES = 50
MOST_DELIVERIES = 1000
DELIVERY_PARAMETERS: dict[str, Any] = {
    "parameters": [
        _parameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST_DELIVERIES, "default": DELIVERIES})
    ]
}

SECURITY: dict[str, Any] = {
    "header": {"type": "apiKey", "in": "header", "name": "X-Hume-Api-Key"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "query": {"type": "apiKey", "in": "query", "name": "apikey"},
}


def complete(schema: dict[str, Any]) -> dict[str, Any]:
    """Say in a description how the key is carried, what each route answers, and that ids of jobs are UUIDs."""
    schema["components"] = {"securitySchemes": SECURITY}
    schema["security"] = [{name: []} for name in SECURITY]
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            operation["responses"] = answers(method, path)
            operation["operationId"] = name_of(method, path) or operation["operationId"]
            if path in WITHOUT_KEY:
                operation["security"] = []
            for parameter in operation.get("parameters", ()):
                if parameter["name"] == "job_id":
                    parameter["schema"] = {"type": "string", "format": "uuid"}
    return schema
