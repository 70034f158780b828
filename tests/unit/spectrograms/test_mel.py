"""Log-mel spectrograms."""

import numpy as np
import pytest

from mien.spectrograms import mel
from mien.spectrograms.mel import BANDS, DYNAMIC_RANGE, FLOOR_DECIBELS, HOP, WINDOW, filled, levelled, log_mel


def tone(hertz: float, seconds: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(int(seconds * 16_000)) / 16_000).astype(np.float32)


def test_a_second_of_sound_is_one_frame_per_hop() -> None:
    assert log_mel(tone(440)).shape == ((16_000 - WINDOW) // HOP + 1, BANDS)


def test_a_higher_tone_lies_in_a_higher_band() -> None:
    low, high = (log_mel(tone(hertz)).mean(axis=0).argmax() for hertz in (300, 3000))

    assert low < high


def test_silence_is_the_floor_and_too_little_sound_is_filled_up() -> None:
    assert log_mel(np.zeros(10, np.float32)) == pytest.approx(np.full((1, BANDS), FLOOR_DECIBELS))


def test_a_long_recording_is_the_same_in_parts() -> None:
    sound = np.tile(tone(500), 80)

    assert log_mel(sound)[4500] == pytest.approx(log_mel(sound[4500 * HOP : 4500 * HOP + WINDOW])[0], abs=1e-3)


def test_bands_are_those_of_the_whole_product_of_power_and_filters() -> None:
    sound = np.random.default_rng(3).normal(0, 0.1, 16_000).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP].astype(np.float64)
    power = np.square(np.abs(np.fft.rfft(frames * mel._hann(), axis=1)))

    whole = 10 * np.log10(power @ mel._filters() + 10 ** (FLOOR_DECIBELS / 10))

    assert log_mel(sound) == pytest.approx(whole, abs=1e-3)


def test_no_product_is_large_enough_for_blas_to_spread_it_over_threads() -> None:
    sizes = [mel._FRAMES_AT_ONCE * filters.size for _, _, filters in mel._filter_groups()]

    assert max(sizes) < 2**18


def test_loud_and_quiet_recordings_look_alike() -> None:
    sound = tone(440) + 0.1 * tone(2000)

    assert levelled(log_mel(sound * 0.25)) == pytest.approx(levelled(log_mel(sound)), abs=0.02)


def test_what_is_far_below_the_loud_frames_is_cut_off() -> None:
    assert levelled(log_mel(tone(440))).min() >= -DYNAMIC_RANGE / 20


def test_a_short_clip_gets_silence_on_both_sides() -> None:
    clip = np.zeros((4, BANDS), np.float32)

    longer = filled(clip, 10)

    assert longer.shape == (10, BANDS)
    assert (longer[[0, -1]] == FLOOR_DECIBELS).all()
    assert (longer[3:7] == 0).all()
    assert filled(clip, 3) is clip
    assert (filled(clip + 1, 10, 0.0)[[0, -1]] == 0).all()
