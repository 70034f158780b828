import math

import pytest

from mien.domain.segment import TimeSpan
from mien.transcription.verbose_json import words_of

PIECE = TimeSpan(10.0, 14.0)


def word(text: str, start: float, end: float, **more: float) -> dict:
    return {"word": text, "start": start, "end": end, **more}


def test_words_get_the_marks_that_only_the_text_has():
    answer = {"text": " “Hi,” she said.", "words": [word("Hi", 0, 1), word("she", 1, 2), word("said", 2, 3)]}
    assert [one.text for one in words_of(answer, PIECE)] == ["Hi,”", "she", "said."]


def test_words_inside_segments_count_too():
    answer = {"text": "Hi.", "segments": [{"start": 0, "end": 1, "text": " Hi.", "words": [word(" Hi.", 0.2, 0.8)]}]}
    (only,) = words_of(answer, PIECE)
    assert (only.text, only.time) == ("Hi.", TimeSpan(10.2, 10.8))


def test_a_word_without_a_probability_has_that_of_its_segment():
    segments = [
        {"start": 0, "end": 1, "text": "a", "avg_logprob": -0.1},
        {"start": 1, "end": 2, "text": "b", "avg_logprob": -2},
    ]
    answer = {"text": "a b", "words": [word("a", 0, 1), word("b", 1, 2)], "segments": segments}
    assert [one.confidence for one in words_of(answer, PIECE)] == pytest.approx([math.exp(-0.1), math.exp(-2)])


def test_without_any_probability_it_is_unknown():
    assert words_of({"text": "a", "words": [word("a", 0, 1)]}, PIECE)[0].confidence is None


def test_a_server_that_tells_no_words_has_its_segments_spread_over_their_time():
    answer = {"text": "aa bb", "segments": [{"start": 0.0, "end": 2.0, "text": " aa bb"}]}
    assert [(one.text, one.time) for one in words_of(answer, PIECE)] == [
        ("aa", TimeSpan(10.0, 11.0)), ("bb", TimeSpan(11.0, 12.0)),
    ]  # fmt: skip


def test_chinese_words_stay_together():
    answer = {"text": "今天很好。", "words": [word("今天", 0, 1), word("很好", 1, 2)]}
    assert [(one.text, one.spaced) for one in words_of(answer, PIECE)] == [("今天", True), ("很好。", False)]


def test_times_stay_within_what_was_sent():
    (only,) = words_of({"text": "a", "words": [word("a", -1, 99)]}, PIECE)
    assert only.time == PIECE


def test_silence_has_no_words():
    assert words_of({"text": "", "segments": [], "words": []}, PIECE) == []
