"""Score what a text expresses, how pleasant and how toxic it is: the model `language`."""

from collections.abc import Sequence
from typing import ClassVar

from mien.domain.expression import ExpressionModel, Scores
from mien.domain.labels import EMOTIONS_53, SENTIMENT, TOXICITY, Heads
from mien.domain.network import Runtime
from mien.domain.request import LanguageOptions, Options
from mien.domain.segment import TextSegment
from mien.models.text_encoder import Reading
from mien.models.text_scores import TextScores


class LanguageModel:
    """Score 53 expressions per stretch of text, and sentiment and toxicity on demand."""

    name: ClassVar[str] = "language"
    options: ClassVar[type[Options]] = LanguageOptions
    heads: ClassVar[Heads] = {"emotions": EMOTIONS_53, "sentiment": SENTIMENT, "toxicity": TOXICITY}

    def __init__(self, runtime: Runtime) -> None:
        self._scores = TextScores(runtime)

    def predict(self, segments: Sequence[TextSegment], heads: frozenset[str]) -> Scores:
        """Return one row per segment; one with a context is scored by that: the text up to and including it."""
        return self._scores.scores([_reading(segment) for segment in segments], heads)


def _reading(segment: TextSegment) -> Reading:
    if segment.context is None:
        return Reading(segment.text, segment.language)
    return Reading(segment.context, segment.language, upto=True)


_contract: type[ExpressionModel[TextSegment]] = LanguageModel
