"""Fits one network of the prosody ensemble.

python -m training.prosody.train --packed build/voice --out build/prosody/a.pt --fold a
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  the name everybody gives it
from torch import Tensor, nn

from mien.models.voice_mapping import HEARD as EMOTIONS
from mien.spectrograms.mel import BANDS
from training.prosody.data import CORPORA, FOLDS, Parts, Targets, balanced, divide, targets
from training.shared.ranking import auc
from training.voice.augment import change, levelled
from training.voice.averaging import RunningAverage
from training.voice.clips import Clips
from training.voice.network import ClipNet, begin_from, inputs_of
from training.voice.settings import augmentation, read_settings, trunk_size

SETTINGS = read_settings(__file__)
TRAINING = SETTINGS["training"]
SIZE = trunk_size(SETTINGS["network"])
HEADS = (len(EMOTIONS), 2)


def step_loss(net: nn.Module, spectrograms: Tensor, told: tuple[Tensor, Tensor, Tensor], mixed: float) -> Tensor:
    """Return the loss of one batch, some of whose clips are mixed with others."""
    labels, absent, circle = told
    present = (absent == 0).float()
    smoothing = TRAINING["smoothing"]
    wanted = F.one_hot(labels, len(EMOTIONS)).float() * (1 - smoothing) + smoothing * present / present.sum(1, True)
    if mixed < 1:
        other = torch.randperm(len(labels))
        spectrograms = mixed * spectrograms + (1 - mixed) * spectrograms[other]
        wanted = mixed * wanted + (1 - mixed) * wanted[other]
        circle = mixed * circle + (1 - mixed) * circle[other]
        absent = torch.maximum(absent, absent[other])
    logits, places = net(*inputs_of(spectrograms))
    emotions = -(wanted * F.log_softmax(logits + absent, dim=1)).sum(dim=1).mean()
    return emotions + TRAINING["circle_share"] * F.smooth_l1_loss(places, circle, beta=0.2)


@torch.no_grad()
def predict(net: nn.Module, clips: Clips, numbers: list[int]) -> tuple[Tensor, Tensor]:
    """Return logits and places in the circle of whole clips, one at a time."""
    net.eval()
    results = []
    for number in numbers:
        row = torch.from_numpy(clips.spectrogram(number))[None]
        results.append(net(*inputs_of(torch.cat([levelled(row[..., :BANDS]), row[..., BANDS:]], dim=2))))
    net.train()
    return torch.cat([logits for logits, _ in results]), torch.cat([circle for _, circle in results])


def report(logits: Tensor, told: Targets, clips: Clips, numbers: list[int]) -> str:
    """Return mean recall and mean AUC per corpus."""
    lines = []
    chosen = np.array(numbers)
    probabilities = torch.softmax(logits + torch.from_numpy(told.absent[chosen]), dim=1).numpy()
    for corpus, emotions in CORPORA.items():
        rows = np.array([clips.rows[number]["corpus"] == corpus for number in numbers])
        if not rows.any():
            continue
        truth, guesses = told.emotion[chosen[rows]], probabilities[rows].argmax(axis=1)
        places = [EMOTIONS.index(name) for name in emotions]
        recall = np.mean([(guesses[truth == place] == place).mean() for place in places])
        area = np.mean([auc(probabilities[rows][:, place], truth == place) for place in places])
        lines.append(f"{corpus} UAR {recall:.3f} AUC {area:.3f}")
    return ", ".join(lines)


def train(clips: Clips, parts: Parts, options: argparse.Namespace) -> dict[str, Tensor]:
    """Fit a network and return its averaged weights."""
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    told = targets(clips)
    net = ClipNet(SIZE, HEADS).to(memory_format=torch.channels_last)
    if options.start:
        begin_from(net, torch.load(options.start))
    changes = augmentation(SETTINGS)
    steps = options.epochs * (TRAINING["drawn"] // TRAINING["batch_size"])
    optimiser = torch.optim.AdamW(net.parameters(), lr=options.rate, weight_decay=TRAINING["weight_decay"])
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, options.rate, total_steps=steps, pct_start=0.15)
    average = RunningAverage(net, TRAINING["ema_decay"])
    shown, begin = ClipNet(SIZE, HEADS), time.monotonic()
    for epoch in range(options.epochs):
        losses = []
        for numbers in balanced(clips, parts.train, TRAINING["drawn"], rng).reshape(-1, TRAINING["batch_size"]):
            with torch.no_grad():
                plain = clips.batch(numbers, int(rng.choice(TRAINING["lengths"])), rng)
                spectrograms = change(plain, changes)
            batch = tuple(torch.from_numpy(column[numbers]) for column in (told.emotion, told.absent, told.circle))
            mixed = float(rng.beta(TRAINING["mixup"], TRAINING["mixup"])) if rng.random() < TRAINING["mixed"] else 1.0
            loss = step_loss(net, spectrograms, batch, mixed)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 2.0)
            optimiser.step()
            schedule.step()
            average.follow(net)
            losses.append(loss.item())
        torch.save(average.state, options.out)
        line = f"epoch {epoch + 1} loss {np.mean(losses):.3f} {time.monotonic() - begin:.0f} s"
        if parts.dev and (epoch % 4 == 3 or epoch + 1 == options.epochs):
            shown.load_state_dict(average.state)
            line += " | dev " + report(predict(shown, clips, parts.dev)[0], told, clips, parts.dev)
        print(line, flush=True)
    return average.state


def main() -> None:
    """Read the command line and fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packed", type=Path, default=Path("build/voice"))
    parser.add_argument("--out", type=Path, default=Path("build/prosody/a.pt"))
    parser.add_argument("--corpora", nargs="+", default=list(CORPORA), choices=list(CORPORA))
    parser.add_argument("--fold", default="a", choices=FOLDS, help="which speakers to fit without")
    parser.add_argument("--start", type=Path, help="weights to go on from: those of the burst network, or its own")
    parser.add_argument("--rate", type=float, default=TRAINING["learning_rate"], help="highest learning rate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=TRAINING["epochs"])
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    clips = Clips(options.packed, "speech", melody=True)
    parts = divide(clips, tuple(options.corpora), options.fold)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(train(clips, parts, options), options.out)


if __name__ == "__main__":
    main()
