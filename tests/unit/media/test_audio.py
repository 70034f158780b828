import av
import numpy as np
import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled, ItemTooLarge, UnreadableMedia
from mien.domain.media import MediaKind
from mien.media.limits import MediaLimits
from mien.media.opening import open_media
from tests.fakes_files import Film, make_film, make_sound, picture_bytes


@pytest.mark.parametrize(
    ("name", "codec"),
    [("sound.wav", "pcm_s16le"), ("sound.flac", "flac"), ("sound.mp3", "libmp3lame"), ("sound.m4a", "aac")],
)
def test_sound_becomes_16_khz_mono(tmp_path, name, codec):
    path = make_sound(tmp_path / name, seconds=1.0, codec=codec) if codec != "aac" else None
    path = path or make_film(tmp_path / name, Film(frames=30, sound=True))
    with open_media(path) as media:
        waveform = media.waveform()
        assert waveform.rate == 16_000
        assert waveform.samples.dtype == np.float32
        assert waveform.samples.shape == (pytest.approx(16_000, abs=1200),)


def test_stereo_is_mixed_and_keeps_its_pitch(tmp_path):
    path = make_sound(tmp_path / "sound.wav")
    with open_media(path) as media:
        samples = np.array(media.waveform().samples)
    assert samples.size == pytest.approx(16_000, abs=2)
    assert int(np.abs(np.fft.rfft(samples[:16_000])).argmax()) == 440
    assert np.abs(samples).max() == pytest.approx(0.6, abs=0.03)


def test_sound_that_is_16_khz_mono_already_stays_as_it_is(tmp_path):
    path = tmp_path / "sound.wav"
    samples = np.linspace(-1, 1, 16_000, dtype=np.float32)
    with av.open(str(path), "w") as out:
        track = out.add_stream("pcm_f32le", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], format="flt", layout="mono")
        frame.sample_rate = 16_000
        out.mux(track.encode(frame))
        out.mux(track.encode())
    with open_media(path) as media:
        assert np.array_equal(media.waveform().samples, samples)


def test_sound_is_decoded_once_into_the_scratch_folder_and_leaves_nothing(tmp_path):
    path = make_sound(tmp_path / "sound.wav")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with open_media(path, scratch=scratch) as media:
        first = media.waveform()
        path.unlink()
        assert media.waveform() is first
        assert isinstance(first.samples, np.memmap)
    assert list(scratch.iterdir()) == []


def test_a_song_with_a_cover_is_a_sound(tmp_path):
    path = tmp_path / "song.mp3"
    song = make_sound(tmp_path / "bare.mp3", codec="libmp3lame").read_bytes()
    cover = b"\0image/jpeg\0\x03\0" + picture_bytes(form="JPEG")
    tag = b"APIC" + len(cover).to_bytes(4, "big") + b"\0\0" + cover
    length = bytes(len(tag) >> shift & 0x7F for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\x03\0\0" + length + tag + song)
    with av.open(str(path)) as container:
        assert len(container.streams.video) == 1
    with open_media(path) as media:
        assert media.kind is MediaKind.AUDIO
        assert list(media.frames(0)) == []
        assert media.waveform().samples.size


def test_a_silent_film_has_no_waveform(tmp_path):
    path = make_film(tmp_path / "film.mp4")
    with open_media(path) as media, pytest.raises(UnreadableMedia, match="no sound"):
        media.waveform()


def test_sound_that_goes_on_for_too_long_is_refused(tmp_path):
    path = make_sound(tmp_path / "sound.mp3", seconds=2, codec="libmp3lame")
    with open_media(path, MediaLimits(max_seconds=1)) as media, pytest.raises(ItemTooLarge, match="limit of 1 s"):
        media.waveform()


def test_a_cut_off_sound_says_so(tmp_path):
    path = make_sound(tmp_path / "sound.flac", seconds=4, codec="flac")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with open_media(path) as media, pytest.raises(UnreadableMedia, match="cut off"):
        media.waveform()


def test_decoding_sound_stops_when_asked(tmp_path):
    path = make_sound(tmp_path / "sound.wav")
    cancellation = Cancellation()
    with open_media(path, cancellation=cancellation) as media:
        cancellation.cancel(Cancelled())
        with pytest.raises(Cancelled):
            media.waveform()
