"""Fits the part of the prosody network that reads measures: clean ones, and those of telephones and noisy rooms.

python -m training.prosody.measured --packed build/voice --out build/prosody/measured-a.pt --fold a
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.models.acoustics import MEASURES, measures
from mien.models.voice_mapping import HEARD
from training.burst.mixtures import coloured_noise, curve, telephone
from training.prosody.data import FOLDS, Parts, Targets, balanced, divide, targets
from training.prosody.train import SETTINGS, step_loss
from training.voice.clips import Clips

TOLD = SETTINGS["measured"]
LIMIT = 4.0


class MeasureNet(nn.Module):
    """Scores measures: the classes and the place in the circle."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(len(MEASURES)))
        self.register_buffer("deviation", torch.ones(len(MEASURES)))
        self.layers = nn.Sequential(
            nn.Linear(len(MEASURES), TOLD["units"]), nn.ReLU(), nn.Dropout(TOLD["dropout"]),
            nn.Linear(TOLD["units"], len(HEARD) + 2),
        )  # fmt: skip

    def forward(self, measured: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits of the classes, and arousal and valence."""
        told = self.layers(((measured - self.mean) / self.deviation).clamp(-LIMIT, LIMIT))
        return told[:, : len(HEARD)], told[:, len(HEARD) :]


def degraded(samples: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a recording as another microphone, room or line would have made it."""
    spectrum = np.fft.rfft(samples)
    changed = np.fft.irfft(spectrum * 10 ** (curve(len(spectrum), 5, rng) / 20), len(samples)).astype(np.float32)
    noise = coloured_noise(len(samples), rng) * changed.std() * 10 ** (-rng.uniform(10, 45) / 20)
    noisy = (changed + noise).astype(np.float32)
    return telephone(noisy) if rng.random() < 0.3 else noisy


def measured_clips(clips: Clips, path: Path) -> NDArray[np.float32]:
    """Return measures, clips x 2 x measures: clean and degraded; made once and kept."""
    if path.exists():
        return np.asarray(np.load(path))
    rng = np.random.default_rng(11)
    rows = []
    for number in range(len(clips.rows)):
        samples = clips.samples(number)
        rows.append(np.stack([measures(samples), measures(degraded(samples, rng))]))
    np.save(path, np.stack(rows))
    return np.stack(rows)


def fit(clips: Clips, parts: Parts, told: Targets, measured: NDArray[np.float32]) -> MeasureNet:
    """Fit the network."""
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    net = MeasureNet()
    known = torch.from_numpy(measured[parts.train, 0])
    net.mean, net.deviation = known.mean(dim=0), known.std(dim=0) + 1e-3
    optimiser = torch.optim.AdamW(net.parameters(), lr=TOLD["learning_rate"], weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, TOLD["steps"])
    for _ in range(TOLD["steps"]):
        numbers = balanced(clips, parts.train, TOLD["batch_size"], rng)
        rows = torch.from_numpy(measured[numbers, rng.integers(0, 2, TOLD["batch_size"])])
        rows = rows + TOLD["jitter"] * net.deviation * torch.randn_like(rows)
        batch = tuple(torch.from_numpy(column[numbers]) for column in (told.emotion, told.absent, told.circle))
        loss = step_loss(net, rows, batch, float(rng.beta(0.4, 0.4)) if rng.random() < 0.5 else 1.0)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return net.eval()


def main() -> None:
    """Read the command line and fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packed", type=Path, default=Path("build/voice"))
    parser.add_argument("--out", type=Path, default=Path("build/prosody/measured-a.pt"))
    parser.add_argument("--corpora", nargs="+", default=["ravdess", "nemo"])
    parser.add_argument("--fold", default="a", choices=FOLDS, help="which speakers to fit without")
    options = parser.parse_args()
    torch.set_num_threads(1)
    clips = Clips(options.packed, "speech")
    measured = measured_clips(clips, options.packed / "speech_measures.npy")
    parts = divide(clips, tuple(options.corpora), options.fold)
    torch.save(fit(clips, parts, targets(clips), measured).state_dict(), options.out)


if __name__ == "__main__":
    main()
