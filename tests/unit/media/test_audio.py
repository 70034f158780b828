import struct
from fractions import Fraction

import av
import numpy as np
import pytest

from bench.long_sound import EVERY_SECONDS, FORMS, delays, write_clicks
from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled, ItemTooLarge, UnreadableMedia
from mien.domain.media import MediaKind
from mien.media.audio import Mono
from mien.media.limits import MediaLimits
from mien.media.opening import open_media
from tests.fakes_files import Film, make_film, make_sound, picture_bytes
from tests.fakes_sounds import clicks, found_clicks, write_many_channels, write_sound


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


PLACES = (0.3, 1.0, 2.5, 4.6)


def samples_of(path):
    with open_media(path) as media:
        return np.array(media.waveform().samples)


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("a.wav", "pcm_s16le", 44_100),
        ("a.mp3", "libmp3lame", 44_100),
        ("a.m4a", "aac", 44_100),
        ("a.mkv", "aac", 48_000),
        ("a.opus", "libopus", 48_000),
        ("a.webm", "libopus", 48_000),
        ("a.flac", "flac", 96_000),
        ("a.mov", "pcm_s24le", 48_000),
        ("a.wv", "wavpack", 22_050),
        ("telephone.au", "pcm_mulaw", 8_000),
        ("studio.wav", "pcm_f32le", 192_000),
    ],
)
def test_every_sound_lies_where_it_is_heard(tmp_path, name, codec, rate):
    path = write_sound(tmp_path / name, codec, rate, clicks(rate, 5.0, PLACES))
    assert found_clicks(samples_of(path), PLACES) == pytest.approx(PLACES, abs=0.001)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.ts", "aac"), ("a.aac", "aac"), ("a.flv", "aac"), ("a.avi", "libmp3lame")]
)
def test_where_the_format_hides_the_delay_of_the_encoder_it_is_all_that_is_lost(tmp_path, name, codec):
    path = write_sound(tmp_path / name, codec, 48_000, clicks(48_000, 5.0, PLACES))
    assert found_clicks(samples_of(path), PLACES) == pytest.approx(PLACES, abs=0.026)


@pytest.mark.parametrize("gap", [0.03, 0.25, 20.0])
def test_a_gap_becomes_silence_as_long_as_it_is(tmp_path, gap):
    path = write_sound(tmp_path / "a.mka", "flac", 48_000, clicks(48_000, 5.0, PLACES), jump=(2.0, gap))
    places = (0.3, 1.0, 2.5 + gap, 4.6 + gap)
    samples = samples_of(path)
    assert found_clicks(samples, places) == pytest.approx(places, abs=0.002)
    assert samples.size == pytest.approx((5.0 + gap) * 16_000, abs=32)


def test_an_overlap_is_cut():
    mono = Mono(None)
    whole = clicks(16_000, 5.0, PLACES)
    frames = [_frame(whole[:32_000], 0), _frame(whole[32_000:], 32_000 - 1600)]
    places = (0.3, 1.0, 2.4, 4.5)
    samples = np.concatenate(list(mono.read(iter(frames))))
    assert found_clicks(samples, places) == pytest.approx(places, abs=0.002)
    assert samples.size == 80_000 - 1600


def _frame(samples, stamp):
    frame = av.AudioFrame.from_ndarray(samples[None].copy(), format="flt", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = 16_000, stamp, Fraction(1, 16_000)
    return frame


def test_stamps_that_leap_for_hours_are_not_believed(tmp_path):
    path = write_sound(tmp_path / "a.mka", "flac", 48_000, clicks(48_000, 5.0, PLACES), jump=(2.0, 7200.0))
    samples = samples_of(path)
    assert found_clicks(samples, PLACES) == pytest.approx(PLACES, abs=0.03)
    assert samples.size == pytest.approx(80_000, abs=800)


def test_samples_that_run_ahead_of_their_stamps_are_kept_within_the_tolerance():
    mono = Mono(None)
    heard = 0
    for index in range(3000):  # 1 % more samples than the stamps have room for
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1010), np.float32), format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 10_000, index, Fraction(1, 10)
        heard += sum(samples.size for samples in mono.read(iter([frame])))
    assert heard / 16_000 == pytest.approx(300.0, abs=0.03)


@pytest.mark.parametrize("channels", ["mono", "stereo", "5.1", "7.1", "octagonal"])
def test_all_channels_are_mixed_and_none_is_too_loud(tmp_path, channels):
    path = write_many_channels(tmp_path / "a.wav", 48_000, channels, clicks(48_000, 5.0, PLACES))
    samples = samples_of(path)
    assert found_clicks(samples, PLACES) == pytest.approx(PLACES, abs=0.001)
    assert 0.5 < np.abs(samples).max() <= 1.0


def test_sound_that_begins_after_its_film_keeps_its_place(tmp_path):
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as out:
        film, track = out.add_stream("libx264", rate=10), out.add_stream("flac", rate=16_000, layout="mono")
        film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
        for index in range(40):
            picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            picture.pts, picture.time_base = index, Fraction(1, 10)
            out.mux(film.encode(picture))
        out.mux(film.encode())
        whole = (clicks(16_000, 2.0, (0.5,)) * 32767).astype(np.int16)
        for begin in range(0, whole.size, 4000):
            frame = av.AudioFrame.from_ndarray(whole[None, begin : begin + 4000], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 16_000, begin + 16_000, Fraction(1, 16_000)
            out.mux(track.encode(frame))
        out.mux(track.encode())
    assert found_clicks(samples_of(path), (1.5,)) == pytest.approx((1.5,), abs=0.002)


@pytest.mark.parametrize("claimed", [1, 10_000_000])
def test_an_mp3_that_lies_about_its_length_is_heard_in_full(tmp_path, claimed):
    data = bytearray(write_sound(tmp_path / "a.mp3", "libmp3lame", 44_100, clicks(44_100, 5.0, PLACES)).read_bytes())
    header = max(data.find(b"Xing"), data.find(b"Info"))
    data[header + 8 : header + 12] = claimed.to_bytes(4, "big")
    (tmp_path / "lie.mp3").write_bytes(data)
    samples = samples_of(tmp_path / "lie.mp3")
    assert samples.size == pytest.approx(80_000, abs=2500)
    assert found_clicks(samples, PLACES[1:]) == pytest.approx(PLACES[1:], abs=0.06)


def test_a_recording_that_states_twenty_hours_is_refused_before_it_is_decoded(tmp_path):
    path = tmp_path / "long.wav"
    size = 20 * 3600 * 8000
    with path.open("wb") as file:
        file.write(b"RIFF" + (size + 36).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little"))
        file.write(struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8) + b"data" + size.to_bytes(4, "little"))
        file.truncate(size + 44)
    with pytest.raises(ItemTooLarge, match="longer than the limit of 3 hours"):
        open_media(path)


@pytest.mark.parametrize(("name", "codec", "rate"), FORMS)
def test_nothing_drifts_on_the_way_through_a_recording(tmp_path, name, codec, rate):
    """The short form of `bench/long_sound.py`, which does the same for three hours."""
    path = write_clicks(tmp_path / name, codec, rate, seconds=3 * EVERY_SECONDS)
    found = delays(path, 3 * EVERY_SECONDS, tmp_path)
    assert len(found) == 3
    assert found == pytest.approx([0.0] * 3, abs=0.002)


@pytest.mark.parametrize("rate", [0, 2**31 - 1])
def test_sound_at_a_rate_that_no_sound_has_is_unreadable(rate):
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 64), np.int16), format="s16", layout="mono")
    frame.sample_rate = rate
    with pytest.raises(UnreadableMedia, match="its sound"):
        list(Mono(None).read(iter([frame])))
