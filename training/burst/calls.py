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
from mien.models.burst_mapping import CALLS
from mien.spectrograms.mel import BANDS
from training.burst.data import calls
from training.burst.network import load_clip_net
from training.burst.train import SETTINGS
from training.prosody.trunk import degraded
from training.voice.augment import Augmentation, change, levelled
from training.voice.clips import Clips
from training.voice.network import ClipNet, inputs_of

TOLD = SETTINGS["calls"]
VIEWS: int = TOLD["views"]
LIMIT = 4.0
MILD = Augmentation(speed=0.1, voice=0.1, shift=0.5, style=0.0, time_mask=0.05, band_mask=3, deaf=0.0)


class CallNet(nn.Module):
    """Scores kinds of call from the summary of a clip and its measures."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width + len(MEASURES)))
        self.register_buffer("deviation", torch.ones(width + len(MEASURES)))
        self.layers = nn.Sequential(
            nn.Dropout(TOLD["dropout"] / 2), nn.Linear(width + len(MEASURES), TOLD["units"]), nn.ReLU(),
            nn.Dropout(TOLD["dropout"]), nn.Linear(TOLD["units"], len(CALLS)),
        )  # fmt: skip

    def forward(self, summary: Tensor, measured: Tensor) -> Tensor:
        """Return logits."""
        heard = (torch.cat([summary, measured], dim=1) - self.mean) / self.deviation
        logits: Tensor = self.layers(heard.clamp(-LIMIT, LIMIT))
        return logits


@torch.no_grad()
def views(clips: Clips, numbers: list[int], net: ClipNet) -> NDArray[np.float32]:
    """Return features, clips x views x (summary, measures); the first view is the recording as it is."""
    torch.manual_seed(3)
    rng, rows = np.random.default_rng(3), []
    for number in numbers:
        plain = torch.from_numpy(clips.spectrogram(number))[None]
        clean_view = torch.cat([levelled(plain[..., :BANDS]), plain[..., BANDS:]], dim=2)
        heard = torch.cat([clean_view, *[change(plain, MILD) for _ in range(VIEWS - 1)]])
        summary = net.summary(net.trunk(*inputs_of(heard))).numpy()
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
    optimiser = torch.optim.AdamW(net.parameters(), lr=TOLD["learning_rate"], weight_decay=TOLD["weight_decay"])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, TOLD["steps"])
    counts = np.bincount(truth, minlength=len(CALLS))
    chances = 1 / counts[truth]
    for _ in range(TOLD["steps"]):
        rows = rng.choice(len(truth), 96, p=chances / chances.sum())
        heard = torch.from_numpy(features[rows, rng.integers(0, VIEWS, len(rows))])
        heard = heard + TOLD["jitter"] * net.deviation * torch.randn_like(heard)
        width = heard.shape[1] - len(MEASURES)
        logits = net(heard[:, :width], heard[:, width:])
        loss = F.cross_entropy(logits, torch.from_numpy(truth[rows]), label_smoothing=0.1)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return net.eval()


def heard_in(net: CallNet, features: NDArray[np.float32]) -> NDArray[np.int64]:
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


def across_folds(clips: Clips, net: ClipNet) -> dict[str, float]:
    """Return the mean recall over the kinds, and that of each, by folds of speakers."""
    numbers = calls(clips, "train") + calls(clips, "dev")
    truth = truth_of_calls(clips, numbers)
    features, fold = views(clips, numbers, net), folds(clips, numbers)
    guesses = np.zeros_like(truth)
    for one in range(fold.max() + 1):
        away = fold == one
        guesses[away] = heard_in(fit(features[~away], truth[~away]), features[away])
    each = {kind: float((guesses[truth == place] == place).mean()) for place, kind in enumerate(CALLS)}
    return {"uar": round(float(np.mean(list(each.values()))), 3), **{kind: round(one, 2) for kind, one in each.items()}}


def truth_of_calls(clips: Clips, numbers: list[int]) -> NDArray[np.int64]:
    """Return the number of each clip's kind of call."""
    return np.array([CALLS.index(clips.rows[number]["call"]) for number in numbers])


def main() -> None:
    """Fit the head on all of the calls and write it; `training.burst.evaluate --part calls` measures by folds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packed", type=Path, default=Path("build/voice"))
    parser.add_argument("--clips", type=Path, default=Path("build/burst/clips.pt"))
    parser.add_argument("--out", type=Path, default=Path("build/burst/calls.pt"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    clips = Clips(options.packed, "burst", melody=True)
    numbers = calls(clips, "train") + calls(clips, "dev")
    features = views(clips, numbers, load_clip_net(options.clips))
    torch.save(fit(features, truth_of_calls(clips, numbers)).state_dict(), options.out)


if __name__ == "__main__":
    main()
