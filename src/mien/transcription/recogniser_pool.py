"""Keep recognisers in processes of their own, and hand them stretches of speech."""

import json
import subprocess
import sys
import weakref
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, LifoQueue

from mien.domain.cancellation import Cancellation
from mien.domain.errors import CannotTranscribe
from mien.transcription.pocketsphinx_child import read_message, write_message

Heard = tuple[str, int, int, float]
"""A word, its first and last frame of 10 ms, and its probability 0…1."""

_CHILD = [sys.executable, "-m", "mien.transcription.pocketsphinx_child"]
_AHEAD = 2


class Recogniser:
    """Be one process that hears; it starts when made and ends when closed, or when this process does."""

    def __init__(self) -> None:
        # It stays in this process's group, so that both can be killed as one, and ignores the terminal's interrupts.
        self._process = subprocess.Popen(_CHILD, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._end = weakref.finalize(self, _ended, self._process)

    def recognise(self, sound: bytes) -> list[Heard]:
        """Return the words of one stretch of 16-bit mono sound at 16 kHz. Raises CannotTranscribe if it has died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            write_message(self._process.stdin, sound)
            answer = read_message(self._process.stdout)
        except OSError:
            answer = None
        if answer is None:
            self.close()
            raise CannotTranscribe("unable to transcribe file: the recogniser stopped")
        return [(str(word), int(first), int(last), float(sure)) for word, first, last, sure in json.loads(answer)]

    def close(self) -> None:
        """End the process."""
        self._end()


class RecogniserPool:
    """Share at most `workers` recognisers among threads; each is started when first needed and kept."""

    def __init__(self, workers: int) -> None:
        self._workers = max(1, workers)
        self._threads = ThreadPoolExecutor(self._workers, "recogniser")
        self._idle: LifoQueue[Recogniser] = LifoQueue()

    def recognise(self, sounds: Iterable[bytes], cancellation: Cancellation) -> Iterator[list[Heard]]:
        """Yield the words of each stretch in order, having only a few stretches in memory.

        Asks `cancellation` at every stretch. Raises CannotTranscribe when a recogniser fails twice.
        """
        waiting: deque[Future[list[Heard]]] = deque()
        try:
            for sound in sounds:
                waiting.append(self._threads.submit(self._recognise, sound))
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

    def _recognise(self, sound: bytes) -> list[Heard]:
        try:
            return self._ask(sound)
        except CannotTranscribe:
            return self._ask(sound)  # somebody may have killed it, which is not this file's fault

    def _ask(self, sound: bytes) -> list[Heard]:
        try:
            recogniser = self._idle.get_nowait()
        except Empty:
            recogniser = Recogniser()
        heard = recogniser.recognise(sound)
        self._idle.put(recogniser)
        return heard


def _ended(process: "subprocess.Popen[bytes]") -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # what it never read cannot be written any more
                pipe.close()
    process.kill()
    process.wait()
