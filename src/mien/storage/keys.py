"""Keep API keys: only their hashes, so that a stolen file opens no door."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from math import inf
from typing import Protocol
from uuid import uuid4

from sqlalchemy import bindparam, func, insert, select

from mien.domain.errors import InvalidRequest
from mien.storage.database import Database
from mien.storage.jobs import Clock
from mien.storage.schema import keys

PREFIX = "mien_"
CHECKSUM_LENGTH = 6
_COLUMNS = (keys.c.id, keys.c.owner, keys.c.email, keys.c.weight)
_FIND = select(*_COLUMNS, keys.c.sha256).where(keys.c.sha256 == bindparam("sha256"))


@dataclass(frozen=True)
class KeyRecord:
    """Hold what is known of a key: its id, under which jobs are kept, and the name of its owner.

    `email` is where mails about its jobs go. While jobs of several keys wait, each is served in proportion to `weight`.
    """

    id: str
    owner: str
    email: str | None = None
    weight: float = 1.0


class KeyStore(Protocol):
    """Keep API keys."""

    def create(self, owner: str, email: str | None = None, weight: float = 1.0) -> str:
        """Make a new key and return it; it can never be read again. Raises InvalidRequest for a weight of no share."""

    def find(self, key: str) -> KeyRecord | None:
        """Return whose key this is, or None."""

    def count(self) -> int:
        """Count the keys."""


class SqlKeyStore:
    """Keep API keys as SHA-256 hashes in the database; a key has over 256 bits of chance and needs no salt."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def create(self, owner: str, email: str | None = None, weight: float = 1.0) -> str:
        """Make a new key and return it; it can never be read again. Raises InvalidRequest for a weight of no share."""
        if not 0 < weight < inf:
            raise InvalidRequest(f"weight: must be a number above 0, got {weight}")
        secret = PREFIX + secrets.token_urlsafe(32)
        key = secret + _checksum(secret)
        record = {
            "id": str(uuid4()),
            "owner": owner,
            "sha256": _sha256(key),
            "created_ms": self._clock(),
            "email": email,
            "weight": weight,
        }
        self._database.write(lambda connection: connection.execute(insert(keys), record))
        return key

    def find(self, key: str) -> KeyRecord | None:
        """Return whose key this is, or None; a mistyped key is known by its checksum without looking it up."""
        if not is_well_formed(key):
            return None
        sha256 = _sha256(key)
        row = self._database.read(lambda connection: connection.execute(_FIND, {"sha256": sha256}).first())
        if row is None or not hmac.compare_digest(row.sha256, sha256):
            return None
        return KeyRecord(row.id, row.owner, row.email, row.weight)

    def count(self) -> int:
        """Count the keys."""
        query = select(func.count()).select_from(keys)
        return self._database.read(lambda connection: connection.execute(query).scalar_one())


def is_well_formed(key: str) -> bool:
    """Say whether the text looks like a key and its checksum fits."""
    if not key.startswith(PREFIX) or not key.isascii():
        return False
    secret, checksum = key[:-CHECKSUM_LENGTH], key[-CHECKSUM_LENGTH:]
    return hmac.compare_digest(_checksum(secret), checksum)


def _checksum(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()[:CHECKSUM_LENGTH]


def _sha256(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
