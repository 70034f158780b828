from pathlib import Path

import pytest

from mien.domain.errors import DiskFull
from mien.storage.disk_room import GIGABYTE, DiskRoom


def room(free: float, least: float = 1.0) -> DiskRoom:
    return DiskRoom(
        {"data": Path("/no/such/folder")}, round(least * GIGABYTE), lambda _: (10, 9, round(free * GIGABYTE))
    )


def test_a_full_disk_is_refused_with_both_figures() -> None:
    with pytest.raises(DiskFull, match=r"0\.50 GB free in the data folder, and 1\.00 GB must stay free"):
        room(0.5).check()


def test_what_is_to_come_counts() -> None:
    room(2).check()
    room(2).check(GIGABYTE)
    with pytest.raises(DiskFull, match=r"1\.50 GB are to come"):
        room(2).check(3 * GIGABYTE // 2)


def test_a_limit_of_zero_asks_for_nothing() -> None:
    room(0, least=0).check(5 * GIGABYTE)


def test_a_folder_that_is_not_there_yet_is_measured_where_it_will_be(tmp_path: Path) -> None:
    (told,) = DiskRoom({"data": tmp_path / "a" / "b"}, 1).rooms()
    assert told.free_bytes > 0
    assert told.enough
