"""Define the two contracts a model author implements: ExpressionModel and Extractor."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Protocol, TypeVar

from mien.domain.labels import Heads
from mien.domain.media import Media, MediaKind, Waveform
from mien.domain.network import Floats, Runtime
from mien.domain.request import Extraction, Options, Transcription
from mien.domain.segment import Segment
from mien.domain.transcript import Transcript

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
    """Find, in one media item, the segments a model can score."""

    takes: ClassVar[type[object]]
    kinds: ClassVar[frozenset[MediaKind]]
    reads_transcript: ClassVar[bool]

    def __init__(self, runtime: Runtime) -> None: ...

    def extract(self, media: Media, transcript: Transcript | None, wanted: E) -> Iterator[Segment]:
        """Yield the segments in order of time."""


class Transcriber(Protocol):
    """Turn sound into words."""

    def transcribe(self, waveform: Waveform, wanted: Transcription) -> Transcript:
        """Return the transcript of the whole waveform."""
