"""Keep blobs in a bucket that is spoken to as Amazon S3 is; importing this module needs obstore."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO, Final, cast
from urllib.parse import urlsplit

import obstore
from obstore.store import S3Store

from mien.domain.errors import InvalidRequest
from mien.storage.blobs import check_key
from mien.storage.s3_streams import READ_BYTES, ObjectReader, Objects, ObjectWriter

DELETED_AT_ONCE: Final = 1000


@dataclass(frozen=True)
class Bucket:
    """Say where blobs go: `s3://BUCKET/PREFIX`, at which endpoint (None: Amazon's) and in which region.

    Who may write there comes from the variables that Amazon's own tools read, `AWS_ACCESS_KEY_ID` and its kin, or from
    the machine.
    """

    url: str
    endpoint: str | None = None
    region: str | None = None


class S3Blobs:
    """Keep each blob as an object under a prefix of a bucket. Raises InvalidRequest for what is no bucket.

    Other failures of the bucket are raised as OSError. A writer that is killed leaves parts of an upload that nobody
    sees; a rule of the bucket should drop unfinished uploads.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._objects = Objects(_opened(bucket), bucket.url)

    @contextmanager
    def write(self, key: str) -> Iterator[BinaryIO]:
        """Open a blob for writing; it appears, durable and whole, only when the block ends without an error."""
        check_key(key)
        writer = ObjectWriter(self._objects, key)
        try:
            yield cast(BinaryIO, writer)
            writer.finish()
        except BaseException:
            writer.abort()
            raise

    def read(self, key: str) -> BinaryIO:
        """Open a blob for reading, seekable. Raises FileNotFoundError."""
        check_key(key)
        return cast(BinaryIO, io.BufferedReader(ObjectReader(self._objects, key), READ_BYTES))

    def exists(self, key: str) -> bool:
        """Say whether there is a blob under this key."""
        check_key(key)
        try:
            with self._objects.explained(key):
                obstore.head(self._objects.store, key)
        except FileNotFoundError:
            return False
        return True

    def delete(self, prefix: str) -> None:
        """Forget the blob under this key, or all blobs in this folder; nothing there is fine."""
        check_key(prefix)
        with self._objects.explained(prefix):
            for found in obstore.list(self._objects.store, f"{prefix}/", chunk_size=DELETED_AT_ONCE):
                obstore.delete(self._objects.store, [meta["path"] for meta in found])
            obstore.delete(self._objects.store, [prefix])

    def children(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield the names directly in this folder, each with when the newest blob under it was written (Unix ms)."""
        check_key(prefix)
        with self._objects.explained(prefix):
            for name, found in groupby(self._below(prefix), key=lambda each: each[0]):
                yield name, max(written_ms for _, written_ms in found)

    def local_path(self, key: str) -> Path | None:
        """Return None: no blob lies on this machine's disk."""
        check_key(key)
        return None

    def _below(self, prefix: str) -> Iterator[tuple[str, int]]:
        # A bucket lists its keys in their order, so that all of one folder follow each other.
        for found in obstore.list(self._objects.store, f"{prefix}/"):
            for meta in found:
                name = meta["path"].removeprefix(f"{prefix}/").partition("/")[0]
                yield name, int(meta["last_modified"].timestamp() * 1000)


def _opened(bucket: Bucket) -> S3Store:
    parts = urlsplit(bucket.url)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
        raise InvalidRequest(f"{bucket.url}: a bucket is named s3://BUCKET/PREFIX")
    given: dict[str, Any] = {"endpoint": bucket.endpoint, "region": bucket.region}
    return S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        client_options={"allow_http": (bucket.endpoint or "").startswith("http://")},
        **{name: value for name, value in given.items() if value},
    )
