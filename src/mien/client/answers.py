"""Hold what a server answers, so that its fields read as attributes."""

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from mien.domain.errors import MienError

_NAMES = {"md_5_sum": "md5sum"}
"""Attributes that the former SDK called otherwise than the wire does."""


class ApiError(MienError):
    """The server refused a request, or could not answer it."""

    def __init__(self, status_code: int, body: Any) -> None:
        told = body.get("message") if isinstance(body, dict) else str(body)[:200]
        super().__init__(f"HTTP {status_code}: {told}")
        self.status_code = status_code
        self.body = body


class Answer(Mapping[str, Any]):
    """Hold a JSON object; its fields read as attributes and as keys.

    As an attribute, a field that is not there is None.
    """

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> Any:
        return wrapped(self._fields[name])

    def __iter__(self) -> Any:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return wrapped(self._fields.get(_NAMES.get(name, name)))

    def __repr__(self) -> str:
        return f"Answer({dict(self._fields)!r})"

    def dict(self) -> "dict[str, Any]":
        """Return the object as plain JSON values."""
        return dict(self._fields)


def wrapped(value: Any) -> Any:
    """Return a JSON value with every object in it as an `Answer`."""
    if isinstance(value, dict):
        return Answer(value)
    if isinstance(value, list):
        return [wrapped(one) for one in value]
    return value


def plain(value: Any) -> Any:
    """Return what a request names as plain JSON values: mappings, dataclasses and the former SDK's own types alike.

    Fields that are None are left out, as they mean the default.
    """
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    elif callable(getattr(value, "model_dump", None)):
        value = value.model_dump(exclude_unset=True)
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items() if one is not None}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    return value
