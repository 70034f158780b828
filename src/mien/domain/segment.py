"""Define the pieces a model can score: where and when something is expressed."""

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

UNKNOWN = "unknown"
UNREPORTED: Mapping[str, bool] = {"reported": False}
"""Metadata of a field of a segment that is for models only and no client reads."""


@dataclass(frozen=True)
class Box:
    """Hold a rectangle in pixels of the upright picture, top-left origin; it may poke outside."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True)
class TimeSpan:
    """Hold a stretch of time in seconds, end exclusive."""

    begin: float
    end: float


@dataclass(frozen=True)
class Position:
    """Hold a stretch of text in characters, end exclusive."""

    begin: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Segment:
    """Be a piece a model can score.

    `track` says who: predictions are grouped by it (`unknown`, `face_0`, `spk_1`). Every other field that is not an
    array is reported to the client under its own name, in the order of definition, unless its metadata says
    `{"reported": False}`; such a field has a default. Subclass it as a frozen dataclass.
    """

    track: str = UNKNOWN


@dataclass(frozen=True, eq=False)
class Hand:
    """Hold one hand: 21 points, float32, 21 x 3 in pixels of the frame (wrist, then each finger from its root), 0…1."""

    points: NDArray[np.float32]
    prob: float


@dataclass(frozen=True, kw_only=True, eq=False)
class FaceCrop(Segment):
    """Hold one face in one frame.

    `prob` is the calibrated probability of being a face. `mesh` is float32, 468 x 3: x and y in pixels of the frame,
    z in the same unit, negative towards the viewer. `crop` is uint8, size x size x 3, RGB: upright (eyes level),
    centred on the mesh, side 1.05 times its height. `picture` is uint8, h x w x 3: the box cut out as it is.
    `hands` are those on and around the face, surest first; they are looked for only where the extraction wants them.
    """

    frame: int
    time: float
    prob: float
    box: Box
    mesh: NDArray[np.float32]
    crop: NDArray[np.uint8]
    picture: NDArray[np.uint8]
    hands: tuple[Hand, ...] = field(default=(), metadata=UNREPORTED)


@dataclass(frozen=True, kw_only=True, eq=False)
class SoundSegment(Segment):
    """Hold one vocal burst; `samples` is float32 mono at 16 kHz."""

    time: TimeSpan
    samples: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class SpeechSegment(Segment):
    """Hold one stretch of speech; `samples` is float32 mono at 16 kHz; confidences are 0…1 or unknown."""

    text: str | None
    time: TimeSpan
    confidence: float | None
    speaker_confidence: float | None
    samples: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class TextSegment(Segment):
    """Hold one stretch of text with its place in the whole text; times only where it was spoken.

    `context` is what a model is to read when that is more than the stretch itself: for a word, the words up to it.
    `language` is a BCP-47 tag.
    """

    text: str
    position: Position
    time: TimeSpan | None = None
    confidence: float | None = None
    speaker_confidence: float | None = None
    context: str | None = field(default=None, metadata=UNREPORTED)
    language: str = field(default="en", metadata=UNREPORTED)


@dataclass(frozen=True, kw_only=True)
class EntityMention(Segment):
    """Hold one named entity: its surface text, what it links to, and how sure that is (0…1).

    `context` is the sentence that speaks of it, in the language (a BCP-47 tag) `language`.
    """

    entity: str
    position: Position
    entity_confidence: float
    support: float
    uri: str
    link_word: str
    time: TimeSpan | None = None
    confidence: float | None = None
    speaker_confidence: float | None = None
    context: str = field(default="", metadata=UNREPORTED)
    language: str = field(default="en", metadata=UNREPORTED)


S = TypeVar("S", bound=Segment)
_NOTHING: NDArray[np.float32] = np.empty(0, np.float32)


def reported_fields(kind: Segment | type[Segment]) -> tuple[Field[Any], ...]:
    """Return the fields that clients read, in the order of definition, arrays among them; not the track."""
    return tuple(one for one in fields(kind) if one.name != "track" and one.metadata.get("reported", True))


def as_reported(segment: S) -> S:
    """Return the segment without its arrays and without what is for models only: what clients read, which is small."""
    dropped: dict[str, Any] = {}
    for one in fields(segment):
        value = getattr(segment, one.name)
        if isinstance(value, np.ndarray):
            dropped[one.name] = _NOTHING
        elif not one.metadata.get("reported", True) and value != one.default:
            dropped[one.name] = one.default
    return replace(segment, **dropped) if dropped else segment
