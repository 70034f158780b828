"""Find out who is asking: the API key, in any of the four ways clients carry it."""

import hashlib
import time

from anyio import to_thread
from fastapi import Request

from mien.domain.errors import InvalidKey, MissingKey
from mien.storage.keys import KeyRecord, KeyStore

QUERY_NAMES = frozenset({"apikey", "api_key"})
REMEMBERED_KEYS = 1024


def key_of(request: Request) -> str:
    """Return the key a request carries, header before bearer token before query. Raises MissingKey."""
    header = request.headers.get("x-hume-api-key", "").strip()
    if header:
        return header
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    for name, value in request.query_params.multi_items():
        if name.lower() in QUERY_NAMES and value:
            return value
    raise MissingKey


class Doorkeeper:
    """Tell who is asking; remembers good keys for `seconds`, so that most requests need no look-up."""

    def __init__(self, keys: KeyStore, seconds: float = 10.0) -> None:
        self._keys = keys
        self._seconds = seconds
        self._known: dict[bytes, tuple[KeyRecord, float]] = {}

    async def owner_of(self, request: Request) -> str:
        """Return the id of the key a request carries. Raises MissingKey and InvalidKey."""
        key = key_of(request)
        digest = hashlib.sha256(key.encode("utf-8", "replace")).digest()
        record, until = self._known.get(digest, (None, 0.0))
        if record is not None and time.monotonic() < until:
            return record.id
        found = await to_thread.run_sync(self._keys.find, key)
        if found is None:
            self._known.pop(digest, None)
            raise InvalidKey
        if len(self._known) >= REMEMBERED_KEYS:
            self._known.clear()
        self._known[digest] = (found, time.monotonic() + self._seconds)
        return found.id
