"""The trunk that every listening network shares, and the head that sums up a clip."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mien.spectrograms.mel import BANDS


@dataclass(frozen=True)
class TrunkSize:
    """Says how wide the trunk is: channels of its four convolutions, and units of the recurrence each way."""

    channels: tuple[int, int, int, int] = (16, 32, 48, 80)
    joined: int = 96
    units: int = 64
    dropout: float = 0.2


class Trunk(nn.Module):
    """Turns spectrograms, B x T x 64, into one vector per four frames, B x T/4 x 2 units.

    With `steps` 2 it is one vector per two frames: B x T/2 x 2 units.
    """

    def __init__(self, size: TrunkSize, steps: int = 4) -> None:
        super().__init__()
        first, second, third, fourth = size.channels
        self.convolutions = nn.Sequential(
            nn.Conv2d(1, first, 5, stride=2, padding=2, bias=False), nn.BatchNorm2d(first), nn.ReLU(inplace=True),
            nn.Conv2d(first, second, 3, stride=(1, 2), padding=1, bias=False), nn.BatchNorm2d(second),
            nn.ReLU(inplace=True), nn.MaxPool2d((steps // 2, 1)),
            nn.Conv2d(second, third, 3, padding=1, bias=False), nn.BatchNorm2d(third), nn.ReLU(inplace=True),
            nn.MaxPool2d((1, 2)),
            nn.Conv2d(third, fourth, 3, padding=1, bias=False), nn.BatchNorm2d(fourth), nn.ReLU(inplace=True),
            nn.MaxPool2d((1, 2)),
        )  # fmt: skip
        self.join = nn.Sequential(
            nn.Dropout(size.dropout), nn.Linear(fourth * BANDS // 16, size.joined), nn.ReLU(), nn.Dropout(size.dropout)
        )
        self.recurrence = nn.GRU(size.joined, size.units, batch_first=True, bidirectional=True)
        self.width = 2 * size.units

    def forward(self, spectrograms: Tensor) -> Tensor:
        """Return the vectors."""
        maps = self.convolutions(spectrograms.unsqueeze(1))
        steps: Tensor = self.recurrence(self.join(maps.permute(0, 2, 1, 3).flatten(2)))[0]
        return steps


class Summary(nn.Module):
    """Sums up the vectors of a clip: those that count, by attention, and the strongest of each."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention = nn.Linear(width, 1)
        self.width = 2 * width

    def forward(self, steps: Tensor) -> Tensor:
        """Return B x 2 width."""
        shares = torch.softmax(self.attention(steps), dim=1)
        return torch.cat([(shares * steps).sum(dim=1), steps.amax(dim=1)], dim=1)


class ClipNet(nn.Module):
    """Scores a clip: trunk, summary, and one linear layer per head."""

    def __init__(self, size: TrunkSize, heads: Sequence[int]) -> None:
        super().__init__()
        self.trunk = Trunk(size)
        self.summary = Summary(self.trunk.width)
        self.dropout = nn.Dropout(0.3)
        self.heads = nn.ModuleList(nn.Linear(self.summary.width, labels) for labels in heads)

    def forward(self, spectrograms: Tensor) -> tuple[Tensor, ...]:
        """Return the logits of each head."""
        summed = self.dropout(self.summary(self.trunk(spectrograms)))
        return tuple(head(summed) for head in self.heads)
