"""What the encoder computes, and what becomes of long texts."""

import pytest

from mien.models.text_encoder import READ_CHARACTERS, STRETCHES, Reading, TextEncoder, stretches
from mien.models.text_scores import ENGLISH
from tests.fakes_text import TextRuntime

EVERY = frozenset({"emotions", "sentiment", "toxicity"})
EMOTIONS = frozenset({"emotions"})


def test_only_the_heads_asked_for_are_computed():
    runtime = TextRuntime()
    scores = TextEncoder(runtime, ENGLISH).scores([Reading("kind")], frozenset({"sentiment"}))
    assert set(scores) == {"sentiment"}
    assert runtime.encoder.batches[0][1] == ("sentiment",)


def test_rows_come_back_in_the_order_of_the_texts():
    texts = ["kind " * count for count in (40, 1, 300, 7, 2, 90)]
    encoder = TextEncoder(TextRuntime(), ENGLISH)
    together = encoder.scores([Reading(text) for text in texts], EVERY)
    for place, text in enumerate(texts):
        alone = encoder.scores([Reading(text)], EVERY)
        for head in EVERY:
            assert together[head][place] == pytest.approx(alone[head][0], abs=1e-6)


def test_of_several_windows_the_worst_counts_for_toxicity_and_the_mean_for_all_else():
    encoder = TextEncoder(TextRuntime(), ENGLISH)
    halves = ["kind " * 60, "grim " * 60]
    whole = encoder.scores([Reading("".join(halves))], EVERY)
    parts = encoder.scores([Reading(half) for half in halves], EVERY)
    assert whole["emotions"][0] == pytest.approx(parts["emotions"].mean(axis=0), abs=1e-6)
    assert whole["toxicity"][0] == pytest.approx(parts["toxicity"].max(axis=0), abs=1e-6)


def test_up_to_a_word_the_last_pieces_are_read():
    runtime = TextRuntime()
    TextEncoder(runtime, ENGLISH).scores([Reading("kind " * 200 + "grim", upto=True)], EMOTIONS)
    (inputs, _), grim = runtime.encoder.batches[0], 5
    assert inputs["input_ids"].shape == (1, 96)
    assert inputs["input_ids"][0, -2] == grim


def test_the_cost_of_a_very_long_text_has_a_bound():
    text = "kind word " * READ_CHARACTERS
    assert stretches("short") == ["short"]
    assert len(stretches(text)) == STRETCHES
    assert text.endswith(stretches(text)[-1])
