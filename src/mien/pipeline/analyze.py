"""Take one opened file through its passes: segments, scores, predictions."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from threading import Lock
from typing import Any, TypeVar

from mien.domain.cancellation import Cancellation
from mien.domain.errors import MienError
from mien.domain.expression import ExpressionModel, Extractor, Scores
from mien.domain.media import Media, MediaKind
from mien.domain.network import Runtime
from mien.domain.request import InferenceRequest
from mien.domain.result import Collector, ItemResult, ModelResult, Prediction
from mien.domain.segment import FaceCrop, Segment, as_reported
from mien.domain.transcript import Transcript
from mien.pipeline.plan import ExtractorClass, ModelClass, Pass, plan
from mien.pipeline.watched import WatchedMedia

BATCH = 32
log = logging.getLogger(__name__)
Keep = Callable[[FaceCrop], None]
T = TypeVar("T")


class Pipeline:
    """Measure files with the models and extractors it is given; each is loaded once, on first use, and kept.

    `collect` makes what holds the predictions of one model on one file; it may keep many of them elsewhere.
    """

    def __init__(
        self,
        models: Mapping[str, ModelClass],
        extractors: Iterable[ExtractorClass],
        runtime: Runtime,
        collect: Callable[[], Collector] = list,
    ) -> None:
        self._collect = collect
        self._models = models
        self._extractors = tuple(extractors)
        self._runtime = runtime
        self._loaded: dict[type[Any], Any] = {}
        self._loading = Lock()

    def warm(self) -> None:
        """Load every model and extractor now, so that the first file does not wait for them.

        One that cannot be loaded is logged; the files that need it will each say why.
        """
        for part in (*self._models.values(), *self._extractors):
            try:
                self._load(part)
            except MienError as error:
                log.warning("%s cannot be loaded: %s", part.__name__, error.message)

    def analyze(
        self,
        media: Media,
        file: str,
        request: InferenceRequest,
        cancellation: Cancellation,
        keep: Keep | None = None,
    ) -> ItemResult:
        """Return everything the requested models say about one file.

        `keep` is handed every face that a model with `save_faces` sees. Raises NothingApplies when no requested model
        fits the kind of file, ItemError when the file breaks while it is read, and the reason when cancelled.
        """
        watched = WatchedMedia(media, cancellation)
        results: dict[str, ModelResult] = {}
        transcript = _transcript(media, request)
        for one in plan(request, media.kind, self._models, self._extractors):
            results |= self._walk(one, watched, transcript, cancellation, keep)
        ordered = tuple(results[name] for name in request.models if name in results)
        return ItemResult(file, media.kind, ordered)

    def _walk(
        self,
        one: Pass,
        media: Media,
        transcript: Transcript | None,
        cancellation: Cancellation,
        keep: Keep | None,
    ) -> dict[str, ModelResult]:
        extractor: Extractor[Any] = self._load(one.extractor)
        models: dict[str, ExpressionModel[Any]] = {name: self._load(self._models[name]) for name in one.models}
        found = {name: self._collect() for name in models}
        wants_pictures = any(getattr(options, "save_faces", False) for options in one.models.values())
        for batch in _batches(extractor.extract(media, transcript, one.wanted), BATCH):
            cancellation.check()
            kept = [as_reported(segment) for segment in batch]
            for name, model in models.items():
                scores = model.predict(batch, one.models[name].heads())
                found[name].extend(_rows(kept, scores))
            if keep is not None and wants_pictures:
                _hand_over(batch, keep)
        return {name: ModelResult(name, models[name].heads, rows) for name, rows in found.items()}

    def _load(self, part: type[T]) -> T:
        with self._loading:
            if part not in self._loaded:
                self._loaded[part] = part(self._runtime)  # type: ignore[call-arg]  # both protocols are built so
            loaded: T = self._loaded[part]
            return loaded


def _transcript(media: Media, request: InferenceRequest) -> Transcript | None:
    """Return what is known of an item's words beforehand: of a text, the language if the client named it."""
    named = request.transcription.language if request.transcription else None
    return Transcript(media.text, (), named) if named and media.kind is MediaKind.TEXT else None


def _rows(segments: list[Segment], scores: Scores) -> list[Prediction]:
    return [
        Prediction(segment, {head: rows[index] for head, rows in scores.items()})
        for index, segment in enumerate(segments)
    ]


def _hand_over(batch: list[Segment], keep: Keep) -> None:
    for segment in batch:
        if isinstance(segment, FaceCrop):
            keep(segment)


def _batches(segments: Iterator[Segment], size: int) -> Iterator[list[Segment]]:
    while batch := list(islice(segments, size)):
        yield batch
