"""Who reads which language."""

import numpy as np
import pytest

from mien.domain.labels import EMOTIONS_53
from mien.models.text_encoder import Reading
from mien.models.text_scores import TextScores
from tests.fakes_text import TextRuntime

EVERY = frozenset({"emotions", "sentiment", "toxicity"})
EMOTIONS = frozenset({"emotions"})


def joy(scores: TextScores, language: str, text: str = "sehr gut") -> float:
    return float(scores.scores([Reading(text, language)], EMOTIONS)["emotions"][0, EMOTIONS_53.index("Joy")])


def test_english_in_all_its_regions_is_read_by_the_encoder():
    runtime = TextRuntime()
    TextScores(runtime).scores([Reading("kind", tag) for tag in ("en", "en-GB", "de")], EMOTIONS)
    assert [len(inputs["input_ids"]) for inputs, _ in runtime.encoder.batches] == [2]


def test_a_language_is_believed_as_far_as_it_was_measured():
    scores = TextScores(TextRuntime())
    assert joy(scores, "de") == pytest.approx(1.0)
    assert joy(scores, "sv") == pytest.approx(0.5)
    assert joy(scores, "ja") == joy(scores, "hi-Latn") == pytest.approx(0.25)


def test_a_foreign_text_that_expresses_nothing_is_plain_not_zero():
    row = TextScores(TextRuntime()).scores([Reading("   ", "de")], EVERY)
    top = EMOTIONS_53[row["emotions"][0].argmax()]
    assert top == "Calmness"
    assert row["sentiment"][0].sum() == pytest.approx(1)
    assert row["sentiment"][0].argmax() == 4
    assert (row["toxicity"] < 0.05).all()


def test_an_operators_own_network_reads_the_languages_it_names():
    plain, larger = TextRuntime(), TextRuntime(larger=["de", "pt"])
    for tag in ("pt-BR", "de"):
        assert joy(TextScores(larger), tag, "kind") > 0.4
    english = [TextScores(runtime).scores([Reading("kind")], EMOTIONS)["emotions"] for runtime in (plain, larger)]
    assert np.array_equal(*english)


@pytest.mark.parametrize("text", ["", " \n", "\0", "\ud800", "x" * 10**6, "<p>" * 1000, "\x01\x02"])
def test_no_text_is_too_odd_to_be_scored(text):
    scores = TextScores(TextRuntime())
    for language in ("en", "de"):
        rows = scores.scores([Reading(text, language)], EVERY)
        assert all(np.isfinite(values).all() for values in rows.values())
