"""Where words begin and end."""

import pytest

from mien.extractors.words import words


def cut(text: str, language: str = "en") -> list[str]:
    return [text[place.begin : place.end] for place in words(text, 0, len(text), language)]


def test_words_keep_their_punctuation():
    text = "Hi, Berkeley, \n is this a “gift”?"
    assert cut(text) == ["Hi,", "Berkeley,", "is", "this", "a", "“gift”?"]


def test_emoji_and_combining_characters_stay_whole():
    assert cut("I 👩‍👩‍👧 e\u0301te\u0301 🇩🇪!") == ["I", "👩‍👩‍👧", "e\u0301te\u0301", "🇩🇪!"]


def test_chinese_is_cut_into_words():
    expected = ["我们", "昨天", "非常", "高兴，", "因为", "他", "回来", "了。"]
    assert cut("".join(expected), "zh") == expected


def test_japanese_is_cut_into_words():
    assert cut("「私は昨日とても嬉しかった。」", "ja")[:4] == ["「私", "は", "昨日", "とても"]


@pytest.mark.parametrize("language", ["en", "ja", "zh"])
def test_nothing_is_lost_of_unspaced_text(language):
    text = "iPhone手机很好用。東京オリンピックのニュース！" * 60
    assert "".join(cut(text, language)) == text


def test_only_the_part_asked_for_is_cut():
    text = "one two three"
    assert [text[place.begin : place.end] for place in words(text, 4, 9)] == ["two", "t"]
