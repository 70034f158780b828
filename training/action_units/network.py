"""The action unit network: a small residual net that keeps the place of what it sees, and the graph served."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.models.action_units import NETWORK_UNITS

LAST_SIDE = 3


class Gate(nn.Module):
    """Weighs channels by what the whole picture holds (squeeze and excitation, Hu et al. 2018), each by 0 to 2."""

    def __init__(self, channels: int) -> None:
        """Set up a gate that begins by weighing every channel by 1."""
        super().__init__()
        hidden = max(8, channels // 8)
        self.squeeze = nn.Linear(channels, hidden)
        self.excite = nn.Linear(hidden, channels)
        nn.init.zeros_(self.excite.weight)
        nn.init.zeros_(self.excite.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the weighed features, of the same shape."""
        weights = 2 * torch.sigmoid(self.excite(functional.relu(self.squeeze(x.mean(dim=(2, 3))))))
        weighed: Tensor = x * weights[:, :, None, None]
        return weighed


class Block(nn.Module):
    """Adds what two 3x3 convolutions find, gated, to their input; a stride of 2 halves the side."""

    def __init__(self, inward: int, outward: int, stride: int) -> None:
        """Set up a block from `inward` to `outward` channels."""
        super().__init__()
        self.first = nn.Conv2d(inward, outward, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outward)
        self.second = nn.Conv2d(outward, outward, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outward)
        self.gate = Gate(outward)
        self.shortcut = nn.Sequential()
        if stride > 1:
            self.shortcut.append(nn.AvgPool2d(stride))
        if inward != outward:
            self.shortcut.append(nn.Conv2d(inward, outward, 1, bias=False))
            self.shortcut.append(nn.BatchNorm2d(outward))

    def forward(self, x: Tensor) -> Tensor:
        """Return the features, at the same or half the side."""
        residual = functional.relu(self.first_norm(self.first(x)))
        residual = self.gate(self.second_norm(self.second(residual)))
        return functional.relu(residual + self.shortcut(x))


class ActionUnitNet(nn.Module):
    """Scores standardised grey faces, N x 1 x 48 x 48, as a logit per unit."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """Set up a stem at half the side and one stage per width, each but the first at half the side again."""
        super().__init__()
        widths, blocks = settings["widths"], settings["blocks"]
        self.stem = nn.Conv2d(1, widths[0], 5, 2, 2, bias=False)
        self.stem_norm = nn.BatchNorm2d(widths[0])
        stages: list[nn.Module] = []
        inward = widths[0]
        for stage, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            for place in range(count):
                stages.append(Block(inward, width, 2 if stage and not place else 1))
                inward = width
        self.stages = nn.Sequential(*stages)
        self.dropout = nn.Dropout(settings["dropout"])
        self.readout = nn.Linear(inward * LAST_SIDE**2, len(NETWORK_UNITS))

    def forward(self, image: Tensor) -> Tensor:
        """Return logits, N x units, in the order of `NETWORK_UNITS`."""
        features = self.stages(functional.relu(self.stem_norm(self.stem(image))))
        logits: Tensor = self.readout(self.dropout(features.flatten(1)))
        return logits


class ServedNet(nn.Module):
    """Averages a face with its mirror image: the exported graph."""

    def __init__(self, net: nn.Module) -> None:
        """Wrap a trained network."""
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> Tensor:
        """Return logits, N x units."""
        logits: Tensor = (self.net(image) + self.net(torch.flip(image, [3]))) * 0.5
        return logits
