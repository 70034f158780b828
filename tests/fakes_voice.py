"""Voices for tests without weights: a network that hears speech in loud sound, and who is told what to hear."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.domain.cancellation import Cancellation
from mien.domain.errors import CannotTranscribe, WeightsMissing
from mien.domain.media import Waveform
from mien.domain.network import Network, Runtime
from mien.domain.request import Transcription
from mien.domain.segment import TimeSpan
from mien.domain.transcript import SpokenWord, Transcript, Turn, transcript_of
from mien.extractors.voice_activity import WEIGHTS
from mien.extractors.voice_prints import PRINT_SIZE
from mien.spectrograms.slaney_mel import BANDS

RATE = 16_000
JUDGED = {"more": {"weights": [0.0, -20.0] + [0.0] * 17, "bias": 10.0}, "right": {"weights": [3.0], "bias": -0.5}}
"""As many speakers as there are clusters of which no two point the same way."""

Arrays = Mapping[str, NDArray[Any]]


class LoudIsSpeech:
    """Take every 32 ms for speech in which something is loud, and carry a count as the state."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def run(self, inputs: Arrays, outputs: Sequence[str] | None = None) -> Arrays:
        frames = inputs["input"]
        assert frames.shape[1] == 576
        self.batches.append(len(frames))
        loud = np.abs(frames[:, 64:]).max(axis=1) > 0.1
        return {"speech_probs": np.where(loud, 0.9, 0.05).astype(np.float32), "hn": inputs["h"] + 1, "cn": inputs["c"]}


class Pitch:
    """Take the spectrum for the voice, and leave it as it is."""

    def run(self, inputs: Arrays, outputs: Sequence[str] | None = None) -> Arrays:
        if "prints" in inputs:
            return {"points": inputs["prints"] - np.float32(0.02)}
        made = np.zeros((len(inputs["mels"]), PRINT_SIZE), np.float32)
        made[:, :BANDS] = inputs["mels"].mean(axis=1)
        return {"embeddings": made / np.linalg.norm(made, axis=1, keepdims=True)}


class VoiceRuntime:
    """Hand out the network that hears speech in loud sound."""

    def __init__(self, **networks: Network) -> None:
        self.activity = LoudIsSpeech()
        self.networks: dict[str, Network] = {WEIGHTS: self.activity, **networks}

    def network(self, weights: str) -> Network:
        if weights not in self.networks:
            raise WeightsMissing(f"no network is called {weights}")
        return self.networks[weights]

    def companion(self, weights: str, file: str) -> str:
        raise WeightsMissing(f"no network is called {weights}")


class ToldTranscriber:
    """Hear the words it is told, one after the other, and remember what it was asked."""

    def __init__(
        self, *words: str, confidence: float = 0.9, language: str = "en", problem: str | None = None, step: float = 0.4
    ) -> None:
        self.words = words
        self.confidence = confidence
        self.language = language
        self.problem = problem
        self.step = step
        self.asked: list[tuple[tuple[TimeSpan, ...], Transcription]] = []

    def transcribe(
        self, waveform: Waveform, speech: Sequence[TimeSpan], wanted: Transcription, cancellation: Cancellation
    ) -> Transcript:
        self.asked.append((tuple(speech), wanted))
        if self.problem:
            raise CannotTranscribe(self.problem)
        begin = speech[0].begin
        spoken = [
            SpokenWord(word, TimeSpan(begin + index * self.step, begin + index * self.step + 0.3), self.confidence)
            for index, word in enumerate(self.words)
        ]
        return transcript_of(spoken, wanted.language or self.language, self.confidence)


class TwoSpeakers:
    """Take what is said before the second second for one speaker's, and the rest for another's."""

    asked = 0

    def __init__(self, runtime: Runtime) -> None:
        pass

    def turns(self, waveform: Waveform, speech: Sequence[TimeSpan], cancellation: Cancellation) -> tuple[Turn, ...]:
        type(self).asked += 1
        return (Turn(TimeSpan(0, 2), "spk_0", 0.8), Turn(TimeSpan(2, 100), "spk_1", 0.7))


def sound(*parts: tuple[float, float]) -> NDArray[np.float32]:
    """Make a sound of parts, each (seconds, loudness)."""
    return np.concatenate([np.full(round(seconds * RATE), level, np.float32) for seconds, level in parts])
