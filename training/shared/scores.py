"""Scores of a classifier against clear labels and against votes, and its temperature; numpy only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Labels = NDArray[np.integer]


@dataclass(frozen=True)
class ClassScores:
    """Holds precision, recall, F1 (0 to 1, per class in label order) and how many examples there were."""

    precision: Floats
    recall: Floats
    f1: Floats
    support: Labels


def softmax(logits: Floats, temperature: float = 1.0) -> Floats:
    """Turn rows of logits into rows of probabilities."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def confusion(labels: Labels, predicted: Labels, classes: int) -> Labels:
    """Count how often each true class (row) was taken for each class (column)."""
    table = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(table, (labels, predicted), 1)
    return table


def class_scores(table: Labels) -> ClassScores:
    """Read precision, recall and F1 per class from a confusion matrix; a class never seen nor said scores 0."""
    hits, support, said = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    return ClassScores(
        precision=hits / np.maximum(said, 1),
        recall=hits / np.maximum(support, 1),
        f1=2 * hits / np.maximum(support + said, 1),
        support=support,
    )


def accuracy(table: Labels) -> float:
    """Return the share of examples on the diagonal of a confusion matrix."""
    return float(np.trace(table) / table.sum())


def calibration_error(probabilities: Floats, labels: Labels, bins: int = 15) -> float:
    """Return the expected calibration error: how far confidence and accuracy lie apart, over equal-width bins."""
    confidence = probabilities.max(axis=1)
    hits = probabilities.argmax(axis=1) == labels
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(confidence[places == place].sum() - hits[places == place].sum()) for place in range(bins)]
    return float(sum(gaps) / len(labels))


def vote_loss(probabilities: Floats, votes: Floats) -> float:
    """Return the mean negative log-likelihood, in nats, of vote distributions under the probabilities."""
    return float(-(votes * np.log(np.maximum(probabilities, 1e-12))).sum(axis=1).mean())


def fit_temperature(logits: Floats, votes: Floats) -> float:
    """Find the temperature between 0.2 and 5 under which the votes are most likely (golden-section search)."""
    shrink = (np.sqrt(5) - 1) / 2
    low, high = np.log(0.2), np.log(5.0)
    for _ in range(60):
        left, right = high - shrink * (high - low), low + shrink * (high - low)
        left_loss = vote_loss(softmax(logits, float(np.exp(left))), votes)
        right_loss = vote_loss(softmax(logits, float(np.exp(right))), votes)
        low, high = (low, right) if left_loss < right_loss else (left, high)
    return float(np.exp((low + high) / 2))


def class_table(scores: ClassScores, names: Sequence[str]) -> str:
    """Write precision, recall and F1 per class as a Markdown table."""
    lines = ["| expression | images | precision | recall | F1 |", "| --- | ---: | ---: | ---: | ---: |"]
    columns = zip(names, scores.support, scores.precision, scores.recall, scores.f1, strict=True)
    lines += [f"| {name} | {n} | {p:.3f} | {r:.3f} | {f:.3f} |" for name, n, p, r, f in columns]
    return "\n".join(lines)


def confusion_table(table: Labels, names: Sequence[str]) -> str:
    """Write a confusion matrix as a Markdown table: rows are labels, columns are predictions."""
    lines = ["| | " + " | ".join(names) + " |", "| --- |" + " ---: |" * len(names)]
    lines += [f"| {name} | " + " | ".join(map(str, row)) + " |" for name, row in zip(names, table, strict=True)]
    return "\n".join(lines)
