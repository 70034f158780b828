"""Sum up what a network that knows thousands of speakers hears in a voice.

The network is the first two layers of a voice encoder that was fitted to tell speakers apart (`voice-trunk-1`, fetched
at set-up). What they say of a voice carries its expression well: a linear layer over it tells the emotions of unseen
speakers apart about as well as networks fitted on acted emotions alone (`docs/science-voice.md`; after R. Pappagari et
al., "x-vectors meet emotions", 2020).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from mien.domain.network import Floats, Network
from mien.spectrograms.slaney_mel import at_level, mel_power

NETWORK: Final = "voice-trunk-1"
LAYERS: Final = ("heard1", "heard2")
WIDTH: Final = 256
SUMMARY_SIZE: Final = len(LAYERS) * 4 * WIDTH
"""Numbers in a summary: mean, deviation, highest and lowest of each unit of each layer."""

SETTLING: Final = 30
"""Frames of 10 ms that a layer needs to settle; highest and lowest are of what follows, but of two thirds at least."""

AT_ONCE: Final = 8


def summaries(network: Network, sounds: Sequence[Floats]) -> Floats:
    """Return what the trunk hears, N x 2048, in sounds: float32 mono at 16 kHz, 400 samples or more.

    Level is no matter. Sounds of about one length are heard together; what fills up the shorter ones comes after them
    and is left out.
    """
    mels = [mel_power(at_level(samples)) for samples in sounds]
    order = sorted(range(len(mels)), key=lambda number: len(mels[number]))
    rows = np.zeros((len(mels), SUMMARY_SIZE), np.float32)
    for first in range(0, len(order), AT_ONCE):
        numbers = order[first : first + AT_ONCE]
        longest = len(mels[numbers[-1]])
        together = np.stack([np.pad(mels[number], ((0, longest - len(mels[number])), (0, 0))) for number in numbers])
        told = network.run({"mels": together})
        for place, number in enumerate(numbers):
            heard = [np.asarray(told[layer][: len(mels[number]), place], np.float32) for layer in LAYERS]
            rows[number] = np.concatenate([_summed(layer) for layer in heard])
    return rows


def _summed(heard: Floats) -> Floats:
    """Return mean, deviation, highest and lowest of frames x 256, as 1024 numbers."""
    settled = heard[min(len(heard) // 3, SETTLING) :]
    return np.concatenate((heard.mean(axis=0), heard.std(axis=0), settled.max(axis=0), settled.min(axis=0)))
