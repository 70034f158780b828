import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled, CannotTranscribe
from mien.transcription.recogniser_pool import Recogniser, RecogniserPool

SILENCE = b"\0\0" * 8000


@pytest.fixture(scope="module")
def pool():
    pool = RecogniserPool(2)
    yield pool
    pool.close()


def test_each_stretch_is_heard_and_the_order_stays(pool):
    hum = (np.sin(np.arange(16_000) / 8) * 8000).astype("<i2").tobytes()
    heard = list(pool.recognise([SILENCE, hum, SILENCE, b""], Cancellation()))
    assert len(heard) == 4
    assert heard[0] == heard[2] == heard[3] == []
    assert heard[1]
    assert all(0 <= sure <= 1 for words in heard for _, _, _, sure in words)


def test_only_a_few_stretches_are_in_memory(pool):
    taken = 0

    def sounds():
        nonlocal taken
        for _ in range(20):
            taken += 1
            yield b""

    next(pool.recognise(sounds(), Cancellation()))
    assert taken <= 4


def test_hearing_stops_when_asked(pool):
    cancellation = Cancellation()
    cancellation.cancel(Cancelled())
    with pytest.raises(Cancelled):
        list(pool.recognise([SILENCE], cancellation))


def test_a_recogniser_that_was_killed_is_replaced(pool):
    list(pool.recognise([b""], Cancellation()))
    while not pool._idle.empty():
        pool._idle.get().close()
    dead = Recogniser()
    dead._process.kill()
    dead._process.wait()
    pool._idle.put(dead)
    assert list(pool.recognise([b""], Cancellation())) == [[]]


def test_one_that_dies_says_so():
    recogniser = Recogniser()
    recogniser._process.kill()
    recogniser._process.wait()
    with pytest.raises(CannotTranscribe, match="recogniser stopped"):
        recogniser.recognise(SILENCE)


def test_a_recogniser_does_not_outlive_a_parent_that_is_killed():
    script = (
        "from mien.transcription.recogniser_pool import Recogniser; import time\n"
        "one = Recogniser(); one.recognise(b''); print(one._process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    for _ in range(100):
        if not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    pytest.fail("the child lives on")
