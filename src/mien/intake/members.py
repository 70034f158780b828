"""Say what a member of an archive is, and which members are left out or refused."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mien.domain.cancellation import Cancellation
from mien.domain.errors import ItemError, SourceTooLarge
from mien.intake.limits import readable_bytes

_DRIVE = re.compile(r"^[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CLUTTER = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})


@dataclass(frozen=True)
class Member:
    """Hold one entry of an archive: its raw name, its bytes piece by piece, and why it cannot be taken, if so.

    `packed_bytes` is what it takes in the archive, where that can be told, `stated_bytes` what it claims to unpack to.
    """

    name: str
    chunks: Callable[[], Iterator[bytes]]
    directory: bool = False
    problem: ItemError | None = None
    packed_bytes: int | None = None
    stated_bytes: int = 0


class Allowance:
    """Count the bytes an archive unpacks to; its headers may lie, so only what really comes out counts."""

    def __init__(self, limit: int, cancellation: Cancellation) -> None:
        self._limit = limit
        self._left = limit
        self._cancellation = cancellation

    def spend(self, count: int) -> None:
        """Take `count` bytes off. Raises SourceTooLarge when none are left, and the reason to stop if there is one."""
        self._cancellation.check()
        self._left -= count
        if self._left < 0:
            raise SourceTooLarge(f"archive unpacks to more than the limit of {readable_bytes(self._limit)}")


def decode_name(raw: bytes, fallback: str) -> str:
    """Decode a member name: UTF-8 where it is valid, else the encoding its kind of archive used of old."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode(fallback)


def with_slashes(name: str) -> str:
    """Return a name with forward slashes, as clients know members."""
    return name.replace("\\", "/")


def clean(name: str) -> str:
    """Return the path inside the archive without empty and `.` parts."""
    return "/".join(part for part in with_slashes(name).split("/") if part not in ("", "."))


def is_unsafe(name: str) -> bool:
    """Say whether a name points outside the archive or could not be a file name: absolute, a drive, `..`, control."""
    slashed = with_slashes(name)
    outside = slashed.startswith("/") or ".." in slashed.split("/")
    return outside or bool(_DRIVE.match(slashed) or _CONTROL.search(slashed)) or not clean(name)


def is_clutter(name: str) -> bool:
    """Say whether systems leave such a file in archives unasked: dot files, `__MACOSX/`, thumbnails."""
    return any(part.startswith(".") or part in _CLUTTER for part in clean(name).split("/"))
