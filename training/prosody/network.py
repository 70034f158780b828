"""The prosody network as it is served: an ensemble that listens, and a small network that reads measures."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from training.prosody.measured import MeasureNet
from training.voice.network import ClipNet

MEASURED_SHARE = 0.5
"""How much the logits from measures are added to those that listening gives."""


class ServedNet(nn.Module):
    """Scores spectrograms, B x T x 64, with their measures, B x 40: logits of the classes, arousal and valence."""

    def __init__(self, listening: Sequence[ClipNet], measured: MeasureNet) -> None:
        super().__init__()
        self.listening = nn.ModuleList(listening)
        self.measured = measured

    def forward(self, spectrograms: Tensor, measures: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and the place in the circle."""
        told = [net(spectrograms) for net in self.listening]
        heard, circle = (torch.stack([one[part] for one in told]).mean(dim=0) for part in (0, 1))
        read, place = self.measured(measures)
        share = MEASURED_SHARE
        return heard + share * read, (circle + share * place).clamp(-1.5, 1.5) / (1 + share)
