"""Take one opened file through its passes: segments, scores, predictions."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from threading import Lock
from typing import Any, TypeVar

from mien.domain.cancellation import Cancellation
from mien.domain.errors import MienError
from mien.domain.expression import ExpressionModel, Extractor, RemembersSource, Scores
from mien.domain.media import Media, MediaKind, stretch_of
from mien.domain.network import Runtime
from mien.domain.request import InferenceRequest
from mien.domain.result import Collector, ItemFailure, ItemResult, ModelResult, Prediction, SpeechMetadata
from mien.domain.segment import FaceCrop, Segment, SoundSegment, SpeechSegment, as_reported
from mien.domain.source_memory import Note, SourceMemory
from mien.domain.transcript import Transcript
from mien.extractors.speaker_stitching import SpeakerStitching
from mien.pipeline.cutting import Needs, needs_of
from mien.pipeline.hearing import Hearing, Listener
from mien.pipeline.meshes import note_meshes
from mien.pipeline.plan import ExtractorClass, ModelClass, Pass, plan
from mien.pipeline.stitching import REMARKS, Stitching, note_heard
from mien.pipeline.watched import WatchedMedia

log = logging.getLogger(__name__)
Keep = Callable[[FaceCrop], None]
T = TypeVar("T")


class Pipeline:
    """Measure files with the models and extractors it is given; each is loaded once, on first use, and kept.

    `collect` makes what holds the predictions of one model on one file; it may keep many of them elsewhere.
    `hearing` says who listens to speech; by itself nobody does.
    """

    def __init__(
        self,
        models: Mapping[str, ModelClass],
        extractors: Iterable[ExtractorClass],
        runtime: Runtime,
        collect: Callable[[], Collector] = list,
        hearing: Hearing | None = None,
    ) -> None:
        self._hearing = hearing or Hearing()
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
        listening = (self._hearing.diariser,) if self._hearing.diariser else ()
        for part in (*self._models.values(), *self._extractors, *listening):
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
        memory: SourceMemory | None = None,
    ) -> ItemResult:
        """Return everything the requested models say about one file.

        `keep` is handed every face that a model with `save_faces` sees. `memory` is what the files of one source share;
        what is remarked in it becomes an error beside the results. Raises NothingApplies when no requested model
        fits the kind of file, ItemError when the file breaks while it is read, and the reason when cancelled.
        """
        watched = WatchedMedia(media, lambda _: cancellation.check())
        memory = memory or SourceMemory()
        results: dict[str, ModelResult] = {}
        passes = plan(request, media.kind, self._models, self._extractors)
        heard = Listener(self._hearing, self._load, watched, cancellation, memory).listen(passes, request.transcription)
        note_heard(memory, heard, passes)
        for one in passes:
            if not heard.hinders(one):
                found = self._walk(one, watched, heard.transcript_for(one), cancellation, (keep, memory))
            else:
                found = {name: self._collect() for name in one.models} if heard.refused else {}
            results |= self._results(found, heard.metadata_for(one))
        if heard.problem is not None and not results:
            raise heard.problem
        ordered = tuple(results[name] for name in request.models if name in results)
        told = [heard.problem.message] if heard.problem and stretch_of(media) is None else []
        remarks = memory.take_remarks()
        if memory.in_pieces:  # every piece remarks the same; the joining says it once
            memory.note(Note(REMARKS, {"remarks": remarks}))
            remarks = []
        return ItemResult(file, media.kind, ordered, tuple(ItemFailure(file, message) for message in (*told, *remarks)))

    def needs(self, request: InferenceRequest, kind: MediaKind) -> Needs | None:
        """Return what measuring a stretch of a recording takes; None where it must be measured as a whole."""
        return needs_of(request, plan(request, kind, self._models, self._extractors))

    def stitching(self) -> Stitching:
        """Return what joins the pieces of one source."""
        return Stitching(lambda: self._load(SpeakerStitching))

    def _results(self, found: Mapping[str, Collector], metadata: SpeechMetadata | None) -> dict[str, ModelResult]:
        return {name: ModelResult(name, self._models[name].heads, rows, metadata) for name, rows in found.items()}

    def _walk(
        self,
        one: Pass,
        media: Media,
        transcript: Transcript | None,
        cancellation: Cancellation,
        shared: tuple[Keep | None, SourceMemory],
    ) -> dict[str, Collector]:
        keep, memory = shared
        extractor = _remembering(self._load(one.extractor), memory)
        models: dict[str, ExpressionModel[Any]] = {name: self._load(self._models[name]) for name in one.models}
        found = {name: self._collect() for name in models}
        wants_pictures = any(getattr(options, "save_faces", False) for options in one.models.values())
        for batch in _batches(extractor.extract(media, transcript, one.wanted), one.wanted.batch):
            cancellation.check()
            kept = [as_reported(segment) for segment in batch]
            for name, model in models.items():
                scores = model.predict(batch, one.models[name].heads())
                found[name].extend(_rows(kept, scores))
            if keep is not None and wants_pictures:
                _hand_over(batch, keep)
            if media.kind is MediaKind.IMAGE:
                note_meshes(batch, memory)
            if any(isinstance(segment, SpeechSegment | SoundSegment) for segment in batch):
                media.waveform().release()
        return found

    def _load(self, part: type[T]) -> T:
        with self._loading:
            if part not in self._loaded:
                self._loaded[part] = part(self._runtime)  # type: ignore[call-arg]  # both protocols are built so
            loaded: T = self._loaded[part]
            return loaded


def _remembering(extractor: Extractor[Any], memory: SourceMemory) -> Extractor[Any]:
    return extractor.remembering(memory) if isinstance(extractor, RemembersSource) else extractor


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
