"""What blobs in a bucket do beyond the contract."""

from collections.abc import Iterator

import pytest

from mien.domain.errors import InvalidRequest
from mien.storage import s3_blobs
from mien.storage.s3_blobs import Bucket, S3Blobs
from mien.storage.s3_streams import PART_BYTES
from tests.fakes_bucket import REGION, BucketServer, bucket_server


@pytest.fixture(scope="module")
def server() -> Iterator[BucketServer]:
    with bucket_server() as running:
        yield running


@pytest.fixture
def blobs(server: BucketServer, monkeypatch: pytest.MonkeyPatch) -> S3Blobs:
    for name, value in server.credentials.items():
        monkeypatch.setenv(name, value)
    return S3Blobs(server.bucket("some/where"))


def test_blobs_lie_under_the_prefix(server: BucketServer, blobs: S3Blobs) -> None:
    with blobs.write("uploads/a") as stream:
        stream.write(b"x")
    listed = server.client().list_objects_v2(Bucket=server.name)["Contents"]
    assert [found["Key"] for found in listed] == ["some/where/uploads/a"]


def test_a_long_write_that_fails_leaves_no_parts(server: BucketServer, blobs: S3Blobs) -> None:
    with pytest.raises(ZeroDivisionError), blobs.write("long") as stream:
        stream.write(bytes(3 * PART_BYTES))
        while not server.unfinished_uploads():
            pass
        stream.write(bytes([1 // 0]))
    assert server.unfinished_uploads() == []


def test_more_blobs_than_one_request_deletes_are_deleted(blobs: S3Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_blobs, "DELETED_AT_ONCE", 2)
    for number in range(5):
        with blobs.write(f"many/{number}") as stream:
            stream.write(b"x")
    blobs.delete("many")
    assert list(blobs.children("many")) == []


def test_a_reader_never_mixes_two_versions(blobs: S3Blobs) -> None:
    with blobs.write("a") as stream:
        stream.write(b"older")
    with blobs.read("a") as reader:
        with blobs.write("a") as stream:
            stream.write(b"newer")
        with pytest.raises(OSError, match="blob a in s3://"):
            reader.read()


def test_a_bucket_that_is_not_there_is_named(server: BucketServer, blobs: S3Blobs) -> None:
    elsewhere = S3Blobs(Bucket("s3://nowhere/at/all", server.endpoint, REGION))
    with pytest.raises(OSError, match="s3://nowhere/at/all"), elsewhere.write("a") as stream:
        stream.write(b"x")
    with pytest.raises(OSError, match="s3://nowhere/at/all"), elsewhere.write("a") as stream:
        stream.write(bytes(6 * PART_BYTES))


@pytest.mark.parametrize("url", ["s3://", "s3:///a", "http://bucket", "s3://bucket/a?b=c"])
def test_what_names_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest, match="s3://BUCKET/PREFIX"):
        S3Blobs(Bucket(url))
