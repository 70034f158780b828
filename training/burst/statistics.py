"""Fits the part of the burst network that reads statistics and measures.

python -m training.burst.statistics --packed build/voice --out build/burst/statistics.pt
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  the name everybody gives it
from numpy.typing import NDArray

from mien.models.acoustics import measures
from mien.models.burst_mapping import EMOTIONS
from training.burst.data import divide
from training.burst.train import SETTINGS, report, truth_of
from training.voice.clips import Clips
from training.voice.statistics import StatisticsNet, features_of

TOLD = SETTINGS["statistics"]


def statistics_net() -> StatisticsNet:
    """Return an untrained network of the size that the settings say."""
    return StatisticsNet([len(EMOTIONS)], TOLD["units"], TOLD["members"], TOLD["dropout"])


def fit(features: NDArray[np.float32], truth: NDArray[np.int64]) -> StatisticsNet:
    """Fit the network on features, clips x 2 views."""
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    net = statistics_net()
    known = torch.from_numpy(features[:, 0])
    net.mean, net.deviation = known.mean(dim=0), known.std(dim=0) + 1e-2
    optimiser = torch.optim.AdamW(net.parameters(), lr=TOLD["learning_rate"], weight_decay=TOLD["weight_decay"])
    steps = TOLD["epochs"] * len(truth) // TOLD["batch_size"]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, TOLD["learning_rate"], total_steps=steps, pct_start=0.1)
    for _ in range(steps):
        loss = torch.zeros(())
        for member in range(TOLD["members"]):
            rows = rng.choice(len(truth), TOLD["batch_size"])
            heard = torch.from_numpy(features[rows, (rng.random(TOLD["batch_size"]) < TOLD["changed"]).astype(int)])
            heard = heard + TOLD["jitter"] * net.deviation * torch.randn_like(heard)
            wanted = F.one_hot(torch.from_numpy(truth[rows]), len(EMOTIONS)).float()
            if rng.random() < 0.5:
                mixed, other = float(rng.beta(TOLD["mixup"], TOLD["mixup"])), torch.randperm(TOLD["batch_size"])
                heard = mixed * heard + (1 - mixed) * heard[other]
                wanted = mixed * wanted + (1 - mixed) * wanted[other]
            logits = net.members[member](((heard - net.mean) / net.deviation).clamp(-4, 4))
            loss = loss - (wanted * F.log_softmax(logits, dim=1)).sum(dim=1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return net.eval()


def main() -> None:
    """Read the command line, fit, and print how the dev part is told apart."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packed", type=Path, default=Path("build/voice"))
    parser.add_argument("--out", type=Path, default=Path("build/burst/statistics.pt"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    clips = Clips(options.packed, "burst")
    parts, truth = divide(clips), truth_of(clips)
    measured = np.stack([measures(clips.samples(number)) for number in range(len(clips.rows))])[:, np.newaxis]
    net = fit(features_of(clips, parts.train, measured, 2), truth[parts.train])
    with torch.no_grad():
        heard = torch.from_numpy(features_of(clips, parts.dev, measured, 1)[:, 0])
        logits = torch.stack(net.score(heard)).mean(dim=0)
    print(report(torch.softmax(logits, dim=1).numpy(), truth[parts.dev]))
    torch.save(net.state_dict(), options.out)


if __name__ == "__main__":
    main()
