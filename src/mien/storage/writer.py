"""Write to SQLite from one thread, many operations to a transaction, so that they share one sync of the disk."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")
LARGEST_GROUP = 256


@dataclass(frozen=True, eq=False)
class _Waiting:
    operation: Callable[[Connection], Any]
    durable: bool
    future: Future[Any] = field(default_factory=Future)


@dataclass(frozen=True, eq=False)
class _Answer:
    result: Any = None
    error: Exception | None = None


class Writer:
    """Run write operations one after another; those that wait together are committed together.

    The engine must begin its transactions with BEGIN IMMEDIATE. `committed` is called after every commit, `commits`
    counts them.
    """

    def __init__(self, engine: Engine, committed: Callable[[], None]) -> None:
        self.commits = 0
        self._engine = engine
        self._committed = committed
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._closed = False
        self._closing = Lock()
        self._ended = False
        self._durable: bool | None = None
        self._thread = Thread(target=self._serve, name="mien-writer", daemon=True)
        self._thread.start()

    def write(self, operation: Callable[[Connection], T], durable: bool) -> T:
        """Run an operation and return its result once it is committed. Raises what it raises."""
        waiting = _Waiting(operation, durable)
        with self._closing:
            if self._closed:
                raise RuntimeError("the database is closed")
            self._queue.put(waiting)
        result: T = waiting.future.result()
        return result

    def close(self) -> None:
        """Finish what waits and end the thread."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _serve(self) -> None:
        with self._engine.connect() as connection:
            while group := self._next_group():
                try:
                    answers = self._commit(connection, group)
                except Exception as error:
                    answers = [_Answer(error=error)] * len(group)
                for waiting, answer in zip(group, answers, strict=True):
                    _resolve(waiting.future, answer)

    def _next_group(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        while not self._ended and len(group) < LARGEST_GROUP:
            try:
                waiting = self._queue.get(block=not group)
            except Empty:
                break
            if waiting is None:
                self._ended = True
                break
            group.append(waiting)
        return group

    def _commit(self, connection: Connection, group: list[_Waiting]) -> list[_Answer]:
        self._choose_sync(connection, any(waiting.durable for waiting in group))
        with connection.begin():
            answers = [_attempt(connection, waiting.operation) for waiting in group]
        self.commits += 1
        self._committed()
        return answers

    def _choose_sync(self, connection: Connection, durable: bool) -> None:
        # In WAL mode NORMAL leaves out the sync at commit: the file stays sound, only the newest commits can be lost.
        # The pragma has no effect inside a transaction.
        if durable != self._durable:
            _driver(connection).execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable


def _attempt(connection: Connection, operation: Callable[[Connection], Any]) -> _Answer:
    try:
        with connection.begin_nested():
            answer = _Answer(operation(connection))
    except Exception as error:
        answer = _Answer(error=error)
    # A full disk makes SQLite roll everything back by itself; what came before in this group is then lost, too.
    if not _driver(connection).in_transaction:
        raise RuntimeError("the database rolled the transaction back") from answer.error
    return answer


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _resolve(future: Future[Any], answer: _Answer) -> None:
    if answer.error is not None:
        future.set_exception(answer.error)
        return
    future.set_result(answer.result)
