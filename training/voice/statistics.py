"""Sums a clip up by statistics of its spectrogram, and scores those together with its measures."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.models.acoustics import MEASURES
from mien.spectrograms.mel import BANDS
from training.voice.augment import Augmentation, change, levelled
from training.voice.clips import Clips

PARTS = 8
COARSE = 16
HEARD_FROM = -1.5
"""Level, in twentieths of decibels, from which on a frame counts."""

WIDTH = 3 * BANDS + PARTS * COARSE + len(MEASURES)
UNMASKED = Augmentation(time_mask=0.0, band_mask=0)


class Statistics(nn.Module):
    """Gives of each band mean, deviation and change over the frames that are heard, and a coarse picture in time."""

    def forward(self, spectrograms: Tensor) -> Tensor:
        """Return B x (3 x 64 + 8 x 16)."""
        heard = torch.sigmoid((spectrograms.amax(dim=2, keepdim=True) - HEARD_FROM) * 6) + 1e-3
        shares = heard / heard.sum(dim=1, keepdim=True)
        mean = (shares * spectrograms).sum(dim=1)
        deviation = ((shares * (spectrograms - mean[:, None]) ** 2).sum(dim=1) + 1e-4).sqrt()
        steps = (spectrograms[:, 1:] - spectrograms[:, :-1]).abs()
        changing = (shares[:, 1:] * steps).sum(dim=1)
        return torch.cat([mean, deviation, changing, _coarse(spectrograms)], dim=1)


def _coarse(spectrograms: Tensor) -> Tensor:
    frames = spectrograms.shape[1]
    places = (torch.arange(frames).to(spectrograms) + 0.5) / frames
    centres = (torch.arange(PARTS).to(spectrograms) + 0.5) / PARTS
    bumps = torch.exp(-(((places[None] - centres[:, None]) * PARTS) ** 2))
    rows = (bumps / bumps.sum(dim=1, keepdim=True)) @ spectrograms
    return rows.reshape(-1, PARTS, COARSE, BANDS // COARSE).mean(dim=3).flatten(1)


class StatisticsNet(nn.Module):
    """Scores statistics with measures: an ensemble of small networks, one linear layer per head."""

    def __init__(self, heads: Sequence[int], units: int = 128, members: int = 3, dropout: float = 0.5) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(WIDTH))
        self.register_buffer("deviation", torch.ones(WIDTH))
        self.statistics = Statistics()
        self.heads = tuple(heads)
        self.members = nn.ModuleList(
            nn.Sequential(
                nn.Dropout(dropout / 3), nn.Linear(WIDTH, units), nn.ReLU(), nn.Dropout(dropout),
                nn.Linear(units, units // 2), nn.ReLU(), nn.Dropout(dropout / 2), nn.Linear(units // 2, sum(heads)),
            )
            for _ in range(members)
        )  # fmt: skip

    def score(self, features: Tensor) -> list[Tensor]:
        """Return what each member makes of statistics and measures."""
        known = ((features - self.mean) / self.deviation).clamp(-4, 4)
        return [member(known) for member in self.members]

    def forward(self, spectrograms: Tensor, measures: Tensor) -> tuple[Tensor, ...]:
        """Return the mean logits of each head."""
        features = torch.cat([self.statistics(spectrograms), measures], dim=1)
        return torch.stack(self.score(features)).mean(dim=0).split(self.heads, dim=1)


@torch.no_grad()
def features_of(clips: Clips, numbers: Sequence[int], measured: NDArray[np.float32], views: int) -> NDArray[np.float32]:
    """Return features, clips x views: the first of the clip as it is, the others of changed ones.

    `measured` holds measures, clips x 1 or more: as it is, and of a degraded recording.
    """
    torch.manual_seed(8)
    statistics, rows = Statistics(), []
    for number in numbers:
        plain = torch.from_numpy(clips.spectrogram(number))[None]
        heard = [levelled(plain), *([change(plain.repeat(views - 1, 1, 1), UNMASKED)] if views > 1 else [])]
        told = statistics(torch.cat(heard)).numpy()
        kinds = measured[number, [view % measured.shape[1] for view in range(views)]]
        rows.append(np.concatenate([told, kinds], axis=1))
    return np.stack(rows)
