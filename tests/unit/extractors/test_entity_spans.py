"""From tags of pieces to entities."""

import numpy as np
import pytest

from mien.extractors.entity_spans import entities, whole_words
from tests.fakes_text import tokeniser

TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-MISC", "I-MISC")


def find(text: str, *tags: str, sure: float = 0.9) -> list[tuple[str, str]]:
    """Tag the words of a text, one tag a word (marks are words too), and return the kinds and texts found."""
    spans = tokeniser().pieces(text).spans
    rows = np.full((len(spans), len(TAGS)), (1 - sure) / (len(TAGS) - 1), np.float32)
    for (first, last), tag in zip(whole_words(text, spans), tags, strict=True):
        rows[first:last, TAGS.index(tag)] = sure
    return [(one.kind, text[slice(*one.place)]) for one in entities(text, spans, rows)]


def test_pieces_join_to_whole_words_and_words_to_an_entity():
    assert find("Ann McDonald sang", "B-PER", "I-PER", "O") == [("PER", "Ann McDonald")]


def test_marks_inside_an_entity_belong_to_it():
    assert find("At Stoke-on-Trent.", "O", *["B-LOC", "I-LOC", "I-LOC", "I-LOC", "I-LOC"], "O") == [
        ("LOC", "Stoke-on-Trent")
    ]


def test_a_new_beginning_and_another_kind_each_start_an_entity():
    assert find("Ann Bob Rome", "B-PER", "B-PER", "I-LOC") == [("PER", "Ann"), ("PER", "Bob"), ("LOC", "Rome")]


def test_initials_with_dots_are_one_word_and_marks_at_the_edge_are_left_out():
    assert find("The U.S. won, Rome, too", "O", "B-LOC", "O", "O", "B-LOC", "I-LOC", "O") == [
        ("LOC", "U.S."),
        ("LOC", "Rome"),
    ]


def test_marks_alone_are_no_entity():
    assert find("Oh !", "O", "B-MISC") == []


def test_the_confidence_is_the_probability_of_the_kind():
    spans = tokeniser().pieces("kind").spans
    row = np.array([[0.1, 0.5, 0.3, 0.1, 0, 0, 0, 0, 0]], np.float32)
    (one,) = entities("kind", spans, row)
    assert one.confidence == pytest.approx(0.8)


def test_a_doubtful_word_inside_a_name_takes_the_kind_of_the_name():
    spans = tokeniser().pieces("Orlando Sentinel").spans
    rows = np.full((len(spans), len(TAGS)), 0.01, np.float32)
    for (first, last), sure in zip(whole_words("Orlando Sentinel", spans), ({5: 0.9}, {2: 0.5, 6: 0.4}), strict=True):
        for tag, value in sure.items():
            rows[first:last, tag] = value
    assert [one.kind for one in entities("Orlando Sentinel", spans, rows)] == ["ORG"]
