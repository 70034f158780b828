"""Telling how far a measurement is."""

from pathlib import Path

import pytest

from mien.cli.analyze_progress import SECONDS_BETWEEN_LINES, MeasuringProgress, duration


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    for name, size in (("a", 100), ("b", 100), ("c", 100), ("d", 700)):
        (tmp_path / name).write_bytes(bytes(size))
    return sorted(tmp_path.iterdir())


def test_files_measured_before_count_as_done_and_not_for_the_rate(paths: list[Path]) -> None:
    clock = Clock()
    progress = MeasuringProgress(paths, [True, True, False, False], clock)
    assert progress.line() == "2 of 4 files"

    progress.begin("c")
    clock.now = 2.0
    progress.end(2)

    assert progress.line() == "3 of 4 files, 30.0 files/min, about 14 s left"


def test_the_time_left_follows_from_bytes(paths: list[Path]) -> None:
    clock = Clock()
    progress = MeasuringProgress(paths, [False] * 4, clock)

    for index in range(3):
        progress.begin("x")
        clock.now += 0.1
        progress.end(index)

    assert progress.line() == "3 of 4 files, 10.0 files/s, about 1 s left"


def test_where_no_terminal_is_a_line_comes_now_and_then(paths: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with MeasuringProgress(paths, [False] * 4, clock) as progress:
        for index in range(4):
            progress.begin("x")
            clock.now += 0.6 * SECONDS_BETWEEN_LINES
            progress.end(index)

    assert [line.split(",")[0] for line in capsys.readouterr().err.splitlines()] == ["2 of 4 files", "4 of 4 files"]


@pytest.mark.parametrize(("seconds", "told"), [(0.4, "0 s"), (99, "99 s"), (600, "10 min"), (12600, "3.5 h")])
def test_times_are_told_in_the_unit_people_use(seconds: float, told: str) -> None:
    assert duration(seconds) == told
