"""Let a server hear speech: any that speaks the OpenAI transcription API with word times."""

import io
import time
import wave
from collections.abc import Callable, Sequence
from typing import Any, Final

import httpx

from mien.domain.cancellation import Cancellation
from mien.domain.errors import CannotTranscribe
from mien.domain.media import Waveform
from mien.domain.request import Transcription
from mien.domain.segment import TimeSpan
from mien.domain.transcript import SpokenWord, Transcript, transcript_of
from mien.transcription.languages import base_language, heard_language
from mien.transcription.stretches import joined, mean_confidence, sixteen_bits
from mien.transcription.verbose_json import words_of

PATH: Final = "/v1/audio/transcriptions"
LONGEST_SECONDS: Final = 300.0
ANSWER_SECONDS: Final = 600.0
PAUSES_SECONDS: Final = (1.0, 4.0)
"""How long to wait before asking again, when the server is out of reach, busy or broken."""

_BUSY: Final = 429
_BROKEN: Final = 500
_TOLD_CHARACTERS: Final = 200


class HttpTranscriber:
    """Transcribe with the server at `url`, with or without the path of its API; `key` goes as a bearer token."""

    def __init__(self, url: str, key: str | None, model: str, sleep: Callable[[float], None] = time.sleep) -> None:
        base = url.rstrip("/").removesuffix(PATH).removesuffix("/v1")
        self._address = base + PATH
        self._model = model
        self._sleep = sleep
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(headers=headers, timeout=httpx.Timeout(ANSWER_SECONDS, connect=10.0))

    def transcribe(
        self, waveform: Waveform, speech: Sequence[TimeSpan], wanted: Transcription, cancellation: Cancellation
    ) -> Transcript:
        """Return the words of the stretches of speech, asking for up to five minutes at a time.

        Raises CannotTranscribe when the server is out of reach, refuses, or answers something else.
        """
        spoken: list[SpokenWord] = []
        told: str | None = None
        for piece in joined(speech, LONGEST_SECONDS):
            cancellation.check()
            answer = self._ask(
                _wave(sixteen_bits(waveform, piece), waveform.rate), wanted.language or told, cancellation
            )
            told = told or heard_language(answer.get("language"), None)
            spoken.extend(words_of(answer, piece))
        sure = mean_confidence(spoken)
        return transcript_of(spoken, heard_language(told, wanted.language), sure)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _ask(self, sound: bytes, language: str | None, cancellation: Cancellation) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "model": self._model,
            "response_format": "verbose_json",
            "timestamp_granularities[]": ["word", "segment"],
        }
        if language is not None:
            fields["language"] = base_language(language)
        problem = "it gave no reason"
        for pause in (*PAUSES_SECONDS, None):
            try:
                answer = self._client.post(
                    self._address, data=fields, files={"file": ("speech.wav", sound, "audio/wav")}
                )
            except httpx.HTTPError as error:
                problem = f"it is out of reach ({type(error).__name__})"
            else:
                if answer.status_code == httpx.codes.OK:
                    return _read(answer)
                problem = f"it answered {answer.status_code}: {answer.text[:_TOLD_CHARACTERS]}"
                if answer.status_code != _BUSY and answer.status_code < _BROKEN:
                    break
            cancellation.check()
            if pause is not None:
                self._sleep(pause)
        raise CannotTranscribe(f"unable to transcribe file: the transcription server failed, {problem}")


def _read(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError as error:
        raise CannotTranscribe("unable to transcribe file: the transcription server answered no JSON") from error
    if not isinstance(told, dict):
        raise CannotTranscribe("unable to transcribe file: the transcription server answered no JSON object")
    return told


def _wave(samples: bytes, rate: int) -> bytes:
    """Return 16-bit mono samples as a WAV file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples)
    return buffer.getvalue()
