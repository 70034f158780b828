"""What fitting the networks that look at faces has in common."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn


def initialise(net: nn.Module) -> None:
    """Draw the weights of every convolution (He et al. 2015) and lay the network out so that it runs fast."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it; it is faster


def build_optimiser(net: nn.Module, settings: Mapping[str, Any]) -> torch.optim.SGD:
    """Set up SGD that decays weights, but neither biases nor normalisation."""
    decayed = [value for value in net.parameters() if value.ndim > 1]
    free = [value for value in net.parameters() if value.ndim <= 1]
    groups = [
        {"params": decayed, "weight_decay": settings["weight_decay"]},
        {"params": free, "weight_decay": 0.0},
    ]
    return torch.optim.SGD(groups, settings["learning_rate"], settings["momentum"], nesterov=True)


@torch.no_grad()
def follow(average: nn.Module, net: nn.Module, decay: float) -> None:
    """Move the running average of all weights, and of the normalisation's statistics, a little to the net."""
    for slow, fast in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
        if slow.is_floating_point():
            slow.lerp_(fast, 1 - decay)
