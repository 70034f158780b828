"""Keep libraries that work on speech in processes of their own, and share those among threads."""

import subprocess
import sys
import weakref
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, LifoQueue
from typing import Final

from mien.domain.cancellation import Cancellation
from mien.domain.errors import CannotTranscribe
from mien.transcription.pocketsphinx_child import Purpose, read_message, write_message

_CHILD: Final = (sys.executable, "-m", "mien.transcription.pocketsphinx_child")
_AHEAD: Final = 2

Question = Sequence[bytes]
"""The messages a child reads before it answers."""


class Child:
    """Be one process with one purpose; it starts when made and ends when closed, or when this process does."""

    def __init__(self, purpose: Purpose) -> None:
        # It stays in this process's group, so that both can be killed as one, and ignores the terminal's interrupts.
        self._process = subprocess.Popen([*_CHILD, purpose], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._end = weakref.finalize(self, _ended, self._process)

    def ask(self, question: Question) -> bytes:
        """Return the answer. Raises CannotTranscribe if the process has died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            for message in question:
                write_message(self._process.stdin, message)
            answer = read_message(self._process.stdout)
        except OSError:
            answer = None
        if answer is None:
            self.close()
            raise CannotTranscribe("unable to transcribe file: the recogniser stopped")
        return answer

    def close(self) -> None:
        """End the process."""
        self._end()


class ChildPool:
    """Share at most `workers` children of one purpose among threads; each is started when first needed and kept."""

    def __init__(self, purpose: Purpose, workers: int) -> None:
        self._purpose = purpose
        self._workers = max(1, workers)
        self._threads = ThreadPoolExecutor(self._workers, purpose)
        self._idle: LifoQueue[Child] = LifoQueue()

    def ask(self, questions: Iterable[Question], cancellation: Cancellation) -> Iterator[bytes]:
        """Yield the answers in order, having only a few questions in memory.

        Asks `cancellation` at every question. Raises CannotTranscribe when a child fails twice.
        """
        waiting: deque[Future[bytes]] = deque()
        try:
            for question in questions:
                waiting.append(self._threads.submit(self._answered, question))
                if len(waiting) >= self._workers * _AHEAD:
                    cancellation.check()
                    yield waiting.popleft().result()
            while waiting:
                cancellation.check()
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

    def close(self) -> None:
        """End the processes, once they have answered."""
        self._threads.shutdown(cancel_futures=True)
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def _answered(self, question: Question) -> bytes:
        try:
            return self._ask(question)
        except CannotTranscribe:
            return self._ask(question)  # somebody may have killed it, which is not this file's fault

    def _ask(self, question: Question) -> bytes:
        try:
            child = self._idle.get_nowait()
        except Empty:
            child = Child(self._purpose)
        answer = child.ask(question)
        self._idle.put(child)
        return answer


def _ended(process: "subprocess.Popen[bytes]") -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # what it never read cannot be written any more
                pipe.close()
    process.kill()
    process.wait()
