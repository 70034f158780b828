"""Sum up what a network that writes down speech hears in a voice.

The network is the encoder of the recogniser (`moonshine-encoder-1`, fetched at set-up), fitted on a great deal of
speech to tell words. The mean of its states carries how they are said, too: a linear layer over it tells the emotions
of unseen speakers apart (`docs/science-voice.md`; after Y. Gong et al., "Whisper-AT", 2023, who found the same of
sounds in another recogniser's encoder).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from mien.domain.network import Floats, Network
from mien.spectrograms.slaney_mel import at_level

NETWORK: Final = "moonshine-encoder-1"
STATE_SIZE: Final = 288
SHORTEST_SAMPLES: Final = 8_000
"""What is shorter than half a second is heard again and again until it is as long."""


def mean_states(network: Network, sounds: Sequence[Floats]) -> Floats:
    """Return the mean state of the encoder, N x 288, over sounds: float32 mono at 16 kHz. Level is no matter."""
    return np.array([_mean_state(network, samples) for samples in sounds], np.float32).reshape(-1, STATE_SIZE)


def _mean_state(network: Network, samples: Floats) -> Floats:
    sound = np.resize(samples, max(samples.size, SHORTEST_SAMPLES)) if samples.size else np.zeros(SHORTEST_SAMPLES)
    levelled = np.clip(at_level(sound.astype(np.float32)), -1.0, 1.0)[np.newaxis].astype(np.float32)
    told = network.run({"input_values": levelled, "attention_mask": np.ones(levelled.shape, np.int64)})
    state: Floats = told["last_hidden_state"][0].mean(axis=0)
    return state
