"""Choose the blob store that a URL names."""

from importlib import import_module
from importlib.util import find_spec
from typing import Final, cast

from mien.domain.errors import InvalidRequest
from mien.storage.blobs import BlobStore
from mien.storage.fsspec_blobs import FsspecBlobs

BUCKETS: Final = "s3://"
BUCKET_PACKAGE: Final = "obstore"


def open_blobs(url: str, endpoint: str | None = None, region: str | None = None) -> BlobStore:
    """Return the blobs in a folder, `file://PATH`, or in a bucket, `s3://BUCKET/PREFIX`. Raises InvalidRequest."""
    if not url.startswith(BUCKETS):
        return FsspecBlobs(url)
    if find_spec(BUCKET_PACKAGE) is None:
        raise InvalidRequest(f"{url} needs the package {BUCKET_PACKAGE}: pip install 'mien[s3]'")
    buckets = import_module("mien.storage.s3_blobs")
    return cast(BlobStore, buckets.S3Blobs(buckets.Bucket(url, endpoint, region)))
