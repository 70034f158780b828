"""The model `language`."""

import numpy as np

from mien.domain.segment import Position, TextSegment
from mien.models.language import LanguageModel
from mien.testing import check_model
from tests.fakes_text import TextRuntime

EMOTIONS = frozenset({"emotions"})


def segment(text: str, context: str | None = None, language: str = "en") -> TextSegment:
    return TextSegment(text=text, position=Position(0, len(text)), context=context, language=language)


def test_language_keeps_the_contract():
    check_model(LanguageModel, [segment("kind"), segment("grim words"), segment("gut", language="de")], TextRuntime())


def test_a_word_is_scored_by_the_text_up_to_it():
    model = LanguageModel(TextRuntime())
    rows = model.predict([segment("grim", "so kind and grim"), segment("grim")], EMOTIONS)["emotions"]
    assert not np.allclose(rows[0], rows[1])
    assert np.allclose(rows[0], model.predict([segment("so kind and grim")], EMOTIONS)["emotions"][0])
