"""Where sentences end, beyond the golden ones."""

import time
from itertools import pairwise

import pytest

from mien.extractors.sentences import sentences


def split(text: str, language: str = "en") -> list[str]:
    return [text[place.begin : place.end] for place in sentences(text, language)]


def test_places_are_code_points_of_the_text_as_it_is():
    text = "  Café 👩‍👩‍👧 e\u0301t\u00e9!\r\n\r\n Yes.  "
    assert split(text) == ["Café 👩‍👩‍👧 e\u0301t\u00e9!", "Yes."]
    assert [(place.begin, place.end) for place in sentences(text)] == [(2, 18), (23, 27)]


def test_right_to_left_text_is_split_like_any_other():
    assert split("שלום. מה שלומך? טוב.") == ["שלום.", "מה שלומך?", "טוב."]
    assert split("مرحبا. كيف حالك؟ بخير.") == ["مرحبا.", "كيف حالك؟", "بخير."]


def test_line_ends_do_not_end_a_sentence_but_empty_lines_and_list_items_do():
    assert split("One line\nand the next.\n\nA heading\n\nText") == ["One line\nand the next.", "A heading", "Text"]
    assert split("To do:\n- buy milk\n- call Ann") == ["To do:", "- buy milk", "- call Ann"]


def test_a_sentence_in_small_letters_is_one_too():
    assert split("hi. how are you? i'm fine") == ["hi.", "how are you?", "i'm fine"]


def test_addresses_and_numbers_stay_whole():
    assert split("See www.a.example/b.c?d=e. It is v1.2.3!") == ["See www.a.example/b.c?d=e.", "It is v1.2.3!"]


@pytest.mark.parametrize("text", ["", " ", "\n\n \t\n", "\u3000"])
def test_a_text_without_words_has_no_sentences(text):
    assert split(text) == []


@pytest.mark.parametrize(
    "text",
    [".", ". ", "a", "\n", "\n ", "!»", "1. ", "'", ".😀 ", "\0", "A.", "。」", ". »", "Mr. ", "<p>", "…a"],
    ids=repr,
)
def test_time_grows_with_length_and_not_faster(text):
    began = time.process_time()
    places = list(sentences(text * 100_000 + "."))
    assert time.process_time() - began < 5
    assert all(before.end <= after.begin for before, after in pairwise(places))
