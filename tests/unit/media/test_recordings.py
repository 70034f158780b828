"""What is learnt of a recording before it is cut, and what a stretch of it offers."""

import os
from pathlib import Path

import numpy as np
import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import UnreadableMedia
from mien.domain.media import MediaKind, stretch_of
from mien.domain.segment import TimeSpan
from mien.domain.transcript import Captions, SpokenWord
from mien.media.limits import MediaLimits
from mien.media.recordings import KeptRecording, Recordings, Stretch, captions_json, captions_of
from tests.fakes_files import Film, make_film, make_sound, picture_bytes

LINES = Captions(tuple(SpokenWord(f"line {n}", TimeSpan(n, n + 1.5)) for n in range(6)), "en")


def opened(kept: KeptRecording, begin: float, end: float | None):
    return Recordings(MediaLimits()).open(kept, Stretch(begin, end, 2.0), Cancellation())


def test_recordings_say_how_long_they_are_and_other_files_do_not(tmp_path: Path) -> None:
    recordings = Recordings(MediaLimits())
    (tmp_path / "a.png").write_bytes(picture_bytes())
    (tmp_path / "a.txt").write_text("hello")
    assert recordings.seconds(make_sound(tmp_path / "a.wav", 3.0)) == pytest.approx(3.0, abs=0.1)
    assert recordings.seconds(make_film(tmp_path / "a.mp4", Film(frames=60))) == pytest.approx(2.0, abs=0.1)
    assert recordings.seconds(tmp_path / "a.png") is None
    assert recordings.seconds(tmp_path / "a.txt") is None


def test_a_file_is_opened_once_however_often_it_is_asked_for(tmp_path: Path) -> None:
    recordings = Recordings(MediaLimits())
    path = make_sound(tmp_path / "a.wav", 3.0)
    length, told = recordings.seconds(path), path.stat()
    path.write_bytes(b"\xff" * told.st_size)
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))
    assert recordings.seconds(path) == length


def test_other_bytes_under_the_same_name_are_another_file(tmp_path: Path) -> None:
    recordings = Recordings(MediaLimits())
    recordings.seconds(make_sound(tmp_path / "a.wav", 3.0))
    assert recordings.seconds(make_sound(tmp_path / "a.wav", 5.0)) == pytest.approx(5.0, abs=0.1)


def test_a_stretch_hears_its_place_in_the_whole(tmp_path: Path) -> None:
    samples = np.arange(96_000, dtype=np.float32)
    samples.tofile(tmp_path / "sound")
    with opened(KeptRecording(MediaKind.AUDIO, sound=tmp_path / "sound"), 2.0, 4.0) as media:
        waveform = media.waveform()
        assert waveform.part == TimeSpan(2.0, 4.0)
        assert waveform.samples[40_000] == 40_000
        waveform.release()
        assert stretch_of(media) == TimeSpan(2.0, 4.0)


def test_lines_belong_to_the_stretch_in_which_they_begin() -> None:
    kept = KeptRecording(MediaKind.AUDIO, captions=LINES)
    told = [opened(kept, begin, end).captions()[0] for begin, end in ((0.0, 2.0), (2.0, 4.0), (4.0, None))]
    assert [line.text for one in told for line in one.lines] == [f"line {n}" for n in range(6)]
    assert opened(KeptRecording(MediaKind.AUDIO), 0.0, 2.0).captions() == ()


def test_frames_begin_a_little_before_the_stretch(tmp_path: Path) -> None:
    path = make_film(tmp_path / "film.mp4", Film(10, frames=80))
    stamps, seconds = Recordings(MediaLimits()).stamps(path, Cancellation())
    assert seconds == pytest.approx(7.9)
    media = opened(KeptRecording(MediaKind.VIDEO_NO_AUDIO, film=path, stamps=stamps), 5.0, 6.0)
    assert [frame.index for frame in media.frames(2)] == [20, 25, 30, 35, 40, 45, 50, 55]


def test_a_recording_of_which_no_sound_was_kept_has_none() -> None:
    with pytest.raises(UnreadableMedia):
        opened(KeptRecording(MediaKind.VIDEO_NO_AUDIO), 0.0, 2.0).waveform()


def test_subtitles_survive_being_kept() -> None:
    assert captions_of(captions_json(LINES)) == LINES
