import pytest

from mien.domain.segment import TimeSpan
from mien.domain.transcript import Captions, SpokenWord
from mien.extractors.captions import captioned


def captions(*lines: str, language: str | None = "en") -> Captions:
    spoken = tuple(SpokenWord(text, TimeSpan(index * 2.0, index * 2.0 + 1.0)) for index, text in enumerate(lines))
    return Captions(spoken, language)


def test_lines_become_words_that_share_the_time_by_their_letters():
    transcript = captioned([captions("I am here")], None)
    assert [word.text for word in transcript.words] == ["I", "am", "here"]
    times = [(word.time.begin, word.time.end) for word in transcript.words]
    assert times == [(0, pytest.approx(1 / 7)), (pytest.approx(1 / 7), pytest.approx(3 / 7)), (pytest.approx(3 / 7), 1)]
    assert (transcript.text, transcript.language, transcript.confidence) == ("I am here", "en", 1.0)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("<i>Hello</i> {\\an8}there", "Hello there"),
        ("- How are you?\n- [laughs] Fine!", "How are you? Fine!"),
        ("(door slams)", ""),
        ("♪ la la ♪", ""),
        ("JOHN: Come here.", "Come here."),
        (">> MARY: No.", "No."),
        ("Note: this stays", "Note: this stays"),
        ("<c.yellow>Hi</c> <00:00:01.000>you", "Hi you"),
    ],
)
def test_what_is_not_said_is_left_out(line, said):
    transcript = captioned([captions(line, "End.")], None)
    assert transcript.text == f"{said} End.".strip()


def test_subtitles_in_another_language_are_not_what_is_said():
    assert captioned([captions("Guten Tag", language="de")], "en") is None
    assert captioned([captions("Guten Tag", language="de"), captions("Good day")], "en-GB").text == "Good day"
    assert captioned([captions("Good day")], "en-GB").language == "en-GB"


def test_the_language_of_subtitles_without_one_is_told_by_their_words():
    assert captioned([captions("Das ist ja wirklich ganz toll geworden.", language=None)], None).language == "de"


def test_a_language_the_contract_does_not_know_is_not_named():
    assert captioned([captions("Dobrý den", language="cze")], None).language is None


def test_words_written_without_spaces_have_none():
    transcript = captioned([captions("今日は天気がいい。", language="ja")], None)
    assert len(transcript.words) > 1
    assert transcript.text == "今日は天気がいい。"


def test_subtitles_without_words_are_none():
    assert captioned([captions("[music]"), Captions(())], None) is None
