"""Turn sound into the power spectrogram that Resemblyzer's voice encoder takes: 40 bands on Slaney's mel scale."""

from functools import cache
from typing import Final

import numpy as np

from mien.domain.network import Floats

RATE: Final = 16_000
WINDOW: Final = 400
HOP: Final = 160
BANDS: Final = 40
LEVEL_DECIBELS: Final = -30.0

_FRAMES_AT_ONCE: Final = 32
"""Frames that are filtered together: few enough for a linear algebra library to see no reason to wake more threads."""


def mel_power(samples: Floats) -> Floats:
    """Return the power in mel bands, frames x 40, as librosa 0.10 does: frame i is centred on sample 160 i."""
    padded = np.pad(samples, WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    power = np.square(np.abs(np.fft.rfft(frames * _hann(), axis=1))).astype(np.float32)
    parts = [power[first : first + _FRAMES_AT_ONCE] for first in range(0, len(power), _FRAMES_AT_ONCE)]
    return np.concatenate([part @ _filters() for part in parts])


def at_level(samples: Floats) -> Floats:
    """Return sound brought to -30 dB of full scale; silence stays next to nothing."""
    level = 10 * np.log10(max(float(np.square(samples).mean()) if samples.size else 0.0, 1e-10))
    raised: Floats = samples * np.float32(10 ** ((LEVEL_DECIBELS - level) / 20))
    return raised


@cache
def _hann() -> Floats:
    return np.hanning(WINDOW + 1)[:-1].astype(np.float32)


@cache
def _filters() -> Floats:
    """Return triangles of equal area on Slaney's mel scale from 0 to 8,000 Hz, 201 x 40."""
    edges = _hertz(np.linspace(0, _mel(RATE / 2), BANDS + 2))
    bins = (np.arange(WINDOW // 2 + 1) * RATE / WINDOW)[:, np.newaxis]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    triangles: Floats = (np.maximum(np.minimum(rising, falling), 0) * 2 / (edges[2:] - edges[:-2])).astype(np.float32)
    return triangles


_LINEAR_HERTZ: Final = 1_000.0
_LINEAR_STEP: Final = 200 / 3
_LOG_STEP: Final = float(np.log(6.4) / 27)


def _mel(hertz: float) -> float:
    """Return a place on Slaney's scale for 1,000 Hz and more: straight up to there, logarithmic above."""
    return float(_LINEAR_HERTZ / _LINEAR_STEP + np.log(hertz / _LINEAR_HERTZ) / _LOG_STEP)


def _hertz(mel: np.ndarray) -> np.ndarray:
    above = mel - _LINEAR_HERTZ / _LINEAR_STEP
    return np.where(above < 0, mel * _LINEAR_STEP, _LINEAR_HERTZ * np.exp(_LOG_STEP * np.maximum(above, 0)))
