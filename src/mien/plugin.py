"""Offer the stable names a third-party model or extractor imports."""

from mien.domain.errors import ItemError, MienError
from mien.domain.expression import ExpressionModel, Extractor, Scores
from mien.domain.labels import EMOTIONS_48, EMOTIONS_53, Heads, Labels
from mien.domain.media import PICTURES, Frame, Media, MediaKind, Waveform
from mien.domain.network import Network, Runtime
from mien.domain.request import (
    EntityExtraction,
    Extraction,
    FaceExtraction,
    Options,
    Part,
    SoundExtraction,
    SpeechExtraction,
    Switch,
    TextExtraction,
)
from mien.domain.segment import (
    Box,
    EntityMention,
    FaceCrop,
    Position,
    Segment,
    SoundSegment,
    SpeechSegment,
    TextSegment,
    TimeSpan,
)
from mien.domain.transcript import Transcript, Word

__all__ = [
    "EMOTIONS_48",
    "EMOTIONS_53",
    "PICTURES",
    "Box",
    "EntityExtraction",
    "EntityMention",
    "ExpressionModel",
    "Extraction",
    "Extractor",
    "FaceCrop",
    "FaceExtraction",
    "Frame",
    "Heads",
    "ItemError",
    "Labels",
    "Media",
    "MediaKind",
    "MienError",
    "Network",
    "Options",
    "Part",
    "Position",
    "Runtime",
    "Scores",
    "Segment",
    "SoundExtraction",
    "SoundSegment",
    "SpeechExtraction",
    "SpeechSegment",
    "Switch",
    "TextExtraction",
    "TextSegment",
    "TimeSpan",
    "Transcript",
    "Waveform",
    "Word",
]
