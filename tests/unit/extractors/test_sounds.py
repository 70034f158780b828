"""Finding vocal bursts in recordings."""

import numpy as np
import pytest

from mien.domain.media import MediaKind
from mien.domain.request import SoundExtraction
from mien.extractors.sounds import BLOCK_SECONDS, DETECTOR, SoundExtractor
from mien.testing import FakeMedia, check_extractor
from tests.fakes import FakeRuntime
from tests.fakes_runtime import FakeNetwork

RATE = 16_000


def hearing_high_bands() -> FakeNetwork:
    """Make a network that takes high tones for bursts and low ones for speech."""

    def answer(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        steps = inputs["spectrogram"][:, ::2]
        low, high = steps[:, :, :20].max(axis=2), steps[:, :, 40:].max(axis=2)
        return {"logits": np.stack([np.full_like(low, -2.0), low * 5, high * 5], axis=2)}

    return FakeNetwork(answer)


def tones(*parts: tuple[float, float]) -> np.ndarray:
    """Lay tones of (seconds, hertz) in a row; 0 hertz is near silence."""
    pieces = [np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE) * 0.3 for seconds, hertz in parts]
    noise = np.random.default_rng(1).normal(0, 1e-4, sum(map(len, pieces)))
    return (np.concatenate(pieces) + noise).astype(np.float32)


def found(samples: np.ndarray) -> list[tuple[float, float, int]]:
    media = FakeMedia(MediaKind.AUDIO, samples=samples)
    runtime = FakeRuntime({DETECTOR: hearing_high_bands()})
    segments = check_extractor(SoundExtractor, media, SoundExtraction(), runtime)
    return [(segment.time.begin, segment.time.end, segment.samples.size) for segment in segments]


def test_a_burst_has_its_times_and_its_samples() -> None:
    ((begin, end, size),) = found(tones((2, 200), (1, 0), (1, 4000), (1, 0)))

    assert begin == pytest.approx(3, abs=0.1)
    assert end == pytest.approx(4, abs=0.1)
    assert size == pytest.approx((end - begin) * RATE, abs=2)


def test_a_burst_at_the_seam_of_two_blocks_is_one() -> None:
    before = BLOCK_SECONDS - 0.5

    ((begin, end, _),) = found(tones((before, 0), (1, 4000), (2, 0)))

    assert begin == pytest.approx(before, abs=0.1)
    assert end == pytest.approx(before + 1, abs=0.1)


def test_a_recording_of_speech_has_none() -> None:
    assert found(tones((3, 200))) == []


@pytest.mark.parametrize("size", [0, 1, 500])
def test_hardly_any_sound_has_none(size: int) -> None:
    assert found(np.zeros(size, np.float32)) == []
