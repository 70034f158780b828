"""Say what a client can ask for: the options of each model and the extraction each leads to."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from mien.domain.labels import LANGUAGES
from mien.domain.source import FileSource, Source, TextSource, UrlSource

Granularity = Literal["word", "sentence", "utterance", "conversational_turn"]
TextGranularity = Literal["word", "sentence", "utterance", "conversational_turn", "passage"]
TURN: Final = "conversational_turn"
Probability = Annotated[float, Field(ge=0, le=1)]
WindowSeconds = Annotated[float, Field(ge=0.5)]


def _whole_number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


WholeNumber = Annotated[int, BeforeValidator(_whole_number), Field(ge=0, le=2**31 - 1)]
"""A whole number that old clients may write as 60.0."""


@dataclass(frozen=True)
class Extraction:
    """Say which segments are wanted; models that want the same share one pass. Subclass it as a frozen dataclass.

    `batch` is how many segments are scored at a time.
    """

    batch: ClassVar[int] = 32

    @property
    def needs_transcript(self) -> bool:
        """Say whether words decide where the segments are, for an extractor that reads transcripts."""
        return True

    @property
    def needs_speakers(self) -> bool:
        """Say whether it matters who speaks."""
        return False

    def joined(self, other: Self) -> Self:
        """Return what serves both of two equal ones: what does not count in comparison is kept if one wants it."""
        return self


@dataclass(frozen=True)
class FaceExtraction(Extraction):
    """Want faces: `fps_pred` frames a second (0: every frame), at least `min_face_size` pixels on the shorter side.

    With `hands`, hands are looked for around every face; that changes no face, so extractions that differ in it alone
    are equal and share one pass.
    """

    fps_pred: float = 3.0
    prob_threshold: float = 0.99
    identify_faces: bool = False
    min_face_size: int = 60
    hands: bool = field(default=False, compare=False)

    def joined(self, other: Self) -> Self:
        """Return these faces, with hands where one of both wants them."""
        return replace(self, hands=self.hands or other.hands)


@dataclass(frozen=True)
class SoundExtraction(Extraction):
    """Want vocal bursts."""


@dataclass(frozen=True)
class SpeechExtraction(Extraction):
    """Want speech cut by granularity, or by (length, step) windows in seconds."""

    granularity: str = "utterance"
    window: tuple[float, float] | None = None
    identify_speakers: bool = False

    @property
    def needs_transcript(self) -> bool:
        """Say whether words decide where the segments are: windows go by the clock."""
        return self.window is None

    @property
    def needs_speakers(self) -> bool:
        """Say whether it matters who speaks."""
        return self.identify_speakers or (self.window is None and self.granularity == TURN)


@dataclass(frozen=True)
class TextExtraction(Extraction):
    """Want text cut by granularity. Texts are small, and many together sort into rows of like length."""

    batch: ClassVar[int] = 128

    granularity: str = "word"
    identify_speakers: bool = False

    @property
    def needs_speakers(self) -> bool:
        """Say whether it matters who speaks."""
        return self.identify_speakers or self.granularity == TURN


@dataclass(frozen=True)
class EntityExtraction(Extraction):
    """Want named entities."""

    identify_speakers: bool = False

    @property
    def needs_speakers(self) -> bool:
        """Say whether it matters who speaks."""
        return self.identify_speakers


class Part(BaseModel):
    """Be a part of a request: unknown keys are ignored, null means the default, and types are not guessed."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _null_means_default(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {key: item for key, item in value.items() if item is not None}


class Options(Part):
    """Be what a client may set on one model."""

    def extraction(self) -> Extraction:
        """Return which segments these options want."""
        raise TypeError(f"{type(self).__name__} does not say which segments it wants")

    def heads(self) -> frozenset[str]:
        """Return which heads these options want."""
        return frozenset({"emotions"})


class Switch(Part):
    """Be an output that is on when present."""


class FaceOptions(Options):
    """Set what `face` measures and on which frames."""

    fps_pred: Annotated[float, Field(ge=0)] = 3.0
    prob_threshold: Probability = 0.99
    identify_faces: bool = False
    min_face_size: WholeNumber = 60
    facs: Switch | None = None
    descriptions: Switch | None = None
    save_faces: bool = False

    def extraction(self) -> FaceExtraction:
        """Return which faces these options want."""
        hands = bool(self.facs or self.descriptions)
        return FaceExtraction(self.fps_pred, self.prob_threshold, self.identify_faces, self.min_face_size, hands)

    def heads(self) -> frozenset[str]:
        """Return which heads these options want."""
        return frozenset({"emotions"} | {name for name in ("facs", "descriptions") if getattr(self, name)})


class FacemeshOptions(Options):
    """Set nothing: `facemesh` scores the faces that `face` with its defaults finds."""

    def extraction(self) -> FaceExtraction:
        """Return which faces these options want."""
        return FaceExtraction()


class BurstOptions(Options):
    """Set nothing: `burst` scores every vocal burst."""

    def extraction(self) -> SoundExtraction:
        """Return which sounds these options want."""
        return SoundExtraction()

    def heads(self) -> frozenset[str]:
        """Return which heads these options want."""
        return frozenset({"emotions", "descriptions"})


class Window(Part):
    """Cut speech by the clock: windows of `length` seconds, one every `step` seconds."""

    length: WindowSeconds = 4.0
    step: WindowSeconds = 1.0


class ProsodyOptions(Options):
    """Set how `prosody` cuts speech."""

    granularity: Granularity = "utterance"
    window: Window | None = None
    identify_speakers: bool = False

    def extraction(self) -> SpeechExtraction:
        """Return which speech these options want."""
        window = (self.window.length, self.window.step) if self.window else None
        return SpeechExtraction(self.granularity, window, self.identify_speakers)


class LanguageOptions(Options):
    """Set how `language` cuts text and what it measures beside the expressions."""

    granularity: TextGranularity = "word"
    sentiment: Switch | None = None
    toxicity: Switch | None = None
    identify_speakers: bool = False

    def extraction(self) -> TextExtraction:
        """Return which text these options want."""
        return TextExtraction(self.granularity, self.identify_speakers)

    def heads(self) -> frozenset[str]:
        """Return which heads these options want."""
        return frozenset({"emotions"} | {name for name in ("sentiment", "toxicity") if getattr(self, name)})


class NerOptions(Options):
    """Set how `ner` groups what it finds."""

    identify_speakers: bool = False

    def extraction(self) -> EntityExtraction:
        """Return which entities these options want."""
        return EntityExtraction(self.identify_speakers)


class Transcription(Part):
    """Set how speech becomes text; `language` is a BCP-47 tag, absent to detect it."""

    language: str | None = None
    identify_speakers: bool = False
    confidence_threshold: Probability = 0.5

    @field_validator("language")
    @classmethod
    def _known_language(cls, value: str | None) -> str | None:
        if value is not None and value not in LANGUAGES:
            raise ValueError(f"must be one of {', '.join(LANGUAGES)}")
        return value


class InferenceRequest(BaseModel):
    """Hold one accepted request.

    `models` maps each model to run to its options as JSON with every default filled in, so that a job can be read
    without its models installed. `transcription` is null when the client turned it off; `transcription_given` says
    whether the client spoke of it at all.
    """

    model_config = ConfigDict(frozen=True)

    models: dict[str, dict[str, Any]]
    transcription: Transcription | None = Transcription()
    transcription_given: bool = False
    urls: tuple[UrlSource, ...] = ()
    files: tuple[FileSource, ...] = ()
    texts: tuple[str, ...] = ()
    callback_url: str | None = None
    notify: bool = False

    def sources(self) -> tuple[Source, ...]:
        """Return the sources in the order of the results: URLs, then files, then all texts as one."""
        texts = (TextSource(texts=self.texts),) if self.texts else ()
        return (*self.urls, *self.files, *texts)
