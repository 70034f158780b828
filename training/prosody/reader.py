"""Fits a network that reads what the voice trunk says of a clip, beside the clip's measures.

python -m training.prosody.reader --packed build/voice --out build/prosody/reader-a-1.pt --fold a --seed 1
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.models.acoustics import MEASURES
from mien.models.voice_mapping import HEARD
from mien.models.voice_trunk import SUMMARY_SIZE
from training.prosody.data import CORPORA, FOLDS, Parts, Targets, balanced, divide, targets
from training.prosody.train import SETTINGS, report, step_loss
from training.prosody.trunk import CLEAN, TELEPHONE, VIEWS, read_features
from training.voice.clips import Clips

TOLD = SETTINGS["reader"]
SIZE = SUMMARY_SIZE + len(MEASURES)
LIMIT = 4.0


class ReaderNet(nn.Module):
    """Scores summaries and measures, B x 2088: the classes and the place in the circle."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(SIZE))
        self.register_buffer("deviation", torch.ones(SIZE))
        self.layers = nn.Sequential(
            nn.Dropout(TOLD["unread"]), nn.Linear(SIZE, TOLD["units"]), nn.ReLU(), nn.Dropout(TOLD["dropout"]),
            nn.Linear(TOLD["units"], len(HEARD) + 2),
        )  # fmt: skip

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits of the classes, and arousal and valence."""
        told = self.layers(((features - self.mean) / self.deviation).clamp(-LIMIT, LIMIT))
        return told[:, : len(HEARD)], told[:, len(HEARD) :]


def fit(clips: Clips, parts: Parts, told: Targets, features: NDArray[np.float16], seed: int) -> ReaderNet:
    """Fit the network on all views of the clips to fit."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net, rate = ReaderNet(), TOLD["learning_rate"]
    known = torch.from_numpy(features[parts.train, CLEAN].astype(np.float32))
    net.mean, net.deviation = known.mean(dim=0), known.std(dim=0) + 1e-3
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=TOLD["weight_decay"])
    steps, size = TOLD["steps"], TOLD["batch_size"]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps, pct_start=0.1)
    for numbers in balanced(clips, parts.train, steps * size, rng).reshape(steps, size):
        rows = torch.from_numpy(features[numbers, rng.integers(0, VIEWS, size)].astype(np.float32))
        rows = rows + TOLD["jitter"] * net.deviation * torch.randn_like(rows)
        batch = tuple(torch.from_numpy(column[numbers]) for column in (told.emotion, told.absent, told.circle))
        loss = step_loss(net, rows, batch, float(rng.beta(0.4, 0.4)) if rng.random() < TOLD["mixed"] else 1.0)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return net.eval()


@torch.no_grad()
def shown(net: ReaderNet, clips: Clips, told: Targets, numbers: list[int], features: NDArray[np.float16]) -> str:
    """Return the figures of the clips to choose by: as they are, and over a telephone."""
    lines = []
    for name, which in (("clean", CLEAN), ("telephone", TELEPHONE)):
        logits = net(torch.from_numpy(features[numbers, which].astype(np.float32)))[0]
        lines.append(f"{name}: {report(logits, told, clips, numbers)}")
    return " | ".join(lines)


def main() -> None:
    """Read the command line and fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packed", type=Path, default=Path("build/voice"))
    parser.add_argument("--out", type=Path, default=Path("build/prosody/reader-a-1.pt"))
    parser.add_argument("--corpora", nargs="+", default=list(CORPORA), choices=list(CORPORA))
    parser.add_argument("--fold", default="a", choices=FOLDS, help="which speakers to fit without")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    clips = Clips(options.packed, "speech")
    features, told = read_features(options.packed), targets(clips)
    parts = divide(clips, tuple(options.corpora), options.fold)
    net = fit(clips, parts, told, features, options.seed)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(net.state_dict(), options.out)
    if parts.dev:
        print(shown(net, clips, told, parts.dev, features))


if __name__ == "__main__":
    main()
