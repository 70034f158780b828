"""Changes recordings as other chains of microphone, gain and coding would have made them, and speech as moods do."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.spectrograms.mel import RATE
from training.burst.mixtures import curve

Floats = NDArray[np.float32]
STEP: Final = RATE // 50
FLOOR: Final = 1e-3
"""What counts as silence beside the loudest, when a chain follows the level."""


def rechained(samples: Floats, rng: np.random.Generator) -> Floats:
    """Return a recording with another balance of frequencies, cut off elsewhere, and another course of its level."""
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    decibels = curve(len(hertz), 4, rng)
    if rng.random() < 0.5:
        decibels = decibels - 10 * np.log10(1 + (hertz / rng.uniform(3200, 7800)) ** rng.choice([8, 16, 32]))
    if rng.random() < 0.3:
        decibels = decibels - 10 * np.log10(1 + (rng.uniform(60, 350) / np.maximum(hertz, 1)) ** 6)
    heard = np.fft.irfft(spectrum * 10 ** (decibels / 20), len(samples)).astype(np.float32)
    return _followed(heard, rng) if rng.random() < 0.6 else heard


def _followed(samples: Floats, rng: np.random.Generator) -> Floats:
    """Let a gain follow the level: what is quiet comes up, as phones do it, or goes down, as gates do."""
    blocks = np.pad(samples, (0, -len(samples) % STEP)).reshape(-1, STEP)
    level = np.sqrt(np.square(blocks).mean(axis=1))
    held = np.exp(-1 / rng.uniform(2, 25))
    for place in range(1, len(level)):
        level[place] = max(level[place], held * level[place - 1])
    loudness = np.maximum(level / (level.max() + 1e-9), FLOOR)
    gain = loudness ** rng.uniform(-0.6, 0.3)
    course = np.interp(np.arange(len(samples)), (np.arange(len(gain)) + 0.5) * STEP, gain)
    changed: Floats = (samples * course).astype(np.float32)
    return changed / (np.abs(changed).max() + 1e-6) * np.abs(samples).max()


def lively(samples: Floats, rng: np.random.Generator) -> Floats:
    """Return speech whose pitch and pace go up and down by up to a third, as they do in excitement."""
    seconds = len(samples) / RATE
    knots = np.arange(0, seconds + 1, rng.uniform(0.15, 0.5))
    rates = np.exp(rng.uniform(-0.1, 0.3) + rng.uniform(0.05, 0.3) * rng.uniform(-1, 1, len(knots)))
    pace = np.interp(np.arange(len(samples)) / RATE, knots, rates)
    heard_at = np.cumsum(1 / pace)
    moments = np.arange(len(samples))
    return np.interp(np.interp(np.arange(int(heard_at[-1])), heard_at, moments), moments, samples).astype(np.float32)
