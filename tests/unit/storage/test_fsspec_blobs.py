from pathlib import Path

import pytest

from mien.domain.errors import InvalidRequest
from mien.storage.fsspec_blobs import FsspecBlobs


def test_blobs_lie_in_the_folder_under_their_keys(tmp_path: Path) -> None:
    blobs = FsspecBlobs(f"file://{tmp_path}/blobs")
    with blobs.write("uploads/a.png") as stream:
        stream.write(b"png")
    assert blobs.local_path("uploads/a.png") == tmp_path / "blobs" / "uploads" / "a.png"
    assert (tmp_path / "blobs" / "uploads" / "a.png").read_bytes() == b"png"


def test_a_write_that_fails_leaves_no_file_behind(tmp_path: Path) -> None:
    blobs = FsspecBlobs(f"file://{tmp_path}")
    with pytest.raises(ZeroDivisionError), blobs.write("uploads/a") as stream:
        stream.write(bytes([1 // 0]))
    assert list((tmp_path / "uploads").iterdir()) == []


def test_a_store_that_is_not_built_yet_is_refused() -> None:
    for root in ("memory://blobs", "s3://bucket/blobs", "nonsense://x"):
        with pytest.raises(InvalidRequest, match="must be file://PATH"):
            FsspecBlobs(root)
