"""The face expression network: a small residual net, and the graph that is served."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.face.data import EXPRESSIONS
from training.shared.residual import Block


class FaceExpressionNet(nn.Module):
    """Scores standardised grey faces, N x 1 x 48 x 48, as eight logits."""

    def __init__(self, widths: Sequence[int], blocks: Sequence[int], dropout: float, gated: bool) -> None:
        """Set up a stem at half the side and one stage per width; later ones halve the side, and may be gated."""
        super().__init__()
        self.stem = nn.Conv2d(1, widths[0], 5, 2, 2, bias=False)
        self.stem_norm = nn.BatchNorm2d(widths[0])
        stages: list[nn.Module] = []
        inward = widths[0]
        for stage, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            for place in range(count):
                stages.append(Block(inward, width, 2 if stage and not place else 1, gated and stage > 0))
                inward = width
        self.stages = nn.Sequential(*stages)
        self.first_stage = blocks[0]
        self.dropout = nn.Dropout(dropout)
        self.readout = nn.Linear(inward, len(EXPRESSIONS))

    def fitted(self, frozen: bool) -> "FaceExpressionNet":
        """Switch to fitting; if `frozen`, the stem and the first stage keep their weights and statistics."""
        self.train()
        if frozen:
            for module in (self.stem, self.stem_norm, self.stages[: self.first_stage]):
                module.eval().requires_grad_(False)
        return self

    def forward(self, image: Tensor) -> Tensor:
        """Return logits, N x 8, in the order of `EXPRESSIONS`."""
        features = self.stages(functional.relu(self.stem_norm(self.stem(image))))
        logits: Tensor = self.readout(self.dropout(features.mean(dim=(2, 3))))
        return logits


class ServedNet(nn.Module):
    """Averages a face with its mirror image, divides by the temperature, adds intercepts: the exported graph.

    The softmax of what it returns is calibrated, and a mirrored face gets the same scores.
    """

    def __init__(self, net: nn.Module, temperature: float = 1.0, intercepts: Sequence[float] = (0.0,)) -> None:
        """Wrap a trained network; `intercepts` are one per expression, or one for all."""
        super().__init__()
        self.net = net
        self.temperature = temperature
        self.register_buffer("intercepts", torch.tensor(intercepts))

    def forward(self, image: Tensor) -> Tensor:
        """Return calibrated logits, N x 8."""
        logits: Tensor = (self.net(image) + self.net(torch.flip(image, [3]))) * (0.5 / self.temperature)
        return logits + self.intercepts
