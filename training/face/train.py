"""Fits the face expression network to the votes of FER+: one straight loop.

python -m training.face.train --data ../shared/data/face --out build/face
"""

import argparse
import copy
import logging
import math
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from training.face.data import DEFAULT_FOLDER, EXPRESSIONS, Faces, augment, draw_weights, load_faces, mix, network_input
from training.face.network import FaceExpressionNet, ServedNet
from training.shared.scores import accuracy, class_scores, confusion, softmax, vote_loss
from training.shared.splits import Split

CONFIG = Path(__file__).with_name("config.toml")
DEFAULT_OUT = Path("build/face")
log = logging.getLogger(__name__)


def build_network(settings: Mapping[str, Any]) -> FaceExpressionNet:
    """Set up an untrained network as the `[network]` settings say."""
    net = FaceExpressionNet(settings["widths"], settings["blocks"], settings["dropout"])
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it; it is faster
    return net


def build_optimiser(net: nn.Module, settings: Mapping[str, Any]) -> torch.optim.SGD:
    """Set up SGD that decays weights, but neither biases nor normalisation."""
    decayed = [value for value in net.parameters() if value.ndim > 1]
    free = [value for value in net.parameters() if value.ndim <= 1]
    groups = [
        {"params": decayed, "weight_decay": settings["weight_decay"]},
        {"params": free, "weight_decay": 0.0},
    ]
    return torch.optim.SGD(groups, settings["learning_rate"], settings["momentum"], nesterov=True)


def rate_at(epoch: float, settings: Mapping[str, Any]) -> float:
    """Return the learning rate at a moment: a linear warm-up, then half a cosine down to zero."""
    warmup = settings["warmup_epochs"]
    if epoch < warmup:
        return float(settings["learning_rate"] * (epoch + 0.01) / warmup)
    progress = (epoch - warmup) / (settings["epochs"] - warmup)
    return float(settings["learning_rate"] * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0))))


@torch.no_grad()
def follow(average: nn.Module, net: nn.Module, decay: float) -> None:
    """Move the running average of all weights, and of the normalisation's statistics, a little to the net."""
    for slow, fast in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
        if slow.is_floating_point():
            slow.lerp_(fast, 1 - decay)


@torch.no_grad()
def predict(net: nn.Module, faces: Faces) -> Tensor:
    """Return the logits of every face, N x 8, in float32 and averaged with the mirror image."""
    served = ServedNet(net).eval()
    return torch.cat([served(network_input(pixels)) for pixels in torch.split(faces.pixels, 256)])


def report(net: nn.Module, faces: Faces) -> str:
    """Say in one line how well a network does on a split."""
    logits, clear = predict(net, faces).numpy(), faces.clear.numpy()
    table = confusion(faces.labels.numpy()[clear], logits.argmax(axis=1)[clear], len(EXPRESSIONS))
    scores = class_scores(table)
    rare = " ".join(f"{value:.2f}" for value in scores.f1[5:])
    loss = vote_loss(softmax(logits), faces.votes.numpy())
    return f"acc {accuracy(table):.4f} macro-F1 {np.mean(scores.f1):.4f} (rare {rare}) vote loss {loss:.4f}"


def train_epoch(
    net: nn.Module,
    average: nn.Module,
    optimiser: torch.optim.Optimizer,
    faces: Faces,
    config: Mapping[str, Any],
    epoch: int,
) -> float:
    """Go once through as many faces as there are, drawn with balance; return the mean loss."""
    settings = config["training"]
    generator = torch.Generator().manual_seed(settings["seed"] * 1000 + epoch)
    weights = draw_weights(faces.votes, settings["balance"])
    drawn = torch.multinomial(weights, len(faces), replacement=True, generator=generator)
    steps = len(faces) // settings["batch_size"]
    total = 0.0
    net.train()
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = rate_at(epoch + step / steps, settings)
        rows = drawn[step * settings["batch_size"] : (step + 1) * settings["batch_size"]]
        images = network_input(augment(faces.pixels[rows], config["augmentation"], generator))
        images, votes = mix(images, faces.votes[rows], settings["mixup"], generator)
        with torch.autocast("cpu", torch.bfloat16):
            logits = net(images)
        loss = nn.functional.cross_entropy(logits.float(), votes)
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimiser.step()
        follow(average, net, min(settings["ema_decay"], (epoch * steps + step + 1) / (epoch * steps + step + 10)))
        total += loss.item()
    return float(total / steps)


def train(config: Mapping[str, Any], data: Path, out: Path) -> None:
    """Train as the settings say, continue a run that was cut, and leave `checkpoint.pt` after every epoch."""
    torch.manual_seed(config["training"]["seed"])
    torch.set_num_threads(config["training"]["threads"])
    faces, held_out = load_faces(data, Split.TRAIN), load_faces(data, Split.VALIDATION)
    net = build_network(config["network"])
    average = copy.deepcopy(net).eval()
    optimiser = build_optimiser(net, config["training"])
    checkpoint, first = out / "checkpoint.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        first = state["epoch"]
    out.mkdir(parents=True, exist_ok=True)
    log.info("%d faces, %d parameters, from epoch %d", len(faces), sum(p.numel() for p in net.parameters()), first)
    for epoch in range(first, config["training"]["epochs"]):
        started = time.monotonic()
        loss = train_epoch(net, average, optimiser, faces, config, epoch)
        seconds = time.monotonic() - started
        log.info("epoch %d loss %.4f %.0f s | %s", epoch + 1, loss, seconds, report(average, held_out))
        state = {"net": net.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict()}
        torch.save({**state, "epoch": epoch + 1, "config": dict(config)}, checkpoint.with_suffix(".new"))
        checkpoint.with_suffix(".new").replace(checkpoint)


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_FOLDER, help="folder that holds ferplus.npz")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for checkpoint.pt")
    parser.add_argument("--config", type=Path, default=CONFIG, help="settings")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    train(tomllib.loads(options.config.read_text()), options.data, options.out)


if __name__ == "__main__":
    main()
