"""The URL chooses where blobs are kept."""

from importlib.util import find_spec as really_find
from pathlib import Path

import pytest

from mien.domain.errors import InvalidRequest
from mien.storage import blob_choice
from mien.storage.blob_choice import open_blobs
from mien.storage.fsspec_blobs import FsspecBlobs
from mien.storage.s3_blobs import S3Blobs


def test_a_folder_and_a_bucket_are_told_apart(tmp_path: Path) -> None:
    assert isinstance(open_blobs(f"file://{tmp_path}/blobs"), FsspecBlobs)
    assert isinstance(open_blobs("s3://bucket/prefix", "http://127.0.0.1:1", "eu-central-1"), S3Blobs)


def test_what_is_neither_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="ftp://host/blobs"):
        open_blobs("ftp://host/blobs")


def test_a_bucket_without_its_package_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blob_choice, "find_spec", lambda name: None if name == "obstore" else really_find(name))
    with pytest.raises(InvalidRequest, match=r"mien\[s3\]"):
        open_blobs("s3://bucket/prefix")
