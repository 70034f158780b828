"""Named entities in texts and transcripts."""

import pytest

from mien.domain.media import MediaKind
from mien.domain.request import EntityExtraction
from mien.domain.segment import EntityMention, Position, TimeSpan
from mien.domain.transcript import Transcript, Word
from mien.extractors.mentions import FOREIGN_CONFIDENCE, PART_CHARACTERS, MentionExtractor
from mien.testing import FakeMedia, check_extractor
from tests.fakes_text import TextRuntime


def find(text: str, transcript: Transcript | None = None, runtime: TextRuntime | None = None) -> list[EntityMention]:
    extractor = MentionExtractor(runtime or TextRuntime())
    return list(extractor.extract(FakeMedia(MediaKind.TEXT, text=text), transcript, EntityExtraction()))


def test_the_extractor_keeps_the_contract():
    media = FakeMedia(MediaKind.TEXT, text="today Angela Merkel spoke")
    assert len(check_extractor(MentionExtractor, media, EntityExtraction(), TextRuntime())) == 1


def test_a_mention_says_what_where_and_which_article():
    text = "and then 😀 Angela Merkel loves it"
    (mention,) = find(text)
    assert mention.entity == text[mention.position.begin : mention.position.end] == "Angela Merkel"
    assert mention.uri == "https://en.wikipedia.org/wiki/Angela_Merkel"
    assert mention.entity_confidence == pytest.approx(0.8 + 2 * 0.2 / 9)
    assert mention.context == text


def test_a_name_that_is_not_in_the_table_gets_no_link():
    (mention,) = find("we met Zorblax Quux today")
    assert (mention.uri, mention.support) == ("", 0.0)


def test_a_surname_means_whom_the_text_named_in_full():
    mentions = find("we met Zelda Obama. we like Obama.")
    assert [mention.uri for mention in mentions] == ["", ""]
    alone = find("we like Obama.")
    assert alone[0].uri.endswith("Barack_Obama")


def test_the_word_that_carries_the_expression_is_named():
    assert find("so Merkel loves it")[0].link_word == "loves"


def test_an_entity_alone_is_its_own_word():
    assert find("Angela Merkel")[0].link_word == "Merkel"


def test_a_foreign_text_is_read_with_less_confidence_or_not_at_all():
    (mention,) = find("heute hat sie mit Merkel über alles gesprochen")
    assert mention.entity_confidence < FOREIGN_CONFIDENCE
    assert find("Сегодня Merkel говорила с нами обо всём") == []


def test_an_operators_own_network_is_trusted_in_its_languages():
    (mention,) = find("heute hat sie mit Merkel gesprochen", runtime=TextRuntime(larger=["de"]))
    assert mention.entity_confidence > FOREIGN_CONFIDENCE


def test_mentions_in_speech_know_their_time_and_speaker():
    text = "so Angela Merkel spoke"
    words = tuple(
        Word(word, Position(text.index(word), text.index(word) + len(word)), TimeSpan(at, at + 1), 0.5, "spk_1")
        for at, word in enumerate(text.split())
    )
    (mention,) = find(text, Transcript(text, words, "en"))
    assert mention.time == TimeSpan(1, 3)
    assert mention.confidence == pytest.approx(0.5)


def test_a_very_long_sentence_is_read_in_parts_with_right_places():
    text = "word " * PART_CHARACTERS + "Merkel"
    (mention,) = find(text)
    assert mention.position == Position(len(text) - 6, len(text))
    assert len(mention.context) <= PART_CHARACTERS


@pytest.mark.parametrize("text", ["", " \n", "\0", "\ud800 \ud800", "x" * 10**5, "<p>" * 1000, ". " * 500])
def test_no_text_is_too_odd(text):
    assert find(text) == []
