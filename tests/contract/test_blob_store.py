"""What every blob store does, run over each implementation."""

import time
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from mien.storage.blobs import BlobStore
from mien.storage.fsspec_blobs import FsspecBlobs
from mien.storage.s3_blobs import S3Blobs
from mien.storage.s3_streams import PART_BYTES
from tests.fakes_bucket import BucketServer, bucket_server


@pytest.fixture(scope="module")
def server() -> Iterator[BucketServer]:
    with bucket_server() as running:
        yield running


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BlobStore:
    if request.param == "folder":
        return FsspecBlobs(f"file://{tmp_path}/data/blobs")
    server: BucketServer = request.getfixturevalue("server")
    for name, value in server.credentials.items():
        monkeypatch.setenv(name, value)
    return S3Blobs(server.bucket(f"{tmp_path.name}/blobs"))


def put(blobs: BlobStore, key: str, content: bytes = b"content") -> None:
    with blobs.write(key) as stream:
        stream.write(content)


def test_what_is_written_is_read(blobs: BlobStore) -> None:
    put(blobs, "results/1/predictions.json", b"[]")
    with blobs.read("results/1/predictions.json") as stream:
        assert stream.read() == b"[]"


def test_a_blob_can_be_read_from_any_place(blobs: BlobStore) -> None:
    put(blobs, "a", b"0123456789")
    with blobs.read("a") as stream:
        stream.seek(7)
        assert stream.read(2) == b"78"


def test_a_blob_appears_only_when_it_is_whole(blobs: BlobStore) -> None:
    with blobs.write("uploads/a") as stream:
        stream.write(b"half")
        assert not blobs.exists("uploads/a")
    assert blobs.exists("uploads/a")


def test_a_write_that_fails_leaves_nothing(blobs: BlobStore) -> None:
    with pytest.raises(ZeroDivisionError), blobs.write("uploads/a") as stream:
        stream.write(bytes([1 // 0]))
    assert not blobs.exists("uploads/a")


def test_a_write_that_fails_leaves_the_older_blob(blobs: BlobStore) -> None:
    put(blobs, "a", b"older")
    with pytest.raises(ZeroDivisionError), blobs.write("a") as stream:
        stream.write(bytes([1 // 0]))
    with blobs.read("a") as stream:
        assert stream.read() == b"older"


def test_writing_again_replaces(blobs: BlobStore) -> None:
    put(blobs, "a", b"older and longer")
    put(blobs, "a", b"newer")
    with blobs.read("a") as stream:
        assert stream.read() == b"newer"


def test_a_blob_longer_than_one_part_is_whole_and_read_from_any_place(blobs: BlobStore) -> None:
    content = bytes(range(256)) * (2 * PART_BYTES // 256) + b"the end"
    with blobs.write("long") as stream:
        for begin in range(0, len(content), 100_000):
            stream.write(content[begin : begin + 100_000])
        assert not blobs.exists("long")
    with blobs.read("long") as stream:
        assert stream.read() == content
        stream.seek(-7, 2)
        assert stream.read() == b"the end"
        assert stream.seek(PART_BYTES - 3) == stream.tell() == PART_BYTES - 3
        assert stream.read(6) == content[PART_BYTES - 3 : PART_BYTES + 3]


def test_a_long_write_that_fails_leaves_nothing(blobs: BlobStore) -> None:
    with pytest.raises(ZeroDivisionError), blobs.write("uploads/a") as stream:
        stream.write(bytes(2 * PART_BYTES))
        stream.write(bytes([1 // 0]))
    assert not blobs.exists("uploads/a")
    assert list(blobs.children("uploads")) == []


def test_a_zip_is_written_and_read_in_place(blobs: BlobStore) -> None:
    with blobs.write("artifacts.zip") as stream, ZipFile(stream, "w") as archive:
        archive.writestr("face.csv", "Frame\n0\n")
    with blobs.read("artifacts.zip") as stream, ZipFile(stream) as archive:
        assert archive.testzip() is None
        assert archive.read("face.csv") == b"Frame\n0\n"


def test_a_blob_that_is_not_there_is_missed(blobs: BlobStore) -> None:
    assert not blobs.exists("a/b")
    assert blobs.local_path("a/b") is None
    with pytest.raises(FileNotFoundError):
        blobs.read("a/b")


def test_deleting_takes_one_blob_or_a_folder(blobs: BlobStore) -> None:
    for key in ("jobs/1/a", "jobs/1/b/c", "jobs/2/a", "jobs/10"):
        put(blobs, key)
    blobs.delete("jobs/1")
    blobs.delete("jobs/2/a")
    blobs.delete("nothing/there")
    assert [blobs.exists(key) for key in ("jobs/1/a", "jobs/1/b/c", "jobs/2/a", "jobs/10")] == [False] * 3 + [True]


def test_a_folder_names_its_children_and_when_they_last_changed(blobs: BlobStore) -> None:
    before = time.time()
    for key in ("jobs/1/a", "jobs/1/b/c", "jobs/1-x/a", "jobs/10", "jobs.txt"):
        put(blobs, key)
    found = dict(blobs.children("jobs"))
    assert sorted(found) == ["1", "1-x", "10"]
    assert all((before - 2) * 1000 <= written <= (time.time() + 2) * 1000 for written in found.values())
    assert list(blobs.children("nothing/there")) == []


def test_a_folder_is_as_new_as_the_newest_blob_in_it(blobs: BlobStore) -> None:
    put(blobs, "jobs/1/a/old")
    (_, first), *_ = blobs.children("jobs")
    time.sleep(1.1)
    put(blobs, "jobs/1/b/new")
    (_, second), *_ = blobs.children("jobs")
    assert second > first


def test_blobs_are_written_side_by_side(blobs: BlobStore) -> None:
    with blobs.write("a") as first, blobs.write("b") as second:
        first.write(b"1")
        second.write(b"2")
    assert [blobs.read(key).read() for key in ("a", "b")] == [b"1", b"2"]


@pytest.mark.parametrize(
    "key", ["", "/", "/etc/passwd", "../a", "a/../../b", "a//b", "a/", "./a", "a/.", "..\\a", "C:/a", "a\0b"]
)
def test_a_key_cannot_leave_its_root(blobs: BlobStore, key: str) -> None:
    for step in (blobs.read, blobs.exists, blobs.delete, blobs.local_path, lambda each: list(blobs.children(each))):
        with pytest.raises(ValueError, match="not a key"):
            step(key)
    with pytest.raises(ValueError, match="not a key"):
        put(blobs, key)


def test_names_may_hold_any_letters(blobs: BlobStore) -> None:
    put(blobs, "uploads/ä b%20?#日本.zip", b"x")
    assert blobs.exists("uploads/ä b%20?#日本.zip")
