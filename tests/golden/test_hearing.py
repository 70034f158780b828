"""Real ears on a real recording: the reading of the samples, whose text is known."""

from dataclasses import dataclass

import numpy as np
import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.expression import Transcriber
from mien.domain.media import Waveform
from mien.domain.request import Transcription
from mien.domain.transcript import Transcript
from mien.extractors.voice_activity import VoiceActivity
from mien.media.opening import open_media
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.settings import read_settings
from mien.transcription.choice import TranscriberChoice, choose

SETTINGS = read_settings()
READ = (
    "it was the best of times it was the worst of times it was the age of wisdom it was the age of foolishness it was "
    "the epoch of belief it was the epoch of incredulity it was the season of light it was the season of darkness it "
    "was the spring of hope it was the winter of despair"
)
SECONDS = 21
WRONG = {"moonshine": 0.05, "pocketsphinx": 0.3}
"""The share of words that may be heard wrong: of the 60, at most three by the one."""


@dataclass
class Ears:
    name: str
    activity: VoiceActivity
    transcriber: Transcriber

    def hear(self, samples: np.ndarray) -> Transcript:
        waveform = Waveform(samples.astype(np.float32), 16_000)
        speech = self.activity.speech(waveform)
        return self.transcriber.transcribe(waveform, speech, Transcription(), Cancellation())


@pytest.fixture(scope="module", params=list(WRONG))
def ears(request):
    networks = NetworkRuntime(WeightsStore(SETTINGS.weights))
    transcriber = choose(TranscriberChoice(request.param, workers=2, networks=networks))
    assert transcriber is not None
    return Ears(request.param, VoiceActivity(networks), transcriber)


@pytest.fixture(scope="module")
def reading() -> np.ndarray:
    with open_media(SETTINGS.samples / "two_cities.wav") as media:
        return np.array(media.waveform().samples[: SECONDS * 16_000])


def errors(said: list[str], read: list[str]) -> int:
    """Count the words to put in, take out or change to turn one into the other."""
    row = list(range(len(read) + 1))
    for number, word in enumerate(said, start=1):
        before, row[0] = row[0], number
        for place, other in enumerate(read, start=1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (word != other))
    return row[-1]


def test_most_of_a_reading_is_heard_right_and_so_it_says(ears, reading):
    transcript = ears.hear(reading)
    said = [word.text.strip(".,").lower() for word in transcript.words]
    assert errors(said, READ.split()) / len(READ.split()) < WRONG[ears.name]
    assert 0.5 < transcript.confidence < 0.97
    assert transcript.language == "en"
    assert transcript.text.startswith("It was the best of times")
    begins = [word.time.begin for word in transcript.words]
    assert begins == sorted(begins)
    assert begins[0] == pytest.approx(1.17, abs=0.1)


def test_the_same_sound_is_heard_alike_every_time(ears, reading):
    part = reading[: 9 * 16_000]
    assert ears.hear(part) == ears.hear(part)


@pytest.mark.parametrize("level", [0.0, 0.003, 0.1])
def test_silence_and_noise_say_nothing(ears, level):
    noise = np.random.default_rng(1).normal(size=6 * 16_000) * level
    transcript = ears.hear(np.clip(noise, -1, 1))
    assert (transcript.words, transcript.confidence) == ((), 0.0)


def test_speech_backwards_is_not_believed(ears, reading):
    transcript = ears.hear(reading[::-1][: 8 * 16_000])
    assert transcript.confidence < 0.5
    assert transcript.language is None
