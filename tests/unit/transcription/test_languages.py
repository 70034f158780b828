import pytest

from mien.domain.labels import LANGUAGES
from mien.transcription.languages import base_language, heard_language


@pytest.mark.parametrize(
    ("told", "tag"),
    [
        ("english", "en"),
        ("German", "de"),
        ("ja", "ja"),
        ("nn", "no"),
        ("pt-BR", "pt"),
        ("cs", None),
        ("", None),
        (None, None),
    ],
)
def test_names_and_codes_become_tags_of_the_contract(told, tag):
    assert heard_language(told, None) == tag


def test_what_the_client_asked_for_is_what_it_gets_back():
    assert heard_language("english", "en-GB") == "en-GB"


def test_every_tag_has_a_code_recognisers_know():
    assert all(len(base_language(tag)) == 2 for tag in LANGUAGES)
