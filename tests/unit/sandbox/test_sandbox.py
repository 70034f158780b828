import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Timer

import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled
from mien.domain.job import Outcome, Split, Task
from mien.sandbox.limits import Retirement, TaskLimits, TimeLimit
from mien.sandbox.sandbox import KilledFromOutside, Sandbox, SandboxRules, TaskCrashed, TaskFailed
from tests.fakes_engine import a_request, a_task
from tests.fakes_sandbox import MIB, ROOT, is_gone, sandbox, until

TIGHT = TaskLimits(memory_bytes=300 * MIB, processes=6, wall=TimeLimit(60.0, 0.0), processor=TimeLimit(60.0, 0.0))
LEAN = SandboxRules(TIGHT, stop_seconds=0.5)
SHORT = SandboxRules(TaskLimits(wall=TimeLimit(2.0, 0.0)))


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for all that may crash in it: that it works afterwards is part of each test."""
    with sandbox(tmp_path_factory.mktemp("box"), LEAN) as made:
        yield made


def does(what: str) -> Task:
    return a_task(a_request(what))


def run(box: Sandbox, what: str) -> str:
    outcome = box.run(does(what), Cancellation())
    assert isinstance(outcome, Outcome)
    return outcome.results.rpartition("/")[2]


def child(box: Sandbox) -> int:
    return int(run(box, "answer").partition("-")[0])


def test_tasks_run_in_one_warm_child_that_is_not_this_process(box: Sandbox) -> None:
    ids = {child(box) for _ in range(5)}
    assert len(ids) == 1 and os.getpid() not in ids


def test_a_split_comes_back_as_it_was_made(box: Sandbox) -> None:
    split = box.run(does("split"), Cancellation())
    assert isinstance(split, Split)
    assert split.kept == "kept/here"
    assert [(piece.first, piece.count, piece.end_seconds) for piece in split.pieces] == [(0, 2, None), (2, 1, 300.0)]


@pytest.mark.parametrize(
    ("what", "reason", "suspect"),
    [
        ("crash", "SIGSEGV", 0),
        ("crash_at_third", "SIGSEGV", 2),
        ("leave", "exit code 7", 0),
        ("swell", "GiB of memory, limit 0.29 GiB", 0),
        ("spawn-20", "processes, limit 6", 0),
    ],
)
def test_a_task_that_breaks_its_process_names_the_reason_and_the_next_one_runs(
    box: Sandbox, what: str, reason: str, suspect: int
) -> None:
    before = child(box)
    with pytest.raises(TaskCrashed, match=reason) as crash:
        box.run(does(what), Cancellation())
    assert crash.value.suspect == suspect
    assert is_gone(before)
    assert child(box) != before


@pytest.mark.parametrize("what", ["hang", "hang_with_the_lock"])
def test_a_task_that_hangs_is_killed(tmp_path: Path, what: str) -> None:
    with sandbox(tmp_path, SHORT) as box, pytest.raises(TaskCrashed, match="it took too long, limit 2 seconds"):
        run(box, what)


def test_processor_time_has_a_limit_of_its_own(tmp_path: Path) -> None:
    limits = TaskLimits(processor=TimeLimit(0.3, 0.0), wall=TimeLimit(120.0, 0.0))
    with sandbox(tmp_path, SandboxRules(limits)) as box, pytest.raises(TaskCrashed, match="too much of the processor"):
        run(box, "spin")


def test_all_that_a_task_started_goes_with_it(tmp_path: Path) -> None:
    with sandbox(tmp_path, SHORT) as box:
        with pytest.raises(TaskCrashed, match="limit"):
            run(box, "spawn-3")
        sleepers = [int(line) for line in (tmp_path / "sleepers").read_text().split()]
        assert len(sleepers) == 3 and all(is_gone(sleeper) for sleeper in sleepers)


def test_an_allocation_or_a_file_beyond_all_bounds_fails_inside_the_task(box: Sandbox) -> None:
    assert run(box, "allocate-100") == "allowed"
    assert run(box, "allocate-2000") == "refused"
    assert run(box, "write-4") == "allowed"
    assert run(box, "write-20") == "refused"


def test_an_exception_is_no_crash_and_the_child_stays(box: Sandbox) -> None:
    before = child(box)
    with pytest.raises(TaskFailed, match="ZeroDivisionError"):
        run(box, "divide")
    assert child(box) == before


def test_what_a_task_leaves_in_its_temporary_folder_is_removed(box: Sandbox) -> None:
    assert run(box, "leave_a_file") == "left"
    assert run(box, "list_files") == "none"


def test_the_folder_of_a_child_that_crashed_is_removed(tmp_path: Path) -> None:
    with sandbox(tmp_path, LEAN) as box:
        (folder,) = tmp_path.iterdir()
        with pytest.raises(TaskCrashed):
            run(box, "crash")
        assert not folder.exists()
    assert list(tmp_path.iterdir()) == []


def stopped_after(box: Sandbox, what: str, seconds: float) -> float:
    """Return how long it took from the asking to the end."""
    cancellation, asked = Cancellation(), []

    def ask() -> None:
        asked.append(time.monotonic())
        cancellation.cancel(Cancelled())

    Timer(seconds, ask).start()
    with pytest.raises(Cancelled):
        box.run(does(what), cancellation)
    return time.monotonic() - asked[0]


def test_a_task_that_listens_stops_and_its_child_stays(box: Sandbox) -> None:
    before = child(box)
    took = [stopped_after(box, "obey", 0.02 * turn) for turn in range(1, 21)]
    print(f"stopped after {statistics.median(took) * 1000:.0f} ms, p95 {sorted(took)[18] * 1000:.0f} ms")
    assert sorted(took)[18] < 1.0
    assert child(box) == before


def test_a_task_that_does_not_listen_is_killed_in_time(box: Sandbox) -> None:
    before = child(box)
    assert stopped_after(box, "hang_with_the_lock", 0.1) < 1.5
    assert is_gone(before)


def test_how_far_a_task_is_can_be_seen(tmp_path: Path) -> None:
    with sandbox(tmp_path) as box:
        seen: list[float] = []
        Timer(0.5, lambda: seen.append(box.progress.share if box.progress else -1)).start()
        stopped_after(box, "obey", 1.0)
        assert 0 < seen[0] < 1
        assert box.progress is None


def test_a_child_is_replaced_after_its_tasks_without_anybody_waiting(tmp_path: Path) -> None:
    with sandbox(tmp_path, SandboxRules(retirement=Retirement(tasks=3))) as box:
        first = child(box)
        assert [child(box), child(box)] == [first, first]
        # The old one goes on working while the new one loads.
        assert child(box) == first
        until(lambda: box.is_ready() and box.replaced == 1)
        assert child(box) != first
        assert is_gone(first)


def test_a_child_that_grew_is_replaced(tmp_path: Path) -> None:
    with sandbox(tmp_path, SandboxRules(retirement=Retirement(memory_bytes=150 * MIB))) as box:
        first = int(run(box, "swollen-200"))
        until(lambda: box.is_ready() and box.replaced == 1)
        assert child(box) != first


def test_a_child_that_somebody_kills_is_no_fault_of_its_task(box: Sandbox) -> None:
    before = child(box)
    Timer(0.5, os.kill, (before, signal.SIGKILL)).start()
    with pytest.raises(KilledFromOutside, match="SIGKILL"):
        run(box, "hang")
    assert child(box) != before


def test_a_child_that_dies_while_idle_is_replaced(box: Sandbox) -> None:
    before = child(box)
    os.kill(before, signal.SIGKILL)
    assert child(box) != before


def test_a_request_goes_over_once_for_all_tasks_of_a_job(box: Sandbox) -> None:
    task = a_task(a_request("answer-1", "answer-2", "answer-3"))
    sources = task.request.sources()
    for number in (0, 1, 2):
        outcome = box.run(replace(task, index=number, source=sources[number]), Cancellation())
        assert isinstance(outcome, Outcome) and outcome.results.endswith(f"-{number + 1}")


PARENT = """
import sys, time
from pathlib import Path
from mien.domain.cancellation import Cancellation
from tests.fakes_sandbox import sandbox
from tests.fakes_engine import a_request, a_task
with sandbox(Path(sys.argv[1])) as box:
    outcome = box.run(a_task(a_request("answer")), Cancellation())
    print(outcome.results.rpartition("/")[2].partition("-")[0], flush=True)
    if len(sys.argv) > 2:
        box.run(a_task(a_request(sys.argv[2])), Cancellation())
    time.sleep(600)
"""


@pytest.mark.parametrize("busy_with", [(), ("hang_with_the_lock",)])
def test_a_child_ends_with_a_worker_that_is_killed(tmp_path: Path, busy_with: tuple[str, ...]) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src")))}
    command = [sys.executable, "-c", PARENT, str(tmp_path), *busy_with]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        orphan = int(parent.stdout.readline())
        time.sleep(0.3)
        parent.kill()
        began = time.monotonic()
        until(lambda: is_gone(orphan))
    assert time.monotonic() - began < 5
