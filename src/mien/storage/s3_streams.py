"""Read and write one object of an S3 bucket as a stream; importing this module needs obstore."""

import io
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import Full, Queue
from typing import Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

PART_BYTES: Final = 8 * 1024**2
PARTS_WAITING: Final = 2
PARTS_AT_ONCE: Final = 3
READ_BYTES: Final = 4 * 1024**2
FULL_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Objects:
    """Hold a way to the objects of a bucket, and the bucket's name for messages."""

    store: S3Store
    url: str

    @contextmanager
    def explained(self, key: str) -> Iterator[None]:
        """Turn what the bucket answers in the block to an OSError that names it; what is not there stays missing."""
        try:
            yield
        except FileNotFoundError as error:
            raise FileNotFoundError(f"no blob {key} in {self.url}: {_reason(error)}") from error
        except BaseError as error:
            raise OSError(f"blob {key} in {self.url}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """Return what the server said, or the first line of what the client says: the rest is its innards."""
    said = str(error)
    told = re.search(r"<Message>(.*?)</Message>", said, re.DOTALL)
    return told[1] if told else said.partition("\n")[0]


class GivenUp(Exception):
    """the writer failed, so what it had sent is dropped"""


class ObjectWriter(io.RawIOBase):
    """Send what is written: all at once when it is small, else in parts while more is written.

    The object appears only with `finish`; `abort` drops the parts already sent. One of the two must be called.
    """

    def __init__(self, objects: Objects, key: str) -> None:
        super().__init__()
        self._objects = objects
        self._key = key
        self._part = bytearray()
        self._waiting: Queue[bytes | GivenUp | None] = Queue(PARTS_WAITING)
        self._sender = ThreadPoolExecutor(1, thread_name_prefix="mien-upload")
        self._sending: Future[object] | None = None

    def writable(self) -> bool:
        """Return true."""
        return True

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]  # it says only "buffer"
        """Take the bytes, and send each part that is full. Raises OSError when the sending has failed."""
        view = memoryview(data).cast("B")
        for begin in range(0, len(view), PART_BYTES):
            self._part += view[begin : begin + PART_BYTES]
            if len(self._part) >= PART_BYTES:
                self._send(bytes(self._part[:PART_BYTES]))
                del self._part[:PART_BYTES]
        return len(view)

    def finish(self) -> None:
        """Send the rest and make the object appear. Raises OSError."""
        if self._sending is None:
            with self._objects.explained(self._key):
                obstore.put(self._objects.store, self._key, bytes(self._part), use_multipart=False)
        else:
            self._send(bytes(self._part))
            self._send(None)
            self._sending.result()
        self._sender.shutdown()

    def abort(self) -> None:
        """Drop what was sent; no object appears."""
        with suppress(Exception):  # the sending ends with an error, this one or its own, and drops its parts
            if self._sending is not None:
                self._send(GivenUp())
                self._sending.result()
        self._sender.shutdown()

    def _send(self, part: bytes | GivenUp | None) -> None:
        if self._sending is None:
            self._sending = self._sender.submit(self._put_parts)
        while True:
            if self._sending.done():
                self._sending.result()
            try:
                return self._waiting.put(part, timeout=FULL_SECONDS)
            except Full:
                continue

    def _put_parts(self) -> object:
        with self._objects.explained(self._key):
            return obstore.put(
                self._objects.store, self._key, self._parts(), chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE
            )

    def _parts(self) -> Iterator[bytes]:
        while (part := self._waiting.get()) is not None:
            if isinstance(part, GivenUp):
                raise part
            yield part


class ObjectReader(io.RawIOBase):
    """Read the one version of an object that was there when it was opened, by requests for ranges of it."""

    def __init__(self, objects: Objects, key: str) -> None:
        super().__init__()
        with objects.explained(key):
            meta = obstore.head(objects.store, key)
        self._objects = objects
        self._key = key
        self._size = meta["size"]
        self._tag = meta["e_tag"]
        self._position = 0

    def readable(self) -> bool:
        """Return true."""
        return True

    def seekable(self) -> bool:
        """Return true."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, which may lie behind the end; return it."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError(f"cannot go to {start + offset}, before the beginning of a blob")
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        """Return the place."""
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # it says only "buffer"
        """Fill the buffer from here on, with one request; return how many bytes there were."""
        data = self._range(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        """Return all from here on, with one request."""
        return bytes(self._range(self._size))

    def _range(self, length: int) -> memoryview:
        end = min(self._position + length, self._size)
        if self._position >= end:
            return memoryview(b"")
        options: obstore.GetOptions = {"range": (self._position, end)}
        if self._tag:
            options["if_match"] = self._tag
        with self._objects.explained(self._key):
            data = obstore.get(self._objects.store, self._key, options=options).bytes()
        self._position += len(data)
        return memoryview(data)
