"""The trunk that every listening network shares, and the head that sums up a clip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from mien.models.acoustics import MELODY
from mien.spectrograms.mel import BANDS


@dataclass(frozen=True)
class TrunkSize:
    """Says how wide the trunk is: channels of its four convolutions, and units of the recurrence each way."""

    channels: tuple[int, int, int, int] = (16, 32, 48, 80)
    joined: int = 96
    units: int = 64
    dropout: float = 0.2
    melody: int = 0
    """Channels for the course of the pitch, which joins before the recurrence; 0 leaves it out."""


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
        if size.melody:
            self.melody = nn.Sequential(
                nn.Conv1d(len(MELODY), size.melody, 5, stride=2, padding=2), nn.ReLU(), nn.AvgPool1d(steps // 2),
                nn.Conv1d(size.melody, size.melody, 3, padding=1), nn.ReLU(),
            )  # fmt: skip
        self.recurrence = nn.GRU(size.joined + size.melody, size.units, batch_first=True, bidirectional=True)
        self.width = 2 * size.units
        self.hears_melody = size.melody > 0

    def forward(self, spectrograms: Tensor, melody: Tensor | None = None) -> Tensor:
        """Return the vectors; `melody` is B x T x 3, and unheard by a trunk without channels for it."""
        maps = self.convolutions(spectrograms.unsqueeze(1))
        joined = self.join(maps.permute(0, 2, 1, 3).flatten(2))
        if melody is not None and self.hears_melody:
            joined = torch.cat([joined, self.melody(melody.transpose(1, 2)).transpose(1, 2)], dim=2)
        steps: Tensor = self.recurrence(joined)[0]
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

    def forward(self, spectrograms: Tensor, melody: Tensor | None = None) -> tuple[Tensor, ...]:
        """Return the logits of each head."""
        summed = self.dropout(self.summary(self.trunk(spectrograms, melody)))
        return tuple(head(summed) for head in self.heads)


def inputs_of(rows: Tensor) -> tuple[Tensor, ...]:
    """Divide spectrograms that carry a melody into both; other rows stay as they are."""
    return (rows[..., :BANDS], rows[..., BANDS:]) if rows.ndim == 3 and rows.shape[-1] > BANDS else (rows,)


def begin_from(net: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Load the weights that fit; inputs that the recurrence has beside those of `state` begin at nothing."""
    own = net.state_dict()
    for name, value in state.items():
        if name not in own or own[name].shape == value.shape:
            continue
        if own[name].ndim == value.ndim == 2 and len(own[name]) == len(value) and name.startswith("trunk.recurrence"):
            own[name][:] = 0
            own[name][:, : value.shape[1]] = value
    fitting = {name: value for name, value in state.items() if name in own and own[name].shape == value.shape}
    net.load_state_dict({**own, **fitting})


def loaded(weights: Path, size: TrunkSize, heads: Sequence[int]) -> ClipNet:
    """Return a fitted network; without channels for the melody where its weights have none."""
    state = torch.load(weights)
    hears_melody = any(name.startswith("trunk.melody") for name in state)
    net = ClipNet(size if hears_melody else replace(size, melody=0), heads)
    net.load_state_dict(state)
    return net.eval()
