import numpy as np
import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled
from mien.domain.media import Waveform
from mien.domain.segment import TimeSpan
from mien.extractors.voice_activity import FRAMES_AT_ONCE, Cutting, VoiceActivity, stretches
from tests.fakes_voice import VoiceRuntime, sound

PLAIN = Cutting(padding=0.0)


def spans(*parts: tuple[float, float], cutting: Cutting = PLAIN) -> tuple[TimeSpan, ...]:
    return VoiceActivity(VoiceRuntime()).speech(Waveform(sound(*parts), 16_000), cutting=cutting)


def test_speech_is_found_where_it_is():
    (first, second) = spans((1.0, 0.0), (2.0, 0.5), (1.0, 0.0), (1.0, 0.5))
    assert (first.begin, first.end) == (pytest.approx(1.0, abs=0.033), pytest.approx(3.0, abs=0.033))
    assert (second.begin, second.end) == (pytest.approx(4.0, abs=0.033), pytest.approx(5.0, abs=0.001))


@pytest.mark.parametrize("parts", [[(3.0, 0.0)], [(0.01, 0.0)], [(1.0, 0.0), (0.1, 0.5), (1.0, 0.0)], []])
def test_silence_and_clicks_are_no_speech(parts):
    assert spans(*parts, (0.0, 0.0)) == ()


def test_a_short_pause_does_not_end_a_stretch():
    assert len(spans((1.0, 0.5), (0.3, 0.0), (1.0, 0.5))) == 1


def test_stretches_are_widened_and_never_overlap():
    found = spans((1.0, 0.0), (1.0, 0.5), (0.7, 0.0), (1.0, 0.5), cutting=Cutting(padding=0.5))
    assert found[0].begin == pytest.approx(0.5, abs=0.04)
    assert found[0].end == pytest.approx(found[1].begin)
    assert found[1].end == pytest.approx(3.7)


def test_long_speech_is_cut_where_it_is_least_likely():
    probabilities = np.full(1000, 0.9, np.float32)
    probabilities[400:404] = 0.6
    first, second, *_ = stretches(probabilities, 32.0, Cutting(longest=16.0, padding=0.0))
    assert first.end == second.begin == pytest.approx(402 * 0.032, abs=0.1)


def test_long_sound_goes_through_in_parts_that_know_what_came_before():
    runtime = VoiceRuntime()
    probabilities = VoiceActivity(runtime).probabilities(Waveform(sound((70.0, 0.5)), 16_000), Cancellation())
    assert probabilities.shape == (2188,)
    assert runtime.activity.batches == [FRAMES_AT_ONCE, FRAMES_AT_ONCE, 2188 - 2 * FRAMES_AT_ONCE]


def test_listening_stops_when_asked():
    cancellation = Cancellation()
    cancellation.cancel(Cancelled())
    with pytest.raises(Cancelled):
        VoiceActivity(VoiceRuntime()).speech(Waveform(sound((1.0, 0.5)), 16_000), cancellation)
