"""Add up what was found in any number of files, without keeping it."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Final

from mien.pictures.report import Overall
from mien.results.walking import Json, Problem, problems_of, walk

MOST_NAMED: Final = 5


@dataclass
class Overview:
    """Count files and predictions and add up scores, by model; keep what went wrong."""

    sources: int = 0
    problems: list[Problem] = field(default_factory=list)
    _files: Counter[str] = field(default_factory=Counter)
    _predictions: Counter[str] = field(default_factory=Counter)
    _scores: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, element: Json) -> None:
        """Count one source."""
        self.sources += 1
        self.problems += problems_of(element)
        seen = set()
        for file, model, _, prediction in walk(element):
            self._predictions[model] += 1
            seen.add((file, model))
            sums = self._scores[model]
            for score in prediction.get("emotions") or ():
                sums[score["name"]] += score["score"]
        self._files.update(model for _, model in seen)

    @property
    def predictions(self) -> int:
        """Return how many predictions there are."""
        return self._predictions.total()

    def models(self) -> list[Overall]:
        """Return what each model found, with the mean scores of its strongest expressions over all predictions."""
        return [
            Overall(
                model,
                self._files[model],
                count,
                [(name, total / count) for name, total in self._scores[model].most_common(MOST_NAMED)],
            )
            for model, count in self._predictions.items()
        ]
