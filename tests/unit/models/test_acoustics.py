"""What is measured of a voice."""

import numpy as np
import pytest

from mien.models.acoustics import MEASURES, MELODY, contours, measures, melody


def voice(hertz: float, to: float | None = None, seconds: float = 1.2) -> np.ndarray:
    times = np.arange(int(seconds * 16_000)) / 16_000
    course = np.linspace(hertz, to or hertz, times.size)
    phase = 2 * np.pi * np.cumsum(course) / 16_000
    return sum(np.sin(order * phase) / order for order in range(1, 8)).astype(np.float32) / 4


def measured(samples: np.ndarray, name: str) -> float:
    return float(measures(samples)[MEASURES.index(name)])


@pytest.mark.parametrize("hertz", [90, 150, 240, 420])
def test_the_pitch_is_found(hertz: float) -> None:
    assert measured(voice(hertz), "pitch") == pytest.approx(12 * np.log2(hertz / 100), abs=0.5)


def test_a_rising_voice_has_a_rising_pitch() -> None:
    assert measured(voice(120, 240), "pitch slope") > 5
    assert measured(voice(240, 120), "pitch end") < -4


def test_noise_is_not_voiced() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 16_000).astype(np.float32)

    assert measured(noise, "voiced") < 0.1
    assert measured(voice(150), "voiced") > 0.9


def test_four_shouts_a_second_are_four_peaks_a_second() -> None:
    times = np.arange(32_000) / 16_000
    shouts = voice(150, seconds=2.0) * np.clip(np.sin(2 * np.pi * 4 * times), 0.3, 1).astype(np.float32)

    assert measured(shouts, "rate") == pytest.approx(4, abs=1)
    assert measured(shouts, "middle beats") > measured(voice(150, seconds=2.0), "middle beats")


def test_measures_do_not_depend_on_the_level() -> None:
    sound = voice(180, 220) + np.random.default_rng(2).normal(0, 0.01, 19_200).astype(np.float32)

    assert measures(sound * 0.25) == pytest.approx(measures(sound), abs=0.05)


@pytest.mark.parametrize("samples", [np.zeros(16_000), np.zeros(3), np.full(900, 0.5)])
def test_even_nothing_has_finite_measures(samples: np.ndarray) -> None:
    assert np.isfinite(measures(samples.astype(np.float32))).all()


def test_contours_have_one_value_a_frame() -> None:
    heard = contours(voice(200))

    assert len(heard.loudness) == len(heard.semitones) == len(heard.periodicity) == len(heard.decibels)


def test_the_melody_rises_with_the_voice_and_says_how_high_it_is() -> None:
    course = melody(contours(voice(150, 300)))
    against, height, periodicity = course[5:-5].T

    assert course.shape[1] == len(MELODY)
    assert against[-1] - against[0] == pytest.approx(2, abs=0.4)
    assert height[len(height) // 2] == pytest.approx(np.log2(225 / 200), abs=0.15)
    assert (periodicity > 0.9).all()


def test_where_no_voice_sounds_the_melody_is_silent() -> None:
    sound = np.concatenate([voice(200), np.zeros(16_000, np.float32)])

    assert melody(contours(sound))[-30:, :2] == pytest.approx(0)
    assert melody(contours(np.zeros(16_000, np.float32))) == pytest.approx(0)


def test_the_melody_does_not_depend_on_the_level() -> None:
    assert melody(contours(voice(180, 260) * 0.25)) == pytest.approx(melody(contours(voice(180, 260))), abs=0.02)
