"""In which language a text is written."""

import pytest

from mien.extractors.text_language import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I never thought that this would happen to us.", "en"),
        ("Ich hätte nie gedacht, dass uns das passiert.", "de"),
        ("Je n'aurais jamais cru que cela nous arrive.", "fr"),
        ("Nunca pensé que esto nos pasaría a nosotros.", "es"),
        ("Non avrei mai pensato che ci succedesse questo.", "it"),
        ("Nunca pensei que isso nos fosse acontecer.", "pt"),
        ("Ik had nooit gedacht dat dit ons zou gebeuren.", "nl"),
        ("Nigdy nie myślałem, że nas to spotka.", "pl"),
        ("Jag trodde aldrig att det skulle hända oss.", "sv"),
        ("Bunun başımıza geleceğini hiç düşünmezdim.", "tr"),
        ("Saya tidak pernah menyangka ini akan terjadi pada kita.", "id"),
        ("Я никогда не думал, что это случится с нами.", "ru"),
        ("Я ніколи не думав, що це станеться з нами.", "uk"),
        ("मैंने कभी नहीं सोचा था कि ऐसा होगा।", "hi"),
        ("Mujhe nahi pata tha ki aisa hoga yaar", "hi-Latn"),
        ("இது நடக்கும் என்று நினைக்கவில்லை.", "ta"),
        ("이런 일이 일어날 줄은 몰랐어요.", "ko"),
        ("こんなことになるとは思わなかった。", "ja"),
        ("我从来没想到会发生这种事。", "zh"),
    ],
)
def test_the_language_of_a_sentence_is_found(text, language):
    assert language_of(text) == language


@pytest.mark.parametrize("text", ["", "  ", "123 !?", "Fine", "Thank you.", "ok lol", "😀", "\ud800", "\0"])
def test_what_says_too_little_is_taken_for_english(text):
    assert language_of(text) == "en"


def test_a_long_text_is_judged_by_samples_of_all_of_it():
    assert language_of("Short English title.\n" + "Das ist ein sehr langer deutscher Text. " * 10_000) == "de"
