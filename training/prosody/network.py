"""The prosody network as it is served: for each fold a network that listens and a small one that reads measures."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from training.prosody.data import FOLDS
from training.prosody.measured import MeasureNet
from training.prosody.train import HEADS, SETTINGS, SIZE
from training.voice.network import ClipNet, loaded

MEASURED_SHARE: float = SETTINGS["served"]["measured_share"]
"""How much the logits from measures are added to those that listening gives."""


class ServedNet(nn.Module):
    """Scores spectrograms, B x T x 64, with melodies, B x T x 3, and measures, B x 40.

    Gives logits of the classes, B x 8, and arousal and valence, B x 2, -1…1.
    """

    def __init__(self, listening: Sequence[ClipNet], measured: Sequence[MeasureNet]) -> None:
        super().__init__()
        self.listening = nn.ModuleList(listening)
        self.measured = nn.ModuleList(measured)

    def forward(self, spectrograms: Tensor, melodies: Tensor, measures: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and the place in the circle."""
        heard, circle = _mean([net(spectrograms, melodies) for net in self.listening])
        read, place = _mean([net(measures) for net in self.measured])
        share = MEASURED_SHARE
        return heard + share * read, (circle + share * place).clamp(-1.5, 1.5) / (1 + share)


def _mean(told: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    logits, places = (torch.stack([one[part] for one in told]).mean(dim=0) for part in (0, 1))
    return logits, places


def load(fitted: Path, folds: Sequence[str] = FOLDS) -> ServedNet:
    """Return the network made of those of some folds, from a folder of weights: `measured-<fold>.pt` and the others."""
    told = SETTINGS["served"]["listening"]
    listening = [loaded(fitted / f"{name}.pt", SIZE, HEADS) for fold in folds for name in told[fold]]
    reading = [MeasureNet() for _ in folds]
    for fold, measured in zip(folds, reading, strict=True):
        measured.load_state_dict(torch.load(fitted / f"measured-{fold}.pt"))
    return ServedNet(listening, reading).eval()
