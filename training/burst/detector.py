"""Fits the network that tells speech, bursts and everything else apart, frame by frame.

python -m training.burst.detector --packed build/voice --out build/burst/detector.pt
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  the name everybody gives it
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.spectrograms.mel import log_mel
from training.burst.data import detector_pools
from training.burst.mixtures import Pools, mixture
from training.voice.augment import levelled
from training.voice.averaging import RunningAverage
from training.voice.clips import Clips
from training.voice.network import Trunk, TrunkSize

SIZE = TrunkSize(channels=(12, 24, 32, 48), joined=64, units=40)
KINDS = 3
SECONDS = 6.0
BATCH = 16
PEAK_RATE = 3e-3
AVERAGE = 0.995
SMOOTHING = 0.05


class DetectorNet(nn.Module):
    """Scores every second frame: other, speech, burst."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = Trunk(SIZE, steps=2)
        self.head = nn.Linear(self.trunk.width, KINDS)

    def forward(self, spectrograms: Tensor) -> Tensor:
        """Return logits, B x T/2 x 3."""
        logits: Tensor = self.head(self.trunk(spectrograms))
        return logits


def make_mixtures(pools: Pools, count: int, seed: int) -> tuple[NDArray[np.float16], NDArray[np.int8]]:
    """Return spectrograms and what is heard in each frame."""
    rng = np.random.default_rng(seed)
    made = [mixture(pools, SECONDS, rng, rng.choice([0.1, 0.35, 0.5])) for _ in range(count)]
    spectrograms = np.stack([log_mel(one.samples).astype(np.float16) for one in made])
    return spectrograms, np.stack([one.frames for one in made])


def varied(clips: Tensor) -> Tensor:
    """Move spectrograms by some bands and hide stripes of them."""
    clips = levelled(clips.roll(int(torch.randint(-2, 3, ())), dims=2))
    keep = torch.ones_like(clips)
    for clip in keep:
        first = int(torch.randint(0, 60, ()))
        clip[:, first : first + int(torch.randint(0, 10, ()))] = 0
    return clips * keep - (1 - keep) * 1.5


def train(pools: Pools, options: argparse.Namespace) -> dict[str, Tensor]:
    """Fit the network on mixtures made anew every few epochs and return its averaged weights."""
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    net = DetectorNet()
    if options.start:
        net.load_state_dict(torch.load(options.start))
    net = net.to(memory_format=torch.channels_last)
    steps = options.epochs * (options.mixtures // BATCH)
    optimiser = torch.optim.AdamW(net.parameters(), lr=options.rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, options.rate, total_steps=steps, pct_start=0.15)
    average, begin = RunningAverage(net, AVERAGE), time.monotonic()
    for epoch in range(options.epochs):
        if epoch % options.renew == 0:
            spectrograms, frames = make_mixtures(pools, options.mixtures, options.seed + epoch)
            print(f"mixtures made {time.monotonic() - begin:.0f} s", flush=True)
        losses, right = [], []
        for rows in rng.permutation(options.mixtures)[: options.mixtures // BATCH * BATCH].reshape(-1, BATCH):
            clips = varied(torch.from_numpy(spectrograms[rows].astype(np.float32)))
            truth = torch.from_numpy(frames[rows].astype(np.int64))[:, ::2]
            logits = net(clips)
            truth = truth[:, : logits.shape[1]]
            loss = F.cross_entropy(logits.flatten(0, 1), truth.flatten(), label_smoothing=SMOOTHING)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 2.0)
            optimiser.step()
            schedule.step()
            average.follow(net)
            losses.append(loss.item())
            right.append((logits.argmax(dim=2) == truth).float().mean().item())
        told = f"epoch {epoch + 1} loss {np.mean(losses):.3f} right {np.mean(right):.3f}"
        print(told, f"{time.monotonic() - begin:.0f} s", flush=True)
        torch.save(average.state, options.out)
    return average.state


def main() -> None:
    """Read the command line and fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packed", type=Path, default=Path("build/voice"))
    parser.add_argument("--out", type=Path, default=Path("build/burst/detector.pt"))
    parser.add_argument("--noncommercial", action="store_true", help="fit on the emotional speech and calls too")
    parser.add_argument("--mixtures", type=int, default=2400)
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--renew", type=int, default=3, help="make new mixtures every so many epochs")
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--rate", type=float, default=PEAK_RATE)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    speech = Clips(options.packed, "speech") if options.noncommercial else None
    pools = detector_pools(Clips(options.packed, "burst"), options.packed / "voices.npz", speech)
    torch.save(train(pools, options), options.out)


if __name__ == "__main__":
    main()
