"""The face expression network: a small residual net, and the graph that is served."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.face.data import EXPRESSIONS


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
    """Adds what two 3x3 convolutions find, gated or not, to their input; a stride of 2 halves the side."""

    def __init__(self, inward: int, outward: int, stride: int, gated: bool) -> None:
        """Set up a block from `inward` to `outward` channels."""
        super().__init__()
        self.first = nn.Conv2d(inward, outward, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outward)
        self.second = nn.Conv2d(outward, outward, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outward)
        self.gate = Gate(outward) if gated else nn.Identity()
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
