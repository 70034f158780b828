"""Refuse new work while the disk is nearly full, before a write fails in the middle."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mien.domain.errors import DiskFull

GIGABYTE = 1024**3
Usage = Callable[[Path], tuple[int, int, int]]
"""Returns total, used and free bytes of the disk a folder lies on."""


@dataclass(frozen=True)
class FolderRoom:
    """Say how much room the disk has that a folder lies on, in bytes; `enough` when more than the limit stays free."""

    folder: str
    free_bytes: int
    total_bytes: int
    enough: bool


class DiskRoom:
    """Know how much must stay free on the disks of some folders, given by what each is called; 0 asks for nothing."""

    def __init__(self, folders: Mapping[str, Path], min_free_bytes: int, usage: Usage = shutil.disk_usage) -> None:
        self.min_free_bytes = min_free_bytes
        self._folders = folders
        self._usage = usage

    def check(self, more_bytes: int = 0) -> None:
        """Return when so many bytes more would leave enough free everywhere. Raises DiskFull with both figures."""
        if not self.min_free_bytes:
            return
        for room in self.rooms():
            if room.free_bytes - more_bytes < self.min_free_bytes:
                needed = f", {_gigabytes(more_bytes)} are to come" if more_bytes >= GIGABYTE // 100 else ""
                raise DiskFull(
                    f"disk space is low: {_gigabytes(room.free_bytes)} free in the {room.folder} folder{needed}, and "
                    f"{_gigabytes(self.min_free_bytes)} must stay free; try again later"
                )

    def rooms(self) -> list[FolderRoom]:
        """Look at the disk of each folder."""
        return [self._room(name, _existing(folder)) for name, folder in self._folders.items()]

    def _room(self, name: str, folder: Path) -> FolderRoom:
        total, _, free = self._usage(folder)
        return FolderRoom(name, free, total, free >= self.min_free_bytes)


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest above it that is there: it may not have been made yet."""
    return next((place for place in (folder, *folder.absolute().parents) if place.exists()), Path("/"))


def _gigabytes(amount: int) -> str:
    return f"{amount / GIGABYTE:.2f} GB"
