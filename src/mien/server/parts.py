"""Name what the HTTP door is made of: the stores behind it, the models it knows, and its limits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from mien.domain.errors import NotFound
from mien.domain.request import Options
from mien.runtime.weights import WeightsStatus
from mien.storage.blobs import BlobStore
from mien.storage.disk_room import DiskRoom
from mien.storage.jobs import Clock, JobStore
from mien.storage.keys import KeyStore
from mien.telemetry.traces import Tracing

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Say how much a request may bring, in bytes.

    `json_bytes` bounds a JSON body and the `json` part of a form; it leaves room for one text of 255 MB. `body_bytes`
    bounds a whole form, chunked ones too. `drain_bytes` is how much of a refused body is still read, so that clients
    that write first and read later see why it was refused. JSON may be nested `json_depth` deep and hold `json_values`
    values and names: unpacked, each takes far more room than it does as text. `small_bytes` bounds other bodies.
    """

    json_bytes: int = 320 * MEGABYTE
    file_bytes: int = 100 * MEGABYTE
    body_bytes: int = 10_400 * MEGABYTE
    drain_bytes: int = 512 * MEGABYTE
    files: int = 100
    parts: int = 200
    json_depth: int = 64
    json_values: int = 100_000
    small_bytes: int = 256 * 1024


def _nothing_known() -> Sequence[WeightsStatus]:
    return ()


def _no_card(weights: str) -> str:
    raise NotFound(f"no network is called {weights}")


@dataclass(frozen=True)
class Sample:
    """Hold one file of the sample media; `licence` None says that it is not known."""

    name: str
    content_type: str
    licence: str | None
    path: Path


def _no_samples() -> Sequence[Sample]:
    return ()


WriteTables = Callable[[Sequence[Callable[[], BinaryIO]], Path], Sequence[Path]]
"""Reads elements of the predictions array, each opened as bytes, and writes a table per model into a folder."""


@dataclass(frozen=True)
class Inside:
    """Hold what operators may see: how much room the disks have, which networks there are, who may read the metrics.

    Without a `metrics_token` the metrics answer this machine only. `mails` says whether mails can be sent. `card`
    returns a network's card, Markdown, or raises NotFound. `samples` lists what there is to try mien with.
    """

    room: DiskRoom = field(default_factory=lambda: DiskRoom({}, 0))
    weights: Callable[[], Sequence[WeightsStatus]] = _nothing_known
    metrics_token: str | None = None
    mails: bool = False
    card: Callable[[str], str] = _no_card
    samples: Callable[[], Sequence[Sample]] = _no_samples


@dataclass(frozen=True)
class Entry:
    """Say who may come in beside those with a key.

    `open` takes everybody for one owner, whatever key they send; pages of `origins` may ask from browsers (`*`: all).
    """

    open: bool = False
    origins: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableMaking:
    """Say how stored results become files of tables: what writes them, and the folder in which they are made."""

    write_parquet: WriteTables
    scratch: Path


@dataclass(frozen=True)
class ServerParts:
    """Hold what the HTTP door is made of; `models` maps each installed model to what a client may set on it."""

    jobs: JobStore
    keys: KeyStore
    blobs: BlobStore
    models: Mapping[str, type[Options]]
    clock: Clock
    limits: Limits = Limits()
    inside: Inside = Inside()
    tracing: Tracing | None = None
    entry: Entry = Entry()
    tables: TableMaking | None = None
