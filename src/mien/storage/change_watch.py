"""Notice commits of any process on a SQLite file, cheaply and within a few milliseconds."""

import sqlite3
import threading
import time
from pathlib import Path

POLL_SECONDS = 0.015


class ChangeWatch:
    """Wait for commits: polls the file's version for other processes, is notified by this one's writer."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._changed = threading.Condition()
        self._seen = threading.local()

    def notify(self) -> None:
        """Wake those who wait, to look at once."""
        with self._changed:
            self._changed.notify_all()

    def wait(self, timeout_seconds: float) -> None:
        """Return when somebody has committed since this thread last asked, or when the time is over.

        The first call of a thread returns at once: nobody knows what it has missed.
        """
        deadline = time.monotonic() + timeout_seconds
        with self._changed:
            while not self._is_new():
                left = deadline - time.monotonic()
                if left <= 0:
                    return
                self._changed.wait(min(left, POLL_SECONDS))

    def close(self) -> None:
        """Let go of the file."""
        with self._changed:
            self._connection.close()

    def _is_new(self) -> bool:
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        seen = getattr(self._seen, "version", None)
        self._seen.version = version
        return bool(version != seen)
