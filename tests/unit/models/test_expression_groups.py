"""Six emotions spread over 53."""

import numpy as np
import pytest

from mien.domain.labels import EMOTIONS_53
from mien.models.expression_groups import confidence_of, read_groups, spread

COARSE = ("anger", "disgust", "fear", "joy", "sadness", "surprise")
GROUPS = read_groups(COARSE)


def one(**scores: float) -> dict[str, np.ndarray]:
    row = np.array([[scores.get(emotion, 0.0) for emotion in COARSE]], np.float32)
    return spread(row, np.ones(1, np.float32), frozenset({"emotions", "sentiment", "toxicity"}), GROUPS)


@pytest.mark.parametrize(("emotion", "label"), [("joy", "Joy"), ("fear", "Fear"), ("disgust", "Disgust")])
def test_a_strong_emotion_is_the_strongest_expression(emotion, label):
    assert EMOTIONS_53[one(**{emotion: 0.9})["emotions"][0].argmax()] == label


def test_sentiment_follows_joy_up_and_sorrow_down():
    levels = np.arange(1, 10)
    up, middle, down = (one(**told)["sentiment"][0] @ levels for told in ({"joy": 1}, {}, {"sadness": 1}))
    assert up > middle + 1.5 > down + 3


def test_the_table_may_stand_in_any_order():
    turned = read_groups(COARSE[::-1])
    assert np.array_equal(turned.shares[::-1], GROUPS.shares)


def test_confidence_grows_with_what_was_measured():
    assert confidence_of(None, GROUPS) == confidence_of(0.4, GROUPS) == 0.25
    assert confidence_of(0.7, GROUPS) == pytest.approx(0.5)
    assert confidence_of(0.99, GROUPS) == 1.0
