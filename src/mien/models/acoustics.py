"""Measure what can be said of a voice in plain words: pitch, loudness, timbre, rhythm."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.domain.network import Floats
from mien.spectrograms.mel import BANDS, FRAME_SECONDS, HOP, RATE, log_mel

MEASURES: Final = (
    "pitch", "pitch range", "pitch slope", "pitch end", "pitch wobble",
    "voiced", "harmonicity", "voiced stretch",
    "loudness range", "loudness deviation", "loudness slope", "attack", "rate", "pauses",
    "energy above 500 Hz", "energy above 2 kHz", "centroid", "centroid deviation", "flatness", "flux",
    "slow beats", "middle beats", "fast beats", "duration",
    *(f"timbre {band}" for band in range(1, 9)),
    *(f"timbre change {band}" for band in range(1, 9)),
)  # fmt: skip
"""What `measures` returns, in this order.

Pitch is in semitones above 100 Hz, slopes per second, loudness in decibels, shares in 0…1, centroid and deviation in
mel bands, rate in loudness peaks a second, beats in decibels of the loudness contour's swing between 1 and 3, 3 and 7,
and 7 and 15 Hz, duration as the logarithm of seconds, timbre in decibels of eight equal mel bands against their mean.
"""

PITCH_WINDOW: Final = 640
LOWEST_PITCH: Final = 60.0
HIGHEST_PITCH: Final = 1_000.0
VOICED_FROM: Final = 0.55
"""Periodicity, 0…1, from which on a frame counts as voiced."""

ACTIVE_DECIBELS: Final = 30.0
"""Decibels below the loud frames down to which somebody counts as heard."""

MELODY: Final = ("pitch against its middle", "pitch", "periodicity")
"""What `melody` returns a frame: half-octaves above the clip's median pitch, octaves above 200 Hz, and 0…1."""

_SEARCHED: Final = 1024
_OCTAVE_COST: Final = 0.06
_BAND_500, _BAND_2000 = 11, 33
_NOTHING: Final = np.float32(0)


@dataclass(frozen=True, eq=False)
class Contours:
    """Hold what changes over a clip, one value a frame of 16 ms: decibels by band, loudness, semitones, periodicity."""

    decibels: Floats
    loudness: Floats
    semitones: Floats
    periodicity: Floats

    @property
    def active(self) -> NDArray[np.bool_]:
        """Say in which frames somebody is heard."""
        active: NDArray[np.bool_] = self.loudness > np.quantile(self.loudness, 0.9) - ACTIVE_DECIBELS
        return active

    @property
    def voiced(self) -> NDArray[np.bool_]:
        """Say in which frames the voice sounds."""
        return self.active & (self.periodicity > VOICED_FROM)


def contours(samples: Floats) -> Contours:
    """Follow loudness and pitch through mono sound at 16 kHz."""
    decibels = log_mel(samples)
    semitones, periodicity = _pitch(samples, len(decibels))
    loudness = 10 * np.log10(np.power(10, decibels / 10).sum(axis=1))
    return Contours(decibels, loudness.astype(np.float32), semitones, periodicity)


def measures(samples: Floats) -> Floats:
    """Return `MEASURES` of mono sound at 16 kHz; they do not depend on its level."""
    return describe(contours(samples))


def describe(heard: Contours) -> Floats:
    """Sum up contours as `MEASURES`."""
    values = (*_intonation(heard), *_dynamics(heard), *_timbre(heard))
    return np.array(values, np.float32)


def melody(heard: Contours) -> Floats:
    """Return the course of the pitch as the networks take it, frames x `MELODY`; pitch is 0 where no voice sounds."""
    voiced = heard.voiced
    middle = np.median(heard.semitones[voiced]) if voiced.any() else 0.0
    columns = (voiced * (heard.semitones - middle) / 6, voiced * (heard.semitones - 12) / 12,
               heard.active * heard.periodicity)  # fmt: skip
    course: Floats = np.clip(np.stack(columns, axis=1), -3, 3).astype(np.float32)
    return course


def _pitch(samples: Floats, frames: int) -> tuple[Floats, Floats]:
    """Return semitones above 100 Hz and periodicity of each frame, by autocorrelation."""
    filled = np.pad(samples, (64, max(0, (frames - 1) * HOP + PITCH_WINDOW - samples.size)))
    windows = np.lib.stride_tricks.sliding_window_view(filled, PITCH_WINDOW)[::HOP][:frames]
    window, own = _pitch_window()
    spectra = np.fft.rfft((windows - windows.mean(axis=1, keepdims=True)) * window, _SEARCHED)
    likeness = np.fft.irfft(np.square(np.abs(spectra)), _SEARCHED)
    first, last = int(RATE / HIGHEST_PITCH), int(RATE / LOWEST_PITCH)
    strength = likeness[:, first : last + 1] / np.maximum(likeness[:, :1], 1e-12) / own[first : last + 1]
    lags = np.arange(first, last + 1)
    best = (strength - _OCTAVE_COST * np.log2(lags / first)).argmax(axis=1)
    periodicity = np.clip(strength[np.arange(len(strength)), best], 0, 1)
    semitones = 12 * np.log2(RATE / lags[best] / 100)
    return semitones.astype(np.float32), periodicity.astype(np.float32)


@cache
def _pitch_window() -> tuple[Floats, Floats]:
    window = np.hanning(PITCH_WINDOW).astype(np.float32)
    own = np.fft.irfft(np.square(np.abs(np.fft.rfft(window, _SEARCHED))), _SEARCHED)
    return window, (own / own[0]).astype(np.float32)


def _intonation(heard: Contours) -> tuple[np.floating, ...]:
    """Return the measures from pitch to voiced stretch; without voice those of pitch are 0."""
    voiced, active = heard.voiced, heard.active
    share = voiced.sum() / max(active.sum(), 1)
    if voiced.sum() < 3:
        return (*[_NOTHING] * 5, np.float32(share), _NOTHING, _NOTHING)
    tones, places = heard.semitones[voiced], np.flatnonzero(voiced) * FRAME_SECONDS
    low, middle, high = np.quantile(tones, (0.1, 0.5, 0.9))
    third = max(len(tones) // 3, 1)
    steps = np.abs(np.diff(heard.semitones))[voiced[1:] & voiced[:-1]]
    periodicity = np.clip(heard.periodicity[voiced], 0, 0.99)
    stretches = max(int(np.diff(voiced.astype(np.int8), prepend=0).clip(0).sum()), 1)
    return (
        middle,
        high - low,
        np.clip(_slope(places, tones), -40, 40),
        np.median(tones[-third:]) - np.median(tones[:third]),
        np.minimum(steps, 6).mean() if steps.size else _NOTHING,
        np.float32(share),
        (10 * np.log10(periodicity / (1 - periodicity))).mean(),
        np.log(voiced.sum() / stretches * FRAME_SECONDS),
    )


def _dynamics(heard: Contours) -> tuple[np.floating, ...]:
    """Return the measures from loudness range to pauses."""
    active = heard.active
    loud = heard.loudness[active]
    smooth = np.convolve(np.pad(heard.loudness, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    rises = smooth[3:] - smooth[:-3] if len(smooth) > 3 else np.zeros(1)
    return (
        np.quantile(loud, 0.95) - np.quantile(loud, 0.2),
        loud.std(),
        np.clip(_slope(np.flatnonzero(active) * FRAME_SECONDS, loud), -60, 60),
        np.clip(rises.max(), 0, 40),
        np.float32(_peaks(smooth, active) / max(active.sum() * FRAME_SECONDS, 0.3)),
        np.float32(1 - active.mean()),
    )


def _peaks(contour: NDArray[np.floating], active: NDArray[np.bool_]) -> int:
    """Count peaks that stand at least 2 dB above what lies between them."""
    count, rising, edge = 0, True, float(contour[0])
    for value, counts in zip(contour.tolist(), active.tolist(), strict=True):
        if rising and value < edge - 2:
            count, rising, edge = count + counts, False, value
        elif not rising and value > edge + 2:
            rising, edge = True, value
        edge = max(edge, value) if rising else min(edge, value)
    return count + rising


def _timbre(heard: Contours) -> tuple[np.floating, ...]:
    """Return the measures from energy above 500 Hz to timbre change."""
    active = heard.active
    decibels = heard.decibels[active]
    power = np.power(10, (decibels - decibels.max()) / 10)
    bands = np.arange(BANDS)
    centroids = (power * bands).sum(axis=1) / power.sum(axis=1)
    coarse = decibels.reshape(len(decibels), 8, -1).mean(axis=2)
    relative = coarse - coarse.mean(axis=1, keepdims=True)
    change = np.abs(np.diff(heard.decibels, axis=0)).mean(axis=1)[active[1:]]
    return (
        10 * np.log10((power[:, _BAND_500:].sum() + 1e-9) / (power[:, :_BAND_500].sum() + 1e-9)),
        10 * np.log10((power[:, _BAND_2000:].sum() + 1e-9) / (power[:, :_BAND_2000].sum() + 1e-9)),
        centroids.mean(),
        centroids.std(),
        (decibels.mean(axis=1) - 10 * np.log10(power.mean(axis=1)) - decibels.max()).mean(),
        change.mean() if change.size else _NOTHING,
        *_beats(heard.loudness),
        np.log(len(active) * FRAME_SECONDS),
        *relative.mean(axis=0),
        *relative.std(axis=0),
    )


def _beats(loudness: Floats) -> tuple[np.floating, ...]:
    """Return how strongly loudness swings between 1 and 3, 3 and 7, 7 and 15 Hz."""
    limited = np.maximum(loudness - loudness.max(), -40)
    swing = np.abs(np.fft.rfft((limited - limited.mean()) * np.hanning(len(limited)), 256)) / len(limited)
    hertz = np.fft.rfftfreq(256, FRAME_SECONDS)
    ranges = ((1, 3), (3, 7), (7, 15))
    return tuple(10 * np.log10(np.square(swing[(hertz >= a) & (hertz < b)]).sum() + 1e-3) for a, b in ranges)


def _slope(places: NDArray[np.floating], values: Floats) -> np.floating:
    """Return the steepness of the straight line through the values; 0 for fewer than four."""
    if len(values) < 4:
        return _NOTHING
    centred = places - places.mean()
    slope: np.floating = (centred * values).sum() / np.square(centred).sum()
    return slope
