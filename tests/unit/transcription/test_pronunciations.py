from pathlib import Path

import pocketsphinx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.transcription.letter_sounds import PHONES
from mien.transcription.pronunciations import Spoken, folded, spoken_text


def dictionary() -> dict[str, str]:
    with (Path(pocketsphinx.get_model_path()) / "en-us/cmudict-en-us.dict").open() as file:
        return {line.split()[0]: " ".join(line.split()[1:]) for line in file}


KNOWN = dictionary()


def spoken_words(written: str) -> list[Spoken]:
    return spoken_text([written], KNOWN.get)[0]


def names(written: str) -> str:
    return " ".join(spoken.name for spoken in spoken_words(written))


def ways(written: str) -> tuple[str, ...]:
    (spoken,) = spoken_words(written)
    return spoken.ways


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Times,", "times"),
        ("“Hello!”", "hello"),
        ("it's", "it's"),
        ("It’s", "it's"),
        ("'cause", "'cause"),
        ("café", "cafe"),
        ("well-known", "well-known"),
        ("either/or", "either or"),
        ("snow-covered-hills", "snow covered hills"),
        ("a.m.", "a.m."),
        ("U.S.", "u.s."),
        ("S.O.S.", "s. o. s."),
        ("R&B", "r and b"),
        ("Mr.", "mr"),
        ("15th", "fifteenth"),
        ("1455", "fourteen fifty five"),
        ("$42.50", "forty two dollars fifty"),
        ("50%", "fifty percent"),
        ("7:30", "seven thirty"),
        ("—", ""),
        ("...", ""),
        ("東京", ""),
        ("", ""),
    ],
)
def test_a_word_is_said_as_the_dictionary_says(written, said):
    assert names(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Zaltorf", "Z AE L T AO R F"),
        ("unfriended", "AH N F R EH N D IH D"),
        ("blogged", "B L AO G D"),
        ("googled", "G UW G AH L D"),
        ("fluffyish", "F L AH F IY IH SH"),
        ("Moonshiner's", "M UW N SH AY N ER Z"),
        ("teacupboard", "T IY K AH P B AO R D"),
    ],
)
def test_a_word_of_no_dictionary_is_made_of_others_or_guessed(written, said):
    assert ways(written) == (said,)


def test_capitals_are_spelled_or_said():
    assert ways("US") == ("Y UW EH S", "AH S")
    assert ways("NATO")[1] == "N EY T OW"
    assert ways("TVs")[0] == "T IY V IY Z"


def test_and_may_be_said_within_a_number():
    assert len(spoken_words("105")[1].ways) == 3
    assert len(spoken_words("500")[1].ways) == 1


def test_money_is_said_after_its_millions():
    said = spoken_text(["$5", "million,", "$6"], KNOWN.get)
    assert [[one.name for one in part] for part in said] == [["five"], ["million", "dollars"], ["six", "dollars"]]


def test_letters_of_other_alphabets_are_folded():
    assert folded("Łódź façade Straße") == "Lodz facade Strasse"


def test_one_name_is_said_in_one_way():
    for first, second in (("US", "us"), ("TVs", "tvs"), ("105", "100")):
        said: dict[str, tuple[str, ...]] = {}
        for spoken in spoken_text([first, second], KNOWN.get):
            for one in spoken:
                assert said.setdefault(one.name, one.ways) == one.ways


@given(st.text() | st.text("aeioust'sed.-,$%5019 XYZé", max_size=12))
def test_any_text_gives_phones_or_nothing(written):
    for name, said in spoken_words(written):
        assert name.split() == [name]
        assert said
        assert all(way.split() and PHONES.issuperset(way.split()) for way in said)
