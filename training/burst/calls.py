"""Fits the head that tells ten kinds of call apart from the burst network's summary and from measures.

The recordings are Deeply's, under CC BY-NC-ND 4.0: the head is kept apart from everything permissive.

python -m training.burst.calls --packed build/voice --clips build/burst/clips.pt --out build/burst/calls.pt
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  the name everybody gives it
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.models.acoustics import MEASURES, measures
from mien.models.burst_mapping import CALLS, EMOTIONS
from training.burst.data import calls
from training.burst.train import SIZE
from training.prosody.measured import degraded
from training.voice.augment import Augmentation, change, levelled
from training.voice.clips import Clips
from training.voice.network import ClipNet

VIEWS = 8  # how often each recording is heard, each time changed otherwise
STEPS = 600
RATE = 3e-3
DECAY = 0.1
UNITS = 48
DROPOUT = 0.4
JITTER = 0.2
LIMIT = 4.0
MILD = Augmentation(speed=0.1, shift=1.5, time_mask=0.05, band_mask=3)


class CallNet(nn.Module):
    """Scores kinds of call from the summary of a clip and its measures."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width + len(MEASURES)))
        self.register_buffer("deviation", torch.ones(width + len(MEASURES)))
        self.layers = nn.Sequential(
            nn.Dropout(DROPOUT / 2), nn.Linear(width + len(MEASURES), UNITS), nn.ReLU(), nn.Dropout(DROPOUT),
            nn.Linear(UNITS, len(CALLS)),
        )  # fmt: skip

    def forward(self, summary: Tensor, measured: Tensor) -> Tensor:
        """Return logits."""
        heard = (torch.cat([summary, measured], dim=1) - self.mean) / self.deviation
        logits: Tensor = self.layers(heard.clamp(-LIMIT, LIMIT))
        return logits


def load_clip_net(weights: Path) -> ClipNet:
    """Return the burst network."""
    net = ClipNet(SIZE, [len(EMOTIONS)])
    net.load_state_dict(torch.load(weights))
    return net.eval()


@torch.no_grad()
def views(clips: Clips, numbers: list[int], net: ClipNet) -> NDArray[np.float32]:
    """Return features, clips x views x (summary, measures); the first view is the recording as it is."""
    torch.manual_seed(3)
    rng, rows = np.random.default_rng(3), []
    for number in numbers:
        plain = torch.from_numpy(clips.spectrogram(number))[None]
        heard = torch.cat([levelled(plain), *[change(plain, MILD) for _ in range(VIEWS - 1)]])
        summary = net.summary(net.trunk(heard)).numpy()
        samples = clips.samples(number)
        clean, worse = measures(samples), measures(degraded(samples, rng))
        rows.append(np.concatenate([summary, np.stack([clean, *[worse, clean] * VIEWS])[:VIEWS]], axis=1))
    return np.stack(rows)


def fit(features: NDArray[np.float32], truth: NDArray[np.int64], seed: int = 1) -> CallNet:
    """Fit the head; every kind comes up equally often."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = CallNet(features.shape[2] - len(MEASURES))
    known = torch.from_numpy(features.reshape(-1, features.shape[2]))
    net.mean, net.deviation = known.mean(dim=0), known.std(dim=0) + 1e-2
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    counts = np.bincount(truth, minlength=len(CALLS))
    chances = 1 / counts[truth]
    for _ in range(STEPS):
        rows = rng.choice(len(truth), 96, p=chances / chances.sum())
        heard = torch.from_numpy(features[rows, rng.integers(0, VIEWS, len(rows))])
        heard = heard + JITTER * net.deviation * torch.randn_like(heard)
        width = heard.shape[1] - len(MEASURES)
        logits = net(heard[:, :width], heard[:, width:])
        loss = F.cross_entropy(logits, torch.from_numpy(truth[rows]), label_smoothing=0.1)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return net.eval()


def recall(net: CallNet, features: NDArray[np.float32], truth: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the kinds heard in the recordings as they are."""
    with torch.no_grad():
        plain = torch.from_numpy(features[:, 0])
        width = plain.shape[1] - len(MEASURES)
        return np.asarray(net(plain[:, :width], plain[:, width:]).argmax(dim=1).numpy())


def folds(clips: Clips, numbers: list[int], count: int = 5) -> NDArray[np.int64]:
    """Divide clips by speaker into folds."""
    speakers = sorted({clips.rows[number]["speaker"] for number in numbers})
    order = np.random.default_rng(2).permutation(len(speakers)) % count
    fold = dict(zip(speakers, order, strict=True))
    return np.array([fold[clips.rows[number]["speaker"]] for number in numbers])


def main() -> None:
    """Measure by folds of speakers, then fit on all of them and write the head."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packed", type=Path, default=Path("build/voice"))
    parser.add_argument("--clips", type=Path, default=Path("build/burst/clips.pt"))
    parser.add_argument("--out", type=Path, default=Path("build/burst/calls.pt"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    clips = Clips(options.packed, "burst")
    numbers = calls(clips, "train") + calls(clips, "dev")
    truth = np.array([CALLS.index(clips.rows[number]["call"]) for number in numbers])
    features, fold = views(clips, numbers, load_clip_net(options.clips)), folds(clips, numbers)
    guesses = np.zeros_like(truth)
    for one in range(fold.max() + 1):
        away = fold == one
        guesses[away] = recall(fit(features[~away], truth[~away]), features[away], truth[away])
    each = {kind: (guesses[truth == place] == place).mean() for place, kind in enumerate(CALLS)}
    print(f"unseen speakers: UAR {np.mean(list(each.values())):.3f}", {k: round(float(v), 2) for k, v in each.items()})
    torch.save(fit(features, truth).state_dict(), options.out)


if __name__ == "__main__":
    main()
