"""Make recordings differ as rooms, telephones and voices do, on whole batches of spectrograms in decibels."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  the name everybody gives it
from torch import Tensor

from mien.spectrograms.mel import BANDS, DYNAMIC_RANGE, FLOOR_DECIBELS, LOUD_SHARE

TELEPHONE = (8, 44)
"""Bands between about 300 and 3,400 Hz."""


@dataclass(frozen=True)
class Augmentation:
    """Says how often and how far recordings are changed."""

    speed: float = 0.15
    shift: float = 2.5
    equaliser: float = 5.0
    noise: float = 0.5
    quietest_noise: float = 45.0
    loudest_noise: float = 8.0
    telephone: float = 0.12
    reverberation: float = 0.2
    time_mask: float = 0.15
    band_mask: int = 8


def uniform(low: float, high: float, *shape: int) -> Tensor:
    """Return random numbers."""
    return low + (high - low) * torch.rand(*shape)


def levelled(decibels: Tensor) -> Tensor:
    """Do what `mien.spectrograms.mel.levelled` does, on a batch."""
    level = torch.quantile(decibels.amax(dim=2), LOUD_SHARE, dim=1)[:, None, None]
    return (decibels - level).clamp(-DYNAMIC_RANGE, DYNAMIC_RANGE / 4) / (DYNAMIC_RANGE / 3)


def change(clips: Tensor, how: Augmentation) -> Tensor:
    """Return clips, B x T x 64 in decibels, as other voices and rooms would have made them; levelled and masked."""
    clips = _resampled(clips, how)
    clips = _equalised(clips, how)
    clips = _reverberated(clips, how)
    clips = _with_noise(clips, how)
    clips = _through_telephones(clips, how)
    return _masked(levelled(clips), how)


def _resampled(clips: Tensor, how: Augmentation) -> Tensor:
    count, frames, bands = clips.shape
    speed = torch.exp(uniform(-how.speed, how.speed, count, 1))
    shift = uniform(-how.shift, how.shift, count, 1)
    scale = uniform(0.94, 1.06, count, 1)
    times = (torch.linspace(-1, 1, frames) * speed)[:, :, None].expand(-1, -1, bands)
    places = torch.arange(bands) * scale + shift
    heights = (places / (bands - 1) * 2 - 1)[:, None, :].expand(-1, frames, -1)
    grid = torch.stack([heights, times], dim=3)
    moved = F.grid_sample(clips[:, None] - FLOOR_DECIBELS, grid, padding_mode="zeros", align_corners=True)
    return moved[:, 0] + FLOOR_DECIBELS


def _curves(count: int, strength: float) -> Tensor:
    bands = torch.linspace(-1, 1, BANDS)
    tilt = uniform(-strength, strength, count, 1) * bands
    waves = sum(
        uniform(-strength, strength, count, 1) / 2 * torch.cos(math.pi * order * (bands + uniform(0, 2, count, 1)))
        for order in (1, 2, 3)
    )
    return tilt + waves


def _equalised(clips: Tensor, how: Augmentation) -> Tensor:
    return clips + _curves(len(clips), how.equaliser)[:, None, :]


def _reverberated(clips: Tensor, how: Augmentation) -> Tensor:
    count = len(clips)
    chosen = torch.rand(count) < how.reverberation
    if not chosen.any():
        return clips
    power = 10 ** (clips[chosen] / 10)
    reach = 24
    decay = uniform(0.55, 0.85, len(power), 1)
    kernels = uniform(0.05, 0.5, len(power), 1) * decay ** torch.arange(reach)
    kernels[:, 0] = 1.0
    lanes = F.pad(power.permute(2, 0, 1), (reach - 1, 0))
    heard = F.conv1d(lanes, kernels.flip(1)[:, None], groups=len(power)).permute(1, 2, 0)
    result = clips.clone()
    result[chosen] = 10 * torch.log10(heard + 1e-11)
    return result


def noise_like(count: int, frames: int) -> Tensor:
    """Return noise of random colour, in decibels around 0: steady, or in slow waves."""
    colour = _curves(count, 12.0)[:, None, :] - uniform(0, 25, count, 1, 1) * torch.linspace(0, 1, BANDS)
    flicker = 10 * torch.log10(-torch.log(torch.rand(count, frames, BANDS).clamp(1e-6, 1 - 1e-6)))
    phase = uniform(0, 2 * math.pi, count, 1, 1)
    pace = uniform(0.01, 0.15, count, 1, 1)
    waves = uniform(0, 4, count, 1, 1) * torch.sin(torch.arange(frames)[None, :, None] * pace + phase)
    return colour + flicker * 0.8 + waves


def _with_noise(clips: Tensor, how: Augmentation) -> Tensor:
    count, frames, _ = clips.shape
    chosen = (torch.rand(count, 1, 1) < how.noise).float()
    level = torch.quantile(clips.amax(dim=2), LOUD_SHARE, dim=1)[:, None, None]
    noise = noise_like(count, frames)
    noise = noise - noise.amax(dim=2).mean(dim=1)[:, None, None]
    ratio = uniform(how.loudest_noise, how.quietest_noise, count, 1, 1) + (1 - chosen) * 60
    power = 10 ** ((clips - level) / 10) + 10 ** ((noise - ratio) / 10)
    return level + 10 * torch.log10(power + 1e-11)


def _through_telephones(clips: Tensor, how: Augmentation) -> Tensor:
    chosen = (torch.rand(len(clips), 1, 1) < how.telephone).float()
    bands = torch.arange(BANDS).float()
    low = uniform(TELEPHONE[0] - 3, TELEPHONE[0] + 2, len(clips), 1)
    high = uniform(TELEPHONE[1] - 2, TELEPHONE[1] + 6, len(clips), 1)
    outside = F.relu(low - bands) + F.relu(bands - high)
    return clips - chosen * (outside * 12).clamp(max=70)[:, None, :]


def _masked(clips: Tensor, how: Augmentation) -> Tensor:
    count, frames, bands = clips.shape
    keep = torch.ones_like(clips)
    for _ in range(2):
        keep *= _stripe(count, frames, how.time_mask * frames)[:, :, None]
        keep *= _stripe(count, bands, how.band_mask)[:, None, :]
    return clips * keep - (1 - keep) * 1.5


def _stripe(count: int, length: int, longest: float) -> Tensor:
    width = uniform(0, longest, count, 1)
    begin = torch.rand(count, 1) * (length - width)
    places = torch.arange(length)
    return 1 - ((places >= begin) & (places < begin + width)).float()
