import os
from dataclasses import replace

import pytest

from mien.domain.job import Outcome, Piece, PieceOutcome
from mien.sandbox import limits
from mien.sandbox.limits import TaskLimits, TimeLimit, Watch, media_seconds
from mien.sandbox.process_tree import ProcessTree, Usage
from tests.fakes_engine import a_task


class Told(ProcessTree):
    """A tree that uses what it is told."""

    def __init__(self) -> None:
        super().__init__(os.getpid())
        self.told = Usage(2**20, 100.0, 1)

    def usage(self) -> Usage:
        return self.told


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: now[0])
    return now


def watch(tree: Told, media: float = 10.0) -> Watch:
    return Watch(TaskLimits(2**30, 2**30, 4, TimeLimit(10, 2), TimeLimit(5, 1)), tree, media)


def test_time_is_a_base_and_a_factor_of_the_media(clock: list[float]) -> None:
    one = watch(Told())
    clock[0] += 29
    assert one.breach() is None
    clock[0] += 2
    assert one.breach() == "it took too long, limit 30 seconds"


def test_the_clocks_start_again_with_each_file(clock: list[float]) -> None:
    tree = Told()
    one = watch(tree)
    assert one.breach() is None
    clock[0], tree.told = clock[0] + 29, Usage(2**20, 114.0, 1)
    one.next_file()
    clock[0] += 29
    assert one.breach() is None


def test_processor_time_counts_from_the_begin_of_the_task() -> None:
    tree = Told()
    one = watch(tree)
    assert one.breach() is None
    tree.told = Usage(2**20, 116.0, 1)
    assert one.breach() == "it took too much of the processor, limit 15 seconds"


def test_memory_and_processes_have_limits() -> None:
    tree = Told()
    tree.told = Usage(3 * 2**29, 100.0, 1)
    assert watch(tree).breach() == "it took 1.50 GiB of memory, limit 1.00 GiB"
    tree.told = Usage(2**20, 100.0, 5)
    assert watch(tree).breach() == "it started 5 processes, limit 4"


def test_the_length_of_the_media_is_the_pieces_or_the_most_that_is_not_cut_up() -> None:
    task = a_task()
    assert media_seconds(task) == 300
    assert media_seconds(replace(task, piece=Piece(0, media_seconds=42))) == 42
    joined = tuple(PieceOutcome(Piece(number), Outcome("", media_seconds=36_000)) for number in range(2))
    assert media_seconds(replace(task, joined=joined)) == 1200
