"""Measures how well bursts are found in mixtures of unseen voices, and how often plain speech is taken for one.

python -m training.burst.evaluate_events --packed build/voice --weights build/burst/detector.pt --part dev
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mien.domain.media import Waveform
from mien.domain.network import Network
from mien.extractors.sound_events import THRESHOLDS, Course, Thresholds, bursts_in
from mien.extractors.sounds import listen
from mien.spectrograms.mel import RATE
from training.burst.data import calls, divide
from training.burst.detector import as_served
from training.burst.mixtures import Pools, coloured_noise, mixture, telephone
from training.prosody.data import HELD_OUT
from training.voice.clips import Clips

OVERLAP = 0.3
Span = tuple[float, float]


class TorchNetwork:
    """Runs the detector as the house runs networks."""

    def __init__(self, weights: Path) -> None:
        self._net = as_served(weights)

    @torch.no_grad()
    def run(
        self, inputs: Mapping[str, NDArray[Any]], outputs: Sequence[str] | None = None
    ) -> Mapping[str, NDArray[Any]]:
        """Return the logits."""
        return {"logits": self._net(torch.from_numpy(inputs["spectrogram"])).numpy()}


@dataclass(frozen=True)
class Found:
    """Counts bursts found, missed and imagined."""

    right: int
    missed: int
    imagined: int

    @property
    def f1(self) -> float:
        """Return the F1 score."""
        return 2 * self.right / max(1, 2 * self.right + self.missed + self.imagined)


def matched(truth: Sequence[Span], found: Sequence[Span]) -> Found:
    """Match each true burst with at most one found one that overlaps it well enough."""
    free, right = list(found), 0
    for span in truth:
        best = max(free, key=lambda other: overlap(span, other), default=None)
        if best is not None and overlap(span, best) >= OVERLAP:
            free.remove(best)
            right += 1
    return Found(right, len(truth) - right, len(free))


def overlap(one: Span, other: Span) -> float:
    """Return the intersection over the union of two spans."""
    both = min(one[1], other[1]) - max(one[0], other[0])
    return max(0.0, both) / (max(one[1], other[1]) - min(one[0], other[0]))


def spans(course: Course, thresholds: Thresholds = THRESHOLDS) -> list[Span]:
    """Return the bursts found."""
    return [(span.begin, span.end) for span in bursts_in(course, thresholds)]


def summed(results: Sequence[Found]) -> Found:
    """Add counts up."""
    return Found(*(sum(getattr(one, name) for one in results) for name in ("right", "missed", "imagined")))


@dataclass(frozen=True)
class Trial:
    """Holds how mixtures are made: of what, how often bursts lie over speech, and what happens to the whole."""

    pools: Pools
    overlaid: float = 0.0
    line: Callable[[NDArray[np.float32], np.random.Generator], NDArray[np.float32]] = lambda samples, _: samples


def trials(folder: Path, part: str) -> dict[str, Trial]:
    """Return the trials of a part: bursts of contributors unseen, or calls; speech of people unseen."""
    bursts, speech = Clips(folder, "burst"), Clips(folder, "speech")
    spoken = speech.select(lambda r: r["speaker"] in HELD_OUT if part == "test" else r["split"] == "dev")
    readings = [speech.samples(number) for number in spoken]
    split = "train" if part == "dev" else "dev"
    ours, theirs = getattr(divide(bursts), part), calls(bursts, split)
    laughs = [number for number in theirs if bursts.rows[number]["call"] == "laughing"]
    amused = [number for number in ours if bursts.rows[number]["emotion"] == "Amusement"]
    free, bound, laughing, both = (
        Pools(readings, [bursts.samples(number) for number in numbers])
        for numbers in (ours, theirs, laughs, laughs + amused)
    )
    return {
        "EmoGator": Trial(free),
        "Deeply": Trial(bound),
        "Deeply laughter": Trial(laughing),
        "laughter over speech": Trial(both, overlaid=1.0),
        "telephone": Trial(free, line=lambda samples, _: telephone(samples)),
        "noise": Trial(free, line=noisy),
    }


def noisy(samples: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Add noise 10 dB below the whole."""
    return (samples + coloured_noise(len(samples), rng) * samples.std() * 10**-0.5).astype(np.float32)


def tried(trial: Trial, network: Network, count: int, seed: int) -> Found:
    """Return what is found in half-minute mixtures."""
    rng = np.random.default_rng(seed)
    results = []
    for _ in range(count):
        one = mixture(trial.pools, 30, rng, overlaid=trial.overlaid)
        samples = trial.line(one.samples, rng)
        results.append(matched(one.bursts, spans(listen(Waveform(samples, RATE), network))))
    return summed(results)


def plain_speech(readings: list[NDArray[np.float32]], seed: int) -> list[NDArray[np.float32]]:
    """Return recordings of half a minute in which people speak, one of three over the telephone."""
    rng = np.random.default_rng(seed)
    order = [readings[number] for number in rng.permutation(len(readings))]
    long, current = [], []
    for reading in order:
        current += [reading, rng.normal(0, 3e-4, int(rng.uniform(0.1, 0.6) * RATE)).astype(np.float32)]
        if sum(map(len, current)) > 30 * RATE:
            sound = np.concatenate(current)
            long.append(telephone(sound) if len(long) % 3 == 2 else sound)
            current = []
    return long


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packed", type=Path, default=Path("build/voice"))
    parser.add_argument("--weights", type=Path, default=Path("build/burst/detector.pt"))
    parser.add_argument("--part", choices=["dev", "test"], default="dev")
    parser.add_argument("--mixtures", type=int, default=48)
    options = parser.parse_args()
    torch.set_num_threads(1)
    network = TorchNetwork(options.weights)
    figures: dict[str, dict[str, float]] = {}
    every = trials(options.packed, options.part)
    for name, trial in every.items():
        total = tried(trial, network, options.mixtures, 77 if options.part == "dev" else 78)
        figures[name] = {"f1": round(total.f1, 3), **asdict(total)}
    recordings = plain_speech(next(iter(every.values())).pools.speech, 5)[: options.mixtures * 2]
    false = sum(len(spans(listen(Waveform(one, RATE), network))) for one in recordings)
    minutes = sum(map(len, recordings)) / RATE / 60
    figures["plain speech"] = {"bursts a minute": round(false / minutes, 2), "minutes": round(minutes, 1)}
    print(json.dumps({options.part: figures}, indent=1))


if __name__ == "__main__":
    main()
