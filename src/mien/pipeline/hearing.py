"""Listen to a recording once, for all its speech models: who speaks when, and what is said."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mien.domain.cancellation import Cancellation
from mien.domain.errors import CannotTranscribe
from mien.domain.expression import Diariser, RemembersSource, Transcriber
from mien.domain.media import Media, MediaKind, stretch_of
from mien.domain.network import Floats
from mien.domain.request import Transcription
from mien.domain.result import SpeechMetadata
from mien.domain.segment import TimeSpan
from mien.domain.source_memory import SourceMemory
from mien.domain.transcript import Transcript, Turn, with_turns
from mien.extractors.captions import WRITTEN_CONFIDENCE, captioned
from mien.extractors.speakers import TURN_TAKING
from mien.extractors.voice_activity import Cutting, VoiceActivity, stretches
from mien.pipeline.plan import Pass

RECORDINGS: Final = frozenset({MediaKind.AUDIO, MediaKind.VIDEO})


@dataclass(frozen=True)
class Hearing:
    """Hold who turns speech into text and who tells speakers apart, as far as anybody does.

    With `captions`, subtitles that came with a recording are taken for what is said.
    """

    transcriber: Transcriber | None = None
    diariser: type[Diariser] | None = None
    captions: bool = True


@dataclass(frozen=True)
class Heard:
    """Hold what the extractors of one file are given, and what its speech models report.

    `problem` says why there are no words although a pass needs them; `refused` that there are some, too doubtful.
    """

    transcript: Transcript | None = None
    turns: Transcript | None = None
    metadata: SpeechMetadata | None = None
    problem: CannotTranscribe | None = None
    refused: bool = False

    def transcript_for(self, one: Pass) -> Transcript | None:
        """Return what a pass may read: the words, or for one that goes by the clock who speaks when."""
        if not one.extractor.reads_transcript:
            return None
        return self.transcript if one.wanted.needs_transcript else self.turns

    def hinders(self, one: Pass) -> bool:
        """Say whether a pass has to do without the words it needs."""
        return self.problem is not None and needs_words(one)

    def metadata_for(self, one: Pass) -> SpeechMetadata | None:
        """Return what the models of a pass report of the transcript."""
        return self.metadata if needs_words(one) else None


class Listener:
    """Listen to one recording, each step at most once; `load` gives the networks, which are shared.

    Of a stretch nothing is refused for being doubtful: that is for the whole to say. What the voices sound like is
    noted in `memory`.
    """

    def __init__(
        self,
        hearing: Hearing,
        load: Callable[[type[Any]], Any],
        media: Media,
        asked: Cancellation,
        memory: SourceMemory | None = None,
    ) -> None:
        self._memory = memory or SourceMemory()
        self._hearing = hearing
        self._load = load
        self._media = media
        self._cancellation = asked
        self._probabilities: Floats | None = None

    def listen(self, passes: Sequence[Pass], wanted: Transcription | None) -> Heard:
        """Return what the passes need to hear; nothing is made that none of them reads."""
        if self._media.kind is MediaKind.TEXT:
            return Heard(transcript=_of_a_text(self._media, wanted))
        spoken = [one for one in passes if one.extractor.reads_transcript]
        if self._media.kind not in RECORDINGS or not spoken:
            return Heard()
        turns = self._turns() if any(one.wanted.needs_speakers for one in spoken) else ()
        alone = Transcript("", (), turns=turns, transcribed=False) if turns else None
        if wanted is None or not any(needs_words(one) for one in spoken):
            return Heard(transcript=alone, turns=alone)
        try:
            transcript = self._transcript(wanted)
        except CannotTranscribe as problem:
            return Heard(turns=alone, problem=problem)
        if stretch_of(self._media) is not None:
            wanted = wanted.model_copy(update={"confidence_threshold": 0.0})
        return _judged(with_turns(transcript, turns) if turns else transcript, wanted, alone)

    def _transcript(self, wanted: Transcription) -> Transcript:
        given = self._media.captions() if self._hearing.captions else ()
        told = captioned(given, wanted.language)
        if told is not None:
            return told
        if given and stretch_of(self._media) is not None:  # chosen for the whole; here they say nothing
            return Transcript("", (), given[0].language, WRITTEN_CONFIDENCE)
        if self._hearing.transcriber is None:
            raise CannotTranscribe("unable to transcribe file: no transcriber is set up")
        speech = self._speech(Cutting())
        if not speech:
            return Transcript("", (), None, 0.0)
        return self._hearing.transcriber.transcribe(self._media.waveform(), speech, wanted, self._cancellation)

    def _turns(self) -> tuple[Turn, ...]:
        if self._hearing.diariser is None:
            return ()
        speech = self._speech(TURN_TAKING)
        diariser: Any = self._load(self._hearing.diariser)
        if isinstance(diariser, RemembersSource):
            diariser = diariser.remembering(self._memory)
        return diariser.turns(self._media.waveform(), speech, self._cancellation) if speech else ()

    def _speech(self, cutting: Cutting) -> tuple[TimeSpan, ...]:
        waveform = self._media.waveform()
        if self._probabilities is None:
            activity: VoiceActivity = self._load(VoiceActivity)
            self._probabilities = activity.probabilities(waveform, self._cancellation)
        return stretches(self._probabilities, waveform.samples.size / waveform.rate, cutting)


def _judged(transcript: Transcript, wanted: Transcription, alone: Transcript | None) -> Heard:
    """Return the transcript if it is sure enough, else the contract's very words for what is wrong with it."""
    sure = transcript.confidence
    if sure is None:  # nobody says that it is doubtful, and clients want a number or nothing
        return Heard(transcript, alone)
    metadata = SpeechMetadata(sure, transcript.language)
    if sure >= wanted.confidence_threshold:
        return Heard(transcript, alone, metadata)
    return Heard(turns=alone, metadata=metadata, problem=doubtful(sure, wanted), refused=True)


def doubtful(sure: float, wanted: Transcription) -> CannotTranscribe:
    """Return what is wrong with a transcript that is not sure enough, in the contract's very words."""
    return CannotTranscribe(
        f"unable to transcribe file: transcript confidence ({math.floor(sure * 100) / 100}) "
        f"below threshold value ({wanted.confidence_threshold})"
    )


def _of_a_text(media: Media, wanted: Transcription | None) -> Transcript | None:
    """Return what is known of a text's words beforehand: its language, if the client named it."""
    return Transcript(media.text, (), wanted.language) if wanted and wanted.language else None


def needs_words(one: Pass) -> bool:
    """Say whether a pass cannot do without what is said."""
    return one.extractor.reads_transcript and one.wanted.needs_transcript
