import pytest

from mien.domain.segment import TimeSpan
from mien.domain.transcript import SpokenWord, Transcript, transcript_of
from mien.extractors.spoken import LONGEST_SECONDS, PAUSE_SECONDS, spoken_segments


def said(*words: tuple[str, float]) -> Transcript:
    """Make a transcript of words that each last 0.4 s."""
    return transcript_of([SpokenWord(text, TimeSpan(begin, begin + 0.4), 0.5) for text, begin in words], "en", 0.5)


def cut(transcript: Transcript, granularity: str) -> list[str]:
    return [segment.text for segment in spoken_segments(transcript, granularity, "en", by_speaker=False)]


def test_an_utterance_ends_at_a_silence_and_with_its_sentence():
    talk = said(("Well,", 0.0), ("yes.", 0.4), ("I", 0.8), ("do", 1.3 + PAUSE_SECONDS))
    assert cut(talk, "utterance") == ["Well, yes.", "I", "do"]
    assert cut(talk, "sentence") == ["Well, yes.", "I do"]


@pytest.mark.parametrize("granularity", ["utterance", "sentence"])
def test_speech_without_punctuation_is_cut_at_its_longest_silences(granularity):
    talk = said(*((f"word{index}", index * 0.5 + (0.3 if index >= 25 else 0)) for index in range(60)))
    first, second = cut(talk, granularity)
    assert (first.split()[-1], second.split()[0]) == ("word24", "word25")
    assert all(segment.time.end - segment.time.begin <= LONGEST_SECONDS
               for segment in spoken_segments(talk, granularity, "en", by_speaker=False))  # fmt: skip


def test_a_turn_is_never_cut_for_its_length():
    talk = said(*((f"word{index}", index * 0.5) for index in range(200)))
    assert len(cut(talk, "conversational_turn")) == 1
