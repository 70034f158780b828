"""The burst network as it is served: one that listens, and a small one that reads statistics and measures."""

from pathlib import Path

import torch
from torch import Tensor, nn

from mien.models.burst_mapping import EMOTIONS
from training.burst.statistics import statistics_net
from training.burst.train import SETTINGS, SIZE
from training.voice.network import ClipNet, loaded
from training.voice.statistics import StatisticsNet

SERVED = SETTINGS["served"]


class ServedClips(nn.Module):
    """Gives the logits of the emotions, B x 30, and the first network's summary that other heads read, B x 256."""

    def __init__(self, first: ClipNet, second: ClipNet, statistics: StatisticsNet) -> None:
        super().__init__()
        self.first = first
        self.second = second
        self.statistics = statistics

    def forward(self, spectrograms: Tensor, melodies: Tensor, measured: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and summary."""
        summary = self.first.summary(self.first.trunk(spectrograms, melodies))
        share = SERVED["second_share"]
        heard = (self.first.heads[0](summary) + share * self.second(spectrograms, melodies)[0]) / (1 + share)
        return heard + SERVED["statistics_share"] * self.statistics(spectrograms, measured)[0], summary


def load_clip_net(weights: Path) -> ClipNet:
    """Return a network that listens."""
    return loaded(weights, SIZE, [len(EMOTIONS)])


def load(fitted: Path) -> ServedClips:
    """Return the network as it is served, from a folder of weights."""
    reading = statistics_net()
    reading.load_state_dict(torch.load(fitted / "statistics.pt"))
    first, second = (load_clip_net(fitted / f"{name}.pt") for name in ("clips", "clips-2"))
    return ServedClips(first, second, reading).eval()
