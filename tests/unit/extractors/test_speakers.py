"""Who talks when."""

import json

import numpy as np
import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import UnknownNetwork, WeightsMissing
from mien.domain.media import Waveform
from mien.domain.network import Runtime
from mien.domain.segment import TimeSpan
from mien.domain.transcript import Turn
from mien.extractors.speaker_space import SPACE
from mien.extractors.speakers import SpeakerDiariser, joined, numbered
from mien.extractors.voice_prints import WEIGHTS
from tests.fakes_voice import JUDGED, RATE, Pitch


class PitchRuntime:
    def network(self, weights):
        if weights not in (WEIGHTS, SPACE):
            raise WeightsMissing(weights)
        return Pitch()

    def companion(self, weights, file):
        return json.dumps({"judgements": JUDGED})


class PermissiveRuntime(PitchRuntime):
    def network(self, weights):
        if weights == SPACE:
            raise UnknownNetwork(weights)
        return super().network(weights)


def talk(*parts: tuple[float, float]) -> tuple[Waveform, list[TimeSpan]]:
    """Let voices, each a tone with some breath, speak one after the other: (hertz, seconds) each, 0.8 s apart."""
    random = np.random.default_rng(5)
    sound, speech, now = [], [], 0.0
    for hertz, seconds in parts:
        times = np.arange(round(seconds * RATE)) / RATE
        sound += [0.1 * np.sin(2 * np.pi * hertz * times) + random.normal(0, 0.004, times.size), np.zeros(12_800)]
        speech.append(TimeSpan(now, now + seconds))
        now += seconds + 0.8
    return Waveform(np.concatenate(sound).astype(np.float32), RATE), speech


def heard(*parts: tuple[float, float], runtime: Runtime | None = None) -> list[tuple[float, float, str]]:
    turns = SpeakerDiariser(runtime or PitchRuntime()).turns(*talk(*parts), Cancellation())
    assert all(turn.confidence is None or 0 <= turn.confidence <= 1 for turn in turns)
    return [(round(turn.time.begin, 1), round(turn.time.end, 1), turn.speaker) for turn in turns]


def test_two_voices_taking_turns_are_two_speakers_numbered_as_they_speak() -> None:
    found = heard((2000, 3.0), (400, 2.0), (2000, 2.5), (400, 3.0))

    assert found == [(0.0, 3.0, "spk_0"), (3.8, 5.8, "spk_1"), (6.6, 9.1, "spk_0"), (9.9, 12.9, "spk_1")]


def test_three_voices_are_three_speakers() -> None:
    found = heard((400, 3.0), (1000, 3.0), (3000, 3.0), (400, 2.0))

    assert [speaker for _begin, _end, speaker in found] == ["spk_0", "spk_1", "spk_2", "spk_0"]


def test_one_voice_is_one_speaker() -> None:
    assert {speaker for _begin, _end, speaker in heard((400, 4.0), (400, 3.0))} == {"spk_0"}


def test_without_fitted_weights_thresholds_tell_voices_apart() -> None:
    two = heard((2000, 3.0), (400, 2.0), (2000, 2.5), runtime=PermissiveRuntime())
    one = heard((400, 4.0), (400, 3.0), runtime=PermissiveRuntime())

    assert [speaker for _begin, _end, speaker in two] == ["spk_0", "spk_1", "spk_0"]
    assert {speaker for _begin, _end, speaker in one} == {"spk_0"}


def test_a_word_too_short_for_a_print_belongs_to_who_speaks_nearest() -> None:
    found = heard((400, 3.0), (2000, 3.0), (400, 0.2))

    assert found[-1][2] == "spk_1"


def test_a_recording_of_one_short_word_has_one_speaker() -> None:
    assert heard((400, 0.2)) == [(0.0, 0.2, "spk_0")]


def test_many_voices_are_at_most_six() -> None:
    voices = [(200.0 * 1.4**number, 3.0) for number in range(9)]

    assert 3 <= len({speaker for _begin, _end, speaker in heard(*voices)}) <= 6


def test_a_speaker_who_only_draws_breath_goes_on() -> None:
    turns = [
        Turn(TimeSpan(0, 2), "spk_0", 0.9),
        Turn(TimeSpan(2.4, 3.4), "spk_0", 0.6),
        Turn(TimeSpan(4.2, 5), "spk_0"),
    ]

    first, second = joined(turns, 0.6)

    assert (first.time, second.time) == (TimeSpan(0, 3.4), TimeSpan(4.2, 5))
    assert first.confidence == pytest.approx(0.8)
    assert second.confidence is None


def test_numbers_follow_the_order_of_speaking() -> None:
    assert numbered(np.array([4, 4, 1, 0, 1])).tolist() == [0, 0, 1, 2, 1]
