"""Makes recordings in which speech, bursts and other sounds follow each other, and says what each frame holds."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.spectrograms.mel import HOP, RATE, WINDOW

Floats = NDArray[np.float32]
OTHER, SPEECH, BURST = 0, 1, 2
HEARD_DECIBELS: Final = 32.0
LEVEL: Final = 0.1
ALONE: Final = 0.6
"""How often a burst is one take."""

LONGEST_BURST: Final = 7.0
CURVE_POINTS: Final = 256
PAUSE: Final = 0.5
"""Seconds of silence that end a burst: the breath in laughter is shorter."""

OVERLAID: Final = 0.15
"""How often a burst begins while somebody still speaks: laughter in the middle of words."""


@dataclass(frozen=True)
class Pools:
    """Holds what mixtures are made of: pieces of speech and of bursts, float32 at 16 kHz."""

    speech: list[Floats]
    bursts: list[Floats]


@dataclass(frozen=True)
class Mixture:
    """Holds a recording, what is heard in each frame of 16 ms, and when bursts begin and end, in seconds."""

    samples: Floats
    frames: NDArray[np.int8]
    bursts: list[tuple[float, float]]


def mixture(
    pools: Pools, seconds: float, rng: np.random.Generator, burst_share: float = 0.35, overlaid: float = OVERLAID
) -> Mixture:
    """Put pieces one after another, with and without pauses, into a room with its own noise and microphone.

    Bursts with less than `PAUSE` between them, in which nobody speaks, are one burst, whoever made them.
    """
    size = int(seconds * RATE)
    samples, labels = np.zeros(size, np.float32), np.zeros(size, np.int8)
    place, before = int(rng.uniform(0, 0.8) * RATE), OTHER
    while place < size - RATE // 5:
        kind = int(rng.choice(3, p=[0.15, 0.85 - burst_share, burst_share]))
        if kind == BURST and before == SPEECH and rng.random() < overlaid:
            place = max(0, place - int(rng.uniform(0.3, 2.0) * RATE))
        piece = _piece(pools, kind, rng)[: size - place]
        samples[place : place + len(piece)] += piece
        labels[place : place + len(piece)][_heard(piece)] = kind
        place, before = place + len(piece) + _gap(rng), kind
    bursts = _joined(labels)
    return Mixture(_in_a_room(samples, rng), _frames(labels), [(a / RATE, b / RATE) for a, b in bursts])


def _gap(rng: np.random.Generator) -> int:
    seconds = rng.uniform(-0.06, 0.06) if rng.random() < 0.35 else rng.uniform(0.08, 1.2)
    return int(seconds * RATE)


def _piece(pools: Pools, kind: int, rng: np.random.Generator) -> Floats:
    if kind == OTHER:
        return _level(_thing(rng), rng)
    if kind == BURST:
        return _level(_microphone(_speed(_burst(pools, rng), rng), rng), rng)
    reading = pools.speech[rng.integers(len(pools.speech))]
    length = int(min(rng.choice([rng.uniform(0.2, 0.8), rng.uniform(0.5, 3.0)]) * RATE, len(reading)))
    begin = rng.integers(0, len(reading) - length + 1)
    crop = _speed(reading[begin : begin + length], rng)
    fade = min(160, len(crop) // 2)
    crop = crop.copy()
    crop[:fade] *= np.linspace(0, 1, fade)
    crop[-fade:] *= np.linspace(1, 0, fade)
    crop = _microphone(crop, rng)
    hiss = rng.normal(size=len(crop)) * crop.std() * 10 ** (-rng.uniform(15, 60) / 20)
    return _level((crop + hiss).astype(np.float32), rng)


def _burst(pools: Pools, rng: np.random.Generator) -> Floats:
    """Return one burst, or several takes of it in a row as long laughter and crying are made of."""
    first = int(rng.integers(len(pools.bursts)))
    if rng.random() < ALONE:
        return pools.bursts[first]
    takes = pools.bursts[first : first + int(rng.integers(2, 5))]
    parts = [part for take in takes for part in (take, np.zeros(int(rng.uniform(0, 0.15) * RATE), np.float32))]
    return np.concatenate(parts)[: int(LONGEST_BURST * RATE)]


def _level(piece: Floats, rng: np.random.Generator) -> Floats:
    loud = np.sqrt(np.square(piece).mean()) + 1e-6
    return (piece * (LEVEL / loud * 10 ** (rng.normal(0, 6) / 20))).astype(np.float32)


def _speed(piece: Floats, rng: np.random.Generator) -> Floats:
    factor = float(np.exp(rng.uniform(-0.15, 0.18)))
    places = np.arange(int(len(piece) / factor)) * factor
    return np.interp(places, np.arange(len(piece)), piece).astype(np.float32)


def curve(bins: int, strength: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a smooth random curve over frequency, in decibels."""
    places = np.linspace(0, 1, CURVE_POINTS) ** 0.5
    orders = np.arange(1, 5)[:, np.newaxis]
    phases = rng.uniform(0, 6, orders.shape)
    waves = rng.normal(0, strength, orders.shape) / orders * np.cos(np.pi * orders * places + phases)
    return np.interp(np.linspace(0, 1, bins), np.linspace(0, 1, CURVE_POINTS), waves.sum(axis=0))


def quick_size(size: int) -> int:
    """Return a length not much longer whose Fourier transform is quick: up to 8 times a power of two."""
    block = 1 << max(0, size.bit_length() - 4)
    return -(-size // block) * block


def _microphone(piece: Floats, rng: np.random.Generator) -> Floats:
    size = quick_size(len(piece))
    spectrum = np.fft.rfft(piece, size)
    changed = np.fft.irfft(spectrum * 10 ** (curve(len(spectrum), 5, rng) / 20), size)
    return changed[: len(piece)].astype(np.float32)


def coloured_noise(size: int, rng: np.random.Generator) -> Floats:
    """Return steady noise of random colour with deviation 1."""
    spectrum = np.fft.rfft(rng.normal(size=quick_size(size)))
    slope = -rng.uniform(0, 18) * np.log2(np.linspace(1e-3, 1, len(spectrum)) * 8 + 0.1) / 3
    noise = np.fft.irfft(spectrum * 10 ** ((slope + curve(len(spectrum), 6, rng)) / 20))[:size]
    return (noise / (noise.std() + 1e-9)).astype(np.float32)


def tones(size: int, rng: np.random.Generator) -> Floats:
    """Return something like music: chords of struck and held tones with a beat."""
    times, music = np.arange(size) / RATE, np.zeros(size)
    beat = rng.uniform(0.15, 0.6)
    held = rng.uniform(0.05, 1.5)
    for _ in range(int(rng.integers(1, 4))):
        steps = rng.integers(0, 24, int(size / RATE / beat) + 1)
        notes = 110 * 2 ** (steps[np.minimum((times / beat).astype(int), len(steps) - 1)] / 12) * rng.choice([1, 2, 4])
        phase = 2 * np.pi * np.cumsum(notes) / RATE
        envelope = np.exp(-(times % beat) / held) * np.minimum((times % beat) * 100, 1)
        music += envelope * sum(np.sin(order * phase) * rng.uniform(0.1, 1) / order for order in range(1, 7))
    return (music / (music.std() + 1e-9)).astype(np.float32)


def _thing(rng: np.random.Generator) -> Floats:
    """Return a knock, a rustle, a hum or a few tones."""
    size = int(rng.uniform(0.08, 1.6) * RATE)
    kind = rng.integers(4)
    if kind == 0:
        return tones(size, rng)
    noise = coloured_noise(size, rng)
    if kind == 1:
        return (noise * np.exp(-np.arange(size) / RATE / rng.uniform(0.01, 0.15))).astype(np.float32)
    if kind == 2:
        swells = np.abs(np.sin(np.arange(size) / RATE * rng.uniform(2, 40) + rng.uniform(0, 6)))
        return (noise * swells ** rng.uniform(0.5, 6)).astype(np.float32)
    hum = np.sin(np.arange(size) / RATE * 2 * np.pi * rng.uniform(50, 3000))
    return (hum + 0.1 * noise).astype(np.float32)


def _in_a_room(samples: Floats, rng: np.random.Generator) -> Floats:
    size = len(samples)
    if rng.random() < 0.25:
        samples = _echoing(samples, rng)
    loud = np.sqrt(np.square(samples).mean()) + 1e-5
    noisy = samples + coloured_noise(size, rng) * loud * 10 ** (-rng.uniform(8, 60) / 20)
    if rng.random() < 0.12:
        noisy = noisy + tones(size, rng) * loud * 10 ** (-rng.uniform(5, 25) / 20)
    if rng.random() < 0.2:
        noisy = telephone(noisy)
    if rng.random() < 0.05:
        noisy = np.clip(noisy, -2 * loud, 2 * loud)
    return (noisy / (np.abs(noisy).max() + 1e-6) * rng.uniform(0.1, 0.95)).astype(np.float32)


def _echoing(samples: Floats, rng: np.random.Generator) -> Floats:
    length = int(rng.uniform(0.1, 0.5) * RATE)
    response = rng.normal(size=length) * np.exp(-np.arange(length) / RATE / rng.uniform(0.02, 0.12))
    response[0] = rng.uniform(3, 12)
    size = quick_size(len(samples) + length)
    heard = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)
    return heard[: len(samples)].astype(np.float32)


def telephone(samples: Floats) -> Floats:
    """Leave only what passes a telephone line, 300 to 3,400 Hz."""
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    passing = 1 / (1 + (300 / np.maximum(hertz, 1)) ** 8) / (1 + (hertz / 3400) ** 16)
    return np.fft.irfft(spectrum * passing, len(samples)).astype(np.float32)


def _heard(piece: Floats) -> NDArray[np.bool_]:
    """Say where a piece is loud enough to be heard, pauses of up to 0.2 s included."""
    step = RATE // 100
    count = -(-len(piece) // step)
    power = np.square(np.pad(piece, (0, count * step - len(piece)))).reshape(count, step).mean(axis=1)
    power = np.convolve(power, np.ones(3) / 3, mode="same")
    loud = np.flatnonzero(power > power.max() * 10 ** (-HEARD_DECIBELS / 10))
    heard = np.zeros(count, bool)
    heard[loud] = True
    for before, after in pairwise(loud):
        if after - before <= 20:
            heard[before:after] = True
    return np.repeat(heard, step)[: len(piece)]


def _frames(labels: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return the label in the middle of each spectrogram frame."""
    count = (len(labels) - WINDOW) // HOP + 1
    return labels[np.arange(count) * HOP + WINDOW // 2]


def _joined(labels: NDArray[np.int8]) -> list[tuple[int, int]]:
    """Fill short pauses in bursts, in place, and return where bursts begin and end; under 0.1 s there is none."""
    edges = np.flatnonzero(np.diff(np.pad(labels == BURST, 1).astype(np.int8))).reshape(-1, 2)
    joined: list[tuple[int, int]] = []
    for begin, end in edges.tolist():
        last = joined[-1][1] if joined else -RATE
        if begin - last < PAUSE * RATE and not (labels[last:begin] == SPEECH).any():
            labels[last:begin] = BURST
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return [(begin, end) for begin, end in joined if end - begin >= RATE // 10]
