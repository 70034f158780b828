"""Compute SHA-256 of files, and remember it while a file keeps its size and time of change."""

import hashlib
import json
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)


def sha256(path: Path) -> str:
    """Compute the SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is either there completely or not at all, also after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


class RememberedChecksums:
    """Remember checksums in one small file, so that starting up does not read every network again."""

    def __init__(self, memory: Path) -> None:
        self._memory = memory
        self._known = _read(memory)

    def sha256(self, path: Path) -> str:
        """Return the checksum of a file, computed only if the file has changed since the last time."""
        status = path.stat()
        stamp = [status.st_size, status.st_mtime_ns]
        known = self._known.get(str(path))
        if known is not None and known[:2] == stamp:
            return str(known[2])
        checksum = sha256(path)
        self._known[str(path)] = [*stamp, checksum]
        self._remember()
        return checksum

    def _remember(self) -> None:
        try:
            write_whole(self._memory, json.dumps(self._known, indent=1).encode())
        except OSError as error:
            log.debug("checksums are not remembered: %s", error)


def _read(memory: Path) -> dict[str, list[Any]]:
    try:
        known = json.loads(memory.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(known, dict):
        return {}
    return {path: entry for path, entry in known.items() if isinstance(entry, list) and len(entry) == 3}
