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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from training.face.data import (
    DEFAULT_FOLDER,
    EXPRESSIONS,
    TEACHER,
    Faces,
    augment,
    draw_weights,
    load_faces,
    mix,
    network_input,
    taught,
)
from training.face.network import FaceExpressionNet, ServedNet
from training.shared.fitting import build_optimiser, follow, initialise
from training.shared.scores import accuracy, class_scores, confusion, softmax, vote_loss
from training.shared.splits import Split

CONFIG = Path(__file__).with_name("config.toml")
DEFAULT_OUT = Path("build/face")
log = logging.getLogger(__name__)


def build_network(settings: Mapping[str, Any]) -> FaceExpressionNet:
    """Set up an untrained network as the `[network]` settings say."""
    net = FaceExpressionNet(settings["widths"], settings["blocks"], settings["dropout"], settings["gated"])
    initialise(net)
    return net


@dataclass(frozen=True)
class Schedule:
    """Holds how far a run is: by epochs, or by minutes where these are given."""

    settings: Mapping[str, Any]
    minutes: float | None
    begun: float  # on the monotonic clock, seconds

    def progress(self, epoch: float) -> float:
        """Return how much of the run is done, from 0; it is over at 1."""
        if self.minutes is None:
            return float(epoch / self.settings["epochs"])
        return (time.monotonic() - self.begun) / (60 * self.minutes)

    def rate(self, epoch: float) -> float:
        """Return the learning rate at a moment: a linear warm-up, then half a cosine down to zero."""
        highest, warmup, progress = self.settings["learning_rate"], self.settings["warmup"], self.progress(epoch)
        if progress < warmup:
            return float(highest * (progress / warmup + 0.01))
        return float(highest * 0.5 * (1 + math.cos(math.pi * min((progress - warmup) / (1 - warmup), 1.0))))


@dataclass(frozen=True)
class Run:
    """Holds what a run changes: the network, its running average, and the optimiser."""

    net: FaceExpressionNet
    average: FaceExpressionNet
    optimiser: torch.optim.Optimizer


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


def train_epoch(run: Run, schedule: Schedule, faces: Faces, config: Mapping[str, Any], epoch: int) -> float:
    """Go once through as many faces as there are, drawn with balance, or till the run is over; return the mean loss."""
    settings = config["training"]
    generator = torch.Generator().manual_seed(settings["seed"] * 1000 + epoch)
    weights = draw_weights(faces.votes, settings["balance"])
    drawn = torch.multinomial(weights, len(faces), replacement=True, generator=generator)
    steps, losses = len(faces) // settings["batch_size"], []
    run.net.fitted(schedule.progress(epoch) >= settings["frozen_from"])
    for step in range(steps):
        if schedule.progress(epoch + step / steps) >= 1:
            break
        for group in run.optimiser.param_groups:
            group["lr"] = schedule.rate(epoch + step / steps)
        rows = drawn[step * settings["batch_size"] : (step + 1) * settings["batch_size"]]
        images = network_input(augment(faces.pixels[rows], config["augmentation"], generator))
        images, votes = mix(images, faces.votes[rows], settings["mixup"], generator)
        with torch.autocast("cpu", torch.bfloat16, enabled=settings["bfloat16"]):
            logits = run.net(images)
        loss = nn.functional.cross_entropy(logits.float(), votes)
        run.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        run.optimiser.step()
        done = epoch * steps + step
        follow(run.average, run.net, min(settings["ema_decay"], (done + 1) / (done + 10)))
        losses.append(loss.item())
    return float(np.mean(losses)) if losses else float("nan")


def begin(config: Mapping[str, Any], checkpoint: Path, again: bool = False) -> tuple[Run, int, float]:
    """Set up a run, or take up the one that left a checkpoint; return also its epochs and seconds so far.

    `again` begins a new schedule, of 0 seconds so far, with the averaged weights of a run that is over.
    """
    net = build_network(config["network"])
    run = Run(net, copy.deepcopy(net).eval(), build_optimiser(net, config["training"]))
    if not checkpoint.exists():
        return run, 0, 0.0
    state = torch.load(checkpoint)
    run.net.load_state_dict(state["net"])
    run.average.load_state_dict(state["average"])
    if again:
        run.net.load_state_dict(state["average"])
        return run, state["epoch"], 0.0
    if "optimiser" in state:
        run.optimiser.load_state_dict(state["optimiser"])
    return run, state["epoch"], state["seconds"]


def keep(run: Run, epoch: int, seconds: float, config: Mapping[str, Any], checkpoint: Path) -> None:
    """Write all that a run needs to go on; a checkpoint that is there stays whole if this is cut short."""
    state = {"net": run.net.state_dict(), "average": run.average.state_dict(), "optimiser": run.optimiser.state_dict()}
    fresh = checkpoint.with_suffix(".new")
    torch.save({**state, "epoch": epoch, "seconds": seconds, "config": dict(config)}, fresh)
    fresh.replace(checkpoint)


def train(config: Mapping[str, Any], data: Path, out: Path, minutes: float | None = None, again: bool = False) -> None:
    """Train as the settings say, continue a run that was cut, and leave `checkpoint.pt` after every epoch."""
    torch.manual_seed(config["training"]["seed"])
    torch.set_num_threads(config["training"]["threads"])
    faces, held_out = load_faces(data, Split.TRAIN), load_faces(data, Split.VALIDATION)
    faces = taught(faces, out / TEACHER, config["training"]["teacher"])
    out.mkdir(parents=True, exist_ok=True)
    run, epoch, spent = begin(config, out / "checkpoint.pt", again)
    schedule = Schedule(config["training"], minutes, time.monotonic() - spent)
    log.info("%d faces, %d parameters, epoch %d", len(faces), sum(p.numel() for p in run.net.parameters()), epoch)
    while schedule.progress(epoch) < 1:
        started = time.monotonic()
        loss = train_epoch(run, schedule, faces, config, epoch)
        epoch += 1
        keep(run, epoch, time.monotonic() - schedule.begun, config, out / "checkpoint.pt")
        over = schedule.progress(epoch) >= 1
        due = over or epoch % config["training"]["report_every"] == 0
        figures = report(run.average, held_out) if due else ""
        rate = schedule.rate(epoch)
        log.info("epoch %d loss %.4f rate %.4f %.0f s | %s", epoch, loss, rate, time.monotonic() - started, figures)


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_FOLDER, help="folder that holds ferplus.npz")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for checkpoint.pt")
    parser.add_argument("--config", type=Path, default=CONFIG, help="settings")
    parser.add_argument("--minutes", type=float, help="end after so many minutes, whatever `epochs` says")
    parser.add_argument("--again", action="store_true", help="begin a new schedule with what is there; with --minutes")
    options = parser.parse_args()
    if options.again and options.minutes is None:
        parser.error("--again needs --minutes: epochs are counted from the first run on")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    train(tomllib.loads(options.config.read_text()), options.data, options.out, options.minutes, options.again)


if __name__ == "__main__":
    main()
