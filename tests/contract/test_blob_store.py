"""What every blob store does, run over each implementation."""

from pathlib import Path

import pytest

from mien.storage.blobs import BlobStore
from mien.storage.fsspec_blobs import FsspecBlobs


@pytest.fixture(params=["folder"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    return FsspecBlobs(f"file://{tmp_path}/data/blobs")


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


@pytest.mark.parametrize(
    "key", ["", "/", "/etc/passwd", "../a", "a/../../b", "a//b", "a/", "./a", "a/.", "..\\a", "C:/a", "a\0b"]
)
def test_a_key_cannot_leave_its_root(blobs: BlobStore, key: str) -> None:
    for step in (blobs.read, blobs.exists, blobs.delete, blobs.local_path):
        with pytest.raises(ValueError, match="not a key"):
            step(key)
    with pytest.raises(ValueError, match="not a key"):
        put(blobs, key)


def test_names_may_hold_any_letters(blobs: BlobStore) -> None:
    put(blobs, "uploads/ä b%20?#日本.zip", b"x")
    assert blobs.exists("uploads/ä b%20?#日本.zip")
