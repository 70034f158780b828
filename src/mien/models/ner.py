"""Score what is expressed about a named entity: the model `ner`."""

from collections.abc import Sequence
from typing import ClassVar

from mien.domain.expression import ExpressionModel, Scores
from mien.domain.labels import EMOTIONS_53, Heads
from mien.domain.network import Runtime
from mien.domain.request import NerOptions, Options
from mien.domain.segment import EntityMention
from mien.models.text_encoder import Reading
from mien.models.text_scores import TextScores


class NerModel:
    """Score 53 expressions per entity: those of the sentence that speaks of it."""

    name: ClassVar[str] = "ner"
    options: ClassVar[type[Options]] = NerOptions
    heads: ClassVar[Heads] = {"emotions": EMOTIONS_53}

    def __init__(self, runtime: Runtime) -> None:
        self._scores = TextScores(runtime)

    def predict(self, segments: Sequence[EntityMention], heads: frozenset[str]) -> Scores:
        """Return one row per mention; a sentence that holds several is read once."""
        readings = [Reading(mention.context or mention.entity, mention.language) for mention in segments]
        single = list(dict.fromkeys(readings))
        place = {reading: index for index, reading in enumerate(single)}
        chosen = [place[reading] for reading in readings]
        return {head: rows[chosen] for head, rows in self._scores.scores(single, heads).items()}


_contract: type[ExpressionModel[EntityMention]] = NerModel
