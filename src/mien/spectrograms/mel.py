"""Turn sound into log-mel spectrograms: the one input of every network that listens."""

from functools import cache
from typing import Final

import numpy as np

from mien.domain.network import Floats

RATE: Final = 16_000
WINDOW: Final = 512
HOP: Final = 256
BANDS: Final = 64
LOWEST_HERTZ: Final = 50.0
HIGHEST_HERTZ: Final = 7_800.0
FRAME_SECONDS: Final = HOP / RATE

FLOOR_DECIBELS: Final = -110.0
"""What silence is set to; full scale is about 0."""

DYNAMIC_RANGE: Final = 60.0
"""Decibels below the loud frames that are still told apart."""

LOUD_SHARE: Final = 0.9
"""The level of a stretch is that which this share of its frames does not reach."""

_FRAMES_AT_ONCE: Final = 128
_BANDS_AT_ONCE: Final = 8
"""Frames and bands of one product: it stays in the cache, and is too small for BLAS to spread over threads (2^18)."""


def log_mel(samples: Floats) -> Floats:
    """Return the spectrogram, frames x 64, in decibels; samples are mono at 16 kHz.

    Frame i is of the 512 samples from 256 i on. Less than one window of sound is filled up with silence.
    """
    if samples.size < WINDOW:
        samples = np.pad(samples, (0, WINDOW - samples.size))
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    decibels = np.empty((len(frames), BANDS), np.float32)
    for first in range(0, len(frames), _FRAMES_AT_ONCE):
        part = slice(first, first + _FRAMES_AT_ONCE)
        decibels[part] = _decibels(frames[part])
    return decibels


def levelled(decibels: Floats) -> Floats:
    """Return a spectrogram for the networks: 0 is the level of its loud frames, -3 is 60 dB below and all beneath."""
    level = np.quantile(decibels.max(axis=1), LOUD_SHARE)
    clipped = np.clip(decibels - level, -DYNAMIC_RANGE, DYNAMIC_RANGE / 4)
    scaled: Floats = (clipped / (DYNAMIC_RANGE / 3)).astype(np.float32)
    return scaled


def filled(decibels: Floats, frames: int, silence: float = FLOOR_DECIBELS) -> Floats:
    """Return a spectrogram of at least so many frames, with silence around a shorter one."""
    missing = frames - len(decibels)
    if missing <= 0:
        return decibels
    around = (missing // 2, missing - missing // 2)
    longer: Floats = np.pad(decibels, (around, (0, 0)), constant_values=silence)
    return longer


def _decibels(frames: Floats) -> Floats:
    spectra = np.fft.rfft(frames * _hann(), axis=1)
    power = (np.square(spectra.real) + np.square(spectra.imag)).astype(np.float32, copy=False)
    heard = np.empty((len(frames), BANDS), np.float32)
    for bands, bins, filters in _filter_groups():
        np.matmul(power[:, bins], filters, out=heard[:, bands])
    decibels: Floats = 10 * np.log10(heard + np.float32(10 ** (FLOOR_DECIBELS / 10)))
    return decibels


@cache
def _hann() -> Floats:
    hann = np.hanning(WINDOW + 1)[:-1]
    window: Floats = (hann / hann.sum()).astype(np.float32)
    return window


@cache
def _filter_groups() -> tuple[tuple[slice, slice, Floats], ...]:
    """Return the filters of neighbouring bands: which bands, the bins they hear, and their weights, bins x bands."""
    filters, groups = _filters(), []
    for first in range(0, BANDS, _BANDS_AT_ONCE):
        bands = slice(first, first + _BANDS_AT_ONCE)
        heard = np.flatnonzero(filters[:, bands].any(axis=1))
        bins = slice(int(heard[0]), int(heard[-1]) + 1)
        groups.append((bands, bins, np.ascontiguousarray(filters[bins, bands])))
    return tuple(groups)


@cache
def _filters() -> Floats:
    """Return triangles of equal height on the mel scale, 257 x 64."""
    edges = _hertz(np.linspace(_mel(LOWEST_HERTZ), _mel(HIGHEST_HERTZ), BANDS + 2))
    bins = np.arange(WINDOW // 2 + 1)[:, np.newaxis] * RATE / WINDOW
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    triangles = np.maximum(np.minimum(rising, falling), 0)
    # The lowest bands are narrower than a bin: each takes the bin nearest to its centre at least.
    nearest = np.abs(bins - edges[1:-1]).argmin(axis=0)
    triangles[nearest, np.arange(BANDS)] = np.maximum(triangles[nearest, np.arange(BANDS)], 0.5)
    filters: Floats = triangles.astype(np.float32)
    return filters


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


def _hertz(mel: np.ndarray) -> np.ndarray:
    return np.asarray(700 * (10 ** (mel / 2595) - 1))
