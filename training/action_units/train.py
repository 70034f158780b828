"""Fits the action unit network to weak targets on FER+: one straight loop.

python -m training.action_units.train --data ../shared/data/face/ferplus.npz --meshes build/meshes.npz
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

import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.models.action_units import NETWORK_UNITS
from training.action_units.data import DEFAULT_DATA, WeakFaces, load_weak_faces
from training.action_units.network import ActionUnitNet, ServedNet
from training.face.data import augment, draw_weights, network_input
from training.face_geometry.meshes import DEFAULT_FILE
from training.shared.fitting import build_optimiser, follow, initialise
from training.shared.splits import Split

CONFIG = Path(__file__).with_name("config.toml")
DEFAULT_OUT = Path("build/action_units")
log = logging.getLogger(__name__)


def build_network(settings: Mapping[str, Any]) -> ActionUnitNet:
    """Set up an untrained network as the `[network]` settings say."""
    net = ActionUnitNet(settings)
    initialise(net)
    return net


def rate_at(epoch: float, settings: Mapping[str, Any]) -> float:
    """Return the learning rate at a moment: a linear warm-up, then half a cosine down to zero."""
    warmup = settings["warmup_epochs"]
    if epoch < warmup:
        return float(settings["learning_rate"] * (epoch + 0.01) / warmup)
    progress = (epoch - warmup) / (settings["epochs"] - warmup)
    return float(settings["learning_rate"] * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0))))


@torch.no_grad()
def predict(net: nn.Module, pixels: Tensor) -> Tensor:
    """Return the logits of crops, N x units, averaged with the mirror image."""
    served = ServedNet(net).eval()
    return torch.cat([served(network_input(part)) for part in torch.split(pixels, 256)])


def report(net: nn.Module, faces: WeakFaces) -> str:
    """Say in one line how near a network comes to the targets of a split, as correlation per unit."""
    logits = predict(net, faces.pixels)
    loss = functional.binary_cross_entropy_with_logits(logits, faces.targets)
    wanted = torch.logit(faces.targets)
    near = [torch.corrcoef(torch.stack([logits[:, k], wanted[:, k]]))[0, 1] for k in range(len(NETWORK_UNITS))]
    return f"loss {loss:.4f} | " + " ".join(f"{u} {r:.2f}" for u, r in zip(NETWORK_UNITS, near, strict=True))


def train(config: Mapping[str, Any], data: Path, meshes: Path, out: Path) -> None:
    """Train as the settings say and leave `checkpoint.pt` after every epoch."""
    settings = config["training"]
    torch.manual_seed(settings["seed"])
    torch.set_num_threads(settings["threads"])
    faces = load_weak_faces(data, meshes, Split.TRAIN, config["targets"])
    held_out = load_weak_faces(data, meshes, Split.VALIDATION, config["targets"])
    net = build_network(config["network"])
    average = copy.deepcopy(net).eval()
    optimiser = build_optimiser(net, settings)
    weights = draw_weights(faces.votes, settings["balance"])
    steps = len(weights) // settings["batch_size"]
    out.mkdir(parents=True, exist_ok=True)
    log.info("%d faces, %d parameters", len(weights), sum(p.numel() for p in net.parameters()))
    for epoch in range(settings["epochs"]):
        started, total = time.monotonic(), 0.0
        generator = torch.Generator().manual_seed(settings["seed"] * 1000 + epoch)
        drawn = torch.multinomial(weights, len(weights), replacement=True, generator=generator)
        net.train()
        for step in range(steps):
            for group in optimiser.param_groups:
                group["lr"] = rate_at(epoch + step / steps, settings)
            rows = drawn[step * settings["batch_size"] : (step + 1) * settings["batch_size"]]
            images = network_input(augment(faces.pixels[rows], config["augmentation"], generator))
            loss = functional.binary_cross_entropy_with_logits(net(images), faces.targets[rows])
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            optimiser.step()
            done = epoch * steps + step
            follow(average, net, min(settings["ema_decay"], (done + 1) / (done + 10)))
            total += loss.item()
        seconds = time.monotonic() - started
        log.info("epoch %d loss %.4f %.0f s | %s", epoch + 1, total / steps, seconds, report(average, held_out))
        torch.save({"average": average.state_dict(), "config": dict(config)}, out / "checkpoint.pt")


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="ferplus.npz")
    parser.add_argument("--meshes", type=Path, default=DEFAULT_FILE, help="what lay_meshes wrote")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for checkpoint.pt")
    parser.add_argument("--config", type=Path, default=CONFIG, help="settings")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    train(tomllib.loads(options.config.read_text()), options.data, options.meshes, options.out)


if __name__ == "__main__":
    main()
