import numpy as np
import pytest

from mien.domain.media import MediaKind
from mien.domain.request import SpeechExtraction
from mien.domain.segment import SpeechSegment, TimeSpan
from mien.domain.transcript import SpokenWord, Transcript, Turn, transcript_of, with_turns
from mien.extractors.speech import PADDING_SECONDS, SpeechExtractor, windows
from mien.testing import FakeMedia, check_extractor
from tests.fakes_voice import VoiceRuntime, sound

WORDS = [("Hi,", 1.0, 1.3), ("Nun.", 1.4, 1.7), ("How", 1.8, 2.0), ("are", 3.0, 3.2), ("you?", 3.3, 3.6)]
TALK = transcript_of([SpokenWord(text, TimeSpan(begin, end), 0.8) for text, begin, end in WORDS], "en", 0.8)
TURNS = (Turn(TimeSpan(0, 1.75), "spk_0", 0.6), Turn(TimeSpan(1.75, 9), "spk_1", 0.7))


def cut(wanted: SpeechExtraction, transcript: Transcript | None = None, seconds: float = 6.0) -> list[SpeechSegment]:
    media = FakeMedia(MediaKind.AUDIO, samples=sound((seconds, 0.5)))
    return list(SpeechExtractor(VoiceRuntime()).extract(media, transcript, wanted))


@pytest.mark.parametrize(
    ("granularity", "texts"),
    [
        ("word", ["Hi,", "Nun.", "How", "are", "you?"]),
        ("utterance", ["Hi, Nun.", "How", "are you?"]),
        ("sentence", ["Hi, Nun.", "How are you?"]),
        ("conversational_turn", ["Hi, Nun. How are you?"]),
    ],
)
def test_speech_is_cut_as_asked_for(granularity, texts):
    assert [segment.text for segment in cut(SpeechExtraction(granularity), TALK)] == texts


def test_a_stretch_has_its_samples_and_a_little_more_on_both_sides():
    first = cut(SpeechExtraction("sentence"), TALK)[0]
    assert first.time == TimeSpan(pytest.approx(1.0 - PADDING_SECONDS), pytest.approx(1.7 + PADDING_SECONDS))
    assert first.samples.size == round(0.7 * 16_000 + 2 * PADDING_SECONDS * 16_000)
    assert (first.confidence, first.speaker_confidence) == (pytest.approx(0.8), None)


def test_a_word_is_exactly_as_long_as_it_was():
    assert cut(SpeechExtraction("word"), TALK)[0].time == TimeSpan(1.0, 1.3)


def test_stretches_stay_within_the_recording():
    ends = [segment.time.end for segment in cut(SpeechExtraction("sentence"), TALK, seconds=3.6)]
    assert max(ends) == 3.6


def test_a_turn_ends_where_another_speaker_begins():
    spoken = with_turns(TALK, TURNS)
    first, second = cut(SpeechExtraction("conversational_turn", identify_speakers=True), spoken)
    assert (first.text, first.track, first.speaker_confidence) == ("Hi, Nun.", "spk_0", pytest.approx(0.6))
    assert (second.text, second.track) == ("How are you?", "spk_1")


def test_windows_go_by_the_clock_whatever_is_said():
    found = cut(SpeechExtraction(window=(4.0, 1.0)), TALK)
    assert [(segment.time.begin, segment.time.end) for segment in found] == [(0, 4), (1, 5), (2, 6)]
    assert [segment.samples.size for segment in found] == [64_000] * 3
    assert {(segment.text, segment.confidence) for segment in found} == {(None, None)}


def test_windows_know_who_speaks_most_in_them():
    turns = Transcript("", (), turns=TURNS, transcribed=False)
    found = cut(SpeechExtraction(window=(1.0, 1.0), identify_speakers=True), turns, seconds=3.0)
    assert [segment.track for segment in found] == ["spk_0", "spk_0", "spk_1"]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(3.0, [(0, 3.0)]), (4.0, [(0, 4)]), (5.5, [(0, 4), (1, 5), (2, 5.5)]), (0.0, [])],
)
def test_the_last_window_is_cut_at_the_end(seconds, expected):
    assert [(window.begin, window.end) for window in windows(seconds, 4.0, 1.0)] == expected


def test_without_a_transcript_the_recording_is_one_stretch():
    (whole,) = cut(SpeechExtraction())
    assert (whole.text, whole.time, whole.samples.size) == (None, TimeSpan(0.0, 6.0), 96_000)


@pytest.mark.parametrize("wanted", [SpeechExtraction(), SpeechExtraction(window=(4.0, 1.0))])
def test_silence_gives_nothing(wanted):
    media = FakeMedia(MediaKind.AUDIO, samples=np.zeros(160_000, np.float32))
    assert list(SpeechExtractor(VoiceRuntime()).extract(media, None, wanted)) == []


def test_a_transcript_without_words_gives_nothing():
    assert cut(SpeechExtraction(), transcript_of([], None, 0.0)) == []


def test_the_extractor_keeps_the_contract():
    media = FakeMedia(MediaKind.VIDEO, samples=sound((6.0, 0.5)))
    assert check_extractor(SpeechExtractor, media, SpeechExtraction(window=(2.0, 2.0)), VoiceRuntime())
