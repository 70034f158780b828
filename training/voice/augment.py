"""Make recordings differ as rooms, telephones and voices do, on whole batches of spectrograms in decibels."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  the name everybody gives it
from torch import Tensor

from mien.spectrograms.mel import (
    BANDS,
    DYNAMIC_RANGE,
    FLOOR_DECIBELS,
    HIGHEST_HERTZ,
    LOUD_SHARE,
    LOWEST_HERTZ,
)

TELEPHONE = (8, 44)
"""Bands between about 300 and 3,400 Hz."""


@dataclass(frozen=True)
class Augmentation:
    """Says how often and how far recordings are changed."""

    speed: float = 0.15
    voice: float = 0.22
    """By how much frequencies are scaled at most, as a natural logarithm: other throats, higher or lower voices."""

    shift: float = 1.0
    style: float = 0.3
    """How often mean and swing of the bands are mixed with those of another clip (after MixStyle, Zhou et al. 2021)."""

    equaliser: float = 5.0
    noise: float = 0.5
    quietest_noise: float = 45.0
    loudest_noise: float = 8.0
    telephone: float = 0.12
    reverberation: float = 0.2
    time_mask: float = 0.15
    band_mask: int = 8
    deaf: float = 0.15
    """How often the melody is not heard at all; a tenth of its frames never are."""


def uniform(low: float, high: float, *shape: int) -> Tensor:
    """Return random numbers."""
    return low + (high - low) * torch.rand(*shape)


def levelled(decibels: Tensor) -> Tensor:
    """Do what `mien.spectrograms.mel.levelled` does, on a batch."""
    level = torch.quantile(decibels.amax(dim=2), LOUD_SHARE, dim=1)[:, None, None]
    return (decibels - level).clamp(-DYNAMIC_RANGE, DYNAMIC_RANGE / 4) / (DYNAMIC_RANGE / 3)


def change(clips: Tensor, how: Augmentation) -> Tensor:
    """Return clips, B x T x 64 in decibels, as other voices and rooms would have made them; levelled and masked.

    Three more columns are the melody, which moves with the speed and the pitch of the rest.
    """
    count = len(clips)
    speed = torch.exp(uniform(-how.speed, how.speed, count, 1))
    voice = uniform(-how.voice, how.voice, count, 1)
    melody = _other_melody(clips[:, :, BANDS:], speed, voice, how)
    clips = _resampled(clips[:, :, :BANDS], speed, voice, how)
    clips = _in_other_style(clips, how)
    clips = _equalised(clips, how)
    clips = _reverberated(clips, how)
    clips = _with_noise(clips, how)
    clips = _through_telephones(clips, how)
    return torch.cat([_masked(levelled(clips), how), melody], dim=2)


def _other_melody(melody: Tensor, speed: Tensor, voice: Tensor, how: Augmentation) -> Tensor:
    count, frames, columns = melody.shape
    if not columns:
        return melody
    places = ((torch.linspace(-1, 1, frames) * speed + 1) / 2 * (frames - 1)).round().long()
    inside = (places >= 0) & (places < frames)
    moved = melody.gather(1, places.clamp(0, frames - 1)[:, :, None].expand(-1, -1, columns)) * inside[:, :, None]
    voiced = (moved[:, :, 1] != 0).float()
    lost = (torch.rand(count, frames) < 0.1) | (torch.rand(count, 1) < how.deaf)
    octave = voice / math.log(2) + uniform(-0.05, 0.05, count, 1)
    range_factor = uniform(0.85, 1.15, count, 1)
    told = torch.stack([moved[:, :, 0] * range_factor, moved[:, :, 1] + voiced * octave, moved[:, :, 2]], dim=2)
    return told * (~lost).float()[:, :, None]


def _resampled(clips: Tensor, speed: Tensor, voice: Tensor, how: Augmentation) -> Tensor:
    count, frames, bands = clips.shape
    times = (torch.linspace(-1, 1, frames) * speed)[:, :, None].expand(-1, -1, bands)
    lowest, highest = (1127 * math.log(1 + hertz / 700) for hertz in (LOWEST_HERTZ, HIGHEST_HERTZ))
    width = (highest - lowest) / (bands + 1)
    hertz = 700 * (torch.exp((lowest + width * torch.arange(1, bands + 1)) / 1127) - 1)
    places = (1127 * torch.log(1 + hertz * torch.exp(-voice) / 700) - lowest) / width - 1
    places = places + uniform(-how.shift, how.shift, count, 1)
    heights = (places / (bands - 1) * 2 - 1)[:, None, :].expand(-1, frames, -1)
    grid = torch.stack([heights, times], dim=3)
    moved = F.grid_sample(clips[:, None] - FLOOR_DECIBELS, grid, padding_mode="zeros", align_corners=True)
    return moved[:, 0] + FLOOR_DECIBELS


def _in_other_style(clips: Tensor, how: Augmentation) -> Tensor:
    count = len(clips)
    chosen = (torch.rand(count, 1, 1) < how.style).float()
    share = 1 - chosen * uniform(0, 0.5, count, 1, 1)
    level = torch.quantile(clips.amax(dim=2), LOUD_SHARE, dim=1)[:, None, None]
    heard = (clips.amax(dim=2, keepdim=True) > level - 40).float()
    total = heard.sum(dim=1, keepdim=True).clamp(min=1)
    mean = (clips * heard).sum(dim=1, keepdim=True) / total
    swing = (((clips - mean) ** 2 * heard).sum(dim=1, keepdim=True) / total + 1).sqrt()
    other = torch.randperm(count)
    shape = (mean - level)[other]
    mixed_mean = share * mean + (1 - share) * (shape + level)
    mixed_swing = share * swing + (1 - share) * swing[other]
    return (clips - mean) / swing * mixed_swing + mixed_mean


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
