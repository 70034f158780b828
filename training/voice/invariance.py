"""Prints how far scores move when a recording is quieter, comes over a telephone, is coded again, or has some noise.

python -m training.voice.invariance --packed build/voice
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from mien.domain.labels import EMOTIONS_48
from mien.domain.segment import SoundSegment, SpeechSegment, TimeSpan
from mien.models.burst import BurstModel
from mien.models.prosody import ProsodyModel
from mien.models.voice_mapping import HEARD
from mien.runtime.networks import NetworkRuntime
from mien.runtime.weights import WeightsStore
from mien.spectrograms.mel import RATE
from training.burst.data import divide as divide_bursts
from training.burst.mixtures import coloured_noise, telephone
from training.prosody.data import CORPORA, divide
from training.prosody.trunk import WEIGHTS
from training.shared.ranking import spearman
from training.voice.clips import Clips
from training.voice.pack import decode

Floats = NDArray[np.float32]
CLIPS = 200
SOFTER = 10 ** (-12 / 20)
CODECS = {"mp3": ("mp3", "libmp3lame", 64_000), "opus": ("ogg", "libopus", 24_000)}


def recoded(samples: Floats, kind: str) -> Floats:
    """Return sound as it comes back from a lossy codec at a usual rate."""
    container_format, codec, bits = CODECS[kind]
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / f"sound.{kind}"
        with av.open(str(path), "w", format=container_format) as container:
            stream = container.add_stream(codec, rate=RATE, layout="mono")
            stream.bit_rate = bits
            whole = (np.clip(samples, -1, 1) * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(whole[np.newaxis], format="s16", layout="mono")
            frame.sample_rate = RATE
            resampler = av.AudioResampler(stream.format, "mono", RATE, stream.frame_size or 1024)
            packets = [packet for part in resampler.resample(frame) for packet in stream.encode(part)]
            packets += [packet for part in resampler.resample(None) for packet in stream.encode(part)]
            for packet in [*packets, *stream.encode(None)]:
                container.mux(packet)
        heard = decode(path).astype(np.float32) / 32768
    return heard[: len(samples)]


def with_noise(samples: Floats, decibels: float = 20.0) -> Floats:
    """Add noise so many decibels below the sound."""
    noise = coloured_noise(len(samples), np.random.default_rng(7))
    return (samples + noise * samples.std() * 10 ** (-decibels / 20)).astype(np.float32)


CHANGES: Mapping[str, Callable[[Floats], Floats]] = {
    "12 dB quieter": lambda samples: samples * np.float32(SOFTER),
    "telephone band": telephone,
    "mp3 at 64 kbit/s": lambda samples: recoded(samples, "mp3"),
    "Opus at 24 kbit/s": lambda samples: recoded(samples, "opus"),
    "noise 20 dB below": with_noise,
}


def moved(before: Floats, after: Floats) -> dict[str, float]:
    """Return how far scores, clips x labels, move: on average, the largest of each clip, and how alike orders stay."""
    apart = np.abs(after - before)
    orders = [spearman(one, other) for one, other in zip(before, after, strict=True)]
    first = (before.argmax(axis=1) == after.argmax(axis=1)).mean()
    return {
        "mean": round(float(apart.mean()), 4), "largest": round(float(np.median(apart.max(axis=1))), 3),
        "order": round(float(np.mean(orders)), 3), "first": round(float(first), 3),
    }  # fmt: skip


def recall(heard: Floats, truth: NDArray[np.int64], corpora: NDArray[np.str_]) -> dict[str, float]:
    """Return the mean recall of the classes per corpus."""
    result = {}
    for corpus, names in CORPORA.items():
        places = [HEARD.index(name) for name in names]
        rows = corpora == corpus
        found = np.array(places)[heard[rows][:, places].argmax(axis=1)]
        result[corpus] = round(float(np.mean([(found[truth[rows] == one] == one).mean() for one in places])), 3)
    return result


def prosody(clips: Clips, runtime: NetworkRuntime) -> dict[str, object]:
    """Return how the 48 scores of speech move, and what becomes of the recall of the classes."""
    numbers = divide(clips).dev
    numbers = np.random.default_rng(5).permutation(numbers)[: 2 * CLIPS].tolist()
    model, sounds = ProsodyModel(runtime), [clips.samples(number) for number in numbers]
    truth = np.array([HEARD.index(clips.rows[number]["emotion"]) for number in numbers])
    corpora = np.array([clips.rows[number]["corpus"] for number in numbers])

    def told(each: list[Floats]) -> tuple[Floats, dict[str, float]]:
        segments = [said(one) for one in each]
        scores = model.predict(segments, frozenset({"emotions"}))["emotions"]
        return scores, recall(model.evidence(segments).heard, truth, corpora)

    before, clean = told(sounds)
    result: dict[str, object] = {"as it is": {"recall": clean, **ranges(before)}}
    for name, change in CHANGES.items():
        after, changed = told([change(sound) for sound in sounds])
        result[name] = {**moved(before, after), "recall": changed}
    return result


def said(samples: Floats) -> SpeechSegment:
    """Return a segment of speech nobody has written down."""
    span = TimeSpan(0, len(samples) / RATE)
    return SpeechSegment(text=None, time=span, confidence=None, speaker_confidence=None, samples=samples)


def ranges(scores: Floats) -> dict[str, float]:
    """Return where sums and largest scores lie."""
    sums, tops = scores.sum(axis=1), scores.max(axis=1)
    return {"sum": round(float(np.median(sums)), 2), "largest": round(float(np.median(tops)), 3)}


def bursts(clips: Clips, runtime: NetworkRuntime) -> dict[str, object]:
    """Return how the 48 scores of bursts move."""
    numbers = np.random.default_rng(5).permutation(divide_bursts(clips).dev)[:CLIPS].tolist()
    model, sounds = BurstModel(runtime), [clips.samples(number) for number in numbers]

    def told(each: list[Floats]) -> Floats:
        segments = [SoundSegment(time=TimeSpan(0, len(one) / RATE), samples=one) for one in each]
        return model.predict(segments, frozenset({"emotions"}))["emotions"]

    before = told(sounds)
    return {name: moved(before, told([change(sound) for sound in sounds])) for name, change in CHANGES.items()}


def main() -> None:
    """Print the figures for the weights that are installed, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packed", type=Path, default=Path("build/voice"))
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="where fetched networks lie")
    parser.add_argument("--permissive", action="store_true", help="with the weights that may be used commercially")
    options = parser.parse_args()
    assert len(EMOTIONS_48) == 48
    runtime = NetworkRuntime(WeightsStore(options.weights, permissive=options.permissive), threads=1)
    result = {
        "prosody": prosody(Clips(options.packed, "speech"), runtime),
        "burst": bursts(Clips(options.packed, "burst"), runtime),
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
