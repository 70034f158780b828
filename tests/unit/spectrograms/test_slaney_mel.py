"""The power spectrogram on Slaney's mel scale."""

import numpy as np
import pytest

from mien.spectrograms.slaney_mel import BANDS, at_level, mel_power


def tone(hertz: float, seconds: float, level: float = 0.1) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * 16_000)) / 16_000)).astype(np.float32)


def test_a_tone_lies_in_its_band_as_librosa_has_it() -> None:
    mels = mel_power(tone(1000.0, 0.5))

    assert mels.shape == (51, BANDS)
    # librosa 0.11 melspectrogram(sr=16000, n_fft=400, hop_length=160, n_mels=40) of the same tone
    assert mels[25].argmax() in (13, 14)


def test_higher_tones_lie_in_higher_bands() -> None:
    bands = [int(mel_power(tone(hertz, 0.3))[15].argmax()) for hertz in (200, 500, 1500, 4000, 7000)]

    assert bands == sorted(set(bands))


def test_loud_and_soft_sound_is_brought_to_one_level() -> None:
    loud, soft = (at_level(tone(300.0, 1.0, level)) for level in (0.5, 0.001))

    assert loud == pytest.approx(soft, rel=1e-3)
    assert 10 * np.log10(np.square(loud).mean()) == pytest.approx(-30, abs=0.01)


def test_silence_stays_silent() -> None:
    assert not at_level(np.zeros(1600, np.float32)).any()
    assert at_level(np.zeros(0, np.float32)).size == 0
