"""Build dialogues of single sentences, of which it is known who speaks when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.speakers.data import RATE, Clip, Floats, spoken_part

CALM = ("neutral", "calm")
BREATH_SECONDS = 0.3
CLIPS_FOR_LEVEL = 12


@dataclass(frozen=True)
class Dialogue:
    """Hold the sound and the turns (begin, end, speaker) of one dialogue, in seconds; and what kind it is."""

    samples: Floats
    turns: tuple[tuple[float, float, str], ...]
    count: int
    same_sex: bool
    channel: str
    mood: str
    kind: str


def dialogues(clips: Mapping[str, list[Clip]], settings: Mapping[str, Any], seed: int) -> Iterator[Dialogue]:
    """Yield dialogues of one to six speakers, half of them of one sex, kind by kind; the same seed gives the same."""
    for place, (kind, moods) in enumerate(settings["kinds"].items()):
        random = np.random.default_rng([seed, place] if place else seed)
        for number in range(settings["count"]):
            yield _dialogue(clips, {**settings, "kind": kind, "moods": moods}, bool(number % 2), random)


def _dialogue(
    clips: Mapping[str, list[Clip]], settings: Mapping[str, Any], same_sex: bool, random: np.random.Generator
) -> Dialogue:
    count = int(random.choice([1, 2, 2, 2, 3, 3, 3, 4, 5, 6]))
    speakers = _speakers(clips, count, same_sex, random)
    channel = _drawn(settings["channels"], random)
    mood = _drawn(settings["moods"], random)
    samples, turns = _spoken({name: _in_mood(clips[name], mood, random) for name in speakers}, settings, random)
    heard = _through(samples, channel, settings, random)
    return Dialogue(heard, turns, len(speakers), same_sex, channel, mood, settings["kind"])


def _drawn(shares: Mapping[str, float], random: np.random.Generator) -> str:
    return str(random.choice(list(shares), p=list(shares.values())))


def _speakers(clips: Mapping[str, list[Clip]], count: int, same_sex: bool, random: np.random.Generator) -> list[str]:
    """Return who takes part: of one corpus more often than not, for then nothing but the voice tells them apart."""
    corpus = random.choice(["ravdess", "ravdess", "nemo", ""])
    sex = random.choice(["F", "M"]) if same_sex else ""
    fitting = [name for name, own in clips.items() if name.startswith(corpus) and (not sex or own[0].sex == sex)]
    if len(fitting) < count:
        fitting = [name for name, own in clips.items() if not sex or own[0].sex == sex]
    return [str(name) for name in random.choice(fitting, min(count, len(fitting)), replace=False)]


def _in_mood(own: list[Clip], mood: str, random: np.random.Generator) -> list[Clip]:
    if mood == "wild":
        return own
    if mood == "calm":
        return [clip for clip in own if clip.emotion in CALM]
    emotions = random.choice(sorted({clip.emotion for clip in own}), 2, replace=False)
    return [clip for clip in own if clip.emotion in emotions]


def _spoken(
    clips: Mapping[str, list[Clip]], settings: Mapping[str, Any], random: np.random.Generator
) -> tuple[Floats, tuple[tuple[float, float, str], ...]]:
    length = random.uniform(*settings["seconds"])
    gains = {name: _gain(own, settings, random) for name, own in clips.items()}
    left = {name: list(random.permutation(len(own))) for name, own in clips.items()}
    pieces: list[tuple[int, Floats]] = []
    turns: list[tuple[float, float, str]] = []
    now, before, last = 0.3, "", (0.0, 0.0)
    while now < length:
        others = [name for name in clips if name != before] or list(clips)
        unheard = [name for name in others if name not in {turn[2] for turn in turns}]
        name = str(random.choice(unheard if unheard and random.random() < 0.5 else others))
        target = random.uniform(*settings["turn"])
        said = 0.0
        while said < target:
            if not left[name]:
                left[name] = list(random.permutation(len(clips[name])))
            sound = clips[name][left[name].pop()].samples() * np.float32(gains[name])
            pieces.append((round(now * RATE), sound))
            begin, end = spoken_part(sound)
            turns.append((now + begin, now + end, name))
            last = now, now + sound.size / RATE
            said += sound.size / RATE
            now += sound.size / RATE + random.uniform(0.05, 0.35)
        now += random.uniform(*settings["pause"])
        if random.random() < settings["overlap_rate"]:
            now = max(last[0] + 0.5, last[1] - random.uniform(0.05, settings["overlap"]))
        before = name
    whole = np.zeros(max(start + sound.size for start, sound in pieces) + RATE // 2, np.float32)
    for start, sound in pieces:
        whole[start : start + sound.size] += sound
    return whole, _without_breaths(turns)


def _gain(own: list[Clip], settings: Mapping[str, Any], random: np.random.Generator) -> float:
    """Return what brings a speaker's clips to the common level on average, up or down by some decibels."""
    some = [own[row].samples() for row in random.permutation(len(own))[:CLIPS_FOR_LEVEL]]
    level = float(np.median([_level(samples) for samples in some]))
    wanted = settings["level_decibels"] + random.uniform(-1, 1) * settings["gain_decibels"]
    return float(10 ** ((wanted - level) / 20))


def _level(samples: Floats) -> float:
    return float(10 * np.log10(np.square(samples).mean() + 1e-10))


def _without_breaths(turns: list[tuple[float, float, str]]) -> tuple[tuple[float, float, str], ...]:
    """Return the turns with the short silences within them filled, as references have it."""
    joined = turns[:1]
    for begin, end, name in turns[1:]:
        if name == joined[-1][2] and begin - joined[-1][1] < BREATH_SECONDS:
            joined[-1] = (joined[-1][0], end, name)
        else:
            joined.append((begin, end, name))
    return tuple(joined)


def _through(samples: Floats, channel: str, settings: Mapping[str, Any], random: np.random.Generator) -> Floats:
    """Return the sound as a telephone or a noisy room would have it."""
    level = 10 ** (settings["level_decibels"] / 20)
    if channel == "telephone":
        spectrum = np.fft.rfft(samples)
        hertz = np.fft.rfftfreq(samples.size, 1 / RATE)
        spectrum *= 1 / (1 + (hertz / 3_400) ** 16) / (1 + (300 / np.maximum(hertz, 1)) ** 8)
        narrow = np.fft.irfft(spectrum, samples.size)
        noise = random.normal(0, level * 10 ** (-35 / 20), samples.size)
        companded = np.sign(narrow) * np.log1p(255 * np.abs(np.clip(narrow, -1, 1))) / np.log(256)
        coarse = np.round(companded * 128) / 128
        narrow = np.sign(coarse) * (np.exp(np.abs(coarse) * np.log(256)) - 1) / 255
        samples = (narrow + noise).astype(np.float32)
    elif channel == "noise":
        spectrum = np.fft.rfft(random.normal(0, 1, samples.size))
        spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(samples.size, 1 / RATE), 40))
        noise = np.fft.irfft(spectrum, samples.size)
        noise *= level * 10 ** (-random.uniform(*settings["noise_decibels"]) / 20) / noise.std()
        samples = (samples + noise).astype(np.float32)
    peak = float(np.abs(samples).max())
    return (samples / peak * 0.9).astype(np.float32) if peak > 0.99 else samples
