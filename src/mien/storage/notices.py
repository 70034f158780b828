"""Hear of changes that others tell of through a PostgreSQL server, in a thread and on a connection of its own."""

import logging
import threading
import time
from typing import Any

import psycopg
from sqlalchemy import Engine

from mien.storage.database import CHANNEL

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
AFTER_TROUBLE_SECONDS = 1.0
READY_SECONDS = 10.0


class Notices:
    """Wait for notices; listens from the first wait on."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._changed = threading.Condition()
        self._version = 0
        self._listening = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._seen = threading.local()

    def wait(self, timeout_seconds: float) -> None:
        """Return when a notice has come since this thread last asked, or when the time is over.

        The first call of a thread returns at once: nobody knows what it has missed.
        """
        self._listen()
        with self._changed:
            self._changed.wait_for(lambda: getattr(self._seen, "version", None) != self._version, timeout_seconds)
            self._seen.version = self._version

    def close(self) -> None:
        """Stop listening."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def _connect(self) -> "psycopg.Connection[Any]":
        arguments, options = self._engine.dialect.create_connect_args(self._engine.url)
        connection: psycopg.Connection[Any] = psycopg.connect(*arguments, **options, autocommit=True)
        return connection

    def _listen(self) -> None:
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="mien-notices", daemon=True)
                self._thread.start()
        self._listening.wait(READY_SECONDS)

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                with self._connect() as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    self._tell()
                    self._listening.set()
                    self._follow(connection)
            except psycopg.Error as error:
                logger.warning("listening to the database again after trouble: %s", type(error).__name__)
                # Whoever waits looks for itself meanwhile.
                self._tell()
                self._listening.set()
                self._closing.wait(AFTER_TROUBLE_SECONDS)

    def _follow(self, connection: "psycopg.Connection[Any]") -> None:
        while not self._closing.is_set():
            began = time.monotonic()
            for _ in connection.notifies(timeout=LOOK_SECONDS, stop_after=1):
                self._tell()
            if connection.closed:
                return
            if time.monotonic() - began < LOOK_SECONDS / 100:
                # Many notices at once are one.
                self._closing.wait(0.001)

    def _tell(self) -> None:
        with self._changed:
            self._version += 1
            self._changed.notify_all()
