"""Hear speech with a Whisper model in the form that faster-whisper reads; importing this module needs that package."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.transcribe import Segment, Word

from mien.domain.cancellation import Cancellation
from mien.domain.errors import CannotTranscribe, WeightsCorrupt
from mien.domain.media import Waveform
from mien.domain.request import Transcription
from mien.domain.segment import TimeSpan
from mien.domain.transcript import SpokenWord, Transcript, transcript_of
from mien.transcription.languages import base_language, heard_language
from mien.transcription.stretches import joined_nearby, mean_confidence, samples_of

LONGEST_SECONDS: Final = 29.0
"""Whisper reads thirty seconds at a time."""

LONGEST_PAUSE_SECONDS: Final = 3.0
"""Stretches further apart are read one by one, so that what is heard hardly depends on where a piece begins."""

COMPUTE: Final = "int8"
"""Two thirds of the time of float32, 220 MB less, and words as good: docs/science-transcription.md has the figures."""

NO_SPEECH: Final = 0.6
"""From here on the model itself takes it that nobody speaks; it invents words all the same, and these are dropped."""

LOOP: Final = 5.0
"""How many times smaller a text can be packed that says one thing over and over: invented too, and dropped.

A reading of sentences that begin alike reaches 2.4, two sentences said in turn 4.4; what was invented has 10 and more.
"""

FOREIGN: Final = 0.9
"""How sure it must be that a language is none of the contract's: of two seconds of speech many seem possible."""

MOST_TOKENS: Final = 440
TOKENS: Final = 40
TOKENS_PER_SECOND: Final = 30
"""More than anybody says in a second in any script; what goes on beyond is invented, and takes long."""

SHARED_SECONDS: Final = 0.1
SHORTEST_SECONDS: Final = 0.1
_UNSPACED: Final = frozenset({"ja", "th", "zh"})

FILES: Final = ("config.json", "model.bin", "tokenizer.json")


@dataclass(frozen=True)
class _Piece:
    """Hold stretches of speech that are read at once, and where they lie together."""

    span: TimeSpan
    speech: tuple[TimeSpan, ...]


class WhisperTranscriber:
    """Transcribe every language of the contract; the model is loaded when first needed and kept."""

    def __init__(self, folder: Path, threads: int) -> None:
        self._folder = folder
        self._threads = threads
        self._loading = threading.Lock()
        self._model: WhisperModel | None = None

    def transcribe(
        self, waveform: Waveform, speech: Sequence[TimeSpan], wanted: Transcription, cancellation: Cancellation
    ) -> Transcript:
        """Return the words of the stretches of speech; without a language asked for, that of the first half minute.

        Raises CannotTranscribe for a language the model does not know and WeightsCorrupt when its folder is none.
        """
        model = self._loaded()
        language = base_language(wanted.language) if wanted.language else None
        known = model.supported_languages
        if language is not None and language not in known:
            raise CannotTranscribe(f"unable to transcribe file: the whisper model set up here does not know {language}")
        if language is None and speech:
            language = _detected(model, waveform, speech) if len(known) > 1 else known[0]
        spoken: list[SpokenWord] = []
        for span in joined_nearby(speech, LONGEST_SECONDS, LONGEST_PAUSE_SECONDS):
            cancellation.check()
            piece = _Piece(span, tuple(one for one in speech if span.begin <= one.begin < span.end))
            spoken.extend(self._hear(model, waveform, piece, language))
        heard = language if spoken else None  # some language is recognised in laughter, too
        return transcript_of(spoken, heard_language(heard, wanted.language), mean_confidence(spoken))

    def _hear(
        self, model: WhisperModel, waveform: Waveform, piece: _Piece, language: str | None
    ) -> Iterator[SpokenWord]:
        segments, _ = model.transcribe(
            samples_of(waveform, piece.span),
            language=language,
            temperature=0.0,  # higher ones draw words by chance: each time others, at many times the cost
            word_timestamps=True,
            condition_on_previous_text=False,
            max_new_tokens=min(MOST_TOKENS, round(TOKENS + TOKENS_PER_SECOND * (piece.span.end - piece.span.begin))),
        )
        heard = [segment for segment in segments if segment.no_speech_prob < NO_SPEECH]
        kept = [segment for segment in heard if segment.compression_ratio < LOOP]
        if len(kept) < len(heard) and len(piece.speech) > 1:  # one stretch may have spoilt all of them
            for span in piece.speech:
                yield from self._hear(model, waveform, _Piece(span, (span,)), language)
            return
        for segment in kept:
            yield from _spoken(segment, piece, spaced=language not in _UNSPACED)

    def _loaded(self) -> WhisperModel:
        with self._loading:
            if self._model is None:
                lacking = [name for name in FILES if not (self._folder / name).is_file()]
                if lacking:
                    raise WeightsCorrupt(f"{self._folder} is no whisper model: it lacks {', '.join(lacking)}")
                try:
                    self._model = WhisperModel(
                        str(self._folder), device="auto", compute_type=COMPUTE, cpu_threads=self._threads
                    )
                except (RuntimeError, ValueError) as error:
                    raise WeightsCorrupt(f"{self._folder} is no usable whisper model: {error}") from error
            return self._model


def _detected(model: WhisperModel, waveform: Waveform, speech: Sequence[TimeSpan]) -> str:
    """Return the language of the first half minute of speech, pauses left out: one of the contract if in doubt."""
    room, heard = LONGEST_SECONDS, []
    for span in speech:
        length = min(room, span.end - span.begin)
        heard.append(samples_of(waveform, TimeSpan(span.begin, span.begin + length)))
        room -= length
        if room <= 0:
            break
    likely = model.detect_language(np.concatenate(heard))[2]
    first, sure = likely[0]
    known = (code for code, _ in likely if heard_language(code, None) is not None)
    return str(first if sure >= FOREIGN else next(known, first))


def _spoken(segment: Segment, piece: _Piece, spaced: bool) -> Iterator[SpokenWord]:
    """Yield the words of a segment that lie where somebody speaks; what is no word by itself joins the one before."""
    before: SpokenWord | None = None
    for word in segment.words or ():
        time = _place(word, piece)
        if time is None or not word.word.strip():
            continue
        heard = SpokenWord(word.word.strip(), time, float(word.probability), word.word[:1].isspace())
        if before is not None and spaced and not heard.spaced:
            before = _one_word(before, heard)
            continue
        if before is not None:
            yield before
        before = heard
    if before is not None:
        yield before


def _one_word(first: SpokenWord, second: SpokenWord) -> SpokenWord:
    sure = min(first.confidence or 0.0, second.confidence or 0.0)
    time = TimeSpan(first.time.begin, second.time.end)
    return replace(first, text=first.text + second.text, time=time, confidence=sure)


def _place(word: Word, piece: _Piece) -> TimeSpan | None:
    """Return when a word is spoken: within the last stretch that it shares enough with; None where nobody speaks.

    The model counts the pause before a word to the word.
    """
    begin, end = piece.span.begin + float(word.start), piece.span.begin + float(word.end)
    touched = [one for one in piece.speech if begin <= one.end and end >= one.begin]
    if not touched:
        return None
    shared = [one for one in touched if min(end, one.end) - max(begin, one.begin) >= SHARED_SECONDS]
    stretch = (shared or touched)[-1]
    begin = min(max(begin, stretch.begin), stretch.end)
    return TimeSpan(begin, min(stretch.end, max(end, begin + SHORTEST_SECONDS)))
