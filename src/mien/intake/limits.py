"""Hold how much is taken in: sizes, counts and times, and how they read in a message."""

from dataclasses import dataclass

KILO = 1024
MEGA = 1024 * KILO
GIGA = 1024 * MEGA
_UNITS = ((GIGA, "GB"), (MEGA, "MB"), (KILO, "KB"))


@dataclass(frozen=True)
class IntakeLimits:
    """Hold what a source may cost.

    `download_bytes` is counted while reading. `connect_seconds` and `stall_seconds` bound one wait, `download_seconds`
    the whole download with all its redirects. An archive may unpack to `archive_bytes` in all. What passes
    `archive_free_bytes` may be at most `archive_ratio` times as large as it was packed: each member of a zip, so that
    its neighbours go on, and a tar as a whole, for its members are packed together.
    """

    download_bytes: int = GIGA
    redirects: int = 3
    connect_seconds: float = 10.0
    stall_seconds: float = 30.0
    download_seconds: float = 3600.0
    archive_bytes: int = 10 * GIGA
    archive_free_bytes: int = 256 * MEGA
    archive_ratio: int = 200
    archive_members: int = 10_000
    member_bytes: int = GIGA

    def tar_bytes(self, packed_bytes: int) -> int:
        """Return how many bytes a tar of `packed_bytes` may unpack to."""
        return min(self.archive_bytes, self._by_ratio(packed_bytes))

    def member_limit(self, packed_bytes: int | None) -> int:
        """Return how many bytes a member may unpack to; `packed_bytes` is None where members are packed together."""
        return self.member_bytes if packed_bytes is None else min(self.member_bytes, self._by_ratio(packed_bytes))

    def _by_ratio(self, packed_bytes: int) -> int:
        return max(self.archive_free_bytes, self.archive_ratio * packed_bytes)


def readable_bytes(count: int) -> str:
    """Write a number of bytes for people: 1 GB is 1024 MB."""
    for size, unit in _UNITS:
        if count >= size:
            return f"{count / size:.4g} {unit}"
    return f"{count} bytes"
