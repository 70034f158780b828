"""Time the hearing of sound: decoding, voices, prosody and bursts on one core, transcription; memory of a long file.

The sound is the reading of the samples, over and over. `--long` compares the memory for three hours with that for three
minutes, for which a file of 350 MB is written. Rates are seconds of sound per second; those of one core by CPU time.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mien.assembly import pull_samples
from mien.domain.cancellation import Cancellation
from mien.domain.media import Waveform
from mien.domain.request import SoundExtraction, Transcription
from mien.domain.segment import SpeechSegment, TimeSpan
from mien.extractors.sounds import SoundExtractor
from mien.extractors.voice_activity import VoiceActivity
from mien.media.opening import open_media
from mien.models.burst import BurstModel
from mien.models.prosody import ProsodyModel
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.settings import read_settings
from mien.transcription.choice import TranscriberChoice, choose

MINUTE = 60
LIMIT = 1.2
AT_ONCE = 64


def main() -> int:
    """Print the rates, and with `--long` the memory; exit code 1 when a long file takes more than its share."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--long", action="store_true")
    arguments.add_argument("--memory-of", type=Path, help=argparse.SUPPRESS)
    arguments.add_argument("--without-words", action="store_true", help="leave transcription out")
    arguments.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    told = arguments.parse_args()
    if told.memory_of:
        print(json.dumps(memory_of(told.memory_of)))
        return 0
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        minutes = reading_of(10 * MINUTE, Path(folder) / "ten.wav")
        found["decoding"], waveform = decoding(minutes)
        found["voice_activity"] = voice_activity(waveform)
        found["prosody_and_bursts"] = prosody_and_bursts(minutes)
        for workers in () if told.without_words else sorted({1, 2, 4, told.workers}):
            for name in ("moonshine", "pocketsphinx"):
                found[f"{name}_{workers}"] = transcription(waveform, name, workers)
        kept = True
        if told.long:
            short, long = (_measured(reading_of(seconds, Path(folder) / f"{seconds}.wav")) for seconds in (180, 10_740))
            print(f"memory: {short / 1e6:.0f} MB for 3 minutes, {long / 1e6:.0f} MB for 179: {long / short:.2f} times")
            found["memory_ratio"] = round(long / short, 2)
            kept = long <= LIMIT * short
    print(json.dumps(found))
    return 0 if kept else 1


def reading_of(seconds: int, path: Path) -> Path:
    """Write a 16 kHz WAV file with the reading again and again."""
    (sample,) = (one for one in pull_samples(read_settings(), None, print) if one.name == "two_cities.wav")
    with open_media(sample) as media:
        samples = (np.clip(media.waveform().samples, -1, 1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        left = seconds * 16_000
        while left > 0:
            file.writeframes(samples[:left].tobytes())
            left -= samples.size
    return path


def decoding(path: Path) -> tuple[float, Waveform]:
    """Return how many times faster than sound a file is decoded, and the sound."""
    with open_media(path) as media:
        rate, waveform = _rate("decoding (one core)", path, lambda: media.waveform())
        return rate, Waveform(np.array(waveform.samples), waveform.rate)


def voice_activity(waveform: Waveform) -> float:
    """Return how many times faster than sound speech is found, on one core."""
    activity = VoiceActivity(NetworkRuntime(WeightsStore(read_settings().weights), threads=1))
    begun = time.process_time()
    spans = activity.speech(waveform)
    rate = _seconds(waveform) / (time.process_time() - begun)
    print(f"voice activity (one core): {rate:.0f} x real time, {len(spans)} stretches")
    return round(rate, 1)


def prosody_and_bursts(path: Path) -> float:
    """Return how many times faster than sound prosody and bursts are heard on one core, transcription left out.

    That is decoding, voice activity, one row of prosody for each stretch of speech, the search for bursts, their rows.
    """
    runtime = NetworkRuntime(WeightsStore(read_settings().weights), threads=1)
    activity, prosody = VoiceActivity(runtime), ProsodyModel(runtime)
    sounds, burst = SoundExtractor(runtime), BurstModel(runtime)
    begun = time.process_time()
    with open_media(path) as media:
        waveform = media.waveform()
        said = [_said(waveform, span) for span in activity.speech(waveform)]
        found = list(sounds.extract(media, None, SoundExtraction()))
        for first in range(0, len(said), AT_ONCE):
            prosody.predict(said[first : first + AT_ONCE], frozenset(prosody.heads))
        burst.predict(found, frozenset(burst.heads))
        rate = _seconds(waveform) / (time.process_time() - begun)
    print(f"prosody and bursts (one core): {rate:.0f} x real time, {len(said)} stretches, {len(found)} bursts")
    return round(rate, 1)


def _said(waveform: Waveform, span: TimeSpan) -> SpeechSegment:
    begin, end = (round(second * waveform.rate) for second in (span.begin, span.end))
    samples = np.asarray(waveform.samples[begin:end], np.float32)
    return SpeechSegment(text=None, time=span, confidence=None, speaker_confidence=None, samples=samples)


def transcription(waveform: Waveform, name: str, workers: int) -> float:
    """Return how many times faster than sound a transcriber hears two minutes, in wall time; `workers` are processes.

    Moonshine hears on one core of this process, and these processes time its words.
    """
    part = Waveform(waveform.samples[: 2 * MINUTE * waveform.rate], waveform.rate)
    networks = NetworkRuntime(WeightsStore(read_settings().weights), threads=1)
    spans = VoiceActivity(networks).speech(part)
    transcriber = choose(TranscriberChoice(name, workers=workers, networks=networks))
    assert transcriber is not None
    transcriber.transcribe(part, spans[:1], Transcription(), Cancellation())  # it has loaded what it needs
    begun = time.monotonic()
    transcript = transcriber.transcribe(part, spans, Transcription(), Cancellation())
    rate = _seconds(part) / (time.monotonic() - begun)
    print(f"{name} ({workers} processes): {rate:.1f} x real time, {len(transcript.words)} words")
    return round(rate, 2)


def memory_of(path: Path) -> int:
    """Decode a file and find its speech, as a worker does before it transcribes; return this process's peak memory."""
    activity = VoiceActivity(NetworkRuntime(WeightsStore(read_settings().weights), threads=1))
    with open_media(path) as media:
        activity.speech(media.waveform())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _measured(path: Path) -> int:
    command = [sys.executable, __file__, "--memory-of", str(path)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(json.loads(answer.stdout.splitlines()[-1]))


def _rate(name: str, path: Path, decode: Callable[[], Waveform]) -> tuple[float, Waveform]:
    begun = time.process_time()
    waveform = decode()
    rate = _seconds(waveform) / (time.process_time() - begun)
    print(f"{name}: {rate:.0f} x real time ({path.stat().st_size / 1e6:.0f} MB)")
    return round(rate, 1), waveform


def _seconds(waveform: Waveform) -> float:
    return waveform.samples.size / waveform.rate


if __name__ == "__main__":
    sys.exit(main())
