"""Cut recordings into stretches of speech: by what is said, by the clock, or as a whole."""

from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from itertools import count
from typing import ClassVar, Final, Self

from mien.domain.cancellation import Cancellation
from mien.domain.expression import Extractor
from mien.domain.media import Media, MediaKind, Waveform
from mien.domain.network import Floats, Runtime
from mien.domain.request import SpeechExtraction
from mien.domain.segment import UNKNOWN, SpeechSegment, TextSegment, TimeSpan
from mien.domain.source_memory import Note, SourceMemory
from mien.domain.transcript import Transcript, speaking
from mien.extractors.spoken import spoken_segments, spoken_words
from mien.extractors.voice_activity import Cutting, VoiceActivity, listened, stretches

PADDING_SECONDS: Final = 0.08
"""How much a stretch longer than a word is widened on both sides: voices start softly and end slowly."""

CONTEXT_SECONDS: Final = 1.2
"""How much of the recording around a word its sound is judged by: shorter pieces of a voice say nothing."""

SPOKEN: Final = "spoken"
"""What a note is about that says whether somebody speaks in a stretch."""

RECORDINGS: Final = frozenset({MediaKind.AUDIO, MediaKind.VIDEO})


class SpeechExtractor:
    """Cut speech by granularity where there is a transcript, else by windows, else take the recording as one."""

    takes: ClassVar[type[object]] = SpeechExtraction
    kinds: ClassVar[frozenset[MediaKind]] = RECORDINGS
    reads_transcript: ClassVar[bool] = True
    in_stretches: ClassVar[bool] = True

    def __init__(self, runtime: Runtime) -> None:
        self._voice_activity = VoiceActivity(runtime)
        self._memory = SourceMemory()

    def remembering(self, memory: SourceMemory) -> Self:
        """Return this extractor for one source: of a stretch it notes whether anybody speaks in it."""
        one = copy(self)
        one._memory = memory
        return one

    def extract(self, media: Media, transcript: Transcript | None, wanted: SpeechExtraction) -> Iterator[SpeechSegment]:
        """Yield the segments in order of time; none of a recording in which nobody speaks.

        Of a stretch those that begin in it. Windows are cut whether or not somebody speaks there: it is enough that
        somebody does anywhere. A recording taken as one belongs to its first stretch.
        """
        waveform = media.waveform()
        if wanted.window is None and transcript is not None and transcript.transcribed:
            return _said(waveform, transcript, wanted)
        part = waveform.part
        if part is not None and wanted.window is None:
            if part.begin > 0:
                return iter(())
            waveform, part = replace(waveform, part=None), None
        heard = self._voice_activity.probabilities(waveform, Cancellation())
        spoken = bool(stretches(heard, waveform.samples.size / waveform.rate, Cutting()))
        self._memory.note(Note(SPOKEN, {"spoken": spoken}))
        if not spoken and part is None:
            return iter(())
        seconds = waveform.samples.size / waveform.rate
        spans = windows(seconds, *wanted.window) if wanted.window else iter((TimeSpan(0.0, seconds),))
        if part is not None:
            ours = listened(heard)  # whoever tells who speaks there cuts the windows, too
            spans = (span for span in spans if ours.begin <= span.begin < ours.end)
        turns = transcript if transcript is not None and wanted.identify_speakers else None
        return (_by_the_clock(waveform, span, turns) for span in spans)


def windows(seconds: float, length: float, step: float) -> Iterator[TimeSpan]:
    """Yield [0, length), [step, step + length), … of a recording; the last one is cut at its end.

    The windows that would lie wholly within the one before them are left out.
    """
    for index in count():
        begin = index * step
        if begin >= seconds:
            return
        yield TimeSpan(begin, min(begin + length, seconds))
        if begin + length >= seconds:
            return


def _said(waveform: Waveform, transcript: Transcript, wanted: SpeechExtraction) -> Iterator[SpeechSegment]:
    """Yield what was said, cut by granularity."""
    by_speaker = wanted.identify_speakers
    language = transcript.language or "en"
    if wanted.granularity == "word":
        said, padding = spoken_words(transcript, language, by_speaker), 0.0
    else:
        said, padding = spoken_segments(transcript, wanted.granularity, language, by_speaker), PADDING_SECONDS
    for piece in said:
        if piece.time is not None:
            yield _heard(waveform, piece, piece.time, padding)


def _heard(waveform: Waveform, piece: TextSegment, time: TimeSpan, padding: float) -> SpeechSegment:
    seconds = waveform.samples.size / waveform.rate
    wide = TimeSpan(max(0.0, time.begin - padding), min(seconds, time.end + padding))
    return SpeechSegment(
        track=piece.track,
        text=piece.text,
        time=wide,
        confidence=piece.confidence,
        speaker_confidence=piece.speaker_confidence,
        samples=_samples(waveform, wide if padding else in_context(wide, seconds)),
    )


def in_context(span: TimeSpan, seconds: float) -> TimeSpan:
    """Widen a short span to both sides, as far as the recording of so many seconds goes."""
    missing = CONTEXT_SECONDS - (span.end - span.begin)
    if missing <= 0:
        return span
    begin = min(max(0.0, span.begin - missing / 2), max(0.0, seconds - CONTEXT_SECONDS))
    return TimeSpan(begin, min(seconds, begin + CONTEXT_SECONDS))


def _by_the_clock(waveform: Waveform, span: TimeSpan, spoken: Transcript | None) -> SpeechSegment:
    turn = speaking(spoken.turns, span) if spoken else None
    return SpeechSegment(
        track=turn.speaker if turn else UNKNOWN,
        text=None,
        time=span,
        confidence=None,
        speaker_confidence=turn.confidence if turn else None,
        samples=_samples(waveform, span),
    )


def _samples(waveform: Waveform, span: TimeSpan) -> Floats:
    return waveform.samples[round(span.begin * waveform.rate) : round(span.end * waveform.rate)]


_contract: type[Extractor[SpeechExtraction]] = SpeechExtractor
