"""The action unit network: a small residual net that keeps the place of what it sees, and the graph served."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.models.action_units import NETWORK_UNITS
from training.shared.residual import Block

LAST_SIDE = 3


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
                stages.append(Block(inward, width, 2 if stage and not place else 1, gated=True))
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
