"""Texts and transcripts as segments."""

import pytest

from mien.domain.media import MediaKind
from mien.domain.request import TextExtraction
from mien.domain.segment import Position, TextSegment, TimeSpan
from mien.domain.transcript import Transcript, Word
from mien.extractors.passages import CONTEXT_CHARACTERS, PassageExtractor
from mien.extractors.spoken import CONTEXT_WORDS
from mien.testing import FakeMedia, NoNetworks, check_extractor

EXTRACTOR = PassageExtractor(NoNetworks())


def segments(text: str, granularity: str, transcript: Transcript | None = None) -> list[TextSegment]:
    return list(EXTRACTOR.extract(FakeMedia(MediaKind.TEXT, text=text), transcript, TextExtraction(granularity)))


@pytest.mark.parametrize(
    ("granularity", "texts"),
    [
        ("word", ["Hi,", "Nun.", "How", "are", "you?"]),
        ("sentence", ["Hi, Nun.", "How are you?"]),
        ("utterance", ["Hi, Nun.", "How are you?"]),
        ("conversational_turn", ["Hi, Nun. How are you?"]),
        ("passage", ["Hi, Nun. How are you?"]),
    ],
)
def test_a_text_is_cut_as_asked_for(granularity, texts):
    text = " Hi, Nun. How are you?\n"
    found = segments(text, granularity)
    assert [segment.text for segment in found] == texts
    assert all(text[segment.position.begin : segment.position.end] == segment.text for segment in found)
    assert all(segment.time is segment.confidence is None for segment in found)


@pytest.mark.parametrize("granularity", ["word", "sentence", "conversational_turn"])
@pytest.mark.parametrize("text", ["", " \n\t", "\u00a0"])
def test_a_text_without_words_gives_nothing(text, granularity):
    assert segments(text, granularity) == []


def test_a_word_carries_the_words_up_to_it():
    found = segments("I am so happy", "word")
    assert [segment.context for segment in found] == ["I", "I am", "I am so", "I am so happy"]


def test_the_context_of_a_word_has_a_bound_and_a_paragraph_starts_anew():
    found = segments("one two\n\nthree " + "word " * 50, "word")
    assert found[2].context == "three"
    assert found[-1].context == " ".join(["word"] * CONTEXT_WORDS)
    long = segments("x" * 10**6 + " end", "word")
    assert [len(segment.context or "") for segment in long] == [CONTEXT_CHARACTERS] * 2


def test_every_segment_knows_its_language():
    assert {segment.language for segment in segments("Das ist ja wirklich ganz toll geworden.", "word")} == {"de"}


def test_the_language_a_client_names_is_believed():
    text = "Kya hua"
    found = segments(text, "sentence", Transcript(text, (), "hi-Latn"))
    assert [segment.language for segment in found] == ["hi-Latn"]


@pytest.mark.parametrize("granularity", ["word", "sentence", "conversational_turn"])
def test_the_extractor_keeps_the_contract(granularity):
    media = FakeMedia(MediaKind.TEXT, text="Hi, Nun. How are you?")
    assert check_extractor(PassageExtractor, media, TextExtraction(granularity))


def spoken(*said: tuple[str, str, float]) -> Transcript:
    """Make a transcript of words, each with its speaker and the second it begins in, half a second long."""
    text = " ".join(word for word, _, _ in said)
    words = []
    for word, speaker, begin in said:
        place = text.index(word)
        where = Position(place, place + len(word))
        words.append(Word(word, where, TimeSpan(begin, begin + 0.5), 0.8, speaker, 0.6))
    return Transcript(text, tuple(words), "en", 0.9)


TALK = spoken(("Well,", "spk_0", 0), ("yes.", "spk_0", 0.5), ("Maybe!", "spk_0", 2.5), ("No.", "spk_1", 3.0))


@pytest.mark.parametrize(
    ("granularity", "texts"),
    [
        ("word", ["Well,", "yes.", "Maybe!", "No."]),
        ("sentence", ["Well, yes.", "Maybe!", "No."]),
        ("utterance", ["Well, yes.", "Maybe!", "No."]),
        ("conversational_turn", ["Well, yes. Maybe!", "No."]),
        ("passage", ["Well, yes. Maybe! No."]),
    ],
)
def test_speech_is_cut_by_pauses_and_speakers(granularity, texts):
    assert [segment.text for segment in segments("", granularity, TALK)] == texts


def test_speech_knows_when_it_was_said_and_how_sure_that_is():
    first, last = segments("", "conversational_turn", TALK)
    assert (first.time, last.time) == (TimeSpan(0, 3.0), TimeSpan(3.0, 3.5))
    assert (first.confidence, first.speaker_confidence) == (pytest.approx(0.8), pytest.approx(0.6))
    assert {first.track, last.track} == {"unknown"}


def test_speakers_are_told_apart_only_on_demand():
    wanted = TextExtraction("word", identify_speakers=True)
    found = list(EXTRACTOR.extract(FakeMedia(MediaKind.AUDIO), TALK, wanted))
    assert [segment.track for segment in found] == ["spk_0"] * 3 + ["spk_1"]
    assert found[-1].context == "No."
