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

DETECTOR: Final = "burst-events-4"
BLOCK_SECONDS: Final = 20.0
AROUND_SECONDS: Final = 2.0
"""What the network hears before and after a block, so that nothing is lost at its edges."""

STEP: Final = 2 * HOP
SILENT: Final = -200.0
"""Decibels where nobody listened."""


class SoundExtractor:
    """Find vocal bursts by loudness and by what a network hears every 32 ms: speech, a burst, or something else."""

    takes: ClassVar[type[object]] = SoundExtraction
    kinds: ClassVar[frozenset[MediaKind]] = frozenset({MediaKind.AUDIO, MediaKind.VIDEO})
    reads_transcript: ClassVar[bool] = False
    in_stretches: ClassVar[bool] = True

    def __init__(self, runtime: Runtime) -> None:
        self._network = runtime.network(DETECTOR)

    def extract(self, media: Media, transcript: Transcript | None, wanted: SoundExtraction) -> Iterator[SoundSegment]:
        """Yield the bursts in order of time; of a stretch those that begin in it."""
        waveform = media.waveform()
        part = waveform.part or TimeSpan(0.0, float("inf"))
        for span in bursts_in(listen(waveform, self._network)):
            if not part.begin <= span.begin < part.end:
                continue
            begin, end = span.begin, min(span.end, waveform.samples.size / RATE)
            samples = np.asarray(waveform.samples[round(begin * RATE) : round(end * RATE)], np.float32)
            yield SoundSegment(time=TimeSpan(begin, end), samples=samples)


def listen(waveform: Waveform, network: Network) -> Course:
    """Follow a recording, block by block: how loud it is every 32 ms, and how likely speech and bursts are.

    Of a stretch only the blocks in and around it; elsewhere all is silent.
    """
    steps = -(-waveform.samples.size // STEP)
    loudness, heard = np.full(steps, SILENT, np.float32), np.zeros((steps, 3), np.float32)
    for first, loud, kinds in _blocks(waveform.samples, network, waveform.part):
        loudness[first : first + len(loud)], heard[first : first + len(kinds)] = loud, kinds
        waveform.release()
    return Course(loudness, heard[:, 1], heard[:, 2])


def _blocks(
    samples: NDArray[np.float32], network: Network, part: TimeSpan | None
) -> Iterator[tuple[int, Floats, Floats]]:
    """Yield for blocks of steps of 512 samples: the first step, loudness, and probabilities of other, speech, burst."""
    length, around = (int(seconds / STEP_SECONDS) for seconds in (BLOCK_SECONDS, AROUND_SECONDS))
    steps = -(-samples.size // STEP)
    for first in range(0, steps, length):
        if part is not None and not _near(part, first * STEP_SECONDS):
            continue
        before, after = min(around, first), min(first + length + around, steps)
        sound = np.asarray(samples[(first - before) * STEP : after * STEP + WINDOW - HOP], np.float32)
        wanted = (after - first + before) * STEP + WINDOW - HOP
        decibels = log_mel(np.pad(sound, (0, max(0, wanted - sound.size))))
        logits = network.run({"spectrogram": levelled(decibels)[np.newaxis]})["logits"][0]
        kept = slice(before, before + min(length, steps - first))
        power = np.power(10, decibels / 10).sum(axis=1)[: len(logits) * 2].reshape(-1, 2).mean(axis=1)
        loudness = 10 * np.log10(power)
        yield first, loudness[kept].astype(np.float32), _softmax(logits)[kept]


def _near(part: TimeSpan, begin: float) -> bool:
    """Say whether a block that begins at some second matters for a stretch."""
    return part.begin - 2 * BLOCK_SECONDS < begin < part.end + BLOCK_SECONDS


def _softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Floats = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


_contract: type[Extractor[SoundExtraction]] = SoundExtractor
