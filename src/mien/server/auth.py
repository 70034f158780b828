"""Find out who is asking: the API key, in any of the four ways clients carry it."""

import hashlib
import logging
import time
from urllib.parse import quote

from anyio import to_thread
from fastapi import Request

from mien.domain.errors import InvalidKey, MissingKey, NotAllowed
from mien.storage.keys import KeyOptions, KeyRecord, KeyStore, Scope

QUERY_NAMES = frozenset({"apikey", "api_key"})
REMEMBERED_KEYS = 1024
OPEN = KeyRecord("open", "open", KeyOptions(scopes=frozenset(Scope)))
"""Everybody, where no key is asked for."""

READING = frozenset({"GET", "HEAD"})
audit = logging.getLogger("mien.audit")
"""Tells which key asked for what; never the key, a query string or content."""


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
    """Tell who is asking; remembers good keys for `seconds`, so that most requests need no look-up.

    A key that is revoked opens nothing more after that time. With `everybody` no key is asked for.
    """

    def __init__(self, keys: KeyStore, seconds: float = 0.5, everybody: KeyRecord | None = None) -> None:
        self._keys = keys
        self._everybody = everybody
        self._seconds = seconds
        self._known: dict[bytes, tuple[KeyRecord, float]] = {}

    async def owner_of(self, request: Request, scope: Scope | None = None) -> str:
        """Return the id of the key a request carries, which must have the scope: by itself, that of the method.

        Raises MissingKey, InvalidKey, and NotAllowed without the scope.
        """
        wanted = scope or (Scope.READ if request.method in READING else Scope.WRITE)
        record = await self.record_of(request)
        if wanted not in record.options.scopes:
            raise NotAllowed(f"this key may not do this: it lacks the scope {wanted}")
        if audit.isEnabledFor(logging.INFO):
            audit.info("key %s %s %s", record.id, request.method, quote(request.scope["path"]))
        return record.id

    def forget(self) -> None:
        """Look every key up anew from now on: one of them opens nothing any more."""
        self._known.clear()

    async def record_of(self, request: Request) -> KeyRecord:
        """Return what is known of the key a request carries. Raises MissingKey and InvalidKey."""
        if self._everybody is not None:
            return self._everybody
        key = key_of(request)
        digest = hashlib.sha256(key.encode("utf-8", "replace")).digest()
        record, until = self._known.get(digest, (None, 0.0))
        if record is not None and time.monotonic() < until:
            return record
        found = await to_thread.run_sync(self._keys.find, key)
        if found is None:
            self._known.pop(digest, None)
            raise InvalidKey
        if len(self._known) >= REMEMBERED_KEYS:
            self._known.clear()
        self._known[digest] = (found, time.monotonic() + self._seconds)
        return found
