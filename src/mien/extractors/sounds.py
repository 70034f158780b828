"""Find vocal bursts anywhere in a recording: laughs, sighs, cries, coughs; speech is none."""

from collections.abc import Iterator
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from mien.domain.expression import Extractor
from mien.domain.media import Media, MediaKind, Waveform
from mien.domain.network import Floats, Network, Runtime
from mien.domain.request import SoundExtraction
from mien.domain.segment import SoundSegment, TimeSpan
from mien.domain.transcript import Transcript
from mien.extractors.sound_events import STEP_SECONDS, Course, bursts_in
from mien.spectrograms.mel import HOP, RATE, WINDOW, levelled, log_mel

DETECTOR: Final = "burst-events-1"
BLOCK_SECONDS: Final = 20.0
AROUND_SECONDS: Final = 2.0
"""What the network hears before and after a block, so that nothing is lost at its edges."""

STEP: Final = 2 * HOP


class SoundExtractor:
    """Find vocal bursts by loudness and by what a network hears every 32 ms: speech, a burst, or something else."""

    takes: ClassVar[type[object]] = SoundExtraction
    kinds: ClassVar[frozenset[MediaKind]] = frozenset({MediaKind.AUDIO, MediaKind.VIDEO})
    reads_transcript: ClassVar[bool] = False

    def __init__(self, runtime: Runtime) -> None:
        self._network = runtime.network(DETECTOR)

    def extract(self, media: Media, transcript: Transcript | None, wanted: SoundExtraction) -> Iterator[SoundSegment]:
        """Yield the bursts in order of time."""
        waveform = media.waveform()
        for span in bursts_in(listen(waveform, self._network)):
            begin, end = span.begin, min(span.end, waveform.samples.size / RATE)
            samples = np.asarray(waveform.samples[round(begin * RATE) : round(end * RATE)], np.float32)
            yield SoundSegment(time=TimeSpan(begin, end), samples=samples)


def listen(waveform: Waveform, network: Network) -> Course:
    """Follow a recording, block by block: how loud it is every 32 ms, and how likely speech and bursts are."""
    courses = list(_blocks(waveform.samples, network))
    loudness, kinds = zip(*courses, strict=True) if courses else ((), ())
    heard = np.concatenate(kinds) if kinds else np.zeros((0, 3), np.float32)
    return Course(np.concatenate(loudness) if loudness else np.zeros(0, np.float32), heard[:, 1], heard[:, 2])


def _blocks(samples: NDArray[np.float32], network: Network) -> Iterator[tuple[Floats, Floats]]:
    """Yield loudness and probabilities of other, speech, burst for each step of 512 samples."""
    length, around = (int(seconds / STEP_SECONDS) for seconds in (BLOCK_SECONDS, AROUND_SECONDS))
    steps = -(-samples.size // STEP)
    for first in range(0, steps, length):
        before, after = min(around, first), min(first + length + around, steps)
        sound = np.asarray(samples[(first - before) * STEP : after * STEP + WINDOW - HOP], np.float32)
        wanted = (after - first + before) * STEP + WINDOW - HOP
        decibels = log_mel(np.pad(sound, (0, max(0, wanted - sound.size))))
        logits = network.run({"spectrogram": levelled(decibels)[np.newaxis]})["logits"][0]
        kept = slice(before, before + min(length, steps - first))
        power = np.power(10, decibels / 10).sum(axis=1)[: len(logits) * 2].reshape(-1, 2).mean(axis=1)
        loudness = 10 * np.log10(power)
        yield loudness[kept].astype(np.float32), _softmax(logits)[kept]


def _softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Floats = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


_contract: type[Extractor[SoundExtraction]] = SoundExtractor
