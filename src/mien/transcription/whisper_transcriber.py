"""Hear speech with a Whisper model in the form that faster-whisper reads; importing this module needs that package."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from faster_whisper import WhisperModel
from faster_whisper.transcribe import Word

from mien.domain.cancellation import Cancellation
from mien.domain.errors import CannotTranscribe, WeightsCorrupt
from mien.domain.media import Waveform
from mien.domain.request import Transcription
from mien.domain.segment import TimeSpan
from mien.domain.transcript import SpokenWord, Transcript, transcript_of
from mien.transcription.languages import base_language, heard_language
from mien.transcription.stretches import joined, mean_confidence, samples_of

LONGEST_SECONDS: Final = 29.0
"""Whisper reads thirty seconds at a time."""

FILES: Final = ("config.json", "model.bin", "tokenizer.json")


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

        Raises WeightsCorrupt when the model's folder is not one.
        """
        model = self._loaded()
        pieces = tuple(joined(speech, LONGEST_SECONDS))
        language = base_language(wanted.language) if wanted.language else None
        known = model.supported_languages
        if language is not None and language not in known:
            raise CannotTranscribe(f"unable to transcribe file: the whisper model set up here does not know {language}")
        if language is None and pieces:
            language = model.detect_language(samples_of(waveform, pieces[0]))[0] if len(known) > 1 else known[0]
        spoken: list[SpokenWord] = []
        for piece in pieces:
            cancellation.check()
            spoken.extend(self._hear(model, waveform, piece, language))
        sure = mean_confidence(spoken)
        return transcript_of(spoken, heard_language(language, wanted.language), sure)

    def _hear(
        self, model: WhisperModel, waveform: Waveform, piece: TimeSpan, language: str | None
    ) -> Iterator[SpokenWord]:
        segments, _ = model.transcribe(
            samples_of(waveform, piece), language=language, word_timestamps=True, condition_on_previous_text=False
        )
        for segment in segments:
            for word in segment.words or ():
                if word.word.strip():
                    yield _spoken(word, piece)

    def _loaded(self) -> WhisperModel:
        with self._loading:
            if self._model is None:
                lacking = [name for name in FILES if not (self._folder / name).is_file()]
                if lacking:
                    raise WeightsCorrupt(f"{self._folder} is no whisper model: it lacks {', '.join(lacking)}")
                try:
                    self._model = WhisperModel(str(self._folder), device="auto", cpu_threads=self._threads)
                except (RuntimeError, ValueError) as error:
                    raise WeightsCorrupt(f"{self._folder} is no usable whisper model: {error}") from error
            return self._model


def _spoken(word: Word, piece: TimeSpan) -> SpokenWord:
    begin = min(piece.end, piece.begin + max(0.0, float(word.start)))
    end = min(piece.end, piece.begin + max(0.0, float(word.end)))
    text = word.word.strip()
    return SpokenWord(text, TimeSpan(begin, max(begin, end)), float(word.probability), word.word[:1].isspace())
