"""Keep API keys: only their hashes, so that a stolen file opens no door."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import inf
from typing import Protocol
from uuid import uuid4

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from mien.domain.errors import InvalidRequest
from mien.storage.database import AnyRow, Database
from mien.storage.jobs import Clock
from mien.storage.schema import keys

PREFIX = "mien_"
CHECKSUM_LENGTH = 6
SHORTEST_IMPORTED = 20
_FIND = select(keys).where(keys.c.sha256 == bindparam("sha256"))


class Scope(StrEnum):
    """Name what a key may do: see jobs and results, start and change jobs, see and run the server itself."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


USER_SCOPES = frozenset({Scope.READ, Scope.WRITE})


@dataclass(frozen=True)
class KeyOptions:
    """Hold what a key is given when it is made.

    `email` is where mails about its jobs go. While jobs of several keys wait, each is served in proportion to `weight`.
    The key ends at `expires_ms`, Unix milliseconds. It may start `jobs_per_day` jobs in 24 hours; None: any number.
    """

    email: str | None = None
    weight: float = 1.0
    scopes: frozenset[Scope] = USER_SCOPES
    expires_ms: int | None = None
    jobs_per_day: int | None = None


@dataclass(frozen=True)
class KeyRecord:
    """Hold what is known of a key: its id, under which jobs are kept, the name of its owner, and what it was given.

    A key with `revoked_ms` opens nothing any more.
    """

    id: str
    owner: str
    options: KeyOptions = field(default_factory=KeyOptions)
    created_ms: int = 0
    revoked_ms: int | None = None


class KeyStore(Protocol):
    """Keep API keys."""

    def create(self, owner: str, options: KeyOptions | None = None) -> str:
        """Make a new key and return it; it can never be read again. Raises InvalidRequest for options of no sense."""

    def take_over(self, key: str, owner: str, options: KeyOptions | None = None) -> None:
        """Keep a key that somebody has already. Raises InvalidRequest for one too short, or known already."""

    def find(self, key: str) -> KeyRecord | None:
        """Return whose key this is, or None; also None for one that has ended or was revoked."""

    def list(self) -> Sequence[KeyRecord]:
        """Return every key, the oldest first."""

    def revoke(self, key_id: str) -> KeyRecord:
        """Make a key open nothing any more. Raises InvalidRequest when no or several ids begin so."""

    def count(self) -> int:
        """Count the keys."""


class SqlKeyStore:
    """Keep API keys as SHA-256 hashes in the database; a key has over 256 bits of chance and needs no salt."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def create(self, owner: str, options: KeyOptions | None = None) -> str:
        """Make a new key and return it; it can never be read again. Raises InvalidRequest for options of no sense."""
        secret = PREFIX + secrets.token_urlsafe(32)
        key = secret + _checksum(secret)
        self._insert(key, owner, options or KeyOptions())
        return key

    def take_over(self, key: str, owner: str, options: KeyOptions | None = None) -> None:
        """Keep a key that somebody has already. Raises InvalidRequest for one too short, or known already."""
        if len(key) < SHORTEST_IMPORTED or not key.isascii() or not key.isprintable() or " " in key:
            raise InvalidRequest(f"a key needs {SHORTEST_IMPORTED} visible characters or more, without spaces")
        if key.startswith(PREFIX) and not is_well_formed(key):
            raise InvalidRequest(f"a key that begins with {PREFIX} must be one of ours, and this one is mistyped")
        self._insert(key, owner, options or KeyOptions())

    def find(self, key: str) -> KeyRecord | None:
        """Return whose key this is, or None; a mistyped key of ours is known by its checksum without looking it up."""
        if not key.isascii() or (key.startswith(PREFIX) and not is_well_formed(key)):
            return None
        sha256 = _sha256(key)
        row = self._database.read(lambda connection: connection.execute(_FIND, {"sha256": sha256}).first())
        if row is None or not hmac.compare_digest(row.sha256, sha256):
            return None
        ended = row.expires_ms is not None and row.expires_ms <= self._clock()
        return None if ended or row.revoked_ms is not None else _record(row)

    def list(self) -> Sequence[KeyRecord]:
        """Return every key, the oldest first."""
        query = select(keys).order_by(keys.c.created_ms, keys.c.id)
        return [_record(row) for row in self._database.read(lambda connection: connection.execute(query).all())]

    def revoke(self, key_id: str) -> KeyRecord:
        """Make a key open nothing any more. Raises InvalidRequest when no or several ids begin so."""
        meant = [record for record in self.list() if key_id and record.id.startswith(key_id)]
        if len(meant) != 1:
            raise InvalidRequest(f"{key_id!r}: {len(meant)} keys have an id that begins so")
        revoked_ms = meant[0].revoked_ms or self._clock()
        change = update(keys).where(keys.c.id == meant[0].id).values(revoked_ms=revoked_ms)
        self._database.write(lambda connection: connection.execute(change))
        return replace(meant[0], revoked_ms=revoked_ms)

    def count(self) -> int:
        """Count the keys."""
        query = select(func.count()).select_from(keys)
        return self._database.read(lambda connection: connection.execute(query).scalar_one())

    def _insert(self, key: str, owner: str, options: KeyOptions) -> None:
        _check(options, self._clock())
        row = {
            "id": str(uuid4()),
            "owner": owner,
            "sha256": _sha256(key),
            "created_ms": self._clock(),
            "email": options.email,
            "weight": options.weight,
            "scopes": " ".join(sorted(options.scopes)),
            "expires_ms": options.expires_ms,
            "jobs_per_day": options.jobs_per_day,
        }
        try:
            self._database.write(lambda connection: connection.execute(insert(keys), row))
        except IntegrityError as error:
            raise InvalidRequest("this key is known already") from error


def _check(options: KeyOptions, now_ms: int) -> None:
    if not 0 < options.weight < inf:
        raise InvalidRequest(f"weight: must be a number above 0, got {options.weight}")
    if not options.scopes:
        raise InvalidRequest("scopes: a key needs one at least")
    if options.expires_ms is not None and options.expires_ms <= now_ms:
        raise InvalidRequest("expires: lies in the past")
    if options.jobs_per_day is not None and options.jobs_per_day < 1:
        raise InvalidRequest(f"jobs per day: must be 1 or more, got {options.jobs_per_day}")


def _record(row: AnyRow) -> KeyRecord:
    scopes = frozenset(Scope(name) for name in row.scopes.split())
    options = KeyOptions(row.email, row.weight, scopes, row.expires_ms, row.jobs_per_day)
    return KeyRecord(row.id, row.owner, options, row.created_ms, row.revoked_ms)


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
