"""Answer what concerns keys: whose key was sent, and making and revoking keys by those who run the server."""

from math import inf
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from mien.delivery.mail import is_mail_address
from mien.domain.errors import InvalidRequest, KeyInUse, NotFound
from mien.server.auth import Doorkeeper
from mien.server.error_responses import json_response
from mien.server.openapi import KEY_BODY
from mien.server.parts import ServerParts
from mien.server.uploads import decode, read_json
from mien.storage.keys import USER_SCOPES, KeyOptions, KeyRecord, Scope

ME = "/v0/mien/me"
KEYS = "/v0/mien/keys"
DAY_MS = 24 * 3600 * 1000
MOST_DAYS = 36_500.0
MOST_JOBS = 2**31 - 1
MAX_OWNER_CHARACTERS = 200


class KeyRoutes:
    """Answer the routes about keys; no answer but that of the making holds one."""

    def __init__(self, parts: ServerParts, doorkeeper: Doorkeeper) -> None:
        self._parts = parts
        self._doorkeeper = doorkeeper

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["keys"])
        router.add_api_route(ME, self.me, methods=["GET"])
        router.add_api_route(KEYS, self.list, methods=["GET"])
        router.add_api_route(KEYS, self.create, methods=["POST"], openapi_extra=KEY_BODY)
        router.add_api_route(KEYS + "/{key_id}", self.revoke, methods=["DELETE"])
        return router

    async def me(self, request: Request) -> Response:
        """Say whose key was sent and what it may do; `open` where no key is asked for."""
        record = await self._doorkeeper.record_of(request)
        told = key_object(record)
        for name in ("weight", "created_timestamp_ms", "revoked_timestamp_ms"):
            del told[name]
        return json_response(told | {"open": self._parts.entry.open})

    async def list(self, request: Request) -> Response:
        """List every key with what it may do, also those revoked; the key needs the scope admin."""
        await self._doorkeeper.owner_of(request, Scope.ADMIN)
        return json_response([key_object(record) for record in await to_thread.run_sync(self._parts.keys.list)])

    async def create(self, request: Request) -> Response:
        """Make a key and give it, this once; the key that asks needs the scope admin."""
        await self._doorkeeper.owner_of(request, Scope.ADMIN)
        limits = self._parts.limits
        body = decode(await read_json(request, limits.small_bytes), limits)
        owner, options = key_wanted(body, self._parts.clock())
        return json_response(await to_thread.run_sync(self._created, owner, options))

    async def revoke(self, request: Request, key_id: str) -> Response:
        """Let a key open nothing any more; its jobs stay. The key that asks needs the scope admin."""
        own = await self._doorkeeper.owner_of(request, Scope.ADMIN)
        record = await to_thread.run_sync(self._revoked, key_id, own)
        self._doorkeeper.forget()
        return json_response(key_object(record))

    def _created(self, owner: str, options: KeyOptions) -> dict[str, Any]:
        key = self._parts.keys.create(owner, options)
        record = self._parts.keys.find(key)
        if record is None:
            raise InvalidRequest("expires_days: the key has ended already")
        return key_object(record) | {"key": key}

    def _revoked(self, key_id: str, own: str) -> KeyRecord:
        if key_id == own:
            # So that one key that may do everything is left.
            raise KeyInUse
        # Whole ids only: the beginning of one may have become that of another since a page was drawn.
        if key_id not in {record.id for record in self._parts.keys.list()}:
            raise NotFound("key not found")
        return self._parts.keys.revoke(key_id)


def key_object(record: KeyRecord) -> dict[str, Any]:
    """Return what may be shown of a key."""
    options = record.options
    return {
        "id": record.id,
        "owner": record.owner,
        "email": options.email,
        "scopes": sorted(options.scopes),
        "weight": options.weight,
        "quota": options.jobs_per_day,
        "created_timestamp_ms": record.created_ms,
        "expires_timestamp_ms": options.expires_ms,
        "revoked_timestamp_ms": record.revoked_ms,
    }


def key_wanted(body: Any, now_ms: int) -> tuple[str, KeyOptions]:
    """Return the owner and the options a body asks for; null means the default. Raises InvalidRequest."""
    if not isinstance(body, dict):
        raise InvalidRequest('body: must be an object such as {"owner": "ana"}')
    days = _number(body, "expires_days", MOST_DAYS)
    quota = body.get("quota")
    if quota is not None and (type(quota) is not int or not 1 <= quota <= MOST_JOBS):
        raise InvalidRequest("quota: must be a whole number of jobs in 24 hours, 1 or more")
    options = KeyOptions(
        email=_email(body.get("email")),
        weight=_number(body, "weight", inf) or 1.0,
        scopes=_scopes(body.get("scopes")),
        expires_ms=None if days is None else now_ms + max(1, round(days * DAY_MS)),
        jobs_per_day=quota,
    )
    return _owner(body.get("owner")), options


def _owner(owner: Any) -> str:
    if not isinstance(owner, str) or not owner.strip() or not owner.isprintable():
        raise InvalidRequest("owner: must be a name")
    if len(owner) > MAX_OWNER_CHARACTERS:
        raise InvalidRequest(f"owner: must have at most {MAX_OWNER_CHARACTERS} characters")
    return owner.strip()


def _email(email: Any) -> str | None:
    if email is None:
        return None
    if not isinstance(email, str) or not is_mail_address(email):
        raise InvalidRequest("email: must be a mail address")
    return email


def _scopes(scopes: Any) -> frozenset[Scope]:
    if scopes is None:
        return USER_SCOPES
    known = [scope.value for scope in Scope]
    if not isinstance(scopes, list) or not scopes or any(scope not in known for scope in scopes):
        raise InvalidRequest(f"scopes: must be a list of some of {', '.join(known)}")
    return frozenset(Scope(scope) for scope in scopes)


def _number(body: dict[str, Any], name: str, most: float) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    if type(value) not in (int, float) or not 0 < value <= most or value == inf:
        raise InvalidRequest(f"{name}: must be a number above 0" + ("" if most == inf else f" and at most {most:g}"))
    return float(value)
