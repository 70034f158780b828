"""Count the processors and the memory this process may really use: machine, affinity and the container's quota."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import psutil

CGROUPS = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")
UNLIMITED_FROM = 2**60
"""Version 1 of control groups says "no limit" with a number of bytes near 2**63."""


def usable_processors(cgroups: Path = CGROUPS, membership: Path = MEMBERSHIP) -> int:
    """Return how many threads can run at once: the affinity, or the container's quota rounded up if that is less."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quotas = [quota for quota in _processor_quotas(cgroups, membership) if quota > 0]
    return max(1, min(allowed, -int(-min(quotas) // 1))) if quotas else max(1, allowed)


def usable_memory_bytes(cgroups: Path = CGROUPS, membership: Path = MEMBERSHIP) -> int:
    """Return how much memory there is: the machine's, or the container's limit if that is less."""
    limits = [limit for limit in _memory_limits(cgroups, membership) if 0 < limit < UNLIMITED_FROM]
    return min([int(psutil.virtual_memory().total), *limits])


def _processor_quotas(cgroups: Path, membership: Path) -> Iterator[float]:
    for folder in _folders(cgroups, membership, ""):
        quota, _, period = _text(folder / "cpu.max").partition(" ")
        if quota.isdecimal() and period.strip().isdecimal():
            yield int(quota) / int(period)
    for folder in _folders(cgroups, membership, "cpu"):
        quota, period = _text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us")
        if quota.isdecimal() and period.isdecimal():
            yield int(quota) / int(period)


def _memory_limits(cgroups: Path, membership: Path) -> Iterator[int]:
    for controller, file in (("", "memory.max"), ("memory", "memory.limit_in_bytes")):
        for folder in _folders(cgroups, membership, controller):
            limit = _text(folder / file)
            if limit.isdecimal():
                yield int(limit)


def _folders(cgroups: Path, membership: Path, controller: str) -> Iterator[Path]:
    """Yield the folder of this process's group and of all above it; `controller` is empty for version 2.

    Inside a container the group's own path is often not mounted; the mount itself then stands for it.
    """
    for root in (cgroups / controller, cgroups / "unified") if not controller else (cgroups / controller,):
        own = PurePosixPath(_group(membership, controller).lstrip("/"))
        for path in (own, *own.parents):
            yield root / path


def _group(membership: Path, controller: str) -> str:
    for line in _text(membership).splitlines():
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controller in controllers.split(","):
            return path
    return "/"


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
