"""The bar to beat: linear models on TF-IDF words and word pairs, fitted in seconds on the same rows."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge

from mien.domain.labels import EMOTIONS_53
from mien.tokenization.tokens import normalise
from training.language.data import LEVELS, Row

Floats = NDArray[np.float32]
LEVEL_NUMBERS = np.arange(1, LEVELS + 1)


class LinearReader:
    """Answers the groups that the network answers, each from its own sources alone; entities it cannot."""

    def __init__(self, rows: Mapping[str, Sequence[Row]]) -> None:
        """Keep the training rows; a group is fitted when first asked for, for each set of sources anew."""
        self._rows = rows
        self._fitted: dict[str, tuple[TfidfVectorizer, list[LogisticRegression | Ridge]]] = {}

    def scores(self, texts: Sequence[str], output: str, sources: tuple[str, ...]) -> Floats:
        """Return a row per text, fitted on some of the sources."""
        key = f"{output} {sources}"
        if key not in self._fitted:
            self._fitted[key] = _fit([row for source in sources for row in self._rows[source]], output)
        words, models = self._fitted[key]
        matrix = words.transform([_plain(text) for text in texts])
        return np.stack([_score(model, matrix) for model in models], axis=1)


def _plain(text: str) -> str:
    return normalise(text).text


def _score(model: LogisticRegression | Ridge, matrix: csr_matrix) -> Floats:
    if isinstance(model, Ridge):
        return np.asarray(model.predict(matrix), np.float32)
    return np.asarray(model.decision_function(matrix), np.float32)


def _fit(rows: Sequence[Row], output: str) -> tuple[TfidfVectorizer, list[LogisticRegression | Ridge]]:
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=r"(?u)\b\w+\b|[^\w\s]")
    matrix = words.fit_transform([_plain(row.text) for row in rows])
    if output == "sentiment":
        means = [float((row.sentiment * LEVEL_NUMBERS).sum()) for row in rows if row.sentiment is not None]
        return words, [Ridge(alpha=1.0).fit(matrix, means)]
    wanted = np.stack([_wanted(row, output) for row in rows])
    columns = [0] if output == "toxicity" else range(wanted.shape[1])
    return words, [LogisticRegression(C=4.0, solver="liblinear").fit(matrix, wanted[:, column]) for column in columns]


def _wanted(row: Row, output: str) -> NDArray[np.bool_]:
    if output == "goemotions" and row.goemotions is not None:
        return np.asarray(row.goemotions > 0)
    if output == "toxicity" and row.toxicity is not None:
        return np.asarray(row.toxicity[0] > 0.5)
    if row.choice is not None:
        return np.asarray(np.arange(len(EMOTIONS_53)) == row.choice.argmax())
    raise ValueError(f"a row of {row.source} does not teach {output}")
