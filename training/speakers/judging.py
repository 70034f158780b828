"""Fit the judgements: are there at least so many speakers, is a print its speaker's."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mien.extractors.speaker_count import MOST_SPEAKERS, Points, clusterings, measures_of_counts, tell_apart
from mien.extractors.speaker_space import Judgement, Judgements
from mien.extractors.speakers import Telling, margins, placed
from mien.extractors.voice_prints import VoicePrints
from training.speakers.prints import Printed, names_of
from training.speakers.space import Space

FEWEST_PRINTS = 8
PARTS = {1: 6, 2: 4, 3: 3, 4: 2}
"""Of each dialogue so many single speakers, pairs, … are cut out."""
Example = tuple[tuple[float, ...], bool]


def fit_judgements(parts: Sequence[tuple[Sequence[Printed], Space]], telling: Telling) -> Judgements:
    """Return the judgements, from dialogues each in a space that other dialogues made."""
    more = logistic([one for printed, space in parts for each in printed for one in _more(each, space, telling)])
    right = [one for printed, space in parts for each in printed for one in _right(each, space, more, telling)]
    return Judgements(more, logistic(right))


def logistic(examples: Sequence[Example], ridge: float = 0.001, rounds: int = 30) -> Judgement:
    """Return the logistic regression that fits the examples, by Newton's method, measures standardised first."""
    measures = np.array([one for one, _truth in examples], np.float64)
    truth = np.array([truth for _one, truth in examples], np.float64)
    mean, spread = measures.mean(axis=0), measures.std(axis=0) + 1e-9
    inputs = np.c_[(measures - mean) / spread, np.ones(len(measures))]
    weights = np.zeros(inputs.shape[1])
    for _round in range(rounds):
        chance = 1 / (1 + np.exp(-inputs @ weights))
        slope = inputs.T @ (chance - truth) / len(truth) + ridge * np.r_[weights[:-1], 0]
        bend = (inputs * (chance * (1 - chance))[:, None]).T @ inputs / len(truth) + ridge * np.eye(len(weights))
        weights -= np.linalg.solve(bend, slope)
    plain = weights[:-1] / spread
    return Judgement(tuple(plain.round(5).tolist()), round(float(weights[-1] - plain @ mean), 5))


def _more(printed: Printed, space: Space, telling: Telling) -> Iterator[Example]:
    """Yield for two, three, … whether there are as many, of a dialogue and of some of its speakers cut out of it."""
    for prints, speakers in _cut_outs(printed):
        points = _points(prints, space, telling)
        tried = clusterings(points, telling.counting)
        measured = measures_of_counts(points, tried)
        for count in range(2, min(speakers + 1, MOST_SPEAKERS) + 1):
            if tried[count - 1].max():
                yield measured[count - 2], speakers >= count


def _cut_outs(printed: Printed) -> Iterator[tuple[VoicePrints, int]]:
    names = names_of(printed)
    speakers = sorted(set(names) - {""})
    yield printed.prints, printed.dialogue.count
    for count, most in PARTS.items():
        for group in list(combinations(speakers, count))[:most]:
            rows = np.flatnonzero([name in group for name in names])
            if count != printed.dialogue.count and len(rows) >= FEWEST_PRINTS:
                yield _only(printed.prints, rows), count


def _right(printed: Printed, space: Space, more: Judgement, telling: Telling) -> Iterator[Example]:
    points, names = _points(printed.prints, space, telling), names_of(printed)
    labels = tell_apart(points, more, telling.counting)
    if labels.max() < 1:
        return
    told = {label: _mainly(names, labels == label) for label in range(int(labels.max()) + 1)}
    for near, label, name in zip(margins(points, labels).tolist(), labels.tolist(), names, strict=True):
        if name:
            yield (near,), name == told[label]


def _mainly(names: Sequence[str], rows: NDArray[np.bool_]) -> str:
    own = Counter(name for name, wanted in zip(names, rows, strict=True) if wanted and name)
    return own.most_common(1)[0][0] if own else ""


def _points(prints: VoicePrints, space: Space, telling: Telling) -> Points:
    return placed(space.project(prints.vectors).astype(np.float32), prints, telling)


def _only(prints: VoicePrints, rows: NDArray[np.intp]) -> VoicePrints:
    return VoicePrints(prints.vectors[rows], prints.begins[rows], prints.ends[rows], prints.stretches[rows])
