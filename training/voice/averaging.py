"""Keeps a running average of a network's weights, which is what gets exported."""

import torch
from torch import Tensor, nn


class RunningAverage:
    """Follows a network; early on quickly, later slowly."""

    def __init__(self, net: nn.Module, decay: float) -> None:
        self.state: dict[str, Tensor] = {name: value.clone() for name, value in net.state_dict().items()}
        self._decay = decay
        self._steps = 0

    @torch.no_grad()
    def follow(self, net: nn.Module) -> None:
        """Move the average a step towards the network."""
        self._steps += 1
        decay = min(self._decay, (1 + self._steps) / (10 + self._steps))
        for name, value in net.state_dict().items():
            if value.dtype.is_floating_point:
                self.state[name].mul_(decay).add_(value, alpha=1 - decay)
            else:
                self.state[name].copy_(value)
