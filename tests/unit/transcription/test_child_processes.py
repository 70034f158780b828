import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled, CannotTranscribe
from mien.transcription.child_processes import Child, ChildPool

SILENCE = b"\0\0" * 8000
QUESTIONS = {"recognise": (SILENCE,), "align": (json.dumps(["hush"]).encode(), SILENCE)}
SCRIPT = """
import time
from mien.transcription.child_processes import Child
one = Child("recognise")
one.ask([b""])
print(one._process.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def pool():
    pool = ChildPool("recognise", 2)
    yield pool
    pool.close()


def dead() -> Child:
    child = Child("recognise")
    child._process.kill()
    child._process.wait()
    return child


@pytest.mark.parametrize("purpose", QUESTIONS)
def test_a_child_answers_every_question_of_its_purpose(purpose):
    child = Child(purpose)
    assert [child.ask(QUESTIONS[purpose]) for _ in range(2)] == [b"[]", b"[]"]
    child.close()


def test_only_a_few_questions_are_in_memory(pool):
    taken = 0

    def questions():
        nonlocal taken
        for _ in range(20):
            taken += 1
            yield (b"",)

    next(pool.ask(questions(), Cancellation()))
    assert taken <= 4


def test_asking_stops_when_asked(pool):
    cancellation = Cancellation()
    cancellation.cancel(Cancelled())
    with pytest.raises(Cancelled):
        list(pool.ask([(SILENCE,)], cancellation))


def test_a_child_is_kept_for_the_next_question(pool):
    list(pool.ask([(b"",)] * 4, Cancellation()))
    started = {child._process.pid for child in pool._idle.queue}
    list(pool.ask([(b"",)] * 4, Cancellation()))
    assert {child._process.pid for child in pool._idle.queue} == started


def test_one_that_was_killed_is_replaced(pool):
    list(pool.ask([(b"",)], Cancellation()))
    while not pool._idle.empty():
        pool._idle.get().close()
    pool._idle.put(dead())
    assert list(pool.ask([(b"",)], Cancellation())) == [b"[]"]


def test_one_that_dies_says_so():
    with pytest.raises(CannotTranscribe, match="recogniser stopped"):
        dead().ask((SILENCE,))


def test_closing_a_pool_ends_its_processes():
    pool = ChildPool("align", 1)
    list(pool.ask([QUESTIONS["align"]], Cancellation()))
    (child,) = pool._idle.queue
    pool.close()
    assert child._process.poll() is not None


def test_a_child_does_not_outlive_a_parent_that_is_killed():
    with subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    for _ in range(100):
        if not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    pytest.fail("the child lives on")
