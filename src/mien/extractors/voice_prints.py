"""Tell what a voice sounds like: a stretch of speech becomes 256 numbers, and those of one person point the same way.

Source: d-vectors of L. Wan et al., "Generalized End-to-End Loss for Speaker Verification" (2018), with the network and
the preprocessing of Resemblyzer 0.1.4 (Apache-2.0): power, not decibels, in 40 mel bands, of sound brought to -30 dB.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mien.domain.cancellation import Cancellation
from mien.domain.media import Waveform
from mien.domain.network import Floats, Network
from mien.domain.segment import TimeSpan
from mien.spectrograms.slaney_mel import HOP, RATE, at_level, mel_power

WEIGHTS: Final = "speaker-embedding-1"
PRINT_SIZE: Final = 256
FRAME_SECONDS: Final = HOP / RATE
BATCH: Final = 64


@dataclass(frozen=True)
class Windows:
    """Say how long a window over the speech is and how far the next one lies from it, in frames of 10 ms.

    A stretch shorter than a window is taken whole; lengths are rounded down to whole `grain`, so that windows of many
    stretches can be run at once.
    """

    length: int = 160
    step: int = 40
    grain: int = 20
    shortest: int = 40


@dataclass(frozen=True)
class VoicePrints:
    """Hold what voices sound like in windows of a recording: `vectors` N x 256 of length 1, begins, ends in seconds."""

    vectors: Floats
    begins: Floats
    ends: Floats
    stretches: Floats


def voice_prints(
    network: Network,
    waveform: Waveform,
    speech: Sequence[TimeSpan],
    cancellation: Cancellation,
    windows: Windows | None = None,
) -> VoicePrints:
    """Return the prints of all stretches of speech, in order. Asks `cancellation` at every batch."""
    wanted = windows or Windows()
    waiting: dict[int, list[tuple[int, Floats]]] = {}
    places: list[tuple[float, float, int]] = []
    vectors: list[Floats] = []
    for number, begin, end, mels in _cut(waveform, speech, wanted):
        batch = waiting.setdefault(len(mels), [])
        batch.append((len(places), mels))
        places.append((begin, end, number))
        vectors.append(_NOTHING)
        if len(batch) == BATCH:
            cancellation.check()
            _run(network, waiting.pop(len(mels)), vectors)
    for batch in waiting.values():
        cancellation.check()
        _run(network, batch, vectors)
    if not places:
        return VoicePrints(np.empty((0, PRINT_SIZE), np.float32), _NOTHING, _NOTHING, _NOTHING)
    begins, ends, stretches = np.array(places, np.float32).T
    return VoicePrints(np.stack(vectors), begins, ends, stretches)


def _run(network: Network, batch: Sequence[tuple[int, Floats]], vectors: list[Floats]) -> None:
    made = network.run({"mels": np.stack([mels for _place, mels in batch])})["embeddings"]
    for (place, _mels), vector in zip(batch, made, strict=True):
        vectors[place] = np.asarray(vector, np.float32)


def _cut(
    waveform: Waveform, speech: Sequence[TimeSpan], windows: Windows
) -> Iterator[tuple[int, float, float, Floats]]:
    """Yield the windows of each stretch: its number, begin and end in seconds, and the spectrogram."""
    for number, stretch in enumerate(speech):
        samples = waveform.samples[round(stretch.begin * RATE) : round(stretch.end * RATE)]
        mels = mel_power(at_level(np.array(samples, np.float32)))
        for first, length in places(len(mels), windows):
            begin = stretch.begin + first * FRAME_SECONDS
            yield number, begin, begin + length * FRAME_SECONDS, mels[first : first + length]


def places(frames: int, windows: Windows) -> Iterator[tuple[int, int]]:
    """Yield where windows begin in a stretch of so many frames, and how long they are; the last one ends with it."""
    if frames < windows.length:
        length = frames // windows.grain * windows.grain
        if length >= windows.shortest:
            yield (frames - length) // 2, length
        return
    count = 1 + -(-(frames - windows.length) // windows.step)
    for first in np.linspace(0, frames - windows.length, count).round().astype(int).tolist():
        yield first, windows.length


_NOTHING: Final[Floats] = np.empty(0, np.float32)
