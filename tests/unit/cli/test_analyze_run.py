"""Measuring what has not been measured before."""

import signal
from pathlib import Path

import pytest

from mien.cli.analyze_run import STOPPED, stoppable, subjects_of
from mien.results.kept import Subject


def test_subtitles_belong_to_the_recording_beside_which_they_lie(tmp_path: Path) -> None:
    for name in ("talk.mp4", "talk.en.vtt", "other.wav", "notes.srt"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "talk.mp4").write_bytes(b"x")

    paths = [tmp_path / "talk.mp4", tmp_path / "other.wav", tmp_path / "deep" / "talk.mp4"]

    assert subjects_of(paths) == [
        Subject(paths[0], (tmp_path / "talk.en.vtt",)),
        Subject(paths[1]),
        Subject(paths[2]),
    ]


@pytest.mark.parametrize(("kept", "said"), [(True, "stopped; the same command goes on from here"), (False, "stopped")])
def test_told_to_stop_it_ends_with_a_line(kept: bool, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(BaseException) as ended, stoppable(kept):
        signal.raise_signal(signal.SIGTERM)

    assert getattr(ended.value, "exit_code", None) == STOPPED
    assert capsys.readouterr().err.strip() == said
    assert signal.getsignal(signal.SIGTERM) is before
