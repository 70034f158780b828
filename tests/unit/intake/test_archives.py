import io
import stat
import struct
import tarfile
import zipfile

import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import ArchiveUnreadable, Cancelled, ItemTooLarge, SourceTooLarge, UnreadableMedia, UnsafeMember
from mien.domain.source import BadItem, Item
from mien.intake.archives import is_archive, unpack
from mien.intake.limits import IntakeLimits
from tests.fakes_files import make_tar, make_zip

FACES = {"faces/100.jpg": b"first", "faces/101.jpg": b"second"}
PACKINGS = ["", "gz", "bz2", "xz"]


def unpacked(path, limits=None, cancellation=None):
    """Return the content, or the error, of each member by name."""
    scratch = path.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    found = {}
    for item in unpack(path, scratch, limits or IntakeLimits(), cancellation or Cancellation()):
        found[item.file] = item.path.read_bytes() if isinstance(item, Item) else item.error
        assert len(list(scratch.iterdir())) <= 1
    assert list(scratch.iterdir()) == []
    return found


def made(tmp_path, kind, members):
    path = tmp_path / "blob"
    return make_zip(path, members) if kind == "zip" else make_tar(path, members, kind)


@pytest.mark.parametrize("kind", ["zip", *PACKINGS])
def test_members_come_one_at_a_time_under_their_paths(tmp_path, kind):
    path = made(tmp_path, kind, FACES)
    assert is_archive(path)
    assert unpacked(path) == FACES


@pytest.mark.parametrize(
    "data", [b"", b"text", b"\x1f\x8bnonsense", b"\x1f\x8b", bytes(2000), b"BZh91AY&SY", b"\xff\xd8\xff" + bytes(600)]
)
def test_other_files_are_no_archives(tmp_path, data):
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    assert not is_archive(path)


@pytest.mark.parametrize("kind", ["zip", *PACKINGS])
def test_what_systems_leave_behind_is_skipped(tmp_path, kind):
    clutter = ["__MACOSX/._100.jpg", ".DS_Store", "a/.hidden/b.jpg", "a/Thumbs.db", "desktop.ini"]
    path = made(tmp_path, kind, {**dict.fromkeys(clutter, b"x"), "./a//b.jpg": b"kept"})
    assert unpacked(path) == {"a/b.jpg": b"kept"}


@pytest.mark.parametrize("kind", ["zip", *PACKINGS])
@pytest.mark.parametrize("name", ["/etc/passwd", "../out", "a/../../out", "C:/windows/x", "..\\out", "a/\x07bell"])
def test_members_that_point_outside_are_never_written(tmp_path, kind, name):
    path = made(tmp_path, kind, {name: b"evil", "good.jpg": b"good"})
    found = unpacked(path)
    assert found.pop("good.jpg") == b"good"
    ((shown, error),) = found.items()
    assert shown == name.replace("\\", "/")
    assert isinstance(error, UnsafeMember)


@pytest.mark.parametrize("kind", ["zip", ""])
def test_the_first_of_two_members_of_one_name_is_used(tmp_path, kind):
    path = made(tmp_path, kind, {"a.jpg": b"first", "./a.jpg": b"second"})
    (first, second) = [
        item.path.read_bytes() if isinstance(item, Item) else item.error.message
        for item in unpack(path, tmp_path, IntakeLimits(), Cancellation())
    ]
    assert first == b"first"
    assert "same name" in second


@pytest.mark.parametrize("kind", ["zip", "gz"])
def test_archives_inside_archives_are_reported(tmp_path, kind):
    inner = made(tmp_path, kind, FACES).read_bytes()
    found = unpacked(made(tmp_path, kind, {"inner.zip": inner, "a.jpg": b"a"}))
    assert "not opened" in found["inner.zip"].message
    assert found["a.jpg"] == b"a"


@pytest.mark.parametrize("form", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused(tmp_path, form):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo("bad")
        info.type, info.linkname = form, "/etc/passwd"
        archive.addfile(info)
        good = tarfile.TarInfo("good")
        good.size = 1
        archive.addfile(good, io.BytesIO(b"g"))
    found = unpacked(path)
    assert isinstance(found["bad"], UnsafeMember)
    assert found["good"] == b"g"


def test_links_in_a_zip_are_refused(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
        archive.writestr("good", "g")
    found = unpacked(path)
    assert isinstance(found["link"], UnsafeMember)
    assert found["good"] == b"g"


def test_an_encrypted_member_is_reported(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"secret": b"x", "good": b"g"})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    found = unpacked(path)
    assert "encrypted" in found["secret"].message
    assert found["good"] == b"g"


def test_a_member_that_fails_its_checksum_is_reported(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("bad", b"hello hello")
        archive.writestr("good", b"g")
    path.write_bytes(path.read_bytes().replace(b"hello hello", b"hellO hello"))
    found = unpacked(path)
    assert isinstance(found["bad"], UnreadableMedia)
    assert found["good"] == b"g"


@pytest.mark.parametrize("claimed", [3, 3_000_000])
def test_a_member_that_lies_about_its_size_is_reported(tmp_path, claimed):
    path = make_zip(tmp_path / "a.zip", {"liar": b"a" * 1000, "good": b"g"})
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, claimed)
    path.write_bytes(data)
    found = unpacked(path)
    assert isinstance(found["liar"], UnreadableMedia)
    assert found["good"] == b"g"


def test_an_unknown_packing_is_reported(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"odd": b"a" * 100})
    data = bytearray(path.read_bytes())
    struct.pack_into("<H", data, 8, 97)
    struct.pack_into("<H", data, data.index(b"PK\x01\x02") + 10, 97)
    path.write_bytes(data)
    assert "not supported" in unpacked(path)["odd"].message


@pytest.mark.parametrize("kind", ["zip", *PACKINGS])
def test_a_member_over_its_limit_is_reported_and_its_neighbours_go_on(tmp_path, kind):
    path = made(tmp_path, kind, {"large": bytes(300_000), "small": b"s"})
    found = unpacked(path, IntakeLimits(member_bytes=200_000))
    assert isinstance(found["large"], ItemTooLarge)
    assert found["small"] == b"s"


@pytest.mark.parametrize(
    ("kind", "limits"),
    [(kind, IntakeLimits(archive_bytes=500_000)) for kind in ("zip", *PACKINGS)]
    + [(kind, IntakeLimits(archive_free_bytes=500_000, archive_ratio=2)) for kind in PACKINGS if kind],
)
def test_an_archive_that_unpacks_to_too_much_is_stopped(tmp_path, kind, limits):
    path = made(tmp_path, kind, {"first": b"f", **{f"zeros-{n}": bytes(100_000) for n in range(6)}})
    found = []
    with pytest.raises(SourceTooLarge, match="limit"):
        found.extend(item.file for item in unpack(path, tmp_path, limits, Cancellation()))
    assert found[:2] == ["first", "zeros-0"]


def test_a_bomb_in_a_zip_is_reported_and_its_neighbours_go_on(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"bomb": bytes(3_000_000), "small": b"s"})
    found = unpacked(path, IntakeLimits(archive_free_bytes=500_000, archive_ratio=2))
    assert isinstance(found["bomb"], ItemTooLarge)
    assert found["small"] == b"s"


@pytest.mark.parametrize("kind", ["zip", "gz"])
def test_an_archive_of_too_many_members_is_stopped(tmp_path, kind):
    path = made(tmp_path, kind, {f"{n}.txt": b"" for n in range(5)})
    with pytest.raises(SourceTooLarge, match="more than 3 members"):
        unpacked(path, IntakeLimits(archive_members=3))


@pytest.mark.parametrize("kind", PACKINGS)
def test_a_cut_off_tar_keeps_what_came_before(tmp_path, kind):
    noise = {f"{n}.bin": bytes((n * i * i) % 251 for i in range(40_000)) for n in range(1, 6)}
    path = made(tmp_path, kind, noise)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 7 // 10] if kind != "bz2" else data[:-40])
    found = []
    with pytest.raises(ArchiveUnreadable, match=r"damaged|cut off"):
        found.extend(item.file for item in unpack(path, tmp_path, IntakeLimits(), Cancellation()))
    assert kind in ("bz2", "xz") or found[0] == "1.bin"


def test_a_damaged_header_in_a_tar_is_no_quiet_end(tmp_path):
    path = make_tar(tmp_path / "a.tar", FACES)
    data = bytearray(path.read_bytes())
    data[1024 + 10] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(ArchiveUnreadable):
        unpacked(path)


def test_a_tar_header_cannot_fill_the_memory(tmp_path):
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 10**9
    path = tmp_path / "a.tar"
    path.write_bytes(info.tobuf() + bytes(1_000_000))
    with pytest.raises(ArchiveUnreadable, match="too long"):
        unpacked(path)


def test_a_zip_directory_cannot_fill_the_memory(tmp_path):
    size = 9 * 1024**2
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, size, 4, 0)
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\x03\x04" + bytes(size) + end)
    with pytest.raises(ArchiveUnreadable, match="too long"):
        unpacked(path)


@pytest.mark.parametrize("keep", [30, 100, -10])
def test_a_cut_off_zip_is_unreadable(tmp_path, keep):
    path = make_zip(tmp_path / "a.zip", FACES)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ArchiveUnreadable, match="archive could not be read"):
        unpacked(path)


@pytest.mark.parametrize("kind", ["zip", "gz"])
def test_an_archive_without_files_says_so(tmp_path, kind):
    with pytest.raises(ArchiveUnreadable, match="holds no files"):
        unpacked(made(tmp_path, kind, {}))


def test_names_without_a_mark_are_utf_8_or_else_what_zips_used_of_old(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"first-11.jpg": b"1", "second-2.jpg": b"2"})
    data = path.read_bytes().replace(b"first-11", "first-ü".encode()).replace(b"second-2", b"second-\x82")
    path.write_bytes(data)
    assert unpacked(path) == {"first-ü.jpg": b"1", "second-é.jpg": b"2"}


def test_tar_names_that_are_not_utf_8_are_still_text(tmp_path):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT, encoding="latin-1") as archive:
        archive.addfile(tarfile.TarInfo("gr\xfc\xdfe.txt"))
    assert list(unpacked(path)) == ["grüße.txt"]


@pytest.mark.parametrize("kind", ["zip", "gz"])
def test_unpacking_stops_when_asked(tmp_path, kind):
    cancellation = Cancellation()
    items = unpack(made(tmp_path, kind, FACES), tmp_path, IntakeLimits(), cancellation)
    assert not isinstance(next(items), BadItem)
    cancellation.cancel(Cancelled())
    with pytest.raises(Cancelled):
        next(items)


def test_folders_are_no_items(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.mkdir("faces")
        archive.writestr("faces/a.jpg", b"a")
    assert unpacked(path) == {"faces/a.jpg": b"a"}


def test_a_member_without_a_name_is_no_reason_to_lose_its_neighbours(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"x": b"nameless", "good.png": b"good"})
    path.write_bytes(path.read_bytes().replace(b"x", b"\0", 2))
    assert unpacked(path)["good.png"] == b"good"
