"""Say of each expression score which evidence moved it, and by how much."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from mien.domain.labels import EMOTIONS_48
from mien.domain.network import Floats
from mien.models.expression_mapping import CIRCLE, EXPRESSIONS, SIGNS, Evidence, ExpressionTable, explain

NEUTRAL: Final = EXPRESSIONS.index("neutral")
LEAST: Final = 0.005
"""Logits below which evidence is not worth a line; what is left out is added to the base."""


@dataclass(frozen=True)
class Term:
    """Hold one piece of evidence: its kind, its name, how much of it is seen, and what it adds to the logit.

    `kind` is `expression` (seen: probability), `action unit` and `head` (seen: 1 is a strong one, below 0 the
    opposite) or `valence and arousal` (seen: 1 when the face's place in the circle is the emotion's own).
    """

    kind: str
    name: str
    seen: float
    added: float


@dataclass(frozen=True)
class ExplainedScore:
    """Hold a score with the logit of a neutral face and the terms that moved it, largest first; logits add up."""

    name: str
    score: float
    base: float
    terms: tuple[Term, ...]

    @property
    def logit(self) -> float:
        """Return the sum of base and terms, of which the score is the logistic function."""
        return self.base + sum(term.added for term in self.terms)


def explained(evidence: Evidence, table: ExpressionTable) -> list[list[ExplainedScore]]:
    """Explain all 48 scores of each face, strongest first."""
    told, calm = explain(evidence, table), explain(_nothing_seen(), table)
    base = calm.expressions[0] + calm.signs[0] + calm.circle[0]
    logits = np.log(table.pure / (1 - table.pure))
    per_expression = evidence.expressions[:, np.newaxis, :] * (logits - logits[:, NEUTRAL : NEUTRAL + 1])
    per_sign = evidence.signs[:, np.newaxis, :] * table.sign_weights
    circle = told.circle - calm.circle
    places = evidence.expressions @ np.asarray(CIRCLE, np.float32)
    faces = []
    for face, scores in enumerate(told.scores):
        rows = []
        for emotion in np.argsort(-scores, kind="stable"):
            terms = [
                *_expressions(evidence.expressions[face], per_expression[face, emotion]),
                *_signs(evidence.signs[face], per_sign[face, emotion]),
                _place(places[face], table.circle[emotion], float(circle[face, emotion])),
            ]
            rows.append(_score(EMOTIONS_48[emotion], float(scores[emotion]), float(base[emotion]), terms))
        faces.append(rows)
    return faces


def _score(name: str, score: float, base: float, terms: list[Term]) -> ExplainedScore:
    worth = sorted((term for term in terms if abs(term.added) >= LEAST), key=lambda term: -abs(term.added))
    rest = sum(term.added for term in terms if abs(term.added) < LEAST)
    return ExplainedScore(name, score, base + rest, tuple(worth))


def _nothing_seen() -> Evidence:
    expressions = np.zeros((1, len(EXPRESSIONS)), np.float32)
    expressions[0, NEUTRAL] = 1
    return Evidence(expressions, np.zeros((1, len(SIGNS)), np.float32))


def _expressions(seen: Floats, added: Floats) -> Iterator[Term]:
    for place, name in enumerate(EXPRESSIONS):
        if place != NEUTRAL:
            yield Term("expression", name, float(seen[place]), float(added[place]))


def _signs(seen: Floats, added: Floats) -> Iterator[Term]:
    for place, name in enumerate(SIGNS):
        kind = "head" if name.startswith("head") else "action unit"
        yield Term(kind, name, float(seen[place]), float(added[place]))


def _place(place: Floats, wanted: Floats, added: float) -> Term:
    near = float(np.exp(-np.square(place - wanted).sum()))
    return Term("valence and arousal", f"{place[0]:+.2f}, {place[1]:+.2f}", near, added)
