import random

import pytest

from mien.media.encodings import encoding_of

TEXTS = {
    "cp1252": ["café", "Größe! Ça va très bien, señor. “Schön”, sagte er.", "Blåbær og rødgrød på øen.", "¿Qué tal?"],
    "cp1250": ["Nigdy nie myślałem, że nas to spotka. Zażółć gęślą jaźń.", "Příliš žluťoučký kůň"],
    "cp1254": ["Bunun başımıza geleceğini hiç düşünmezdim, çok şaşırdım."],
    "cp1251": ["Я никогда не думал, что это случится с нами.", "Він ніколи не думав, що це станеться."],
    "koi8_r": ["Я никогда не думал, что это случится с нами. Он пошёл домой."],
    "cp932": ["今日はとても嬉しかったです。ありがとうございました。"],
    "euc_jp": ["今日はとても嬉しかったです。ありがとうございました。"],
    "cp949": ["이런 일이 일어날 줄은 몰랐어요. 정말 기뻐요."],
    "gb18030": ["我们昨天非常高兴，因为他终于回来了。今天的天气真好。"],
    "big5": ["我們昨天非常高興，因為他終於回來了。今天的天氣真好。"],
    "utf-16-le": ["Hello there, how are you?"],
    "utf-16-be": ["Hello there, how are you?"],
}


@pytest.mark.parametrize(("written", "text"), [(name, text) for name, texts in TEXTS.items() for text in texts])
@pytest.mark.parametrize("times", [1, 40])
def test_what_was_written_is_read_again(written, text, times):
    data = (text + "\n").encode(written) * times
    found = encoding_of(data, whole=True)
    assert found is not None
    assert data.decode(found) == (text + "\n") * times


def test_a_character_may_lie_across_the_end():
    data = (TEXTS["cp932"][0] * 40).encode("cp932")[:-1]
    assert encoding_of(data, whole=False) == "cp932"


@pytest.mark.parametrize("data", [b"ab\xc3", b"\xff\xd8\xff", b"abc\0def", b"\x80\x81\x82 \x83", b"GIF89a\x01\x00\xff"])
def test_what_is_no_text_has_no_encoding(data):
    assert encoding_of(data, whole=True) is None


def test_noise_has_no_encoding():
    source = random.Random(1)
    assert not any(encoding_of(source.randbytes(size), whole=True) for size in range(40, 400))
