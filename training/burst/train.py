"""Fits the network that hears 30 emotions in vocal bursts.

python -m training.burst.train --packed build/voice --out build/burst/clips.pt
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  the name everybody gives it
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.models.burst_mapping import EMOTIONS
from mien.spectrograms.mel import BANDS
from training.burst.data import Parts, divide
from training.shared.ranking import auc, top_share
from training.voice.augment import change, levelled
from training.voice.averaging import RunningAverage
from training.voice.clips import Clips
from training.voice.network import ClipNet, begin_from, inputs_of
from training.voice.settings import augmentation, read_settings, trunk_size

SETTINGS = read_settings(__file__)
TRAINING = SETTINGS["training"]
SIZE = trunk_size(SETTINGS["network"])
BATCH = TRAINING["batch_size"]
SHOWN_FRAMES = 128
"""What is heard of a clip when it is scored."""


@torch.no_grad()
def predict(net: nn.Module, clips: Clips, numbers: list[int]) -> NDArray[np.float32]:
    """Return the probabilities of the emotions, a row per clip."""
    net.eval()
    parts = []
    for first in range(0, len(numbers), BATCH):
        rows = clips.batch(numbers[first : first + BATCH], SHOWN_FRAMES, None)
        heard = torch.cat([levelled(rows[..., :BANDS]), rows[..., BANDS:]], dim=2)
        parts.append(torch.softmax(net(*inputs_of(heard))[0], dim=1))
    net.train()
    return torch.cat(parts).numpy()


def report(probabilities: NDArray[np.float32], truth: NDArray[np.int64]) -> dict[str, float]:
    """Return how often the right emotion comes first, or among three, and the mean AUC."""
    areas = [auc(probabilities[:, place], truth == place) for place in range(len(EMOTIONS))]
    first, three = (top_share(probabilities, truth, among) for among in (1, 3))
    return {"top1": first, "top3": three, "auc": float(np.mean(areas))}


def truth_of(clips: Clips) -> NDArray[np.int64]:
    """Return the number of each clip's emotion, -1 for those that have none."""
    return np.array([EMOTIONS.index(row["emotion"]) if row["emotion"] else -1 for row in clips.rows])


def batch_loss(net: nn.Module, spectrograms: Tensor, labels: Tensor, mixed: float) -> Tensor:
    """Return the loss of one batch, whose clips are mixed with each other where `mixed` is under 1."""
    wanted = F.one_hot(labels, len(EMOTIONS)).float()
    if mixed < 1:
        other = torch.randperm(len(labels))
        spectrograms = mixed * spectrograms + (1 - mixed) * spectrograms[other]
        wanted = mixed * wanted + (1 - mixed) * wanted[other]
    smoothing = TRAINING["smoothing"]
    wanted = wanted * (1 - smoothing) + smoothing / len(EMOTIONS)
    return -(wanted * F.log_softmax(net(*inputs_of(spectrograms))[0], dim=1)).sum(dim=1).mean()


def train(clips: Clips, parts: Parts, options: argparse.Namespace) -> dict[str, Tensor]:
    """Fit a network and return its averaged weights."""
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    truth = truth_of(clips)
    net = ClipNet(SIZE, [len(EMOTIONS)])
    if options.start:
        begin_from(net, torch.load(options.start))
    net = net.to(memory_format=torch.channels_last)
    changes = augmentation(SETTINGS)
    steps = options.epochs * (len(parts.train) // BATCH)
    optimiser = torch.optim.AdamW(net.parameters(), lr=options.rate, weight_decay=TRAINING["weight_decay"])
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, options.rate, total_steps=steps, pct_start=0.15)
    average, shown, begin = RunningAverage(net, TRAINING["ema_decay"]), ClipNet(SIZE, [len(EMOTIONS)]), time.monotonic()
    for epoch in range(options.epochs):
        losses = []
        for numbers in np.array_split(rng.permutation(parts.train), len(parts.train) // BATCH):
            with torch.no_grad():
                plain = clips.batch(numbers, int(rng.choice(TRAINING["lengths"])), rng)
                spectrograms = change(plain, changes)
            mixed = float(rng.beta(TRAINING["mixup"], TRAINING["mixup"])) if rng.random() < TRAINING["mixed"] else 1.0
            loss = batch_loss(net, spectrograms, torch.from_numpy(truth[numbers]), mixed)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 2.0)
            optimiser.step()
            schedule.step()
            average.follow(net)
            losses.append(loss.item())
        shown.load_state_dict(average.state)
        told = report(predict(shown, clips, parts.dev), truth[parts.dev])
        print(f"epoch {epoch + 1} loss {np.mean(losses):.3f} dev {told} {time.monotonic() - begin:.0f} s", flush=True)
        torch.save(average.state, options.out)
    return average.state


def main() -> None:
    """Read the command line and fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packed", type=Path, default=Path("build/voice"))
    parser.add_argument("--out", type=Path, default=Path("build/burst/clips.pt"))
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--rate", type=float, default=TRAINING["learning_rate"], help="highest learning rate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=TRAINING["epochs"])
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    clips = Clips(options.packed, "burst", melody=True)
    torch.save(train(clips, divide(clips), options), options.out)


if __name__ == "__main__":
    main()
