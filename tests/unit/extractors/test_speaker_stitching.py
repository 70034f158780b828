"""Who talks in a recording is the same whether its voices were noted at once or stretch by stretch."""

from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest

from mien.domain.segment import EntityMention, Position, SpeechSegment, TextSegment, TimeSpan
from mien.domain.source_memory import Note
from mien.domain.transcript import SpokenWord, Turn, transcript_of, with_turns
from mien.extractors.speaker_space import SpeakerSpace
from mien.extractors.speaker_stitching import Speakers, SpeakerStitching
from mien.extractors.speakers import Telling, told
from mien.extractors.spoken import spoken_segments, spoken_words
from mien.extractors.voice_prints import VoicePrints
from tests.fakes import FakeRuntime

VOICES = np.linalg.qr(np.random.default_rng(3).normal(size=(256, 8)))[0].T.astype(np.float32)
TALK = (0, 1, 0, 2, 1, 1, 3, 0, 2, 3, 1, 0)
EACH = 30
NOTHING = np.empty(0, np.float32)


def recorded(*voices: int) -> tuple[VoicePrints, tuple[TimeSpan, ...]]:
    """Return the prints of a recording in which each voice has one stretch of speech after the other, 15 s apart."""
    random = np.random.default_rng(7)
    vectors = np.concatenate([VOICES[voice] + random.normal(0, 0.03, (EACH, 256)) for voice in voices])
    begins = np.concatenate([15.0 * number + 0.4 * np.arange(EACH) for number in range(len(voices))])
    prints = VoicePrints(
        (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32),
        begins.astype(np.float32),
        (begins + 1.6).astype(np.float32),
        np.repeat(np.arange(len(voices)), EACH).astype(np.float32),
    )
    return prints, tuple(TimeSpan(15.0 * number, 15.0 * number + 13.2) for number in range(len(voices)))


def noted(prints: VoicePrints, speech: tuple[TimeSpan, ...], first: int, last: int) -> Note:
    """Return what is noted of the stretch of a recording that has these stretches of speech."""
    mine = (prints.stretches >= first) & (prints.stretches < last)
    arrays = {one.name: getattr(prints, one.name)[mine] for one in fields(prints)}
    spans = np.array([(span.begin, span.end) for span in speech[first:last]])
    return Note("voices", {}, {**arrays, "stretches": arrays["stretches"] - np.float32(first), "speech": spans})


@pytest.mark.parametrize("borders", [(), (6,), (3, 5, 9), tuple(range(1, 12))])
def test_turns_are_those_of_the_whole_however_it_is_cut(borders: tuple[int, ...]) -> None:
    runtime = FakeRuntime()
    whole = told(*recorded(*TALK), SpeakerSpace(runtime), Telling())
    edges = (0, *borders, len(TALK))
    notes = [noted(*recorded(*TALK), first, last) for first, last in pairwise(edges)]

    assert SpeakerStitching(runtime).turns(notes) == whole
    assert len({turn.speaker for turn in whole}) == 4


def test_speech_too_short_for_a_print_is_of_who_speaks_nearest() -> None:
    prints, speech = recorded(0, 1)
    lone = Note(
        "voices",
        {},
        {
            "speech": np.array([(28.5, 28.8)]),
            "vectors": np.empty((0, 256), np.float32),
            **dict.fromkeys(("begins", "ends", "stretches"), NOTHING),
        },
    )
    turns = SpeakerStitching(FakeRuntime()).turns([noted(prints, speech, 0, 2), lone])

    assert turns[-1].speaker == turns[1].speaker == "spk_1"
    assert turns[-1].time.end == 28.8
    assert SpeakerStitching(FakeRuntime()).turns([lone]) == (Turn(TimeSpan(28.5, 28.8), "spk_0"),)


TURNS = (
    Turn(TimeSpan(0.0, 2.1), "spk_0", 0.9),
    Turn(TimeSpan(2.1, 5.0), "spk_1", 0.7),
    Turn(TimeSpan(6.5, 9.0), "spk_0", 0.5),
)
SAID = transcript_of([SpokenWord(f"w{n}", TimeSpan(n * 0.5, n * 0.5 + 0.45), 0.8) for n in range(20)], "en", 0.8)
SPEAKERS = Speakers(TURNS, [word.time for word in SAID.words if word.time])


def window(begin: float, end: float) -> SpeechSegment:
    return SpeechSegment(
        text=None, time=TimeSpan(begin, end), confidence=None, speaker_confidence=None, samples=NOTHING
    )


def test_a_window_is_of_who_talks_for_most_of_it() -> None:
    found = [SPEAKERS.named(window(begin, end), True) for begin, end in ((0, 4), (1, 5), (5.1, 6.4), (4.8, 7.3))]

    assert [(one.track, one.speaker_confidence) for one in found if isinstance(one, SpeechSegment)] == [
        ("spk_0", 0.9),
        ("spk_1", 0.7),
        ("unknown", None),
        ("spk_0", 0.5),
    ]


def test_a_window_of_a_model_that_does_not_go_by_speaker_stays_as_it_is() -> None:
    one = window(0, 4)
    assert SPEAKERS.named(one, False) is one


@pytest.mark.parametrize("by_speaker", [True, False])
def test_words_and_what_they_make_up_are_named_as_in_the_whole(by_speaker: bool) -> None:
    whole = with_turns(SAID, TURNS)
    expected = [
        *spoken_words(whole, "en", by_speaker),
        *spoken_segments(whole, "conversational_turn", "en", by_speaker),
        *spoken_segments(whole, "passage", "en", by_speaker),
    ]
    found = [SPEAKERS.named(replace(one, track="spk_7", speaker_confidence=0.1), by_speaker) for one in expected]

    assert found == expected


def test_sound_cut_wider_than_the_words_counts_only_its_own() -> None:
    for one in spoken_segments(with_turns(SAID, TURNS), "conversational_turn", "en", True):
        assert one.time is not None
        wide = TimeSpan(max(0.0, one.time.begin - 0.08), one.time.end + 0.08)
        heard = replace(window(wide.begin, wide.end), text=one.text)
        found = SPEAKERS.named(heard, True)
        assert isinstance(found, SpeechSegment)
        assert (found.track, found.speaker_confidence) == (one.track, one.speaker_confidence)


def test_a_word_shorter_than_the_widening_is_still_itself() -> None:
    times = [TimeSpan(1.9, 2.0), TimeSpan(2.2, 2.3), TimeSpan(2.3, 2.35)]
    speakers = Speakers(TURNS, times)
    heard = [speakers.named(replace(window(one.begin, one.end), text="a"), True) for one in times]

    assert [one.track for one in heard] == ["spk_0", "spk_1", "spk_1"]


def test_an_entity_is_of_who_says_it_and_what_has_no_time_is_of_nobody() -> None:
    mention = EntityMention(
        entity="w5 w6",
        position=Position(0, 5),
        entity_confidence=1.0,
        support=0.0,
        uri="",
        link_word="w6",
        time=TimeSpan(2.5, 3.45),
    )
    written = TextSegment(text="w5", position=Position(0, 2))

    assert SPEAKERS.named(mention, True) == replace(mention, track="spk_1", speaker_confidence=0.7)
    assert SPEAKERS.named(written, True) is written
