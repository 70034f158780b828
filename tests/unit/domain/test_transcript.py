import pytest

from mien.domain.segment import TimeSpan
from mien.domain.transcript import SpokenWord, Turn, speaking, spread, transcript_of, with_turns


def test_words_lie_where_the_text_says_them():
    spoken = [
        SpokenWord("Hi,", TimeSpan(0, 1), 0.5),
        SpokenWord("Nun.", TimeSpan(1, 2), None),
        SpokenWord("今日", TimeSpan(2, 3), 0.7),
        SpokenWord("は", TimeSpan(3, 4), 0.7, spaced=False),
    ]
    transcript = transcript_of(spoken, "ja", 0.6)
    assert transcript.text == "Hi, Nun. 今日は"
    places = [transcript.text[word.position.begin : word.position.end] for word in transcript.words]
    assert places == [word.text for word in transcript.words] == ["Hi,", "Nun.", "今日", "は"]
    assert [word.confidence for word in transcript.words] == [0.5, None, 0.7, 0.7]


def test_a_word_belongs_to_whom_speaks_most_of_it():
    begins = {"a": 0.0, "b": 1.3, "c": 9.0}
    transcript = transcript_of([SpokenWord(text, TimeSpan(at, at + 1.0)) for text, at in begins.items()])
    turns = (Turn(TimeSpan(0, 1.5), "spk_0", 0.9), Turn(TimeSpan(1.5, 3), "spk_1", 0.8))
    spoken = with_turns(transcript, turns)
    assert [(word.speaker, word.speaker_confidence) for word in spoken.words] == [
        ("spk_0", 0.9), ("spk_1", 0.8), ("unknown", None),
    ]  # fmt: skip
    assert spoken.turns == turns


def test_nobody_speaks_in_silence():
    assert speaking((Turn(TimeSpan(0, 1), "spk_0"),), TimeSpan(2, 3)) is None


def test_time_is_shared_out_by_letters():
    words = spread([("aa", True), ("bb", False)], TimeSpan(1.0, 3.0), 0.4)
    assert [(word.time.begin, word.time.end, word.spaced, word.confidence) for word in words] == [
        (1.0, pytest.approx(2.0), True, 0.4), (pytest.approx(2.0), pytest.approx(3.0), False, 0.4),
    ]  # fmt: skip
