"""The model `ner`."""

import numpy as np

from mien.domain.segment import EntityMention, Position
from mien.models.ner import NerModel
from mien.testing import check_model
from tests.fakes_text import TextRuntime


def mention(context: str) -> EntityMention:
    return EntityMention(
        entity="Ann",
        position=Position(0, 3),
        entity_confidence=0.9,
        support=0.0,
        uri="",
        link_word="Ann",
        context=context,
    )


def test_ner_keeps_the_contract():
    check_model(NerModel, [mention("Ann is kind"), mention("Ann is grim"), mention("")], TextRuntime())


def test_mentions_of_one_sentence_share_one_reading():
    runtime = TextRuntime()
    said = [mention("Ann is kind"), mention("grim"), mention("Ann is kind")]
    rows = NerModel(runtime).predict(said, frozenset({"emotions"}))
    assert [len(inputs["input_ids"]) for inputs, _ in runtime.encoder.batches] == [2]
    assert np.array_equal(rows["emotions"][0], rows["emotions"][2])
