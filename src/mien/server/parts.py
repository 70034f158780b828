"""Name what the HTTP door is made of: the stores behind it, the models it knows, and its limits."""

from collections.abc import Mapping
from dataclasses import dataclass

from mien.domain.request import Options
from mien.storage.blobs import BlobStore
from mien.storage.jobs import Clock, JobStore
from mien.storage.keys import KeyStore

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Say how much a request may bring, in bytes.

    `json_bytes` bounds a JSON body and the `json` part of a form; it leaves room for one text of 255 MB. `body_bytes`
    bounds a whole form, chunked ones too. `drain_bytes` is how much of a refused body is still read, so that clients
    that write first and read later see why it was refused.
    """

    json_bytes: int = 320 * MEGABYTE
    file_bytes: int = 100 * MEGABYTE
    body_bytes: int = 10_400 * MEGABYTE
    drain_bytes: int = 512 * MEGABYTE
    files: int = 100
    parts: int = 200


@dataclass(frozen=True)
class ServerParts:
    """Hold what the HTTP door is made of; `models` maps each installed model to what a client may set on it."""

    jobs: JobStore
    keys: KeyStore
    blobs: BlobStore
    models: Mapping[str, type[Options]]
    clock: Clock
    limits: Limits = Limits()
