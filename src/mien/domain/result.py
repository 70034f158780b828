"""Hold what was measured, still as numpy rows; only `wire` turns it into text."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from mien.domain.labels import Heads
from mien.domain.media import MediaKind
from mien.domain.network import Floats
from mien.domain.segment import Segment


@dataclass(frozen=True, eq=False)
class Prediction:
    """Hold what one segment reports of itself (its arrays dropped) and its row of scores per head asked for."""

    segment: Segment
    scores: Mapping[str, Floats]


class Predictions(Protocol):
    """Hold predictions in order; they may be walked several times and need not all be in memory."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Prediction]: ...


@runtime_checkable
class TrackedPredictions(Predictions, Protocol):
    """Be predictions that are not all in memory and know which tracks they have."""

    def tracks(self) -> tuple[str, ...]:
        """Return the tracks in the order they first come."""

    def of_track(self, track: str) -> Iterator[Prediction]:
        """Yield the predictions of one track, in order."""


class Collector(Predictions, Protocol):
    """Take predictions in, batch by batch."""

    def extend(self, predictions: Iterable[Prediction], /) -> None:
        """Add predictions after those that are there."""


@dataclass(frozen=True)
class SpeechMetadata:
    """Hold what a speech model reports of the transcript: confidence 0…1 and the language detected."""

    confidence: float | None
    detected_language: str | None


@dataclass(frozen=True, eq=False)
class ModelResult:
    """Hold all predictions of one model on one file; `heads` are all the model has, also those not asked for."""

    model: str
    heads: Heads
    predictions: Predictions
    metadata: SpeechMetadata | None = None


@dataclass(frozen=True)
class ItemFailure:
    """Hold one entry of `errors`: the file, as clients know it, and what went wrong."""

    file: str
    message: str


@dataclass(frozen=True, eq=False)
class ItemResult:
    """Hold what one file gave: a result per model that applies to its kind, and what went wrong beside."""

    file: str
    kind: MediaKind
    models: tuple[ModelResult, ...]
    errors: tuple[ItemFailure, ...] = ()

    @property
    def num_predictions(self) -> int:
        """Count the single predictions over all models."""
        return sum(len(result.predictions) for result in self.models)
