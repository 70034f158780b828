"""Text preprocessing that training and serving share."""

import pytest

from mien.tokenization.tokens import MAX_TOKENS, ending, length_sorted, normalise, windows, word_shape
from tests.fakes_text import tokeniser


def test_user_names_and_addresses_are_replaced_and_all_else_stays():
    assert normalise("Hi @bob_7, see https://a.example/x?y=1 now 😀").text == "Hi @user, see http now 😀"
    assert normalise("write to ann@mail.example").text == "write to ann@mail.example"


def test_places_lead_back_to_the_original_text():
    text = "@bob saw Berlin at https://a.example/long today"
    normalised = normalise(text)
    for word in ("saw", "Berlin", "today"):
        begin = normalised.text.index(word)
        first, last = normalised.original((begin, begin + len(word)))
        assert text[first:last] == word
    begin = normalised.text.index("user")
    assert normalised.original((begin, begin + 4)) == (0, 4)


def test_a_lone_surrogate_keeps_every_place():
    assert normalise("a\ud800b").text == "a\ufffdb"


@pytest.mark.parametrize(
    ("word", "shape"),
    [("word", 1), ("Word", 2), ("I", 2), ("NATO", 3), ("B52", 4), ("iPhone", 5), ("McDonald", 5), (",", 0), ("東", 0)],
)
def test_a_word_has_the_shape_it_was_written_in(word, shape):
    assert word_shape(word) == shape


def test_pieces_know_their_place_and_the_shape_of_their_whole_word():
    text = "Kind McDonald!"
    pieces = tokeniser().pieces(text)
    assert [text[begin:end] for begin, end in pieces.spans] == ["Kind", "Mc", "Donald", "!"]
    assert pieces.shapes == (2, 5, 5, 0)


def test_rows_carry_special_pieces_masks_and_padding():
    cut = tokeniser()
    rows = cut.rows([cut.pieces("kind"), cut.pieces("kind kind")])
    kind = cut.pieces("kind").ids[0]
    assert rows["input_ids"].tolist() == [[cut.first, kind, cut.last, cut.pad], [cut.first, kind, kind, cut.last]]
    assert rows["attention_mask"].tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]
    assert rows["shape_ids"].tolist() == [[0, 1, 0, 0], [0, 1, 1, 0]]


def test_no_text_is_a_row_of_special_pieces():
    cut = tokeniser()
    assert cut.rows([cut.pieces("")])["attention_mask"].tolist() == [[1, 1]]


def test_the_ending_keeps_the_last_words_and_windows_keep_them_all():
    pieces = tokeniser().pieces("kind " * 199 + "grim")
    assert ending(pieces).ids[-1] == pieces.ids[-1]
    assert len(ending(pieces)) == MAX_TOKENS - 2
    parts = windows(pieces)
    assert [len(part) for part in parts] == [66, 67, 67]
    assert sum((part.ids for part in parts), ()) == pieces.ids


def test_batches_hold_texts_of_like_length():
    assert list(length_sorted([5, 1, 4, 2], 2)) == [[1, 3], [2, 0]]
