import pytest

from mien.domain.errors import WeightsCorrupt
from mien.transcription.moonshine_tokens import Token, read_vocabulary, written_words

VOCABULARY = (
    b"<unk>",
    b"<s>",
    b"</s>",
    "▁It".encode(),
    "▁was".encode(),
    b"n't",
    b",",
    "▁caf".encode(),
    b"\xc3",
    b"\xa9",
    b"<<ST_1>>",
    "▁".encode(),
    b"x",
    "▁a▁b".encode(),
)


def packed(*tokens: bytes) -> bytes:
    return b"".join(length_of(token) + token for token in tokens)


def length_of(token: bytes) -> bytes:
    size = len(token)
    return bytes([size]) if size < 128 else bytes([128 + size % 128, size // 128])


def words(*numbers: int) -> list[str]:
    return [word.text for word in written_words([Token(number, 0.5) for number in numbers], VOCABULARY)]


def test_tokens_short_and_long_are_read():
    tokens = (b"", b"a", b"b" * 127, b"c" * 128, b"d" * 700)
    assert read_vocabulary(packed(*tokens)) == tokens


@pytest.mark.parametrize("cut", [1, 2])
def test_a_vocabulary_that_ends_early_is_refused(cut):
    with pytest.raises(WeightsCorrupt, match="in the middle of a"):
        read_vocabulary(packed(b"a", b"c" * 128)[: 2 + cut])


def test_a_word_begins_with_a_space():
    assert words(3, 4, 5, 6, 2) == ["It", "wasn't,"]
    assert words(1, 3, 11, 12, 13) == ["It", "x", "a", "b"]


def test_letters_may_be_of_several_tokens():
    assert words(7, 8, 9, 10) == ["café"]
    assert words(7, 8) == ["caf"]


def test_nothing_is_no_word():
    assert words() == words(1, 2) == words(10, 11) == []


def test_commas_are_written_once():
    assert words(3, 6, 6, 4) == ["It,", "was"]


def test_likelihoods_are_those_of_a_words_tokens():
    tokens = [Token(3, 0.9), Token(4, 0.8), Token(5, 0.7), Token(2, 0.1)]
    assert [word.likelihoods for word in written_words(tokens, VOCABULARY)] == [(0.9,), (0.8, 0.7)]
    tokens = [Token(11, 0.2), Token(12, 0.6)]
    assert [word.likelihoods for word in written_words(tokens, VOCABULARY)] == [(0.6,)]
