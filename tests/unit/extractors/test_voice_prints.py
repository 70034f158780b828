"""Voice prints of stretches of speech."""

import numpy as np
import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled
from mien.domain.media import Waveform
from mien.domain.segment import TimeSpan
from mien.extractors.voice_prints import PRINT_SIZE, Windows, places, voice_prints
from mien.spectrograms.slaney_mel import BANDS

RATE = 16_000


class MeanNetwork:
    """Answer with the mean spectrum, the window's length behind it."""

    def run(self, inputs, outputs=None):
        mels = inputs["mels"]
        made = np.zeros((len(mels), PRINT_SIZE), np.float32)
        made[:, :BANDS], made[:, BANDS] = mels.mean(axis=1), mels.shape[1]
        return {"embeddings": made}


def tone(hertz: float, seconds: float, level: float = 0.1) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def prints(samples: np.ndarray, *spans: tuple[float, float]):
    speech = [TimeSpan(*span) for span in spans]
    return voice_prints(MeanNetwork(), Waveform(samples, RATE), speech, Cancellation())


def test_a_long_stretch_has_a_window_every_four_tenths_to_its_very_end() -> None:
    found = prints(tone(300.0, 5.0), (0.5, 4.5))

    assert found.begins[:2] == pytest.approx([0.5, 0.9], abs=0.07)
    assert found.ends[-1] == pytest.approx(4.5, abs=0.02)
    assert set(found.vectors[:, BANDS].tolist()) == {160.0}


def test_a_short_stretch_is_one_short_window_and_a_click_is_none() -> None:
    found = prints(tone(300.0, 5.0), (0.0, 1.0), (2.0, 2.1), (3.0, 5.0))

    assert found.stretches.tolist()[:2] == [0.0, 2.0]
    assert found.vectors[0, BANDS] == 100


def test_loud_and_soft_voices_sound_the_same() -> None:
    loud, soft = (prints(tone(300.0, 2.0, level), (0.0, 2.0)) for level in (0.5, 0.001))

    assert loud.vectors == pytest.approx(soft.vectors, rel=1e-3)


def test_prints_stay_in_order_although_windows_of_a_length_run_together() -> None:
    spans = [(2.0 * n, 2.0 * n + (1.0 if n % 2 else 1.8)) for n in range(40)]
    found = prints(np.concatenate([tone(200.0 + 20 * n, 2.0) for n in range(40)]), *spans)

    assert (np.diff(found.begins) > 0).all()
    assert (np.diff(found.vectors[:, :BANDS].argmax(axis=1)) >= 0).mean() > 0.9


def test_no_speech_has_no_prints() -> None:
    assert prints(tone(300.0, 1.0)).vectors.shape == (0, PRINT_SIZE)


def test_windows_cover_a_stretch_evenly() -> None:
    assert list(places(200, Windows())) == [(0, 160), (40, 160)]
    assert list(places(39, Windows())) == []


def test_taking_prints_stops_when_asked() -> None:
    cancellation = Cancellation()
    cancellation.cancel(Cancelled())
    with pytest.raises(Cancelled):
        voice_prints(MeanNetwork(), Waveform(tone(300.0, 3.0), RATE), [TimeSpan(0, 3)], cancellation)
