"""Whatever bytes an archive is made of, reading it ends in members or in our errors, and writes nothing elsewhere."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mien.domain.cancellation import Cancellation
from mien.domain.errors import ItemError, SourceError
from mien.domain.source import BadItem
from mien.intake.archives import is_archive, listed, unpack
from mien.intake.limits import IntakeLimits

LIMITS = IntakeLimits(archive_bytes=200_000, archive_members=50, archive_ratio=50)
NAMES = ["a.txt", "b/c.png", "../up.txt", "/etc/passwd", "a.txt", "x" * 300, "naïve.wav", "d.srt", "d.mp4", "in.zip"]


def a_zip(packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for number, name in enumerate(NAMES):
            archive.writestr(zipfile.ZipInfo(name), b"content %d " % number * 40, compress_type=packing)
    return buffer.getvalue()


def a_tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for number, name in enumerate(NAMES):
            member = tarfile.TarInfo(name)
            member.size = 200
            archive.addfile(member, io.BytesIO(b"%03d " % number * 50))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return buffer.getvalue()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes, "tar.gz": gzip.compress, "tar.bz2": bz2.compress, "tar.xz": lzma.compress
}  # fmt: skip
WHOLE = {name: pack(a_tar()) for name, pack in PACKED.items()}
WHOLE |= {"zip": a_zip(), "stored.zip": a_zip(zipfile.ZIP_STORED), "bzip2.zip": a_zip(zipfile.ZIP_BZIP2)}
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.sampled_from(["flip", "cut", "fill", "copy"]), st.binary(max_size=40)))


def changed(content: bytes, changes: list[tuple[float, str, bytes]]) -> bytes:
    for where, how, given_bytes in changes:
        place = int(where * len(content))
        if how == "flip" and content:
            place = min(place, len(content) - 1)
            content = content[:place] + bytes([content[place] ^ 0x41]) + content[place + 1 :]
        elif how == "cut":
            content = content[:place] + content[place + len(given_bytes) :]
        elif how == "fill":
            content = content[:place] + given_bytes + content[place + len(given_bytes) :]
        else:
            content = content[:place] + content[place // 2 :]
    return content


def read(content: bytes, folder: Path) -> int:
    """Read everything of it, and return how much its members held together."""
    path, scratch = folder / "archive", folder / "scratch"
    scratch.mkdir(exist_ok=True)
    path.write_bytes(content)
    if not is_archive(path):
        return 0
    total = 0
    try:
        names = listed(path, scratch, LIMITS, Cancellation())
        assert len(names) <= LIMITS.archive_members
        for item in unpack(path, scratch, LIMITS, Cancellation()):
            if isinstance(item, BadItem):
                continue
            assert scratch in item.path.parents
            total += item.path.stat().st_size
    except (SourceError, ItemError) as error:
        assert error.message
    assert sorted(one.name for one in folder.iterdir()) == ["archive", "scratch"]
    return total


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_changed_below_is_read_when_whole(name: str, tmp_path: Path) -> None:
    assert read(WHOLE[name], tmp_path) > 1000


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(WHOLE)), changes=CHANGES)
def test_a_damaged_archive_is_read_or_refused(
    tmp_path: Path, name: str, changes: list[tuple[float, str, bytes]]
) -> None:
    assert read(changed(WHOLE[name], changes), tmp_path) <= LIMITS.archive_bytes


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["tar.gz", "tar.bz2", "tar.xz"]), changes=CHANGES)
def test_a_damaged_tar_that_is_packed_well_is_read_or_refused(
    tmp_path: Path, name: str, changes: list[tuple[float, str, bytes]]
) -> None:
    assert read(PACKED[name](changed(WHOLE["tar"], changes)), tmp_path) <= LIMITS.archive_bytes


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from([b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\x00", b""]),
    content=st.binary(max_size=600),
)
def test_noise_is_read_or_refused(tmp_path: Path, start: bytes, content: bytes) -> None:
    assert read(start + content, tmp_path) <= LIMITS.archive_bytes
