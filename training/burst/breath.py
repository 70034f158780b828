"""Makes of recorded bursts others that were not recorded: breathed instead of voiced, or short and in series.

The corpora that leave weights free hold emotions; coughs, sneezes, panting and yawns are hardly among them.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.spectrograms.mel import RATE

Floats = NDArray[np.float32]
WINDOW: Final = 512
HOP: Final = 128
SMOOTH: Final = 24
"""Cepstral coefficients that are kept of a spectrum: enough for the shape of the throat, too few for its pitch."""


def breathed(samples: Floats, rng: np.random.Generator) -> Floats:
    """Return a burst with noise where the voice was: each spectrum keeps its shape and loses its pitch."""
    padded = np.pad(samples, WINDOW)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    window = np.hanning(WINDOW + 1)[:-1]
    logarithms = np.log(np.abs(np.fft.rfft(frames * window, axis=1)) + 1e-5)
    cepstra = np.fft.irfft(logarithms, axis=1)
    cepstra[:, SMOOTH:-SMOOTH] = 0
    shapes = np.exp(np.fft.rfft(cepstra, axis=1).real)
    noise = np.fft.rfft(rng.normal(size=frames.shape) * window, axis=1)
    parts = np.fft.irfft(shapes * noise, axis=1) * window
    sound = np.zeros(len(padded) + WINDOW)
    for place, part in enumerate(parts):
        sound[place * HOP : place * HOP + WINDOW] += part
    cut = sound[WINDOW : WINDOW + len(samples)]
    return (cut / (np.abs(cut).max() + 1e-6) * np.abs(samples).max()).astype(np.float32)


def in_series(samples: Floats, rng: np.random.Generator) -> Floats:
    """Return the loudest moment of a burst, once or again and again, as coughs and panting come."""
    length = int(rng.uniform(0.15, 0.45) * RATE)
    power = np.convolve(np.square(samples), np.ones(length), mode="valid") if len(samples) > length else np.zeros(1)
    begin = int(power.argmax())
    moment = samples[begin : begin + length].copy()
    fade = min(len(moment) // 3, int(0.06 * RATE))
    moment[-fade:] *= np.linspace(1, 0, fade)
    moment[: fade // 4] *= np.linspace(0, 1, fade // 4)
    pause = rng.uniform(0.05, 0.35)
    parts: list[Floats] = []
    for _ in range(int(rng.integers(1, 6))):
        parts += [
            moment * np.float32(rng.uniform(0.5, 1)),
            np.zeros(int(pause * rng.uniform(0.7, 1.3) * RATE), np.float32),
        ]
    return np.concatenate(parts[:-1])


def varied(bursts: list[Floats], count: int, seed: int = 21) -> list[Floats]:
    """Return so many bursts made of others: a half breathed, of these and of the voiced ones some in series."""
    rng = np.random.default_rng(seed)
    made = []
    for number in rng.integers(0, len(bursts), count):
        burst = bursts[number]
        breath = rng.random() < 0.6
        burst = breathed(burst, rng) if breath else burst
        made.append(in_series(burst, rng) if not breath or rng.random() < 0.4 else burst)
    return made
