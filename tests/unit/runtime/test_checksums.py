"""Checksums and their memory."""

import hashlib
import os
from pathlib import Path

import pytest

from mien.runtime import checksums
from mien.runtime.checksums import RememberedChecksums, write_whole


def test_a_checksum_is_computed_once_while_the_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "net"
    file.write_bytes(b"one")
    first = RememberedChecksums(tmp_path / "memory.json").sha256(file)
    monkeypatch.setattr(checksums, "sha256", lambda path: "computed again")

    assert first == hashlib.sha256(b"one").hexdigest()
    assert RememberedChecksums(tmp_path / "memory.json").sha256(file) == first


def test_a_changed_file_is_computed_again(tmp_path: Path) -> None:
    file = tmp_path / "net"
    file.write_bytes(b"one")
    remembered = RememberedChecksums(tmp_path / "memory.json")
    remembered.sha256(file)
    file.write_bytes(b"two")
    os.utime(file, ns=(1, 1))

    assert remembered.sha256(file) == hashlib.sha256(b"two").hexdigest()


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1}', "\x00"])
def test_a_broken_memory_is_forgotten(tmp_path: Path, content: str) -> None:
    file = tmp_path / "net"
    file.write_bytes(b"one")
    (tmp_path / "memory.json").write_text(content)

    assert RememberedChecksums(tmp_path / "memory.json").sha256(file) == hashlib.sha256(b"one").hexdigest()


def test_a_memory_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "net"
    file.write_bytes(b"one")

    assert RememberedChecksums(file / "below a file" / "memory.json").sha256(file)


def test_a_file_is_written_whole_and_replaces_the_old_one(tmp_path: Path) -> None:
    write_whole(tmp_path / "new" / "net", b"one")
    write_whole(tmp_path / "new" / "net", b"two")

    assert [path.name for path in (tmp_path / "new").iterdir()] == ["net"]
    assert (tmp_path / "new" / "net").read_bytes() == b"two"
