"""Choose by language who reads a text, and gather what the readers say."""

import json
from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from mien.domain.errors import WeightsMissing
from mien.domain.network import Floats, Runtime
from mien.models.character_grams import gram_rows
from mien.models.expression_groups import confidence_of, read_groups, spread
from mien.models.text_encoder import TEXT_HEADS, Reading, TextEncoder

ENGLISH: Final = "language-2"
LINEAR: Final = "language-linear-1"
LARGER: Final = "language-multilingual-1"
"""An operator's own encoder for several languages; read for those its manifest names, English among them or not."""


class TextReader(Protocol):
    """Score texts."""

    def scores(self, readings: Sequence[Reading], heads: frozenset[str]) -> dict[str, Floats]:
        """Return a row per text for each head."""


class LinearReader:
    """Score texts of many languages by character runs: six emotions, spread over the heads by a table."""

    def __init__(self, runtime: Runtime) -> None:
        self._network = runtime.network(LINEAR)
        told = json.loads(runtime.companion(LINEAR, "manifest.json"))
        self._groups = read_groups(told["labels"]["emotions"])
        self._measured: dict[str, float] = told.get("languages", {})

    def scores(self, readings: Sequence[Reading], heads: frozenset[str]) -> dict[str, Floats]:
        """Return a row per text; in a language without data all is held back."""
        coarse = self._network.run(gram_rows([reading.text for reading in readings]))["scores"]
        confidence = np.array([self._confidence(reading.language) for reading in readings], np.float32)
        return spread(np.clip(coarse, 0, 1), confidence, heads, self._groups)

    def _confidence(self, language: str) -> float:
        """Return the confidence of a language; Hindi in Latin letters is not the Hindi that was measured."""
        tag = language if language in self._measured or language == "hi-Latn" else language.split("-")[0]
        return confidence_of(self._measured.get(tag), self._groups)


class TextScores:
    """Score texts of any language with the reader that knows it best."""

    def __init__(self, runtime: Runtime) -> None:
        self._larger = _larger(runtime)
        self._english = TextEncoder(runtime, ENGLISH)
        self._linear = LinearReader(runtime)

    def scores(self, readings: Sequence[Reading], heads: frozenset[str]) -> dict[str, Floats]:
        """Return a row per text and a column per label, for each head asked for."""
        found = {head: np.zeros((len(readings), len(TEXT_HEADS[head])), np.float32) for head in heads}
        places: dict[TextReader, list[int]] = {}
        for place, reading in enumerate(readings):
            places.setdefault(self._reader(reading.language), []).append(place)
        for reader, some in places.items():
            for head, rows in reader.scores([readings[place] for place in some], heads).items():
                found[head][some] = rows
        return found

    def _reader(self, language: str) -> TextReader:
        tags = {language} if language == "hi-Latn" else {language, language.split("-")[0]}
        if self._larger is not None and tags & self._larger.languages:
            return self._larger
        return self._english if tags & self._english.languages else self._linear


def _larger(runtime: Runtime) -> TextEncoder | None:
    try:
        runtime.companion(LARGER, "manifest.json")
    except WeightsMissing:
        return None
    return TextEncoder(runtime, LARGER)
