"""Turn the JSON of a client into an InferenceRequest, or say what is wrong and where."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from mien.domain.errors import InvalidRequest
from mien.domain.request import (
    BurstOptions,
    FacemeshOptions,
    FaceOptions,
    InferenceRequest,
    LanguageOptions,
    NerOptions,
    Options,
    ProsodyOptions,
    Transcription,
)
from mien.domain.source import FileSource, UrlSource
from mien.wire.complaints import complaint

MAX_SOURCES = 100
"""How many URLs, how many texts and how many files one request may name."""

MAX_TEXT_BYTES = 255 * 1024 * 1024
MAX_URL_CHARACTERS = 65_536

CONTRACT_MODELS: Mapping[str, type[Options]] = {
    "face": FaceOptions,
    "burst": BurstOptions,
    "prosody": ProsodyOptions,
    "language": LanguageOptions,
    "ner": NerOptions,
    "facemesh": FacemeshOptions,
}
"""The models every client knows, installed here or not, in the order of the job object."""


def parse_request(
    body: object, available: Mapping[str, type[Options]], files: Sequence[FileSource] = ()
) -> InferenceRequest:
    """Return what a decoded JSON body asks for (null: every default); raises InvalidRequest as `where: what`.

    `available` maps the models installed here to their options. The uploads that came with the body are `files`.
    """
    asked = _object("request", {} if body is None else body)
    request = InferenceRequest(
        models=_models(asked.get("models"), available),
        transcription=_transcription(asked),
        transcription_given="transcription" in asked,
        urls=tuple(UrlSource(url=_address(f"urls[{i}]", url)) for i, url in enumerate(_list(asked, "urls"))),
        files=tuple(files),
        texts=tuple(_text(f"text[{i}]", text) for i, text in enumerate(_list(asked, "text"))),
        callback_url=_callback(asked.get("callback_url")),
        notify=_flag("notify", asked.get("notify")),
    )
    if len(files) > MAX_SOURCES:
        raise InvalidRequest(f"file: at most {MAX_SOURCES} files are taken at once, got {len(files)}")
    if not request.sources():
        raise InvalidRequest("request: at least one source is needed, in urls, in text or as an uploaded file")
    return request


def _models(asked: object, available: Mapping[str, type[Options]]) -> dict[str, dict[str, Any]]:
    if asked is None or asked == {}:
        return {name: _options(name, {}, kind) for name, kind in available.items()}
    named = {name: value for name, value in _object("models", asked).items() if value is not None}
    known = {**CONTRACT_MODELS, **available}
    chosen = {name: _options(name, value, known[name]) for name, value in named.items() if name in known}
    missing = next((name for name in chosen if name not in available), None)
    if missing is not None:
        raise InvalidRequest(f"models.{missing}: this model is not installed on this server; {_installed(available)}")
    if not chosen:
        raise InvalidRequest(f"models: no model to run is named; {_installed(available)}")
    return chosen


def _options(name: str, value: object, kind: type[Options]) -> dict[str, Any]:
    try:
        return kind.model_validate(value).model_dump(mode="json")
    except ValidationError as error:
        raise InvalidRequest(complaint(f"models.{name}", error)) from None


def _installed(available: Mapping[str, type[Options]]) -> str:
    return f"installed: {', '.join(available) or 'none'}"


def _transcription(asked: Mapping[str, Any]) -> Transcription | None:
    if "transcription" not in asked:
        return Transcription()
    if asked["transcription"] is None:
        return None
    try:
        return Transcription.model_validate(asked["transcription"])
    except ValidationError as error:
        raise InvalidRequest(complaint("transcription", error)) from None


def _object(where: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidRequest(f"{where}: must be a JSON object")
    return value


def _list(asked: Mapping[str, Any], name: str) -> Sequence[object]:
    value = asked.get(name)
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise InvalidRequest(f"{name}: must be a list of strings")
    if len(value) > MAX_SOURCES:
        raise InvalidRequest(f"{name}: at most {MAX_SOURCES} are taken at once, got {len(value)}")
    return value


def _text(where: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidRequest(f"{where}: must be a string")
    if len(value) * 4 > MAX_TEXT_BYTES and len(value.encode("utf-8", "replace")) > MAX_TEXT_BYTES:
        raise InvalidRequest(f"{where}: must be at most 255 MB")
    return value


def _callback(value: object) -> str | None:
    return None if value is None else _address("callback_url", value)


def _flag(where: str, value: object) -> bool:
    if value is None:
        return False
    if not isinstance(value, bool):
        raise InvalidRequest(f"{where}: must be true or false")
    return value


def _address(where: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidRequest(f"{where}: must be a string")
    if len(value) > MAX_URL_CHARACTERS:
        raise InvalidRequest(f"{where}: must be at most {MAX_URL_CHARACTERS} characters")
    if not _is_address(value):
        raise InvalidRequest(f"{where}: must be an http or https address with a host")
    return value


def _is_address(value: str) -> bool:
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
