"""Fits the network that tells speech, bursts and everything else apart, frame by frame.

python -m training.burst.detector --packed build/voice --out build/burst/detector.pt
"""

import argparse
import math
import os
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  the name everybody gives it
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from mien.spectrograms.mel import log_mel
from training.burst.chains import rechained
from training.burst.data import detector_pools
from training.burst.mixtures import Pools, coloured_noise, mixture, telephone
from training.voice.augment import levelled
from training.voice.averaging import RunningAverage
from training.voice.clips import Clips
from training.voice.network import Trunk
from training.voice.settings import read_settings, trunk_size

TOLD = read_settings(__file__)["detector"]
KINDS = 3
RISE, LOWEST = 0.15, 1e-6
"""How much of the way the learning rate rises, and what is added to it."""

Mixtures = tuple[NDArray[np.float16], NDArray[np.int8]]


class DetectorNet(nn.Module):
    """Scores every second frame: other, speech, burst."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = Trunk(trunk_size(TOLD), steps=2)
        self.head = nn.Linear(self.trunk.width, KINDS)

    def forward(self, spectrograms: Tensor) -> Tensor:
        """Return logits, B x T/2 x 3."""
        logits: Tensor = self.head(self.trunk(spectrograms))
        return logits


def as_served(weights: Path) -> DetectorNet:
    """Return the network as it ships: norms joined to convolutions, weights rounded to the 16 bits they are kept in."""
    net = DetectorNet()
    net.load_state_dict(torch.load(weights))
    layers = net.eval().trunk.convolutions
    for place, layer in enumerate(layers):
        if isinstance(layer, nn.BatchNorm2d):
            layers[place - 1], layers[place] = fuse_conv_bn_eval(layers[place - 1], layer), nn.Identity()
    return net.half().float()


def make_mixtures(pools: Pools, count: int, seed: int) -> Mixtures:
    """Return spectrograms and what is heard in each frame."""
    rng = np.random.default_rng(seed)
    made = [
        mixture(pools, TOLD["seconds"], rng, rng.choice([0.1, 0.35, 0.5]), rng.choice(TOLD["overlaid"]))
        for _ in range(count)
    ]
    spectrograms = np.stack([log_mel(_worse(one.samples, rng)).astype(np.float16) for one in made])
    return spectrograms, np.stack([one.frames for one in made])


def _worse(samples: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a recording as it is, or through another chain, with more noise, as a telephone passes it on."""
    if rng.random() < TOLD["chained"]:
        samples = rechained(samples, rng)
    if rng.random() < TOLD["noisy"]:
        noise = coloured_noise(len(samples), rng) * samples.std() * 10 ** (-rng.uniform(4, 22) / 20)
        samples = (samples + noise).astype(np.float32)
    return telephone(samples) if rng.random() < TOLD["telephone"] else samples


_kept: list[Pools] = []


def _keep(pools: Pools) -> None:
    os.nice(5)
    _kept.append(pools)


def _make_from_kept(count: int, seed: int) -> Mixtures:
    return make_mixtures(_kept[0], count, seed)


def sets_of_mixtures(pools: Pools, options: argparse.Namespace) -> Iterator[Mixtures]:
    """Yield mixtures made anew for every few epochs; a second process makes the next while one is learned from."""
    with ProcessPoolExecutor(1, get_context("fork"), _keep, (pools,)) as worker:
        coming = worker.submit(_make_from_kept, options.mixtures, options.seed)
        for first in range(0, options.epochs, options.renew):
            made = coming.result()
            if first + options.renew < options.epochs:
                coming = worker.submit(_make_from_kept, options.mixtures, options.seed + first + options.renew)
            yield from [made] * min(options.renew, options.epochs - first)


def varied(clips: Tensor) -> Tensor:
    """Move spectrograms by some bands and hide stripes of them."""
    clips = levelled(clips.roll(int(torch.randint(-2, 3, ())), dims=2))
    keep = torch.ones_like(clips)
    for clip in keep:
        first = int(torch.randint(0, 60, ()))
        clip[:, first : first + int(torch.randint(0, 10, ()))] = 0
    return clips * keep - (1 - keep) * 1.5


class Pace:
    """Gives the learning rate of each step: up for a sixth of the way, then down, by steps or the clock."""

    def __init__(self, highest: float, steps: int, seconds: float) -> None:
        self._highest, self._steps, self._seconds = highest, steps, seconds
        self._done, self._begin = 0, time.monotonic()

    @property
    def _way(self) -> float:
        return max(self._done / self._steps, (time.monotonic() - self._begin) / self._seconds)

    @property
    def ended(self) -> bool:
        """Say whether the last step is done."""
        return self._way >= 1

    def rate(self) -> float:
        """Return the rate of the next step."""
        self._done += 1
        way = min(self._way, 1.0)
        share = way / RISE if way < RISE else (1 + math.cos(math.pi * (way - RISE) / (1 - RISE))) / 2
        return self._highest * share + LOWEST


@torch.no_grad()
def grow_from(net: DetectorNet, state: Mapping[str, Tensor]) -> None:
    """Load weights of a network as large or smaller: what is new is not listened to yet, so that both say the same."""
    for name, value in net.state_dict().items():
        old = state[name]
        gates = 3 if name.startswith("trunk.recurrence") else 1
        ways = 2 if name == "head.weight" else 1
        if old.shape == value.shape:
            value.copy_(old)
            continue
        rows, columns = len(old) // gates, old[0].numel() // ways
        blocks = value.view(gates, len(value) // gates, ways, -1)
        if value.ndim > 1:
            blocks[:, :rows, :, columns:] = 0
        blocks[:, :rows, :, :columns] = old.view(gates, rows, ways, columns)


def train(pools: Pools, options: argparse.Namespace) -> dict[str, Tensor]:
    """Fit the network on mixtures made anew every few epochs and return its averaged weights."""
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    net = DetectorNet()
    if options.start:
        grow_from(net, torch.load(options.start))
    net = net.to(memory_format=torch.channels_last)
    steps = options.epochs * (options.mixtures // TOLD["batch_size"])
    pace = Pace(options.rate, steps, options.minutes * 60)
    optimiser = torch.optim.AdamW(net.parameters(), lr=options.rate, weight_decay=TOLD["weight_decay"])
    average, begin = RunningAverage(net, TOLD["ema_decay"]), time.monotonic()
    for epoch, (spectrograms, frames) in enumerate(sets_of_mixtures(pools, options)):
        losses, right = [], []
        for rows in np.array_split(rng.permutation(options.mixtures), options.mixtures // TOLD["batch_size"]):
            clips = varied(torch.from_numpy(spectrograms[rows].astype(np.float32)))
            optimiser.param_groups[0]["lr"] = pace.rate()
            truth = torch.from_numpy(frames[rows].astype(np.int64))[:, ::2]
            logits = net(clips)
            truth = truth[:, : logits.shape[1]]
            loss = F.cross_entropy(logits.flatten(0, 1), truth.flatten(), label_smoothing=TOLD["smoothing"])
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 2.0)
            optimiser.step()
            average.follow(net)
            losses.append(loss.item())
            right.append((logits.argmax(dim=2) == truth).float().mean().item())
        told = f"epoch {epoch + 1} loss {np.mean(losses):.3f} right {np.mean(right):.3f}"
        print(told, f"{time.monotonic() - begin:.0f} s", flush=True)
        torch.save(average.state, options.out)
        if pace.ended:
            break
    return average.state


def main() -> None:
    """Read the command line and fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packed", type=Path, default=Path("build/voice"))
    parser.add_argument("--out", type=Path, default=Path("build/burst/detector.pt"))
    parser.add_argument("--noncommercial", action="store_true", help="fit on the emotional speech and calls too")
    parser.add_argument("--mixtures", type=int, default=TOLD["mixtures"])
    parser.add_argument("--epochs", type=int, default=TOLD["epochs"])
    parser.add_argument("--minutes", type=float, default=math.inf, help="end by the clock if that comes first")
    parser.add_argument("--renew", type=int, default=TOLD["renew"], help="make new mixtures every so many epochs")
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--rate", type=float, default=TOLD["learning_rate"])
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
