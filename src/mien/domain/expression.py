"""Define the two contracts a model author implements: ExpressionModel and Extractor."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

from mien.domain.cancellation import Cancellation
from mien.domain.labels import Heads
from mien.domain.media import Media, MediaKind, Waveform
from mien.domain.network import Floats, Runtime
from mien.domain.request import Extraction, Options, Transcription
from mien.domain.segment import Segment, TimeSpan
from mien.domain.source_memory import SourceMemory
from mien.domain.transcript import Transcript, Turn

Scores = Mapping[str, Floats]
"""Head → float32 array, a row per segment, a column per label."""

S = TypeVar("S", bound=Segment, contravariant=True)
E = TypeVar("E", bound=Extraction, contravariant=True)


class ExpressionModel(Protocol[S]):
    """Score segments. Loaded once, shared by every job, does no I/O after loading."""

    name: ClassVar[str]
    options: ClassVar[type[Options]]
    heads: ClassVar[Heads]

    def __init__(self, runtime: Runtime) -> None: ...

    def predict(self, segments: Sequence[S], heads: frozenset[str]) -> Scores:
        """Return one row per segment and one column per label, for each head asked for."""


class Extractor(Protocol[E]):
    """Find, in one media item, the segments a model can score.

    One that can also do so in a stretch of a long recording says that with a class attribute `in_stretches`, which is
    true; what it has to heed then, `mien.domain.media.stretch_of` says. Any other is given recordings as a whole.
    """

    takes: ClassVar[type[object]]
    kinds: ClassVar[frozenset[MediaKind]]
    reads_transcript: ClassVar[bool]

    def __init__(self, runtime: Runtime) -> None: ...

    def extract(self, media: Media, transcript: Transcript | None, wanted: E) -> Iterator[Segment]:
        """Yield the segments in order of time."""


@runtime_checkable
class RemembersSource(Protocol):
    """Be an extractor that must know what it met in the earlier files of the same source: the same people."""

    def remembering(self, memory: SourceMemory) -> Extractor[Any]:
        """Return an extractor that shares this one's networks and keeps what it must remember in the memory."""


class Transcriber(Protocol):
    """Turn sound into words."""

    def transcribe(
        self, waveform: Waveform, speech: Sequence[TimeSpan], wanted: Transcription, cancellation: Cancellation
    ) -> Transcript:
        """Return the words of the stretches of speech, in order; with `confidence` 0…1 and the language that was heard.

        Asks `cancellation` at every stretch. Raises CannotTranscribe saying why.
        """


class Diariser(Protocol):
    """Tell speakers apart."""

    def __init__(self, runtime: Runtime) -> None: ...

    def turns(self, waveform: Waveform, speech: Sequence[TimeSpan], cancellation: Cancellation) -> tuple[Turn, ...]:
        """Return who (`spk_0`, `spk_1`, …, numbered as they first speak) talks when, in order and without overlap."""
