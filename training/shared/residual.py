"""Residual blocks, gated or not, of which the networks that look at faces are made."""

import torch
from torch import Tensor, nn
from torch.nn import functional


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
